"""Progress and stages reach who listens, and nobody else."""

from __future__ import annotations

import pytest

from satqkd import progress


class Heard:
    def __init__(self):
        self.said: list[tuple] = []

    def expected(self, text, seconds):
        self.said.append(("expected", text, seconds))

    def reached(self, stage, done, total):
        self.said.append((stage, done, total))

    def took(self, stage, seconds):
        assert seconds >= 0.0
        self.said.append(("took", stage))


def speak():
    progress.announce("much", 5.0)
    with progress.stage("dig"):
        progress.report("dig", 1, 2)


def test_who_listens_hears_size_progress_and_stages_in_order():
    heard = Heard()
    with progress.listening(heard):
        speak()
    assert heard.said == [("expected", "much", 5.0), ("dig", 0, 0), ("dig", 1, 2), ("took", "dig")]


def test_nobody_hears_before_or_after():
    heard = Heard()
    speak()
    with progress.listening(heard), progress.listening(None):
        speak()
    speak()
    assert heard.said == []


def test_a_stage_that_fails_took_its_time_too_and_the_listener_leaves():
    heard = Heard()
    with pytest.raises(ValueError, match="rock"), progress.listening(heard), progress.stage("dig"):
        raise ValueError("rock")
    speak()
    assert heard.said == [("dig", 0, 0), ("took", "dig")]


def test_an_analysis_tells_its_stages_in_the_order_of_the_chain():
    import satqkd

    heard = Heard()
    with progress.listening(heard):
        satqkd.analyze("micius-beijing-vienna", days=1, keep_samples=True)
    stages = [one[1] for one in heard.said if one[0] == "took"]
    assert stages == ["predict", "judge", "light and counts", "keys", "table", "samples"]
    progressed = {one[0] for one in heard.said if len(one) == 3 and one[2]}
    assert progressed == {"predict", "judge", "light and counts"}
    assert all(0 <= done <= total for _, done, total in (one for one in heard.said if len(one) == 3 and one[2]))
