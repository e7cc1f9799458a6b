"""The proofs and tails under which a protocol's key can be evaluated, side by side."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product
from typing import Any, Literal, get_args, get_origin

from satqkd.errors import InputError
from satqkd.fields import field_types

CHOICES = ("proof", "tail_bound")
"""Fields of a protocol that choose its proof, and how that bounds counts."""


def offered(protocol: Any) -> list[Any]:
    """Return a protocol under every proof that is offered for it: as it is first, then the others.

    Parameters
    ----------
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
    """
    kind: type = type(protocol)
    hints = field_types(kind)
    names = [one.name for one in fields(protocol) if one.name in CHOICES and get_origin(hints[one.name]) is Literal]
    found = [protocol]
    for values in product(*(get_args(hints[name]) for name in names)):
        try:
            other = replace(protocol, **dict(zip(names, values, strict=True)))
        except InputError:
            continue  # a proof that knows no such tail
        if other not in found:
            found.append(other)
    return found
