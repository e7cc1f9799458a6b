"""Passes boiled down: expected counts of any part of a pass at any intensity, from a few sums over its seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray
from satqkd.errors import InputError
from satqkd.protocols import checks

PARTS = 32
"""Parts into which the seconds of a block are gathered, best ones first."""

_TOGETHER = 256
"""Blocks whose seconds are worked on at once: a year of seconds would fill the memory."""

_SERIES_TOLERANCE = 1e-12
"""Relative error of the series in transmittance times intensity."""


@dataclass(frozen=True, slots=True, eq=False)
class Seconds:
    """What the link gives in every sample of many passes, and which block each belongs to.

    Parameters
    ----------
    transmittance : array_like
        From the transmitter's exit aperture to a click [1], shape (samples,).
    background_per_gate : array_like
        Background counts of the whole receiver in a gate, efficiencies included [1], shape (samples,).
    weight_s : array_like
        Time each sample stands for [s], shape (samples,).
    block : array_like of int
        Block of each sample, from 0 on, shape (samples,).
    dark_per_gate : array_like
        Dark counts of a basis pair of detectors in a gate [1], a number or one for each block.
    passive : array_like of bool
        Whether a beam splitter chooses the basis, so that dark counts come in either basis at any time; a truth or one
        for each block.
    """

    transmittance: FloatArray
    background_per_gate: FloatArray
    weight_s: FloatArray
    block: NDArray[np.intp]
    dark_per_gate: FloatArray
    passive: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        *,
        transmittance: ArrayLike,
        background_per_gate: ArrayLike,
        weight_s: ArrayLike,
        block: ArrayLike,
        dark_per_gate: ArrayLike = 0.0,
        passive: ArrayLike = True,
        blocks: int | None = None,
    ) -> Seconds:
        """Return checked arrays; `blocks` is the number of blocks where the last may be empty.

        Raises
        ------
        InputError
            For a transmittance outside [0, 1], a negative or infinite rate or weight, or a block out of range.
        """
        eta = checks.counts_array("transmittance", transmittance)
        if np.any(eta > 1.0):
            raise InputError(f"transmittance = {np.max(eta):g} is out of range: it must be at most 1.")
        index = np.asarray(block, dtype=np.intp)
        count = (int(index.max()) + 1 if index.size else 0) if blocks is None else blocks
        if index.size and not (index.min() >= 0 and index.max() < count):
            raise InputError(f"block runs from {index.min()} to {index.max()}: it must lie between 0 and {count - 1}.")
        noise = checks.counts_array("background_per_gate", background_per_gate)
        weight = checks.counts_array("weight_s", weight_s)
        eta, noise, weight, index = np.broadcast_arrays(eta, noise, weight, index)
        dark = checks.counts_array("dark_per_gate", dark_per_gate)
        return cls(
            transmittance=eta,
            background_per_gate=noise,
            weight_s=weight,
            block=index,
            dark_per_gate=np.broadcast_to(dark, (count,)),
            passive=np.broadcast_to(np.asarray(passive, dtype=bool), (count,)),
        )

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.dark_per_gate)

    def order(self) -> NDArray[np.intp]:
        """Return the samples block by block, in each from the least noise per signal to the most.

        To first order in the transmittance a second adds ``a eta - b Y0`` to a key with some a and b, so that the
        seconds worth keeping are, whatever a and b, a first part of this order.
        """
        dark = (np.where(self.passive, 2.0, 1.0) * self.dark_per_gate)[self.block]
        noise = (self.background_per_gate + dark) / np.maximum(self.transmittance, 1e-300)
        return np.asarray(np.lexsort((-self.transmittance, noise, self.block)))


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Sums over the best part of every block's seconds, for a growing part.

    Attributes
    ----------
    seconds : Seconds
        The samples.
    order : ndarray of int
        Samples block by block, best ones first, shape (samples,).
    ends : ndarray of int
        Where in `order` each part of a block ends, the empty part first, shape (blocks, parts + 1).
    sums : ndarray
        What counting needs of the seconds before each end, shape (blocks, parts + 1, 2 + 2 terms).
    misalignment_error : float
        Probability that a photon goes to the wrong detector of its basis [1].
    """

    seconds: Seconds
    order: NDArray[np.intp]
    ends: NDArray[np.intp]
    sums: FloatArray
    misalignment_error: float

    @classmethod
    def of(cls, seconds: Seconds, *, misalignment_error: float, largest_intensity: float = 1.0) -> Profiles:
        """Return the sums of all blocks.

        Parameters
        ----------
        seconds : Seconds
            The samples.
        misalignment_error : float
            Probability that a photon goes to the wrong detector of its basis [1].
        largest_intensity : float
            Mean photon number up to which counts will be asked for [1].
        """
        order = seconds.order()
        sizes = np.bincount(seconds.block, minlength=seconds.blocks)
        firsts = np.cumsum(sizes) - sizes
        ends = firsts[:, None] + np.rint(sizes[:, None] * np.linspace(0.0, 1.0, PARTS + 1)).astype(np.intp)
        terms = _terms(float(np.max(seconds.transmittance, initial=0.0)) * max(largest_intensity, 1.0))
        # Sums of each block start anew, so that a long campaign does not wear off the digits of its last pass.
        sums = np.zeros((*ends.shape, 2 + 2 * terms))
        for first in range(0, seconds.blocks, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            begin, end = ends[some, :-1], ends[some, 1:]
            columns = _columns(seconds, order[begin[0, 0] : end[-1, -1]], misalignment_error, terms)
            padded = np.concatenate([columns, np.zeros((1, columns.shape[1]))])
            bounds = np.stack([begin, end], axis=-1) - begin[0, 0]
            added = np.add.reduceat(padded, bounds.ravel())[::2].reshape(*begin.shape, -1)
            sums[some, 1:] = np.cumsum(np.where((end > begin)[..., None], added, 0.0), axis=1)
        return cls(seconds=seconds, order=order, ends=ends, sums=sums, misalignment_error=misalignment_error)

    def counts(
        self, blocks: NDArray[np.intp], *, kept: FloatArray, intensities: FloatArray, basis_probabilities: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return expected detections and errors in each basis per pulse rate, for parts of blocks.

        Parameters
        ----------
        blocks : ndarray of int
            Which block, shape (rows,).
        kept : ndarray
            Part of its seconds, in [0, 1]; between the ends of two parts interpolated, shape (rows,).
        intensities : ndarray
            Mean photon numbers [1], shape (rows, intensities).
        basis_probabilities : ndarray
            Probability that the receiver chooses either basis [1], shape (rows, 2).

        Returns
        -------
        detections, errors : ndarray
            Integrals over time of the probabilities that a pulse measured in a basis is detected, and detected wrongly
            [s], shape (rows, 2, intensities).

        Notes
        -----
        With ``Y0 = 1 - exp(-b - d)``, b the background and d the dark counts in a gate, both detectors alike, and
        misalignment e, the click probabilities of a second are ``Q = 1 - (1 - Y0) exp(-eta k)`` and ``2 E Q = Q -
        sqrt(1 - Y0) [exp(-eta k e) - exp(-eta k (1 - e))]``: double clicks take a random bit. Their sums over seconds
        are power series in k with coefficients that do not depend on k.
        """
        position = np.clip(kept, 0.0, 1.0) * PARTS
        part = np.minimum(position.astype(np.intp), PARTS - 1)
        share = (position - part)[:, None]
        flat = self.sums.reshape(-1, self.sums.shape[-1])
        low = blocks * (PARTS + 1) + part
        sums = flat[low] * (1.0 - share) + flat[low + 1] * share
        return _clicks(sums, intensities, self._dark(blocks, basis_probabilities))

    def fine_counts(
        self,
        blocks: NDArray[np.intp],
        *,
        low: NDArray[np.intp],
        high: NDArray[np.intp],
        intensities: FloatArray,
        basis_probabilities: FloatArray,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray, FloatArray]:
        """Return counts as `counts` does, for every number of seconds between the ends of two parts of some blocks.

        Parameters
        ----------
        blocks : ndarray of int
            Which blocks, shape (blocks,).
        low, high : ndarray of int
            Parts after whose ends to begin and to stop, shape (blocks,).
        intensities, basis_probabilities : ndarray
            Of every block [1], shape (blocks, intensities) and (blocks, 2).

        Returns
        -------
        rows, ends : ndarray of int
            Position in `blocks`, and where in `order` the kept seconds end, shape (rows,).
        detections, errors : ndarray
            Shape (rows, 2, intensities).
        """
        begin, stop = self.ends[blocks, low], self.ends[blocks, high]
        sizes = stop - begin
        rows = np.repeat(np.arange(len(blocks)), sizes)
        starts = np.cumsum(sizes) - sizes
        last = np.arange(len(rows)) - np.repeat(starts - begin, sizes)
        columns = _columns(self.seconds, self.order[last], self.misalignment_error, (self.sums.shape[-1] - 2) // 2)
        running = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(columns, axis=0)])
        sums = self.sums[blocks, low][rows] + running[1:] - running[starts][rows]
        dark = self._dark(blocks[rows], basis_probabilities[rows])
        return rows, last + 1, *_clicks(sums, intensities[rows], dark)

    def _dark(self, blocks: NDArray[np.intp], basis_probabilities: FloatArray) -> FloatArray:
        dark = self.seconds.dark_per_gate[blocks, None]
        return np.where(self.seconds.passive[blocks, None], dark / basis_probabilities, dark)


def _terms(largest: float) -> int:
    """Return how many terms a series in x <= `largest` <= 1 needs."""
    for term in range(2, 20):
        if largest**term / factorial(term + 1) < _SERIES_TOLERANCE:
            return term
    return 20


def _columns(seconds: Seconds, which: NDArray[np.intp], misalignment: float, terms: int) -> FloatArray:
    """Return what `_clicks` needs of some seconds, times their weights, shape (samples, 2 + 2 terms)."""
    eta, background, weight = seconds.transmittance[which], seconds.background_per_gate[which], seconds.weight_s[which]
    quiet, half_quiet = np.exp(-background), np.exp(-0.5 * background)
    columns = np.empty((len(which), 2 + 2 * terms))
    columns[:, 0], columns[:, 1] = -np.expm1(-background), quiet
    power = np.ones_like(eta)
    for k in range(1, terms + 1):
        power = power * eta * (-1.0 / k)
        columns[:, 1 + k] = -quiet * power
        columns[:, 1 + terms + k] = half_quiet * power * (misalignment**k - (1.0 - misalignment) ** k)
    return np.asarray(columns * weight[:, None])


def _clicks(sums: FloatArray, intensities: FloatArray, dark: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return detections and errors from the sums of `_columns`; shapes (rows, ...), (rows, intensities), (rows, 2)."""
    terms = (sums.shape[-1] - 2) // 2
    light, contrast = sums[:, None, 1 + terms], sums[:, None, 1 + 2 * terms]
    for k in range(terms - 1, 0, -1):
        light = sums[:, None, 1 + k] + intensities * light
        contrast = sums[:, None, 1 + terms + k] + intensities * contrast
    light, contrast = (intensities * light)[:, None, :], (intensities * contrast)[:, None, :]
    still = np.exp(-dark)
    noise = (sums[:, 0, None] - np.expm1(-dark) * sums[:, 1, None])[:, :, None]
    detections = noise + still[:, :, None] * light
    errors = 0.5 * (detections - np.sqrt(still)[:, :, None] * contrast)
    return detections, errors
