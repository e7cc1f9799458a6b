"""Everything one run has made, as a folder: tables, the scenario, what made them, and figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from satqkd.export.tables import render
from satqkd.files import Writer, bytes_writer, text_writer, written_whole
from satqkd.network.trusted_relay import Relay


def write_relay(relay: Relay, folder: Path, *, command: Sequence[str] = ()) -> list[str]:
    """Write a relay's passes, ledger, scenario, manifest and figures into a folder, whole or not at all.

    Parameters
    ----------
    relay : Relay
        The result.
    folder : Path
        Made if it is not there; files of the same names are replaced.
    command : sequence of str, optional
        The command line that asked for it.

    Returns
    -------
    list of str
        Names of the files, the manifest last; ``manifest.json`` holds the SHA-256 of every other one.
    """
    from satqkd import plot
    from satqkd.plot.figures import figure_bytes

    campaign = relay.campaign
    texts = {
        "passes.csv": render(campaign.passes, "csv"),
        "ledger.csv": render(relay.ledger, "csv"),
    }
    if campaign.scenario.fingerprint is not None:  # a model of one's own is no table
        texts["scenario.toml"] = campaign.scenario.to_toml()
    figures: dict[str, Any] = {"passes.png": plot.passes(campaign), "relay.png": plot.relay(relay)}
    best = campaign.best_pass
    if best is not None:
        figures["best_pass.png"] = plot.inspect(campaign, best)
    contents = {name: text.encode() for name, text in texts.items()}
    contents.update({name: figure_bytes(figure, Path(name).suffix) for name, figure in figures.items()})
    manifest = {
        **campaign.provenance,
        "command": list(command),
        "campaign": campaign.summary(),
        "rejected": campaign.rejected(),
        "relay": relay.summary(),
        "best_pass": best,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "figures": sorted(figures),
    }
    writers: dict[Path, Writer] = {folder / name: bytes_writer(content) for name, content in contents.items()}
    writers[folder / "manifest.json"] = text_writer(json.dumps(manifest, indent=2, default=str) + "\n")
    written_whole(writers)
    return [path.name for path in writers]
