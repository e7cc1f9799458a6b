"""Orbit Mean-Elements Messages: JSON, CSV and XML as CelesTrak, Space-Track and other programs write them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sgp4 import omm as sgp4_omm
from sgp4.api import Satrec

from satqkd.errors import InputError, SatqkdWarning
from satqkd.orbit import Elements, read_elements, scan_elements, write_elements
from tests.support import REFERENCE

ELEMENTS = REFERENCE / "elements"
VECTORS = json.loads((ELEMENTS / "gpconf" / "vectors.json").read_text())
FORMATS = ("omm-json", "omm-csv", "omm-xml")
EPOCH_US = 2
"""An epoch of eight decimals of a day is a whole number of microseconds; other programs go through a float."""
EQUAL_KM = 1e-5
"""2 us of orbit are 15 mm; the sets are those of the same epoch with the same digits."""

RECORD = {
    "OBJECT_NAME": "QSS (MOZI)",
    "OBJECT_ID": "2016-051A",
    "EPOCH": "2016-12-19T13:39:33.153408",
    "MEAN_MOTION": 15.23916091,
    "ECCENTRICITY": 0.0013349,
    "INCLINATION": 97.3698,
    "RA_OF_ASC_NODE": 268.1064,
    "ARG_OF_PERICENTER": 175.8929,
    "MEAN_ANOMALY": 309.019,
    "EPHEMERIS_TYPE": 0,
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": 41731,
    "ELEMENT_SET_NO": 999,
    "REV_AT_EPOCH": 1916,
    "BSTAR": 1.8801e-05,
    "MEAN_MOTION_DOT": 3.84e-06,
    "MEAN_MOTION_DDOT": 0,
}


def as_json(*records) -> str:
    return json.dumps(list(records), indent=1)


def read_one(**fields):
    (item,) = read_elements(as_json({**RECORD, **fields}))
    return item


@pytest.mark.parametrize("name", ["micius_omm.json", "micius_omm.csv"])
def test_an_omm_is_the_tle_it_was_made_of(name, micius):
    """Independent program: the OMM was written by sgp4's own exporter."""
    days = np.linspace(0.0, 3.0, 31)
    by_epoch = {str(item.epoch_utc)[:19]: item for item in micius}
    for item in read_elements(ELEMENTS / name):
        twin = by_epoch[str(item.epoch_utc)[:19]]
        assert abs(item.epoch_utc - twin.epoch_utc) <= np.timedelta64(EPOCH_US, "us")
        assert item.catalog_number == twin.catalog_number == 41731
        assert item.international_designator == twin.international_designator == "2016-051A"
        models = item.satrec(), twin.satrec()
        # At the same times since their epochs.
        states = [m.sgp4_array(np.full(31, m.jdsatepoch), m.jdsatepochF + days)[1] for m in models]
        assert np.abs(states[0] - states[1]).max() < EQUAL_KM


@pytest.mark.parametrize(("name", "reader"), [("csv", sgp4_omm.parse_csv), ("xml", sgp4_omm.parse_xml)])
def test_a_celestrak_file_reads_as_sgp4_s_own_reader_does(name, reader):
    """Independent program: sgp4.omm, which leaves every check to its user."""
    path = ELEMENTS / f"sample_omm.{name}"
    (item,) = read_elements(path)
    model = Satrec()
    with path.open() as stream:
        sgp4_omm.initialize(model, next(reader(stream)))
    ours = item.satrec()
    days = np.linspace(-1.0, 1.0, 9)
    theirs = model.sgp4_array(np.full(9, model.jdsatepoch), model.jdsatepochF + days)[1]
    assert np.abs(ours.sgp4_array(np.full(9, ours.jdsatepoch), ours.jdsatepochF + days)[1] - theirs).max() < EQUAL_KM
    assert (item.name, item.catalog_number, item.international_designator) == ("VANGUARD 1", 5, "1958-002B")


def test_the_first_object_of_six_digits():
    for canonical in VECTORS["saramago"]:
        record = {name.upper(): value for name, value in canonical.items()}  # numbers as text, as Space-Track has them
        (item,) = read_elements(as_json(record))
        assert (item.satellite, item.catalog_number) == ("saramago", 100000)
        assert item.bstar == float(canonical["bstar"])
        assert str(item.epoch_utc) == canonical["epoch"]


def test_catalogue_numbers():
    for text, value in VECTORS["catalog_number"]:
        assert read_one(NORAD_CAT_ID=text).catalog_number == value
    for text in VECTORS["catalog_number_invalid"]:
        with pytest.raises(InputError, match="NORAD_CAT_ID"):
            read_one(NORAD_CAT_ID=text)


