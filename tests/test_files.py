"""Groups of files appear whole or not at all, whoever else writes there, and whenever a process dies."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from satqkd.errors import InputError, SatqkdWarning
from satqkd.files import STAGING_PREFIX, Writer, text_writer, written_whole

FORK = multiprocessing.get_context("fork")
NAMES = ("passes.csv", "ledger.csv", "scenario.toml")


def group(folder: Path, number: int) -> dict[Path, Writer]:
    texts = {name: f"{name} {number}\n" * 2000 for name in NAMES}
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    writers = {folder / name: text_writer(text) for name, text in texts.items()}
    return writers | {folder / "manifest.json": text_writer(json.dumps({"sha256": hashes, "number": number}))}


def write_for_ever(folder: Path, first: int) -> None:
    number = first
    while True:
        written_whole(group(folder, number))
        number += 10


def read_group(folder: Path) -> int | None:
    """Return the number of a group that its hashes call whole, None where they do not; a mixed one fails."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        contents = {name: (folder / name).read_bytes() for name in NAMES}
    except FileNotFoundError:
        return None
    if any(hashlib.sha256(contents[name]).hexdigest() != manifest["sha256"][name] for name in NAMES):
        return None
    numbers = {int(content.split()[1]) for content in contents.values()}
    assert numbers == {manifest["number"]}, "a mixed group that its hashes call whole"
    return int(manifest["number"])


def staging_in(folder: Path) -> list[Path]:
    return list(folder.glob(STAGING_PREFIX + "*"))


@pytest.mark.slow
def test_two_hundred_kills_leave_no_mixture_and_no_rest(tmp_path):
    rng, whole = random.Random(7), 0
    (tmp_path / "mine.txt").write_text("stays")
    for _ in range(200):
        child = FORK.Process(target=write_for_ever, args=(tmp_path, rng.randrange(10**6)))
        child.start()
        time.sleep(rng.uniform(0.002, 0.02))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        whole += read_group(tmp_path) is not None
    written_whole(group(tmp_path, 1))
    assert read_group(tmp_path) == 1
    assert staging_in(tmp_path) == []
    assert (tmp_path / "mine.txt").read_text() == "stays"
    print(f"{whole} of 200 kills left a whole group")
    assert whole > 50


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::satqkd.errors.SatqkdWarning")
def test_four_writers_of_one_folder_never_mix_their_groups(tmp_path):
    children = [FORK.Process(target=write_for_ever, args=(tmp_path, k), daemon=True) for k in range(4)]
    for child in children:
        child.start()
    seen, until = set(), time.monotonic() + 8.0
    while time.monotonic() < until:
        number = read_group(tmp_path)
        if number is not None:
            seen.add(number % 10)
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    assert seen == {0, 1, 2, 3}
    written_whole(group(tmp_path, 5))
    assert staging_in(tmp_path) == []


@pytest.mark.slow
def test_twenty_kills_of_a_real_run_leave_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "satqkd", "relay", "--days", "2", "--quiet", "-o", str(tmp_path / "out")]
    rng = random.Random(3)
    for _ in range(20):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.8, 2.2))
        child.kill()
        child.wait()
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    assert staging_in(tmp_path / "out") == []
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_what_fails_while_it_stages_touches_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def broken(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        written_whole({tmp_path / "a.txt": text_writer("new"), tmp_path / "new" / "b.txt": broken})
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]  # no staging, and no folder for nothing


def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text("old")
    path.chmod(0o600)
    written_whole({path: text_writer("new")})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "new"


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    written_whole({tmp_path / "link.csv": text_writer("new")})
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


@pytest.mark.parametrize("name", ["loop/x.csv", "loop", "x" * 300 + ".csv", "nul\0.csv"])
def test_a_name_that_cannot_be_is_refused(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="cannot be written"):
        written_whole({tmp_path / name: text_writer("x")})


def test_what_the_dead_have_left_is_swept_and_what_the_living_hold_is_not(tmp_path):
    import fcntl

    dead, living = tmp_path / (STAGING_PREFIX + "dead"), tmp_path / (STAGING_PREFIX + "living")
    for folder in (dead, living):
        folder.mkdir()
        (folder / "half.csv").write_text("half")
    lock = os.open(living, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    written_whole({tmp_path / "a.txt": text_writer("new")})
    assert not dead.exists()
    assert living.exists()
    os.close(lock)


def test_a_second_writer_is_told_of_the_first(tmp_path):
    import fcntl
    import threading

    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    threading.Timer(0.3, os.close, (lock,)).start()
    with pytest.warns(SatqkdWarning, match="another process was writing into"):
        written_whole({tmp_path / "a.txt": text_writer("new")})
    assert (tmp_path / "a.txt").read_text() == "new"
