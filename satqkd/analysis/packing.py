"""A campaign as the contents of files, and back: arrays in one, everything else as JSON, the scenario as TOML."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd._version import __version__
from satqkd.analysis.blocks import BlockCounts
from satqkd.analysis.plan import Plan
from satqkd.analysis.prediction import Prediction
from satqkd.errors import InputError, shown
from satqkd.orbit import Elements, ElementSet
from satqkd.orbit.rejection import Rejection, Rejections
from satqkd.orbit.spans import Layer, Spans
from satqkd.parsing import parse_json
from satqkd.reads import FileRead
from satqkd.scenario import Scenario, load_scenario
from satqkd.scenario.own_models import own_models
from satqkd.times import utc_column, utc_stamps

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""Of the folder; another one is refused."""
ARRAYS, SCENARIO, MANIFEST = "campaign.npz", "scenario.toml", "manifest.json"
_SPANS = ("row", "begin_s", "end_s")
_COUNTS = ("block_of_pass", "seconds_s", "least_loss_db", "detections", "sifted", "errors")


def packed(
    prediction: Prediction, passes: pd.DataFrame, counts: BlockCounts, rest: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return the files of a campaign by their names, the manifest with the hashes of the others last.

    Parameters
    ----------
    prediction : Prediction
    passes : pandas.DataFrame
        With the key of each.
    counts : BlockCounts
    rest : mapping
        Plain values that go into the manifest.

    Raises
    ------
    InputError
        For a scenario with models of one's own, which are objects and no tables.
    """
    own = own_models(prediction.scenario)
    if own:
        raise InputError(
            f"A campaign with {', '.join(own)} of your own cannot be saved: a model is an object, not a table.",
            "Keep the Python that makes it, or pickle the campaign.",
        )
    arrays, columns = _table_arrays(passes)
    plan = prediction.plan
    arrays |= {f"counts.{name}": getattr(counts, name) for name in _COUNTS}
    arrays |= {} if counts.noise is None else {"counts.noise": counts.noise}
    arrays |= _span_arrays("sending", counts.sending) | _span_arrays("plan", plan.spans)
    arrays |= {"plan.tca_utc": plan.tca_utc, "plan.begin_s": plan.begin_s, "plan.end_s": plan.end_s}
    for number, layer in enumerate(plan.layers):
        arrays |= {f"layer{number}.rows": layer.rows, **_span_arrays(f"layer{number}", layer.spans)}
    protocols = list(dict.fromkeys(counts.protocols))
    arrays["protocol_of"] = np.array([protocols.index(one) for one in counts.protocols], dtype=np.int64)
    causes = sorted({cause[:2] for one in prediction.rejections for cause in one})
    number_of = {cause: number for number, cause in enumerate(causes)}
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    files = {ARRAYS: content.getvalue(), SCENARIO: _portable(prediction.scenario).to_toml().encode()}
    manifest = {
        "format": FORMAT,
        "satqkd": __version__,
        "start_utc_s": prediction.start_utc,
        "end_utc_s": prediction.end_utc,
        "columns": columns | {"predicted": [str(name) for name in prediction.passes]},
        "causes": causes,
        "rejections": [[[number_of[one[:2]], one.detail] for one in found] for found in prediction.rejections],
        "plan_reason": plan.reason,
        "layers": [layer.reason for layer in plan.layers],
        "protocols": [_differing(prediction.scenario.protocol, one) for one in protocols],
        "files": [asdict(one) for one in prediction.files],
        "element_files": [asdict(one) for one in prediction.elements.files],
        "elements": [asdict(one) | {"epoch_utc": str(one.epoch_utc)} for one in prediction.elements],
        **rest,
        "sha256": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
    }
    return files | {MANIFEST: (json.dumps(manifest, default=str) + "\n").encode()}


def unpacked(folder: Path) -> tuple[Prediction, pd.DataFrame, BlockCounts, dict[str, Any]]:
    """Return what `packed` was given from the files in a folder.

    Raises
    ------
    InputError
        If a file is missing, damaged, or of another format.
    """
    said = _manifest(folder)
    raw = {name: _bytes(folder / name) for name in (ARRAYS, SCENARIO)}
    for name, content in raw.items():
        if hashlib.sha256(content).hexdigest() != said["sha256"].get(name):
            raise InputError(f"{folder / name} is not what was saved: its hash differs.", "Save the campaign anew.")
    try:
        with np.load(io.BytesIO(raw[ARRAYS]), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{folder / ARRAYS} cannot be read: {error}.", "Save the campaign anew.") from None
    scenario = load_scenario(folder / SCENARIO)
    passes = _table(arrays, said["columns"])
    number = len(passes)
    layers = tuple(
        Layer(reason, arrays[f"layer{place}.rows"], _spans(arrays, f"layer{place}", len(arrays[f"layer{place}.rows"])))
        for place, reason in enumerate(said["layers"])
    )
    plan = Plan(
        passes["pass_id"].to_numpy(dtype=object),
        arrays["plan.tca_utc"],
        arrays["plan.begin_s"],
        arrays["plan.end_s"],
        _spans(arrays, "plan", number),
        layers,
        said["plan_reason"],
    )
    sets = tuple(ElementSet(**one | {"epoch_utc": np.datetime64(one["epoch_utc"], "us")}) for one in said["elements"])
    prediction = Prediction(
        scenario,
        said["start_utc_s"],
        said["end_utc_s"],
        passes[said["columns"]["predicted"]],
        tuple(FileRead(**one) for one in said["files"]),
        _rejections(said),
        Elements(sets, tuple(FileRead(**one) for one in said["element_files"])),
        plan,
    )
    protocols = [replace(scenario.protocol, **_tuples(one)) for one in said["protocols"]]
    counts = BlockCounts(
        protocols=tuple(protocols[which] for which in arrays["protocol_of"].tolist()),
        sending=_spans(arrays, "sending", number),
        noise=arrays.get("counts.noise"),
        **{name: arrays[f"counts.{name}"] for name in _COUNTS},
    )
    return prediction, passes, counts, said


def _manifest(folder: Path) -> dict[str, Any]:
    where = folder / MANIFEST
    try:
        said = parse_json(_bytes(where).decode("utf-8", "replace"), str(where))
    except json.JSONDecodeError as error:
        raise InputError(f"{where} is no JSON: {error}.", "Give a folder that Campaign.save has written.") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT or "columns" not in said:
        given = said.get("format") if isinstance(said, dict) else None
        raise InputError(
            f"{folder} holds no campaign of format {FORMAT}: its manifest says {shown(given)}.",
            "Give a folder that Campaign.save has written.",
        )
    return said


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {cause}.", "Give a folder that Campaign.save has written.") from None


def _rejections(said: Mapping[str, Any]) -> Rejections:
    kinds = [(kind, reason) for kind, reason in said["causes"]]
    return Rejections.of(
        [
            tuple(Rejection(kinds[which][0], kinds[which][1], detail) for which, detail in found)
            for found in said["rejections"]
        ]
    )


def _table_arrays(passes: pd.DataFrame) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Return the columns of a table as arrays, and what kind each is."""
    arrays: dict[str, NDArray[Any]] = {}
    kinds: dict[str, list[str]] = {"names": [str(name) for name in passes], "texts": [], "times": []}
    for name, column in passes.items():
        if hasattr(column, "dt") and getattr(column.dt, "tz", None) is not None:
            kinds["times"].append(str(name))
            arrays[f"passes.{name}"] = utc_stamps(column)
        elif column.dtype.kind in "biuf":
            arrays[f"passes.{name}"] = column.to_numpy()
        else:
            kinds["texts"].append(str(name))
            arrays[f"passes.{name}"] = np.array([str(one) for one in column], dtype=np.str_)
    return arrays, kinds


def _table(arrays: Mapping[str, NDArray[Any]], kinds: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {}
    for name in kinds["names"]:
        values = arrays[f"passes.{name}"]
        if name in kinds["times"]:
            columns[name] = utc_column(values)
        else:
            columns[name] = values.astype(object) if name in kinds["texts"] else values
    return pd.DataFrame(columns)


def _span_arrays(name: str, spans: Spans) -> dict[str, NDArray[Any]]:
    return {f"{name}.spans.{part}": getattr(spans, part) for part in _SPANS}


def _spans(arrays: Mapping[str, NDArray[Any]], name: str, passes: int) -> Spans:
    return Spans(passes, *(arrays[f"{name}.spans.{part}"] for part in _SPANS))


def _differing(base: Any, protocol: Any) -> dict[str, Any]:
    """Return the fields in which a block's protocol differs from the scenario's."""
    assert is_dataclass(base)
    names = [one.name for one in fields(base)]
    return {name: getattr(protocol, name) for name in names if getattr(protocol, name) != getattr(base, name)}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _portable(scenario: Scenario) -> Scenario:
    """Return a scenario whose skylines are written out, so that no file has to be found again."""
    read = [line for line in scenario.skylines if line.file is not None]
    corners = [zip(line.azimuth_deg, line.elevation_deg, strict=True) for line in read]
    pairs = {
        f"stations.{line.station}.horizon_mask": [list(corner) for corner in own]
        for line, own in zip(read, corners, strict=True)
    }
    return scenario.with_(pairs) if pairs else scenario
