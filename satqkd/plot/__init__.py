"""Figures: one function a figure, each takes a result and an optional Axes."""

from satqkd.plot.key_stores import relay
from satqkd.plot.pass_detail import inspect
from satqkd.plot.sky_tracks import passes

__all__ = ["inspect", "passes", "relay"]
