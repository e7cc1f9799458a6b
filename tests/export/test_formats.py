"""A format is a door: a toy one of text and a toy one of bytes come in through it alone."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from satqkd.errors import InputError
from satqkd.export import FORMATS, Format, render, write_table
from satqkd.export.formats import format_of

TABLE = pd.DataFrame({"pass_id": ["a", "b"], "secret_bits": [1, 2]})
SHOUT = Format(name="shout", suffixes=("shout", "loud"), render=lambda table, meta: " ".join(table).upper() + "\n")
BLOB = Format(
    name="blob",
    suffixes=("blob",),
    write=lambda table, meta, path: path.write_bytes(bytes(table["secret_bits"].tolist())),
)
FOREIGN = Format(name="foreign", suffixes=("foreign",), render=lambda table, meta: "", needs={"no_such_package": "far"})


@pytest.fixture
def toys(monkeypatch):
    for one in (SHOUT, BLOB, FOREIGN):
        monkeypatch.setitem(FORMATS, one.name, one)


@pytest.mark.usefixtures("toys")
def test_a_text_format(tmp_path, satqkd):
    assert render(TABLE, "shout") == "PASS_ID SECRET_BITS\n"
    write_table(TABLE, tmp_path / "t.loud", {"made": "here"})
    assert (tmp_path / "t.loud").read_text() == "PASS_ID SECRET_BITS\n"
    assert json.loads((tmp_path / "t.loud.meta.json").read_text())["made"] == "here"
    assert satqkd("catalog", "list", "scenarios", "--format", "shout").out.startswith("ID ")
    assert satqkd("catalog", "list", "scenarios", "-o", str(tmp_path / "s.shout")).code == 0


@pytest.mark.usefixtures("toys")
def test_a_binary_format(tmp_path, satqkd):
    write_table(TABLE, tmp_path / "t.blob", {})
    content = (tmp_path / "t.blob").read_bytes()
    assert content == b"\x01\x02"
    sidecar = json.loads((tmp_path / "t.blob.meta.json").read_text())
    assert sidecar["sha256"] == {"t.blob": hashlib.sha256(content).hexdigest()}
    with pytest.raises(InputError, match="no text"):
        render(TABLE, "blob")
    for arguments in (("--format", "blob"), ("--format", "blob", "-o", "-")):
        refused = satqkd("passes", "--days", "1", *arguments)
        assert refused.code == 2
        assert "-o table.blob" in refused.err
    for command in (("relay",), ("scenario", "show", "--origin")):  # which write their tables to no single file
        refused = satqkd(*command, "--format", "blob")
        assert refused.code == 2
        assert "Text are csv, json, jsonl, md, ecsv, shout" in refused.err


@pytest.mark.usefixtures("toys")
def test_a_table_file_is_no_folder_for_a_relay(tmp_path, satqkd):
    refused = satqkd("relay", "-o", str(tmp_path / "t.loud"))
    assert refused.code == 2
    assert "needs a folder" in refused.err


@pytest.mark.usefixtures("toys")
def test_a_package_that_is_not_there(tmp_path, satqkd):
    for arguments in (("--format", "foreign"), ("-o", str(tmp_path / "t.foreign"))):
        refused = satqkd("passes", "--days", "1", *arguments)
        assert refused.code == 2
        assert "pip install 'satqkd[far]'" in refused.err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("toys")
def test_an_unknown_one_is_told_what_there_is():
    with pytest.raises(InputError, match="Allowed: blob, csv, ecsv, foreign, json, jsonl, md, shout"):
        render(TABLE, "parchment")
    with pytest.raises(InputError, match=r"\.loud"):
        format_of(Path("t.xyz"))
    with pytest.raises(InputError, match="suffix of another format"):
        format_of(Path("t.csv"), "shout")


def test_help_names_every_format(satqkd):
    shown = " ".join(satqkd("passes", "--help").out.split())
    *others, last = FORMATS
    assert f"table, {', '.join(others)} or {last}." in shown


def test_what_help_reads_imports_no_tables():
    found = "import sys, satqkd.export.formats; print({'numpy', 'pandas', 'astropy'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_names_and_suffixes_are_told_apart():
    suffixes = [suffix for one in FORMATS.values() for suffix in one.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(name == one.name and (one.render is None) != (one.write is None) for name, one in FORMATS.items())
