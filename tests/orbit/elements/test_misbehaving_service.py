"""A service that does all that services do wrong: every call ends in time, by the right code, and keeps nothing bad."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from satqkd.errors import InputError, NetworkError, NothingFoundError, SatqkdError
from satqkd.orbit import fetch_elements, read_elements
from tests.support import REFERENCE

ANSWER = (REFERENCE / "elements" / "micius_omm.json").read_bytes()
RECORDS = json.loads(ANSWER)
TIMEOUT_S = 0.6
GRACE_S = 1.0
Behaviour = Callable[[socket.socket], None]


def answer(body: bytes, *, status: str = "200 OK", headers: bytes = b"", length: int | None = None) -> Behaviour:
    def send(client: socket.socket) -> None:
        promised = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Length: {promised}\r\nConnection: close\r\n".encode()
        client.sendall(head + headers + b"\r\n" + body)

    return send


def drip(data: bytes, pause_s: float = 0.05) -> Behaviour:
    def send(client: socket.socket) -> None:
        for byte in data:
            client.sendall(bytes([byte]))
            time.sleep(pause_s)

    return send


def raw(data: bytes) -> Behaviour:
    return lambda client: client.sendall(data)


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def endless_headers(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
        time.sleep(0.01)


def endless_body(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
    while True:
        client.sendall(b" " * 1000)
        time.sleep(0.01)


def other(**changes: object) -> bytes:
    return json.dumps([{**RECORDS[0], **changes}]).encode()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n"
FAILS: dict[str, Behaviour] = {
    "says nothing": lambda client: time.sleep(5.0),
    "hangs up": lambda client: None,
    "resets": reset,
    "drips the status line": drip(b"HTTP/1.1 200 OK\r\n" * 10),
    "drips headers": drip(HEAD + b"X-A: b\r\n" * 50),
    "drips the body": drip(HEAD + b"\r\n" + ANSWER),
    "drips an error": drip(b"HTTP/1.1 500 Oops\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000),
    "endless headers": endless_headers,
    "endless body": endless_body,
    "half of the body": answer(ANSWER[:1000], length=len(ANSWER)),
    "no HTTP": raw(b"hello there\r\n\r\n"),
    "HTTP of no version": raw(b"HTTP/9.9 okay\r\n\r\n"),
    "a long status line": raw(b"HTTP/1.1 200 " + b"O" * 100_000 + b"\r\n\r\n"),
    "a length that is none": answer(ANSWER[:100], headers=b"Content-Length: many\r\n"),
    "empty": answer(b""),
    "a page": answer(b"<html>Please log in</html>"),
    "other JSON": answer(b'{"error": "busy"}'),
    "a list of nulls": answer(b"[null, null]"),
    "a number": answer(b"42"),
    "text": answer(b"come back later"),
    "binary": answer(bytes(range(256)) * 4),
    "no UTF-8": answer(b"[\xff\xfe\xfd]"),
    "breaks off at an object's end": answer(json.dumps(RECORDS).encode()[:-1]),
    "nested by the thousand": answer(b"[" * 50_000),
    "a number of thousands of digits": answer(b'[{"NORAD_CAT_ID": ' + b"9" * 6000 + b"}]"),
    "another object": answer(other(NORAD_CAT_ID=25544)),
    "several objects": answer(json.dumps([RECORDS[0], {**RECORDS[0], "NORAD_CAT_ID": 25544}]).encode()),
    "an epoch of the year 9999": answer(other(EPOCH="9999-12-31T23:59:59.999999")),
    "a broken server": answer(b"sorry", status="500 Internal Server Error"),
    "forbidden": answer(b"You are blocked", status="403 Forbidden"),
    "too many": answer(b"slow down", status="429 Too Many Requests"),
    "nothing new, and nothing kept": answer(
        b"GP data has not updated since your last successful download", status="403 Forbidden"
    ),
    "redirects to a file": answer(b"", status="302 Found", headers=b"Location: file:///etc/passwd\r\n"),
    "redirects to ftp": answer(b"", status="302 Found", headers=b"Location: ftp://127.0.0.1/gp\r\n"),
    "redirects to nowhere": answer(b"", status="302 Found", headers=b"Location: http://[::1\r\n"),
    "redirects to itself": answer(b"", status="302 Found", headers=b"Location: /gp.php\r\n"),
    "not found": answer(b"<html>404</html>", status="404 Not Found"),
}
NOTHING: dict[str, Behaviour] = {
    "no data": answer(b"No GP data found"),
    "no data as an error": answer(b"No GP data found", status="404 Not Found"),
    "an empty list": answer(b"[]"),
    "a spacious empty list": answer(b" [\n ] \n"),
}


class Server:
    """Accepts connections and does to each what it is told to."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour, self.asked = behaviour, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/gp.php"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.asked += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                client.recv(65536)
                self.behaviour(client)
            except OSError:
                pass  # the client left


