"""The one door for numbers at the public edge: plain floats, in the unit that the parameter's name carries."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.errors import InputError, shown

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_P = ParamSpec("_P")
_R = TypeVar("_R")

_PLAIN = (float, int, np.ndarray, np.float64, str, type(None))
_SURE = (float, np.float64)  # numbers without a doubt, and by far the most frequent
_UNITS_BY_SUFFIX = {
    # Longer suffixes first: the first that fits is taken.
    "_w_m2_sr_um": "W / (m2 sr um)",
    "_per_km": "1 / km",
    "_rad_s": "rad / s",
    "_deg_s": "deg / s",
    "_rev_day": "cycle / day",
    "_m_s": "m / s",
    "_m2": "m2",
    "_rad": "rad",
    "_deg": "deg",
    "_hz": "Hz",
    "_hours": "hour",
    "days": "day",
    "_hpa": "hPa",
    "_mag": "mag",
    "_bits": "bit",
    "_bps": "bit / s",
    "_cps": "1 / s",
    "_sr": "sr",
    "_db": "dB",
    "_km": "km",
    "_w": "W",
    "_s": "s",
    "_m": "m",
    "_k": "K",
}


def unit_of(name: str) -> str:
    """Return the unit that a name carries in its suffix, or an empty string.

    >>> unit_of("link.receiver.aperture_m")
    'm'
    """
    return next((unit for suffix, unit in _UNITS_BY_SUFFIX.items() if name.endswith(suffix)), "")


def as_floats(name: str, value: Any) -> FloatArray:
    """Return numbers as a float array in the unit of a parameter's name, whatever carried them.

    Parameters
    ----------
    name : str
        What the parameter is called; its suffix says the unit (`satqkd.units.unit_of`), no suffix means a pure number.
    value : array_like or astropy.units.Quantity
        Numbers already in that unit, a Quantity of any unit of its dimension, or a list of such.

    Returns
    -------
    ndarray of float64
        Shape of the value. NaN and infinities come through: whether they may is the caller's question.

    Raises
    ------
    InputError
        For a Quantity of another dimension, a masked value, truth values, text, complex numbers, or anything else that
        is no number.

    Examples
    --------
    >>> float(as_floats("range_m", 800e3))
    800000.0
    """
    if type(value) is float or (type(value) is np.ndarray and value.dtype == np.float64):
        return np.asarray(value)
    # What carries a unit or a mask tells by its attributes: nothing is imported for the sake of a check.
    if hasattr(value, "to_value") and hasattr(value, "unit"):
        _refuse_masked(name, value)
        try:
            return np.asarray(value.to_value(unit_of(name)), dtype=float)
        except Exception as error:
            raise InputError(f"{name} = {value} cannot be converted to [{unit_of(name) or '1'}]: {error}.") from None
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        raise InputError(
            f"{name} = {shown(value)} carries a unit that cannot be read here.",
            f"Give plain numbers in [{unit_of(name) or '1'}], or an astropy Quantity.",
        )
    _refuse_masked(name, value)
    if isinstance(value, list | tuple) and any(not isinstance(one, int | float) for one in value):
        return _stacked(name, value)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu" and array.size:
            raise TypeError
        return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} = {shown(value)} is not a number.") from None


def as_float(name: str, value: Any) -> float:
    """Return one number as a float in the unit of a parameter's name; see `as_floats`."""
    array = as_floats(name, value)
    if array.size != 1:
        raise InputError(f"{name} has shape {array.shape}: one number is wanted here.")
    return float(array.reshape(()))


def within(
    name: str, value: ArrayLike, low: float = -np.inf, high: float = np.inf, *, above: bool = False
) -> FloatArray:
    """Return `value` as a float array, or raise where it is not finite or outside its limits.

    Parameters
    ----------
    name : str
        What the error calls the value; the argument's name, which carries its unit.
    value : array_like
        Any shape.
    low, high : float, optional
        Limits, included.
    above : bool, optional
        Exclude `low` itself.

    Raises
    ------
    InputError
        Naming the first offending value and the limits.
    """
    array = as_floats(name, value)
    if array.size == 0:
        return array
    smallest, largest = float(array.min()), float(array.max())  # NaN comes through both
    bad_low = not (smallest > low if above else smallest >= low) or not np.isfinite(smallest)
    if bad_low or not largest <= high or not np.isfinite(largest):
        given = smallest if bad_low else largest
        allowed = [f"{'greater than' if above else 'at least'} {low:g}"] if np.isfinite(low) else []
        allowed += [f"at most {high:g}"] if np.isfinite(high) else []
        raise InputError(f"{name} = {given:g} is out of range: it must be finite{''.join(', ' + a for a in allowed)}.")
    return array


