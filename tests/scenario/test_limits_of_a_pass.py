"""What a scenario may ask of the seconds of a pass, and a user's own constraint beside it."""

from __future__ import annotations

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis import predict
from satqkd.errors import InputError
from tests.support.seconds import counted_seconds

SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"days": 4, "passes.max_range_m": None})
EVERYTHING = {"passes.max_sun_elevation_deg": 90.0}


def counted(changes):
    prediction = predict(SCENARIO.with_(changes))
    return prediction, *counted_seconds(prediction)


def test_without_limits_every_second_counts():
    prediction, _, every = counted(EVERYTHING)
    assert every.all()
    assert prediction.passes["usable"].all()


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"passes.max_range_m": 8e5}, lambda p: p.samples.range_m <= 8e5),
        ({"passes.max_sun_elevation_deg": -18.0}, lambda p: p.sky.sun_elevation_deg <= -18.0),
        ({"passes.min_sun_separation_deg": 60.0}, lambda p: p.sky.sun_separation_deg >= 60.0),
        (
            {"passes.min_moon_separation_deg": 40.0},
            lambda p: (p.sky.moon_separation_deg >= 40.0) | (p.sky.moon_elevation_deg < 0.0),
        ),
        ({"passes.satellite_light": "dark"}, lambda p: ~p.sky.satellite_sunlit),
        ({"passes.satellite_light": "sunlit"}, lambda p: p.sky.satellite_sunlit),
    ],
)
def test_a_limit_takes_the_seconds_it_names(changes, holds):
    prediction, seen, seconds = counted({**EVERYTHING, **changes})
    expected = holds(seen)
    assert (seconds == expected).all()
    assert 0 < seconds.sum() < seconds.size
    rejected = prediction.passes[~prediction.passes["usable"]]
    assert (rejected["reject_reason"] != "").all()


def test_a_mount_loses_the_seconds_near_the_zenith():
    _, seen, seconds = counted({**EVERYTHING, "passes.max_azimuth_rate_deg_s": 3.0})
    lost = ~seconds
    assert lost.any()
    assert seen.samples.elevation_deg[lost].min() > 45.0


def test_a_station_may_have_a_skyline_and_its_own_least_elevation(tmp_path):
    skyline = [[0.0, 10.0], [90.0, 40.0], [180.0, 40.0], [270.0, 10.0]]
    prediction, seen, seconds = counted({**EVERYTHING, "stations.graz.horizon_mask": skyline})
    graz = (prediction.passes["station"] == "graz").to_numpy()[seen.samples.pass_index]
    assert seconds[~graz].all()
    azimuth, elevation = seen.samples.azimuth_deg, seen.samples.elevation_deg
    limit = np.interp(azimuth, [0.0, 90.0, 180.0, 270.0, 360.0], [10.0, 40.0, 40.0, 10.0, 10.0])
    assert (seconds[graz] == (elevation >= limit)[graz]).all()
    (tmp_path / "mask.csv").write_text("azimuth_deg,elevation_deg\n" + "".join(f"{a},{e}\n" for a, e in skyline))
    (tmp_path / "mine.toml").write_text(
        SCENARIO.with_({**EVERYTHING, "stations.graz.horizon_mask": str(tmp_path / "mask.csv")})
        .to_toml()
        .replace(str(tmp_path) + "/", "")
    )
    again = predict(tmp_path / "mine.toml")
    assert (again.plan.spans.begin_s == prediction.plan.spans.begin_s).all()
    higher = predict(SCENARIO.with_({"stations.graz.min_elevation_deg": 25.0}))
    least = higher.passes.groupby("station")["max_elevation_deg"].min()
    assert least["graz"] >= 25.0
    assert least["xinglong"] < 25.0


def test_refraction_lengthens_passes_a_little():
    low = SCENARIO.with_({"passes.min_elevation_deg": 1.0})
    true = sq.find_passes(low)
    apparent = sq.find_passes(low.with_({"passes.refraction": True}))
    both = true.merge(apparent, on=["satellite", "station"], suffixes=("", "_apparent"))
    both = both[(both["tca_utc"] - both["tca_utc_apparent"]).abs().dt.total_seconds() < 1.0]
    gain = both["duration_s_apparent"] - both["duration_s"]
    # 0.35 deg at 1 deg of apparent elevation, at some 0.05 deg/s, twice.
    assert gain.between(4.0, 60.0).mean() > 0.9


def test_a_user_adds_a_constraint_of_their_own():
    def in_the_west(pass_row, seconds):
        return seconds.azimuth_deg > 180.0

    in_the_west.reason = "in the east"  # type: ignore[attr-defined]
    table = sq.find_passes(SCENARIO, constraints=[in_the_west])
    plain = sq.find_passes(SCENARIO)
    lost = plain["usable"] & ~table["usable"]
    assert lost.any()
    assert table.loc[lost, "reject_reason"].str.contains("in the east").all()
    assert sq.analyze(SCENARIO, constraints=[in_the_west]).passes["secret_bits"].sum() > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"passes.satellite_light": "lit"}, "satellite_light"),
        ({"passes.min_moon_separation_deg": 200.0}, "at most 180"),
        ({"stations.graz.horizon_mask": "nowhere.csv"}, r"nowhere\.csv cannot be read"),
        ({"stations.graz.horizon_mask": [[0.0, 95.0]]}, "between -90 and 90"),
        ({"stations.graz.min_elevation_deg": 95.0}, "at most 89"),
    ],
)
def test_limits_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        SCENARIO.with_(changes)