@pytest.fixture
def serving(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers: list[Server] = []

    def start(behaviour: Behaviour) -> Server:
        servers.append(Server(behaviour))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.close()


def fetched(server: Server, folder: Path, **options: object) -> Path:
    begun = time.monotonic()
    try:
        return fetch_elements(
            catalog_number=41731, folder=folder, base_url=server.url, **{"timeout_s": TIMEOUT_S} | options
        )
    finally:
        assert time.monotonic() - begun < TIMEOUT_S + GRACE_S


def test_there_are_enough_ways_to_misbehave():
    assert len(FAILS) + len(NOTHING) >= 40


@pytest.mark.parametrize("how", FAILS)
def test_what_goes_wrong_is_5_in_time_and_leaves_nothing(serving, tmp_path, how):
    with pytest.raises(NetworkError) as told:
        fetched(serving(FAILS[how]), tmp_path)
    assert told.value.exit_code == 5
    assert told.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", NOTHING)
def test_what_does_not_exist_is_3(serving, tmp_path, how):
    with pytest.raises(NothingFoundError) as told:
        fetched(serving(NOTHING[how]), tmp_path)
    assert told.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_within_the_web_is_followed(serving, tmp_path):
    target = serving(answer(ANSWER))
    away = answer(b"", status="302 Found", headers=f"Location: {target.url}\r\n".encode())
    assert len(read_elements(fetched(serving(away), tmp_path))) == 4


def test_nothing_new_means_that_what_is_kept_is_current(serving, tmp_path):
    server = serving(answer(b"GP data has not updated since your last successful download", status="403 Forbidden"))
    old = tmp_path / "catnr-41731-20251125T200000Z.json"
    old.write_bytes(ANSWER)
    assert fetched(server, tmp_path) == old


def test_a_file_of_one_service_does_not_answer_for_another(serving, tmp_path):
    one, other_service = serving(answer(ANSWER)), serving(answer(ANSWER))
    first = fetched(one, tmp_path)
    assert fetched(one, tmp_path) == first
    assert one.asked == 1
    fetched(other_service, tmp_path)
    assert other_service.asked == 1


@pytest.mark.parametrize("damage", [b"", b"[", ANSWER[:500], other(NORAD_CAT_ID=25544), b"\xff"])
def test_a_damaged_file_is_not_handed_out(serving, tmp_path, damage):
    server = serving(answer(ANSWER))
    kept = fetched(server, tmp_path)
    kept.write_bytes(damage)
    time.sleep(1.0 - time.time() % 1.0)  # names go by the second
    again = fetched(server, tmp_path)
    assert server.asked == 2
    assert len(read_elements(again)) == 4


def test_a_file_of_tomorrow_does_not_switch_the_two_hours_off(serving, tmp_path):
    server = serving(answer(ANSWER))
    (tmp_path / "catnr-41731-20990101T000000Z.json").write_bytes(ANSWER)
    first = fetched(server, tmp_path)
    assert fetched(server, tmp_path) == first
    assert server.asked == 1


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(serving, tmp_path):
    server = serving(answer(ANSWER))
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(InputError, match="cannot be written"):
            fetched(server, place)
    assert server.asked == 0


def test_a_password_is_never_repeated(serving, tmp_path):
    server = serving(answer(b"sorry", status="500 Internal Server Error"))
    url = server.url.replace("http://", "http://me:hunter2@")
    with pytest.raises(NetworkError) as told:
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=url, timeout_s=TIMEOUT_S)
    assert "hunter2" not in f"{told.value.message} {told.value.hint}"


@pytest.mark.parametrize(
    "url", ["http://[::1", "ftp://host/", "file:///etc/passwd", "http://", "http://a:b:c/", "nix", ""]
)
def test_what_is_no_address_is_2(tmp_path, url):
    with pytest.raises(SatqkdError) as told:
        fetch_elements(catalog_number=41731, folder=tmp_path, base_url=url, timeout_s=TIMEOUT_S)
    assert told.value.exit_code == 2


def test_what_a_server_says_does_not_reach_a_terminal_raw(serving, satqkd, tmp_path):
    server = serving(answer(b"\x1b[2J\x1b]0;owned\x07", status="500 Oops"))
    ran = satqkd("elements", "fetch", "--catalog-number", "41731", "--url", server.url, "--folder", str(tmp_path))
    assert ran.code == 5
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err
