"""Figures: one function a figure, each takes a result and an optional Axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.plot.key_losses import key_against_loss as key_against_loss
    from satqkd.plot.key_stores import relay as relay
    from satqkd.plot.pass_detail import inspect as inspect
    from satqkd.plot.sky_tracks import passes as passes

__getattr__, __dir__, __all__ = lazy.face(__name__)
