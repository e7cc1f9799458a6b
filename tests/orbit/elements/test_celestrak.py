"""Fetching, against a server on this machine: what is asked, what is kept, and every way an answer can fail."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from satqkd.errors import InputError, NetworkError, NothingFoundError
from satqkd.orbit import fetch_elements, read_elements
from satqkd.orbit.elements import celestrak as fetch
from tests.support import REFERENCE

ANSWER = (REFERENCE / "elements" / "micius_omm.json").read_text()


class Service:
    """A stand-in for CelesTrak that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.agents: list[str] = []
        self.status = 200
        self.body = ANSWER.encode()
        self.pause_s = 0.0
        self.promised: int | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append(parse_qs(urlsplit(self.path).query))
                service.agents.append(self.headers["User-Agent"])
                self.send_response(service.status)
                self.send_header("Content-Length", str(service.promised or len(service.body)))
                self.end_headers()
                try:
                    for byte in range(0, len(service.body), 1000):
                        self.wfile.write(service.body[byte : byte + 1000])
                        time.sleep(service.pause_s)
                except OSError:
                    pass  # the client left, as it should

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/gp.php"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Service()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.mark.parametrize(
    ("wanted", "query", "stem"),
    [
        ({"catalog_number": 41731}, {"CATNR": ["41731"], "FORMAT": ["JSON"]}, "catnr-41731-"),
        ({"name": "QSS (MOZI) & Co"}, {"NAME": ["QSS (MOZI) & Co"], "FORMAT": ["JSON"]}, "name-qss-mozi-co-"),
        ({"group": "stations"}, {"GROUP": ["stations"], "FORMAT": ["JSON"]}, "group-stations-"),
    ],
)
def test_what_is_asked_and_kept(service, tmp_path, wanted, query, stem):
    path = fetch_elements(**wanted, folder=tmp_path / "new", base_url=service.url)
    assert service.asked == [query]
    assert service.agents[0].startswith("satqkd/")
    assert path.name.startswith(stem)
    assert path.name.endswith("Z.json")
    assert path.read_text() == ANSWER
    assert len(read_elements(path)) == 4
    origin = path.with_name(path.name + ".origin.json")
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, origin.name]
    (read,) = read_elements(path).files
    assert read.url.startswith(service.url)
    assert all(f"{key}=" in read.url for key in query)
    assert read.fetched_utc.endswith("Z")


def test_nothing_is_asked_again_within_two_hours(service, tmp_path, monkeypatch):
    def ask(number=41731, **options):
        return fetch_elements(catalog_number=number, folder=tmp_path, base_url=service.url, **options)

    first = ask()
    assert ask() == first
    assert ask(max_age_s=3600.0) == first
    assert len(service.asked) == 1
    assert ask("041731") == first
    with pytest.raises(NetworkError, match="asked for number 5 and answered with 41731"):
        ask(5)  # another object is another question
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7201.0)
    second = ask()
    assert second > first
    assert len(service.asked) == 3
    assert first.exists()


def test_a_file_of_tomorrow_is_not_trusted(service, tmp_path):
    """A clock that was wrong once must not stop fetching for years."""
    (tmp_path / "catnr-41731-20990101T000000Z.json").write_text(ANSWER)
    fetch_elements(catalog_number=41731, folder=tmp_path, base_url=service.url)
    assert len(service.asked) == 1


def test_questions_that_look_alike_are_kept_apart(service, tmp_path):
    names = ("QSS", "QSS (MOZI)", "QSS MOZI", "\u5893\u5b50", "\u5929\u5bab")
    paths = {fetch_elements(name=name, folder=tmp_path, base_url=service.url) for name in names}
    assert len(paths) == len(service.asked) == len(names)
    fetch_elements(name="qss (mozi)", folder=tmp_path, base_url=service.url)
    assert len(service.asked) == len(names)


def test_files_are_kept_in_the_user_s_cache(service, tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert fetch_elements(group="stations", base_url=service.url).parent == tmp_path / "satqkd" / "elements"


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "No GP data found"), (200, "No GP data found\r\n"), (200, "[]"), (404, "No SupGP data found")],
)
def test_an_unknown_object_is_not_a_fault_of_the_network(service, tmp_path, status, body):
    service.status, service.body = status, body.encode()
    with pytest.raises(NothingFoundError, match="no elements of NAME nothing") as told:
        fetch_elements(name="nothing", folder=tmp_path, base_url=service.url)
    assert told.value.exit_code == 3
    assert not list(tmp_path.iterdir())


FAULTS = {
    "forbidden": (403, b"You are blocked", "answered 403"),
    "broken server": (500, b"<html>sorry</html>", "answered 500"),
    "a page": (200, b"<html>Please log in</html>", "did not answer with OMM as JSON, but with '<html>"),
    "other JSON": (200, b'{"error": "busy"}', "did not answer with OMM"),
    "cut off": (200, ANSWER[:-20].encode(), "did not answer with OMM"),
    "no sound set": (200, json.dumps([{"OBJECT_NAME": "X"}]).encode(), "did not answer with OMM"),
    "no text": (200, b"[\xff\xfe\x00\x81]", "did not answer with text"),
    "nothing at all": (200, b"", "did not answer with OMM"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_answer_is_5_and_leaves_no_file(service, tmp_path, fault):
    service.status, service.body, cause = FAULTS[fault]
    old = tmp_path / "catnr-41731-20200101T000000Z.json"
    old.write_text(ANSWER)
    with pytest.raises(NetworkError) as told:
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=service.url)
    assert told.value.exit_code == 5
    assert cause in told.value.message
    assert str(old) in told.value.hint
    assert list(tmp_path.iterdir()) == [old]


def test_an_answer_that_breaks_off_is_5(service, tmp_path):
    service.promised = len(service.body) + 1000
    with pytest.raises(NetworkError):
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=service.url, timeout_s=1.0)


def test_an_answer_that_trickles_is_5(service, tmp_path):
    service.pause_s = 0.2
    begun = time.monotonic()
    with pytest.raises(NetworkError, match="timed out"):
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=service.url, timeout_s=0.3)
    assert time.monotonic() - begun < 2.0


def test_silence_is_5(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NetworkError, match="did not answer: timed out"):
            fetch_elements(catalog_number=41731, folder=tmp_path, base_url=url, timeout_s=0.2)
    with pytest.raises(NetworkError, match="did not answer") as told:  # now nobody listens: offline
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=url, timeout_s=0.2)
    assert "Check the connection" in told.value.hint


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({}, "Exactly one"),
        ({"name": "x", "group": "y"}, "Exactly one"),
        ({"name": " "}, "Exactly one"),
        ({"catalog_number": "forty"}, "no catalogue number"),
        ({"catalog_number": -5}, "no catalogue number"),
        ({"name": "x", "base_url": "file:///etc/passwd"}, "no web address"),
        ({"name": "x", "base_url": 10**5000}, "no web address"),
        ({"name": "x", "timeout_s": 0.0}, "timeout_s"),
        ({"name": "x", "max_age_s": "a day"}, "not a number"),
        ({"name": "x", "max_age_s": 60.0}, "at least 7200"),
    ],
)
def test_bad_input(fields, cause, tmp_path):
    with pytest.raises(InputError, match=cause):
        fetch_elements(**fields, folder=tmp_path)


def test_a_folder_that_cannot_be_made(service, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        fetch_elements(group="stations", folder=tmp_path / "file", base_url=service.url)


def test_the_service_is_celestrak():
    assert fetch.CELESTRAK_URL.startswith("https://celestrak.org/")
