"""A satellite that stays up has a row for each night."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.errors import SatqkdWarning
from tests.support import ROOT

FILE = ROOT / "tests" / "reference" / "elements" / "geo.tle"
pytestmark = pytest.mark.filterwarnings("ignore::satqkd.errors.Notice")


def geo(**changes):
    base = sq.load_scenario("micius-beijing-vienna").to_dict()
    base.pop("relay")
    base |= {
        "satellites": [str(FILE)],
        "stations": [
            {"name": "obs", "latitude_deg": 20.0, "longitude_deg": -50.2, "altitude_m": 100.0, "aperture_m": 1.0}
        ],
        "start": "2026-08-12",
        "days": 3.0,
    }
    return sq.load_scenario(base).with_(
        {"passes.max_range_m": 1e9, "passes.max_sun_elevation_deg": -18.0, "elements.warn_age_days": 400.0, **changes}
    )


def test_one_row_for_each_dark_span():
    passes = sq.find_passes(geo())
    written = [
        (aos.strftime("%d %H:%M"), los.strftime("%d %H:%M"))
        for aos, los in zip(passes["aos_utc"], passes["los_utc"], strict=True)
    ]
    assert written == [
        ("12 00:00", "12 07:42"),
        ("12 23:09", "13 07:42"),
        ("13 23:08", "14 07:43"),
        ("14 23:07", "15 00:00"),
    ]
    assert passes["truncated"].all()
    assert passes["usable"].all()
    assert (passes["sun_elevation_deg"] <= -17.99).all()
    assert passes["pass_id"].is_unique
    assert passes["min_range_m"].between(3.5e7, 3.8e7).all()
    assert (passes["tca_utc"] >= passes["aos_utc"]).all()
    assert (passes["tca_utc"] <= passes["los_utc"]).all()
    assert passes["duration_s"].to_numpy() == pytest.approx(
        (passes["los_utc"] - passes["aos_utc"]).dt.total_seconds().to_numpy()
    )
    # Days from the epoch go on with the nights.
    assert np.diff(passes["elements_age_days"]) == pytest.approx(
        (passes["tca_utc"].diff().dt.total_seconds() / 86400.0).dropna().to_numpy(), abs=1e-6
    )


def test_without_a_night_it_stays_one_contact():
    passes = sq.find_passes(geo(**{"passes.max_sun_elevation_deg": 90.0}))
    assert len(passes) == 1
    assert passes["duration_s"].iloc[0] == pytest.approx(3 * 86400.0)


def test_where_night_never_falls_it_stays_one_contact_and_says_so():
    polar = geo(**{"stations.obs.latitude_deg": 70.0, "start": "2026-06-20", "passes.min_elevation_deg": 0.0})
    passes = sq.find_passes(polar.with_({"passes.max_sun_elevation_deg": -12.0, "elements.max_age_days": 400.0}))
    assert len(passes) == 1
    assert not passes["usable"].any()
    assert "Sun above -12 deg" in passes["reject_reason"].iloc[0]


def test_its_samples_and_counts_are_those_of_a_pass():
    campaign = sq.analyze(geo(**{"days": 1.0, "passes.step_s": 60.0}))
    table = campaign.samples(0)
    assert table["t_s"].iloc[-1] - table["t_s"].iloc[0] == pytest.approx(
        campaign.passes["duration_s"].iloc[0], abs=60.0
    )
    assert campaign.passes["key_seconds_s"].iloc[0] == pytest.approx(campaign.passes["duration_s"].iloc[0], abs=1e-3)


def test_a_year_of_it_is_as_old_as_its_oldest_second():
    with pytest.warns(SatqkdWarning):
        year = sq.find_passes(
            geo(
                **{
                    "days": 200.0,
                    "elements.warn_age_days": 7.0,
                    "elements.max_age_days": 100.0,
                    "passes.max_sun_elevation_deg": 90.0,
                }
            )
        )
    assert len(year) == 1
    assert not year["usable"].any()
    assert "limit 100 d" in year["reject_reason"].iloc[0]


def test_the_command_line(satqkd):
    ran = satqkd(
        "passes", "--elements", str(FILE), "--station", "obs,20,-50.2,100", "--start", "2026-08-12", "--days", "3",
        "--set", "passes.max_range_m=1e9", "--night", "astronomical", "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0
    rows = pd.read_csv(io.StringIO(ran.out))
    assert len(rows) == 4
    assert rows["truncated"].all()
