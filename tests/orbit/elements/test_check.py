"""What `check_elements` says of sets: their orbit, their age, and every problem it knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.orbit import check_elements, read_elements, scan_elements, sun_synchronous
from tests.support.elements import reference_elements, verification_elements


def test_the_orbit_of_micius(december):
    """By Kepler's third law from the mean motion; the offsets of SGP4's mean elements are a few kilometres."""
    (row,) = check_elements(december, "2016-12-20T13:39:33.153408").to_dict("records")
    assert (row["satellite"], row["catalog_number"]) == ("micius", 41731)
    assert row["age_days"] == pytest.approx(1.0, abs=1e-9)
    assert row["period_s"] == pytest.approx(86400.0 / 15.23916091)
    axis = (398600.4418e9 * (row["period_s"] / 2.0 / np.pi) ** 2) ** (1.0 / 3.0)
    assert row["perigee_m"] == pytest.approx(axis * (1.0 - 0.0013349) - 6378137.0, abs=5e3)
    assert row["apogee_m"] - row["perigee_m"] == pytest.approx(2.0 * axis * 0.0013349, abs=20.0)
    assert row["inclination_deg"] == 97.3698
    assert row["problems"] == ""


def test_age_is_the_nearest_set_s_affair(micius):
    table = check_elements(micius, "2026-01-01")
    assert len(table) == len(micius)
    assert (table["problems"] != "").sum() == 0  # the last set is three weeks old
    later = check_elements(micius, "2026-03-01")
    assert later["problems"].tolist()[-1].startswith("older than 30 d: times are")
    assert (later["problems"] != "").sum() == 1
    assert check_elements(micius, "2017-05-22")["problems"].eq("").all()
    early = check_elements(micius, "2016-09-01")
    assert early["problems"].tolist()[0].startswith("epoch lies 20.2 d ahead")
    assert (early["problems"] != "").sum() == 1


def test_without_a_time_nothing_is_said_of_age(december):
    table = check_elements(december)
    assert table["age_days"].isna().all()
    assert table["problems"].tolist() == [""]


def test_a_designed_orbit_does_not_age():
    assert check_elements(sun_synchronous(500e3, 10.5, "2020-01-01"), "2026-01-01")["problems"].tolist() == [""]


def test_duplicates_are_seen_in_file_order(december):
    twice = [*december, replace(december.sets[0], mean_anomaly_deg=12.0)]
    assert check_elements(twice)["problems"].tolist() == ["2 sets have this epoch, the last counts"] * 2


def test_decay():
    """Vallado's own remarks: 29141 is lost within 420 minutes, 28872 within 50, 22312 has decayed."""
    sets = {item.catalog_number: item for item in verification_elements()}
    day_later = str(sets[29141].epoch_utc + np.timedelta64(1, "D"))
    assert "SGP4 fails at this age" in check_elements([sets[29141]], day_later)["problems"][0]
    low = check_elements([sets[28872]])
    assert low["perigee_m"][0] == pytest.approx(-51e3, abs=1e3)
    assert low["problems"][0].startswith("perigee at -5")
    assert "decaying" in low["problems"][0]


def test_where_sgp4_jumps():
    sets = {item.catalog_number: item for item in verification_elements()}
    assert "jumps" in check_elements([sets[14128]])["problems"][0]
    assert check_elements([sets[24208]])["problems"][0] == ""


def test_a_set_that_sgp4_refuses(december):
    sunk = replace(december.sets[0], eccentricity=0.5)
    assert "SGP4 fails at the epoch" in check_elements([sunk])["problems"][0]


def test_a_whole_constellation_is_sound():
    table = check_elements(reference_elements("oneweb_2025-10-03.3le"), "2025-10-04")
    assert len(table) == 651
    assert table["problems"].eq("").mean() > 0.95
    assert table["perigee_m"].between(150e3, 1250e3).all()


def test_bad_input():
    with pytest.raises(InputError, match="no elements"):
        check_elements([])
    sets, _ = scan_elements("\n")
    with pytest.raises(InputError, match="no elements"):
        check_elements(sets)
    with pytest.raises(InputError, match="cannot be read as a time"):
        check_elements(read_elements(_ONE), "soon")


_ONE = """0 QSS (MOZI)
1 41731U 16051A   16354.56913372  .00000384  00000-0  18801-4 0  9991
2 41731  97.3698 268.1064 0013349 175.8929 309.0190 15.23916091 19164
"""
