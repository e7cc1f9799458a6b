"""A prediction second by second, and which of the seconds its plan counts."""

from __future__ import annotations

import numpy as np

from satqkd.analysis.seconds import second_by_second


def counted_seconds(prediction):
    """Return samples and sky of all passes, and which of the samples lie in the plan."""
    seen = second_by_second(prediction, np.arange(len(prediction.passes)))
    return seen, prediction.plan.spans.contain(seen.samples.pass_index, seen.samples.t_s)
