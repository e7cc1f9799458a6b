"""Why a pass cannot be used is a kind and a detail; the text is made from them."""

from __future__ import annotations

import re

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis import predict
from satqkd.orbit.rejection import KINDS, Rejection, Rejections
from tests.support import ROOT

SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"days": 6, "passes.max_azimuth_rate_deg_s": 0.5})


def test_the_table_says_what_the_rejections_say():
    for found in (predict(SCENARIO),):
        assert found.passes["reject_reason"].tolist() == [
            "; ".join(one.text for one in causes) for causes in found.rejections
        ]
        assert found.passes["usable"].tolist() == [not causes for causes in found.rejections]
        assert {cause.kind for causes in found.rejections for cause in causes} <= set(KINDS)
        assert sum(found.rejected().values()) == int((~found.passes["usable"]).sum())


def test_kinds_are_counted_without_reading_text():
    found = predict(SCENARIO)
    texts = [re.sub(r" \([^)]*\)", "", text) for text in found.passes["reject_reason"] if text]  # as once it was
    assert found.rejected() == {text: texts.count(text) for text in sorted(texts, key=texts.count, reverse=True)}
    campaign = sq.analyze(SCENARIO)
    assert campaign.rejected() == campaign.prediction.rejected()


@pytest.mark.filterwarnings("ignore::satqkd.errors.StaleElementsWarning")
def test_old_elements_rule_over_other_causes():
    late = predict(SCENARIO.with_({"elements.max_age_days": 1e-3}))
    assert late.too_old
    assert {cause.kind for causes in late.rejections for cause in causes} == {"age"}
    assert late.rejected() == {"elements too old": len(late.passes)}
    assert not predict(SCENARIO).too_old


def test_a_user_s_own_constraint_is_a_kind():
    def odd_seconds_only(row, seconds):
        return seconds.t_s > 1e6

    found = predict(SCENARIO, constraints=[odd_seconds_only])
    for causes in found.rejections:
        assert [cause.reason for cause in causes if cause.kind == "own"] == ["odd_seconds_only"]


@pytest.mark.parametrize(
    ("told", "kind"), [("sun", "sun"), ("age", "own"), ("before", "own"), ("x", "own"), (7, "own")]
)
def test_a_user_s_kind_is_believed_where_it_is_a_limit_of_ours(told, kind):
    class Mine:
        kind = told
        reason = "mine"

        def __call__(self, row, seconds):
            return seconds.t_s > 1e6

    found = predict(SCENARIO, constraints=[Mine()])
    assert {cause.kind for causes in found.rejections for cause in causes if cause.reason == "mine"} == {kind}
    assert not found.too_old


def test_text_and_counts():
    range_, sun = Rejection("range", "range above 1200 km", "shortest 1300.0 km"), Rejection("own", "maintenance")
    given = [(range_,), (), (sun,), (range_,), (range_, sun)]
    found = Rejections.of(given)
    assert list(found) == given
    assert found[1:3] == given[1:3]
    assert found.some.tolist() == [True, False, True, True, True]
    assert found.texts()[4] == "range above 1200 km (shortest 1300.0 km); maintenance"
    assert found.texts()[1] == ""
    assert found.counts() == {
        "range above 1200 km": 2,
        "maintenance": 1,
        "range above 1200 km; maintenance": 1,
    }
    assert list(found.take(np.array([4, 1]))) == [given[4], ()]
    assert list(Rejections.joined([found, found])) == [*given, *given]
    assert not found.all_are("range")
    assert Rejections.of([(range_,), (range_, sun)]).all_are("range")
    assert not Rejections(0).all_are("range")
    found.enter(np.array([1]), [("age", "old")], [["2 d"]])
    assert found[1] == (Rejection("age", "old", "2 d"),)
    assert found != Rejections.of(given)


def test_nobody_reads_the_text_back():
    for path in (ROOT / "satqkd").rglob("*.py"):
        assert not re.search(r"reject_reason.*\.(str|replace|split)\b", path.read_text()), path
