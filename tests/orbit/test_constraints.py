"""Constraints: which seconds count, what is said of a pass that is left with none, and users' own."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from satqkd.errors import InputError
from satqkd.orbit import (
    HorizonMask,
    MaxRange,
    MinElevation,
    MoonSeparation,
    MountKeyhole,
    SatelliteDark,
    SatelliteSunlit,
    Seconds,
    SunBelow,
    SunSeparation,
    add_sky,
    apply_constraints,
    find_passes,
    judge_passes,
    sample_passes,
    sample_sky,
)


@pytest.fixture(scope="module")
def flown(micius, stations):
    """Passes, samples and sky of ten days over three stations."""
    places = list(stations.values())
    table = add_sky(find_passes(micius, places, "2017-05-10", "2017-05-20", warn_age_days=30.0), places)
    samples = sample_passes(table, micius, places)
    return table, samples, sample_sky(samples, table, places)


CASES = [
    (MaxRange(1.2e6), lambda s: s.range_m <= 1.2e6),
    (MinElevation(30.0), lambda s: s.elevation_deg >= 30.0),
    (SunBelow(-12.0), lambda s: s.sun_elevation_deg <= -12.0),
    (SunSeparation(110.0), lambda s: s.sun_separation_deg >= 110.0),
    (MoonSeparation(110.0), lambda s: (s.moon_elevation_deg < 0.0) | (s.moon_separation_deg >= 110.0)),
    (SatelliteSunlit(), lambda s: s.satellite_sunlit),
    (SatelliteDark(), lambda s: ~s.satellite_sunlit),
]


@pytest.mark.parametrize(("constraint", "meaning"), CASES, ids=lambda case: type(case).__name__)
def test_each_counts_what_it_says(flown, constraint, meaning):
    table, samples, sky = flown
    seconds = Seconds(samples, sky, slice(None))
    result, counted = apply_constraints(table, samples, sky, [constraint])
    assert np.array_equal(counted, meaning(seconds))
    left = np.bincount(samples.pass_index, counted) > 0
    assert np.array_equal(result.usable.to_numpy(), left)
    assert 0 < left.sum() < len(left)
    assert (result.reject_reason[left] == "").all()
    assert result.reject_reason[~left].str.startswith(constraint.reason).all()
    # Asked pass by pass it says the same.
    row = table.iloc[0].to_dict()
    part = Seconds(samples, sky, samples.of(0))
    assert np.array_equal(constraint(row, part), counted[samples.of(0)])


def test_reasons_carry_numbers(flown):
    table, samples, sky = flown
    result, _ = apply_constraints(table, samples, sky, [MaxRange(1.2e6), SunBelow(-12.0)])
    far = result[~result.usable & (table.min_range_m > 1.2e6) & (table.sun_elevation_deg < -20.0)].iloc[0]
    shortest = samples.range_m[samples.of(far.name)].min() / 1e3
    assert far.reject_reason == f"range above 1200 km (shortest {shortest:.1f} km)"
    both = result[(table.min_range_m > 1.2e6) & (table.sun_elevation_deg > 10.0)].iloc[0]
    assert both.reject_reason.startswith("range above 1200 km (shortest ")
    assert "; Sun above -12 deg (lowest " in both.reject_reason


def test_a_pass_lost_to_a_combination_says_so(flown):
    table, samples, sky = flown

    def early(row, seconds):
        return seconds.t_s < 0.0

    def late(row, seconds):
        return seconds.t_s > 0.0

    early.reason = "after the culmination"  # type: ignore[attr-defined]
    result, counted = apply_constraints(table, samples, sky, [early, late])
    assert not counted.any()
    assert set(result.reject_reason) == {"no second free of all of: after the culmination, late"}


def test_users_constraints_see_the_row_and_the_seconds(flown):
    table, samples, sky = flown

    class OnlyHere:
        reason = "another station"

        def __call__(self, pass_row, seconds):
            assert len(seconds) == len(seconds.t_s) == len(seconds.sun_elevation_deg)
            return np.full(len(seconds), pass_row["station"] == "nanshan")

    result, counted = apply_constraints(table, samples, sky, [OnlyHere()])
    assert (result.usable == (table.station == "nanshan")).all()
    assert set(result.reject_reason[~result.usable]) == {"another station"}
    assert counted.sum() == (table.station == "nanshan").to_numpy()[samples.pass_index].sum()


@pytest.mark.parametrize("answer", [lambda s: True, lambda s: np.ones(3, dtype=bool), lambda s: np.ones(len(s))])
def test_a_constraint_must_answer_for_each_second(flown, answer):
    table, samples, sky = flown
    with pytest.raises(InputError, match="for each second"):
        apply_constraints(table, samples, sky, [lambda row, seconds: answer(seconds)])


def test_what_seconds_do_not_have_is_an_error(flown):
    _, samples, sky = flown
    with pytest.raises(AttributeError, match="cloud_cover"):
        Seconds(samples, sky, slice(None)).cloud_cover  # noqa: B018


def test_passes_already_rejected_stay_so(flown):
    table, samples, sky = flown
    old = table.copy()
    old.loc[old.index[0], ["usable", "reject_reason"]] = [False, "too old"]
    result, counted = apply_constraints(old, samples, sky, [MinElevation(0.0)])
    assert not result.usable.iloc[0]
    assert result.reject_reason.iloc[0] == "too old"
    assert not counted[samples.of(0)].any()
    assert table.usable.all()


def test_no_constraint_counts_everything(flown):
    table, samples, sky = flown
    result, counted = apply_constraints(table, samples, sky, [])
    assert counted.all()
    assert result.equals(table)


@given(st.lists(st.sampled_from([case[0] for case in CASES]), max_size=4))
def test_more_constraints_never_count_more(flown_once, constraints):
    table, samples, sky = flown_once
    _, all_of_them = apply_constraints(table, samples, sky, constraints)
    for constraint in constraints:
        _, alone = apply_constraints(table, samples, sky, [constraint])
        assert not (all_of_them & ~alone).any()


@pytest.fixture(scope="module")
def flown_once(flown):
    return flown


@pytest.mark.parametrize(
    "build",
    [
        lambda: MaxRange(0.0),
        lambda: SunBelow(100.0),
        lambda: MinElevation(float("nan")),
        lambda: MoonSeparation(-1.0),
        lambda: MountKeyhole(0.0),
        lambda: SunBelow.night("nautcal"),
        lambda: HorizonMask((), ()),
        lambda: HorizonMask((0.0, 90.0), (5.0,)),
        lambda: HorizonMask((0.0, 400.0), (5.0, 5.0)),
        lambda: HorizonMask((0.0, 90.0), (5.0, 95.0)),
    ],
)
def test_limits(build):
    with pytest.raises(InputError):
        build()


def test_nights_by_name():
    assert [SunBelow.night(name).max_sun_elevation_deg for name in ("civil", "nautical", "astronomical")] == [
        -6,
        -12,
        -18,
    ]
    with pytest.raises(InputError, match="Did you mean 'nautical'"):
        SunBelow.night("nautcal")


# Judging without samples ------------------------------------------------------------------------------------------


def without_numbers(reason):
    return re.sub(r"-?\d+\.\d+", "#", reason)


@pytest.mark.parametrize(
    "constraints",
    [
        [],
        [MaxRange(1.2e6), SunBelow(-12.0)],
        [SunBelow(-30.0)],
        [MinElevation(50.0), SunBelow(0.0), MaxRange(9e5)],
        [SatelliteDark(), MoonSeparation(100.0), SunBelow(-6.0)],
        [HorizonMask((0.0, 179.9, 180.0, 359.9), (0.0, 0.0, 85.0, 85.0)), MaxRange(1.2e6)],
        [lambda row, seconds: seconds.t_s > 100.0, MaxRange(1e6)],
    ],
)
def test_judging_is_applying(flown, micius, stations, constraints):
    """The same passes for the same reasons; the numbers in them to what a second changes."""
    table, samples, sky = flown
    applied, _ = apply_constraints(table, samples, sky, constraints)
    judged = judge_passes(table, micius, list(stations.values()), constraints)
    assert judged.usable.tolist() == applied.usable.tolist()
    assert judged.reject_reason.map(without_numbers).tolist() == applied.reject_reason.map(without_numbers).tolist()
    assert list(judged.columns) == list(table.columns)
    for mine, theirs in zip(judged.reject_reason, applied.reject_reason, strict=True):
        numbers = [np.array([float(x) for x in re.findall(r"-?\d+\.\d+", text)]) for text in (mine, theirs)]
        assert np.abs(numbers[0] - numbers[1]).max(initial=0.0) < 0.15


def test_judging_keeps_what_was_rejected(flown, micius, stations):
    table, _, _ = flown
    old = table.copy()
    old.loc[old.index[0], ["usable", "reject_reason"]] = [False, "too old"]
    judged = judge_passes(old, micius, list(stations.values()), [MinElevation(0.0)])
    assert not judged.usable.iloc[0]
    assert judged.reject_reason.iloc[0] == "too old"
    assert judged.usable.iloc[1:].all()


def test_judging_nothing(flown, micius, stations):
    table, _, _ = flown
    assert judge_passes(table.iloc[:0], micius, list(stations.values()), [MaxRange(1e6)]).empty


# The skyline ------------------------------------------------------------------------------------------------------


def test_a_skyline_is_interpolated_around_the_circle():
    skyline = HorizonMask((350.0, 10.0, 180.0), (20.0, 10.0, 0.0))
    assert skyline.skyline_deg(np.array([350.0, 0.0, 10.0, 95.0, 180.0, 265.0])) == pytest.approx(
        [20.0, 15.0, 10.0, 5.0, 0.0, 10.0]
    )


def test_a_skyline_hides_and_only_at_its_station(flown):
    table, samples, sky = flown
    wall = HorizonMask((0.0, 179.9, 180.0, 359.9), (0.0, 0.0, 85.0, 85.0))
    result, counted = apply_constraints(table, samples, sky, [wall])
    east = samples.azimuth_deg < 179.9
    assert counted[east].all()
    assert (samples.elevation_deg[counted & ~east] > 0.0).all()
    here, counted_here = apply_constraints(
        table, samples, sky, [HorizonMask(wall.azimuth_deg, wall.elevation_deg, station="nanshan")]
    )
    elsewhere = (table.station != "nanshan").to_numpy()[samples.pass_index]
    assert counted_here[elsewhere].all()
    assert np.array_equal(counted_here[~elsewhere], counted[~elsewhere])
    assert here.usable[table.station != "nanshan"].all()
    assert len(result) == len(table)


def test_a_skyline_from_a_file(tmp_path):
    path = tmp_path / "skyline.csv"
    path.write_text("\ufeffazimuth_deg, elevation_deg\r\n0, 5\r\n180, 15.5\r\n")
    assert HorizonMask.from_csv(path, station="graz") == HorizonMask((0.0, 180.0), (5.0, 15.5), "graz")
    path.write_text("azimuth_deg,elevation_deg\n0,5\n90,high\n")
    with pytest.raises(InputError, match=r"skyline\.csv:3: elevation_deg = 'high'"):
        HorizonMask.from_csv(path)
    path.write_text("azimuth,elevation\n0,5\n")
    with pytest.raises(InputError, match=r"skyline\.csv:2: azimuth_deg = None"):
        HorizonMask.from_csv(path)
    with pytest.raises(InputError, match="cannot be read"):
        HorizonMask.from_csv(tmp_path / "none.csv")


# The keyhole ------------------------------------------------------------------------------------------------------


def high_pass(micius, stations):
    """The pass of 13 February 2017 over Nanshan, 85.7 deg high."""
    place = stations["nanshan"]
    table = find_passes(micius, place, "2017-02-13T18:30", "2017-02-13T18:50")
    samples = sample_passes(table, micius, place)
    return table, samples, sample_sky(samples, table, place)


def test_a_slow_mount_loses_the_zenith(micius, stations):
    table, samples, sky = high_pass(micius, stations)
    fastest = np.abs(samples.azimuth_rate_deg_s).max()
    assert fastest > 10.0
    _, all_of_it = apply_constraints(table, samples, sky, [MountKeyhole(1.01 * fastest)])
    assert all_of_it.all()
    lost = []
    for limit in (10.0, 5.0, 2.0, 1.0):
        _, counted = apply_constraints(table, samples, sky, [MountKeyhole(limit)])
        away = np.flatnonzero(~counted)
        lost.append(len(away))
        # One gap, that holds every second in which the satellite is too fast.
        assert (np.diff(away) == 1).all()
        assert set(np.flatnonzero(np.abs(samples.azimuth_rate_deg_s) > limit)) <= set(away)
        # When it is back, the mount has had the time to turn there.
        azimuth = np.unwrap(samples.azimuth_deg, period=360.0)
        before, after = away[0] - 1, min(away[-1] + 1, len(azimuth) - 1)
        assert abs(azimuth[after] - azimuth[before]) <= limit * (samples.t_s[after] - samples.t_s[before]) + 1e-6
    assert lost == sorted(lost)
    assert lost[0] > 0


def test_a_mount_that_never_catches_up_loses_the_rest(micius, stations):
    table, samples, sky = high_pass(micius, stations)
    _, counted = apply_constraints(table, samples, sky, [MountKeyhole(0.3)])
    assert not counted[-1]
    assert counted[0]


def test_reason_of_a_mount_is_only_a_name():
    assert MountKeyhole(2.0).reason == "azimuth faster than 2 deg/s"
