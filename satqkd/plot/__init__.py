"""Figures: one function a figure, each takes a result and an optional Axes."""

from satqkd.plot.inspect import inspect
from satqkd.plot.passes import passes
from satqkd.plot.relay import relay

__all__ = ["inspect", "passes", "relay"]