def broadcast_floats(**values: Any) -> tuple[FloatArray, ...]:
    """Return several arguments, by their names, as `as_floats` does and of one shape.

    Raises
    ------
    InputError
        Also where their shapes do not go together.
    """
    arrays = [as_floats(name, value) for name, value in values.items()]
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(values, arrays, strict=True))
        raise InputError(f"These shapes do not go together: {shapes}.") from None


def takes_quantities(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function of plain numbers take whatever carries numbers, and refuse what carries none.

    A Quantity is converted to the unit that its parameter's name carries, or refused where its dimension is another,
    and so are masked values, truth values, text and anything else that is no number: the function itself sees
    floats and arrays only. Which parameters are numbers is read from their annotations. Shapes that do not go
    together, and numbers so large or small that the arithmetic leaves the floats, are refused in the same way.
    """
    code = function.__code__
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    kinds = {name: _kind(str(hint)) for name, hint in function.__annotations__.items()}

    @wraps(function)
    def converting(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            if all(type(one) in _SURE for one in args) and all(type(one) in _SURE for one in kwargs.values()):
                return function(*args, **kwargs)
            named = {name: _plain(name, one, kinds.get(name, "")) for name, one in kwargs.items()}
            placed = [_plain(name, one, kinds.get(name, "")) for name, one in zip(names, args, strict=False)]
            return function(*placed, *args[len(placed) :], **named)  # type: ignore[arg-type]
        except InputError:
            raise
        except (ArithmeticError, ValueError) as error:
            refusal = _refusal(function.__name__, error, dict(zip(names, args, strict=False)) | kwargs)
            if refusal is None:
                raise
            raise refusal from error

    return converting


def _refusal(function: str, error: Exception, given: dict[str, Any]) -> InputError | None:
    """Return what an error of the arithmetic says about the numbers given, or None where it says nothing about them."""
    if isinstance(error, ArithmeticError):
        numbers = ", ".join(f"{name} = {shown(one)}" for name, one in given.items() if np.ndim(one) == 0)
        return InputError(f"{function} leaves the range of floats ({error}).", f"Given: {numbers}.")
    if "broadcast" in str(error) or "shape" in str(error):
        shapes = ", ".join(f"{name} {np.shape(one)}" for name, one in given.items() if np.ndim(one))
        return InputError(f"{function}: these shapes do not go together: {shapes}.")
    return None


def _kind(hint: str) -> str:
    """Return whether an annotation is of numbers, of one number, or of neither; ``?`` where None may stand instead."""
    numbers = "many" if hint.startswith(("ArrayLike", "FloatArray")) else "one" if hint.startswith("float") else ""
    return numbers + ("?" if numbers and "None" in hint else "")


def _plain(name: str, value: Any, kind: str) -> Any:
    if not kind:
        array = as_floats(name, value) if carries_unit(value) else None
        return value if array is None else array if array.ndim else float(array)
    if type(value) in _SURE or (value is None and kind.endswith("?")):
        return value
    if type(value) is np.ndarray and value.dtype.kind == "f" and kind.startswith("many"):
        return value
    array = as_floats(name, value)
    if kind.startswith("one") and array.size != 1:
        raise InputError(f"{name} has shape {array.shape}: one number is wanted here.")
    return float(array.reshape(())) if kind.startswith("one") or not array.ndim else array


def carries_unit(value: Any) -> bool:
    """Whether a value, or an entry of a list, has a unit or a mask with it."""
    if type(value) in _PLAIN:
        return False
    if isinstance(value, list | tuple):
        return any(map(carries_unit, value))
    # An astropy Time has values too, but no unit.
    quantity = (hasattr(value, "to_value") and hasattr(value, "unit")) or hasattr(value, "magnitude")
    # NumPy imports its masked arrays when they are first asked for; nobody has one before.
    return quantity or ("numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray))


def _stacked(name: str, values: list[Any] | tuple[Any, ...]) -> FloatArray:
    """Return a list whose entries are lists, arrays or Quantities."""
    try:
        return np.array([as_floats(name, one) for one in values], dtype=float)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} = {shown(values)} is a list of lists of different lengths.") from None


def _refuse_masked(name: str, value: Any) -> None:
    mask = getattr(value, "mask", None)
    # A pandas object has a method of that name; only an array of truth values hides anything.
    if isinstance(mask, np.ndarray | np.bool_ | bool) and np.any(mask):
        raise InputError(
            f"{name} has {int(np.sum(mask))} masked of {np.size(mask)} values: what stands there is not known.",
            "Leave them out, or fill them with a value that is meant.",
        )