def test_epochs():
    for text, allowed in VECTORS["omm_epochs"]:
        assert str(read_one(EPOCH=text).epoch_utc) in allowed
    for text in (*VECTORS["omm_epochs_invalid"], "2017-366T00:00:00", "2017-02-29T00:00:00", "2017-01-01T24:00:00"):
        with pytest.raises(InputError, match="EPOCH is"):
            read_one(EPOCH=text)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "another theory": ({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY is SGP4-XP"),
    "another frame": ({"REF_FRAME": "EME2000"}, "REF_FRAME is EME2000"),
    "another body": ({"CENTER_NAME": "MARS"}, "CENTER_NAME is MARS"),
    "another time": ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM is TAI"),
    "missing": ({"BSTAR": None}, "the field BSTAR is missing"),
    "empty": ({"MEAN_MOTION": ""}, "the field MEAN_MOTION is missing"),
    "no number": ({"INCLINATION": "steep"}, "INCLINATION is 'steep'"),
    "infinite": ({"BSTAR": "inf"}, "no finite number"),
    "out of range": ({"ECCENTRICITY": 1.2}, "the eccentricity is 1.2"),
    "half a revolution": ({"REV_AT_EPOCH": 1.5}, "REV_AT_EPOCH is 1.5"),
    "under the ground": ({"ECCENTRICITY": 0.5}, "SGP4 refuses"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_message_is_told_with_line_and_cause(case, tmp_path):
    fields, cause = BAD[case]
    path = tmp_path / "some.json"
    path.write_text(as_json({**RECORD, "NORAD_CAT_ID": 5, "OBJECT_NAME": "GOOD"}, {**RECORD, **fields}))
    with pytest.raises(InputError) as told:
        read_elements(path)
    assert told.value.message.startswith(f"{path}:21: ")
    assert cause in told.value.message
    with pytest.warns(SatqkdWarning, match="1 of 2 element sets were skipped"):
        assert read_elements(path, skip_bad=True).satellites == ("good",)


GOOD = as_json(RECORD)
BROKEN = {
    "cut off": (as_json(RECORD, RECORD)[:-30], 1, "no JSON"),
    "list without an end": (GOOD.rstrip("\n]"), 1, "the list does not end"),
    "no comma": (GOOD[:-1] + GOOD[1:], 1, "a comma or the end"),
    "no objects": ("[1, 2]", 0, "a JSON object was expected"),
    "row too long": ("NORAD_CAT_ID,MEAN_MOTION\n5,15.1,7\n", 0, "more fields than the heading"),
    "row too short": ("NORAD_CAT_ID,EPOCH,MEAN_MOTION\n5\n", 0, "the field EPOCH is missing"),
    "no XML": ("<ndm><omm><body>", 0, "this is no XML"),
    "page of a server": ("<!DOCTYPE html><html><body><br></body></html>", 0, "this is no XML"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_says_so(case):
    text, good, cause = BROKEN[case]
    sets, bad = scan_elements(text)
    assert len(sets) == good
    assert cause in bad[-1]


@pytest.mark.parametrize("form", FORMATS)
def test_everything_survives_a_round_trip(form, micius):
    names = ["QSS (MOZI)", 'a "quoted", name', "<&>;'", "\u5893\u5b50 \u00e9", "1 25544U"]
    records = [{**RECORD, "NORAD_CAT_ID": n + 1, "OBJECT_NAME": name} for n, name in enumerate(names)]
    elements = read_elements(as_json(*records)).merged(Elements(micius.sets[:3]))
    again = read_elements(write_elements(elements, form))
    kept = [field for field in elements.sets[0].__slots__ if field not in ("source", "satellite")]

    def in_order(sets):
        return sorted(sets, key=lambda item: (item.catalog_number, item.epoch_utc))

    for before, after in zip(in_order(elements), in_order(again), strict=True):
        assert [getattr(before, field) for field in kept] == [getattr(after, field) for field in kept]


def test_what_is_written_is_sound_for_other_readers(micius):
    sets = micius.sets[:2]
    rows = list(csv.DictReader(io.StringIO(write_elements(sets, "omm-csv"))))
    assert [row["NORAD_CAT_ID"] for row in rows] == ["41731", "41731"]
    assert rows == [{k: str(v) for k, v in row.items()} for row in json.loads(write_elements(sets, "omm-json"))]
    root = ET.fromstring(write_elements(sets, "omm-xml"))
    assert [node.text for node in root.findall("omm/body/segment/data/meanElements/EPOCH")] == [
        str(item.epoch_utc) for item in sets
    ]
    for form, reader in (("omm-csv", sgp4_omm.parse_csv), ("omm-xml", sgp4_omm.parse_xml)):
        model = Satrec()
        sgp4_omm.initialize(model, next(reader(io.StringIO(write_elements(sets, form)))))
        assert model.satnum == 41731
        assert model.no_kozai == pytest.approx(sets[0].satrec().no_kozai, rel=1e-15)


def test_lines_of_json_windows_ends_and_latin_headings():
    lines = "\r\n".join(json.dumps({**RECORD, "NORAD_CAT_ID": n}) for n in (5, 6))
    assert len(read_elements(lines + "\r\n")) == 2
    table = "\ufeff" + (ELEMENTS / "sample_omm.csv").read_text().replace("\n", "\r\n")
    assert read_elements(table).satellites == ("vanguard-1",)
    xml = (ELEMENTS / "sample_omm.xml").read_text().replace("UTF-8", "ISO-8859-1").replace("VANGUARD 1", "\u00c9TOILE")
    assert read_elements(io.BytesIO(xml.encode())).sets[0].name == "\u00c9TOILE"


@settings(max_examples=150, deadline=None)
@given(st.text(), st.integers(0, len(GOOD)), st.sampled_from(FORMATS))
def test_damage_brings_nothing_but_messages(noise, place, form):
    good = write_elements(read_elements(GOOD), form)
    place = min(place, len(good))
    sets, bad = scan_elements(good[:place] + noise + good[place:] + "\n")
    assert all(message.startswith("text:") for message in bad)
    assert len(sets) <= 1
