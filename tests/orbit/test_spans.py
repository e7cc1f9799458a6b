"""Spans against sets of whole ticks: what lies in both, what is joined, what contains what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.orbit.spans import Layer, Spans

PASSES = 4
ticks = st.lists(st.tuples(st.integers(0, PASSES - 1), st.integers(0, 19)), unique=True, max_size=40)


def spans_of(chosen):
    """Return the spans of whole ticks of one second, (pass, second) each."""
    row, begin = (
        (np.array(column, dtype=np.int64) for column in zip(*sorted(chosen), strict=True))
        if chosen
        else (
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
        )
    )
    return Spans.of_slots(PASSES, row, begin.astype(float), begin + 1.0)


def ticks_of(spans):
    """Return the whole ticks that spans hold."""
    return {
        (int(row), tick)
        for row, begin, end in zip(spans.row, spans.begin_s, spans.end_s, strict=True)
        for tick in range(round(begin), round(end))
    }


@given(ticks)
@settings(deadline=None)
def test_slots_are_joined_and_nothing_is_lost(chosen):
    spans = spans_of(chosen)
    assert ticks_of(spans) == set(chosen)
    assert spans.duration_s().sum() == len(chosen)
    neighbours = sum((row, tick + 1) in chosen for row, tick in chosen)
    assert len(spans) == len(chosen) - neighbours


@given(ticks, ticks)
@settings(deadline=None)
def test_what_lies_in_both(one, other):
    both = spans_of(one) & spans_of(other)
    assert ticks_of(both) == set(one) & set(other)
    assert (both.end_s > both.begin_s).all()
    assert (np.diff(both.row) >= 0).all()


@given(ticks, st.permutations(range(PASSES)))
@settings(deadline=None)
def test_some_passes_in_another_order_and_back(chosen, order):
    spans = spans_of(chosen)
    rows = np.array(order[:3])
    some = spans.take(rows)
    assert ticks_of(some) == {(order.index(row), tick) for row, tick in chosen if row in rows}
    assert ticks_of(some.put(rows, PASSES)) == {(row, tick) for row, tick in chosen if row in rows}
    twice = Spans.joined([spans, some])
    assert twice.passes == PASSES + 3
    assert ticks_of(twice) == set(chosen) | {(row + PASSES, tick) for row, tick in ticks_of(some)}


@given(ticks)
@settings(deadline=None)
def test_which_instants_lie_inside(chosen):
    spans = spans_of(chosen)
    row = np.repeat(np.arange(PASSES), 20)
    middle = np.tile(np.arange(20) + 0.5, PASSES)
    expected = [(int(one), int(t)) in set(chosen) for one, t in zip(row, middle, strict=True)]
    assert spans.contain(row, middle).tolist() == expected
    begin, end = spans.edges_s()
    for one in range(PASSES):
        own = [tick for which, tick in chosen if which == one]
        assert (begin[one], end[one]) == (min(own), max(own) + 1) if own else np.isnan(begin[one])


@given(ticks, ticks, st.permutations(range(PASSES)))
@settings(deadline=None)
def test_a_layer_keeps_what_it_takes_from(one, other, order):
    whole, left = spans_of(one), spans_of(one) & spans_of(other)
    layer = Layer.of("cloudy", whole, left)
    losing = {row for row, tick in one if (row, tick) not in other}
    assert set(layer.rows.tolist()) == losing
    assert ticks_of(layer.spans.put(layer.rows, PASSES)) == {
        (row, tick) for row, tick in set(one) & set(other) if row in losing
    }
    some = layer.take(np.array(order[:2]))
    assert set(some.rows.tolist()) == {order.index(row) for row in losing if row in order[:2]}
    (joined,) = Layer.joined([layer, layer.shifted(PASSES)])
    assert len(joined.rows) == 2 * len(losing)


def test_none_and_too_many():
    assert Spans.none(3).duration_s().tolist() == [0.0, 0.0, 0.0]
    assert not Spans.none(3).contain(np.array([0]), np.array([0.0]))[0]
    assert Spans.joined([]).passes == 0
    with pytest.raises(ValueError, match="cannot be intersected"):
        Spans.none(3) & Spans.none(2)
