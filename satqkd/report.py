"""Everything one run has made, as a folder: tables, the scenario, what made them, and figures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from satqkd.export.tables import render
from satqkd.files import Writer, text_writer, written_whole
from satqkd.network.relay import Relay


def write_relay(relay: Relay, folder: Path) -> list[str]:
    """Write a relay's passes, ledger, scenario, manifest and figures into a folder, whole or not at all.

    Parameters
    ----------
    relay : Relay
        The result.
    folder : Path
        Made if it is not there; files of the same names are replaced.

    Returns
    -------
    list of str
        Names of the files, the manifest first; ``manifest.json`` holds the SHA-256 of every table.
    """
    from satqkd import plot
    from satqkd.plot.figures import figure_writer

    campaign = relay.campaign
    texts = {
        "passes.csv": render(campaign.passes, "csv"),
        "ledger.csv": render(relay.ledger, "csv"),
        "scenario.toml": campaign.scenario.to_toml(),
    }
    figures: dict[str, Any] = {"passes.png": plot.passes(campaign), "relay.png": plot.relay(relay)}
    best = campaign.best_pass
    if best is not None:
        figures["best_pass.png"] = plot.inspect(campaign, best)
    manifest = {
        **campaign.provenance,
        "campaign": campaign.summary(),
        "rejected": campaign.rejected(),
        "relay": relay.summary(),
        "best_pass": best,
        "sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
        "figures": sorted(figures),
    }
    writers: dict[Path, Writer] = {
        folder / "manifest.json": text_writer(json.dumps(manifest, indent=2, default=str) + "\n")
    }
    writers.update({folder / name: text_writer(text) for name, text in texts.items()})
    writers.update({folder / name: figure_writer(figure) for name, figure in figures.items()})
    written_whole(writers)
    return [path.name for path in writers]
