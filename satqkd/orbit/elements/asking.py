"""Asking a service on the network one question, within one deadline, and trusting nothing that it says."""

from __future__ import annotations

import io
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from satqkd.errors import NetworkError

_LARGEST_BYTES = 200_000_000
_LARGEST_ERROR_BYTES = 2000
_NOTHING = ("no gp data found", "no supgp data found")
_UNCHANGED = "not updated since"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: a text, or None where it has nothing; or that nothing is new since it was last asked."""

    text: str | None = None
    unchanged: bool = False
    said: str = ""


def ask(url: str, timeout_s: float, hint: str) -> Answer:
    """Ask a service.

    Parameters
    ----------
    url : str
    timeout_s : float
        Longest wait for the whole of it: names, connection, headers, redirects, errors and body [s].
    hint : str
        What an error advises.

    Raises
    ------
    NetworkError
        If there is no answer in time, or none that is one.

    Notes
    -----
    A socket's own time limit holds for each piece only, and an answer that trickles would never end. So the question is
    asked beside, and left to itself when the time is over.
    """
    outcome: list[Answer | BaseException] = []

    def run() -> None:
        try:
            outcome.append(_asked(url, timeout_s, hint))
        except BaseException as error:  # handed over to the one who waits
            outcome.append(error)

    waiting = threading.Thread(target=run, daemon=True)
    waiting.start()
    waiting.join(timeout_s)
    if not outcome:
        raise NetworkError(f"{without_secrets(url)} did not answer: timed out after {timeout_s:g} s.", hint)
    found = outcome[0]
    if isinstance(found, BaseException):
        raise found
    return found


def without_secrets(url: str) -> str:
    """Return a web address without a password, and without what a query calls a key or token."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return "..."
    query = [
        (name, value)
        for name, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if not any(word in name.lower() for word in ("token", "key", "secret", "password", "auth"))
    ]
    place = parts.netloc.rpartition("@")[2]
    return urllib.parse.urlunsplit(parts._replace(netloc=place, query=urllib.parse.urlencode(query)))


class _OnlyTheWeb(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to another web address only, and from a secure one to a secure one."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urllib.parse.urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise NetworkError(
                f"{without_secrets(req.full_url)} redirects to {without_secrets(newurl)[:200]}, which is not followed.",
                "Only web addresses are, and from a secure one only secure ones.",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """Follow, or leave no connection open behind what is refused."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except (ValueError, NetworkError):
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _OnlyTheWeb(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _asked(url: str, timeout_s: float, hint: str) -> Answer:
    from satqkd._version import __version__

    shown = without_secrets(url)
    deadline = time.monotonic() + timeout_s
    try:
        request = urllib.request.Request(url, headers={"User-Agent": f"satqkd/{__version__}"})
        with _opener().open(request, timeout=timeout_s) as answer:
            body = _read(answer, _LARGEST_BYTES, deadline)
            promised = answer.headers.get("Content-Length")
        if len(body) > _LARGEST_BYTES:
            raise NetworkError(f"{shown} answered with more than {_LARGEST_BYTES / 1e6:.0f} MB.", hint)
        if promised is not None and promised.isdigit() and len(body) != int(promised[:20]):
            raise NetworkError(f"{shown} broke off after {len(body)} of {promised[:20]} bytes.", hint)
        text = body.decode("utf-8-sig")
    except urllib.error.HTTPError as error:
        with error:
            said = " ".join(_read(error, _LARGEST_ERROR_BYTES, deadline).decode("utf-8", errors="replace").split())
        if said.lower().startswith(_NOTHING):
            return Answer()
        if error.code == 403 and _UNCHANGED in said.lower():
            return Answer(unchanged=True, said=said[:200])
        words = f": {said[:200]}" if said and "<" not in said else ""
        raise NetworkError(f"{shown} answered {error.code} {error.reason}{words}.", hint) from None
    except UnicodeDecodeError:
        raise NetworkError(f"{shown} did not answer with text.", hint) from None
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, NetworkError):
            raise
        cause = getattr(error, "reason", None) or error
        raise NetworkError(f"{shown} did not answer: {cause}.", hint) from None
    if text.strip().lower().startswith(_NOTHING) or text.split() == ["[", "]"] or text.strip() == "[]":
        return Answer()
    return Answer(text)


def _read(stream: IO[bytes], most: int, deadline: float) -> bytes:
    """Return the bytes of an answer, at most one more than allowed, until the deadline."""
    body = io.BytesIO()
    piece = getattr(stream, "read1", stream.read)
    while body.tell() <= most and (chunk := piece(1 << 16)):
        body.write(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    return body.getvalue()
