"""What a divergence measures: the definitions that are known here, and how others turn into them."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from satqkd.errors import InputError, shown
from satqkd.fields import Definition

DEFINITIONS: tuple[Literal["1/e2", "fwhm", "uniform"], ...] = ("1/e2", "fwhm", "uniform")

# What a word means, the definition here that is nearest in kind, and the factor on the angle between the two. A
# neighbouring word is another angle: it is converted, never offered as if a letter were missing.
_OTHERS = {
    "1/e": ("the full width at 1/e of the irradiance", "1/e2", math.sqrt(2.0)),
    "half 1/e": ("the half width at 1/e of the irradiance", "1/e2", 2.0 * math.sqrt(2.0)),
    "half 1/e2": ("the half width at 1/e2 of the irradiance", "1/e2", 2.0),
    "hwhm": ("the half width at half maximum", "fwhm", 2.0),
    "sigma": ("the standard deviation of the irradiance along one axis", "1/e2", 4.0),
    "d4sigma": ("four standard deviations of the irradiance along one axis, which for a Gaussian are", "1/e2", 1.0),
    "half disc": ("the half angle of a top-hat disc", "uniform", 2.0),
}
_SAME = {
    "1/e2": ("1/e^2", "1/e**2", "1/e²", "e-2", "e^-2", "1/e2", "13.5%", "gaussian 1/e2"),
    "fwhm": ("fwhm", "full width at half maximum", "3db", "half maximum"),
    "uniform": ("uniform", "top-hat", "tophat", "top hat", "disc", "disk", "flat"),
    "1/e": ("1/e", "e-1", "36.8%"),
    "half 1/e": ("1/e half", "1/e-half-angle", "half-angle 1/e"),
    "half 1/e2": ("half-angle", "half angle", "1/e2 half", "1/e^2 half", "half-angle 1/e2", "1/e2-half-angle", "half"),
    "hwhm": ("hwhm", "half width at half maximum", "half-width"),
    "sigma": ("sigma", "rms", "std", "1-sigma", "1sigma"),
    "d4sigma": ("d4sigma", "4sigma", "second-moment", "iso11146", "iso 11146"),
    "half disc": ("uniform half", "half-angle uniform"),
}


def explain(given: object, angle_rad: float | None = None) -> str:
    """Return what a word for a divergence means in the words known here, with the angle converted where it is known.

    >>> explain("1/e", 10e-6)
    "'1/e' is the full width at 1/e of the irradiance: write divergence_definition = '1/e2' and 1.414e-05 rad."
    """
    word = given.strip().lower() if isinstance(given, str) else ""
    known = next((name for name, words in _SAME.items() if word in words), None)
    if known in DEFINITIONS:
        return f"Write {known!r}."
    if known is None:
        return (
            "A full angle is one of: '1/e2' (of the on-axis irradiance of a Gaussian), 'fwhm' (its half maximum), "
            "'uniform' (a top-hat disc)."
        )
    meaning, ours, factor = _OTHERS[known]
    angle = f"{factor:.4g} times the angle" if angle_rad is None else f"{factor * angle_rad:.4g} rad"
    return f"{given!r} is {meaning}: write divergence_definition = {ours!r} and {angle}."


DivergenceDefinition = Annotated[Literal["1/e2", "fwhm", "uniform"], Definition("divergence_rad", explain)]


def check_definition(name: str, value: str, angle_rad: float | None = None) -> None:
    """Raise `InputError` where a word is none of the definitions, and say what it means here."""
    if not isinstance(value, str) or value not in DEFINITIONS:
        raise InputError(f"{name} = {shown(value)} is not known.", explain(value, angle_rad))
