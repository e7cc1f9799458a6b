"""The key of counts that one has: what files may hold, what they may not, and what the proofs make of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.errors import InputError, ValidityWarning

NIGHT = sq.load_scenario("micius-xinglong-2016-12-19")
COUNTS = {
    "signal": (974148.834694552, 11299.059509682946),
    "decoy": (62285.21220089949, 1401.726679626501),
    "weakest": (1589.5658772570644, 794.7829386285322),
}
"""The model block of 19 December 2016, each basis alike: expected counts may stand for whole numbers."""


def rows(**more):
    return [
        {"basis": basis, "intensity": name, "detections": seen, "errors": wrong, **more}
        for basis in "ZX"
        for name, (seen, wrong) in COUNTS.items()
    ]


def csv_of(records):
    return pd.DataFrame(records).to_csv(index=False)


@pytest.fixture
def counts_csv(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("# measured\n\n" + csv_of(rows()))
    return path


def test_the_flown_night_is_reproduced(counts_csv):
    # Independent: the same block by hand, reference/protocols/micius_block_by_analysis.json of the design
    # (Lim 2014 as printed: 370,086 bits with Hoeffding, 497,198 with Chernoff, 506,333 with relative entropy).
    table = sq.key_from_counts(counts_csv, NIGHT)
    assert table["length_bits"].to_numpy() == pytest.approx([370_085.631152, 497_197.973567, 506_333.428702], abs=1e-3)
    assert list(table["secret_bits"]) == [370_084, 497_196, 506_332]  # whole bits of either basis
    seen, wrong = np.sum(list(COUNTS.values()), axis=0)
    shannon = -seen * sum(q * np.log2(q) for q in (wrong / seen, 1.0 - wrong / seen))
    assert table["leakage_bits"].to_numpy() == pytest.approx(2 * 1.16 * shannon, rel=1e-12)
    assert table["proof"].iloc[0] == NIGHT.protocol.proof_name
    assert table["sifted_bits"].iloc[0] == pytest.approx(2 * 974148.834694552)
    assert table["qber"].iloc[0] == pytest.approx(11299.059509682946 / 974148.834694552)


def test_files_tables_and_lists_say_the_same(counts_csv, tmp_path):
    expected = sq.key_from_counts(counts_csv, NIGHT)
    listed = tmp_path / "counts.json"
    listed.write_text(json.dumps({"counts": rows()}))
    by_number = [
        {**one, "intensity": {"signal": 0.8, "decoy": 0.1, "weakest": 0.0}[one["intensity"]]} for one in rows()
    ]
    by_role = [{**one, "basis": {"Z": "key", "X": "test"}[one["basis"]]} for one in rows()]
    for source in (str(counts_csv), listed, rows(), pd.DataFrame(rows()), by_number, by_role, rows()[::-1]):
        pd.testing.assert_frame_equal(sq.key_from_counts(source, NIGHT), expected)


def test_it_is_the_key_of_the_protocol_itself():
    counts = np.array([[seen for seen, _ in COUNTS.values()]] * 2, dtype=float)
    errors = np.array([[wrong for _, wrong in COUNTS.values()]] * 2, dtype=float)
    own = NIGHT.protocol.secret_key(counts=counts, errors=errors)
    found = sq.key_from_counts(rows(), NIGHT, all_proofs=False)
    assert len(found) == 1
    assert found["secret_bits"].iloc[0] == own.secret_bits
    assert found["length_bits"].iloc[0] == pytest.approx(own.length_bits)


def test_every_block_stands_with_every_proof():
    half = [{**one, "detections": one["detections"] // 2, "errors": one["errors"] // 2} for one in rows(block="dusk")]
    table = sq.key_from_counts(rows(block="dawn") + half, NIGHT)
    assert list(table["block"]) == ["dawn"] * 3 + ["dusk"] * 3
    assert list(table["proof"][:3]) == list(table["proof"][3:])
    assert (table["secret_bits"][:3].to_numpy() > 2 * table["secret_bits"][3:].to_numpy()).all()


def test_measured_leakage_is_what_is_paid():
    modelled = sq.key_from_counts(rows(), NIGHT, all_proofs=False)
    measured = rows()
    measured[0]["leakage_bits"] = 130_000.0
    paid = sq.key_from_counts(measured, NIGHT, all_proofs=False)
    more = 130_000.0 - modelled["leakage_bits"].iloc[0] / 2
    assert paid["length_bits"].iloc[0] == pytest.approx(modelled["length_bits"].iloc[0] - more)
    measured[0]["leakage_bits"] = 1000.0
    with pytest.warns(ValidityWarning, match=r"block 1, basis Z: correcting 1,038,024 bits .*Shannon"):
        sq.key_from_counts(measured, NIGHT, all_proofs=False)


@pytest.mark.filterwarnings("ignore::satqkd.errors.Notice")
@pytest.mark.parametrize("name", ["one-decoy-bb84", "bbm92"])
def test_other_protocols_have_their_own_intensities(name):
    own = {
        "one-decoy-bb84": {"protocol": {"name": name, "clock_rate_hz": 1e8, "intensities": [0.8, 0.1],
                                        "probabilities": [2 / 3, 1 / 3], "key_basis_probability": 0.5}},
        "bbm92": {"protocol": {"name": name, "pair_rate_hz": 1e7, "coincidence_window_s": 1e-9,
                               "local_transmittance": 0.3, "key_basis_probability": 0.5}},
    }[name]  # fmt: skip
    scenario = NIGHT.with_(own)
    kept = [one for one in rows() if one["intensity"] in ({"signal", "decoy"} if name != "bbm92" else {"signal"})]
    if name == "bbm92":
        kept = [{key: value for key, value in one.items() if key != "intensity"} for one in kept]
    table = sq.key_from_counts(kept, scenario)
    assert len(table) > 1
    assert table["proof"].is_unique
    assert (table["secret_bits"] > 100_000).all()


BAD = {
    "errors above counts": ({"errors": 2_000_000}, r"line 2, column errors: 2e\+06 errors among 974149 detections"),
    "negative": ({"detections": -1}, r"line 2, column detections: '-1.0' is out of range"),
    "no number": ({"errors": "few"}, "line 2, column errors: 'few' is no number"),
    "a truth": ({"errors": True}, "line 2, column errors: 'True' is no number"),
    "not finite": ({"detections": "nan"}, "line 2, column detections: .* is out of range"),
    "basis": ({"basis": "Q"}, "line 2, column basis: 'Q' is no basis"),
    "intensity": ({"intensity": "bright"}, r"line 2, column intensity: 'bright' is none of 0.8, 0.1, 0"),
    "twice": ({"intensity": "decoy"}, "line 3 is for the same block, basis and intensity as .*line 2"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_values_are_told_with_row_and_column(change, message, tmp_path):
    records = rows()
    records[0] |= change
    path = tmp_path / "counts.csv"
    path.write_text(csv_of(records))
    with pytest.raises(InputError, match=message):
        sq.key_from_counts(path, NIGHT)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="block 1 has no row for basis X and intensity 0"):
        sq.key_from_counts(rows()[:-1], NIGHT)
    with pytest.raises(InputError, match="there is no column errors"):
        sq.key_from_counts([{"basis": "Z", "detections": 1}], NIGHT)
    with pytest.raises(InputError, match="a column 'detection' is not known"):
        sq.key_from_counts([{"basis": "Z", "detection": 1, "errors": 0}], NIGHT)
    with pytest.raises(InputError, match="no rows of counts"):
        sq.key_from_counts([], NIGHT)
    with pytest.raises(InputError, match="neither a file nor a table"):
        sq.key_from_counts(7, NIGHT)
    with pytest.raises(InputError, match="cannot be read"):
        sq.key_from_counts(tmp_path / "none.csv", NIGHT)
    short = tmp_path / "short.csv"
    short.write_text("basis,intensity,detections,errors\nZ,0.8,1\n")
    with pytest.raises(InputError, match="line 2, has 3 columns, its heading 4"):
        sq.key_from_counts(short, NIGHT)
    broken = tmp_path / "broken.json"
    broken.write_text('[{"basis": ')
    with pytest.raises(InputError, match="is no JSON"):
        sq.key_from_counts(broken, NIGHT)
    broken.write_text('{"blocks": 3}')
    with pytest.raises(InputError, match="holds dict, not a list of rows"):
        sq.key_from_counts(broken, NIGHT)
    broken.write_text("[3]")
    with pytest.raises(InputError, match="entry 1 is 3, not a row"):
        sq.key_from_counts(broken, NIGHT)
    two = rows()
    two[0]["leakage_bits"], two[1]["leakage_bits"] = 1e5, 2e5
    with pytest.raises(InputError, match="another row of that basis has 100000"):
        sq.key_from_counts(two, NIGHT)


def test_what_no_proof_covers_is_refused():
    unequal = NIGHT.with_({"link.detector.efficiency_mismatch": 0.01})
    with pytest.raises(InputError, match="no proof that is offered here covers"):
        sq.key_from_counts(rows(), unequal)
    one_basis = NIGHT.with_({"protocol.key_bases": "one"})
    with pytest.raises(InputError, match="for basis X, which gives no key"):
        sq.key_from_counts([{**one, "leakage_bits": 1e5} for one in rows()], one_basis)
    with pytest.raises(InputError, match="True is no number"):
        sq.key_from_counts([{**one, "errors": True} for one in rows()], NIGHT)


def test_the_command_line_tells_the_key_and_its_proof(satqkd, counts_csv, tmp_path):
    said = satqkd("key", str(counts_csv), "micius-xinglong-2016-12-19")
    assert said.code == 0
    assert "370.0" in said.out
    assert "secret bits from 1 of 1 blocks" in said.err
    assert "Lim et al." in said.err
    assert "grants what was agreed on before" in said.err
    assert max(map(len, said.out.splitlines())) <= 80
    target = tmp_path / "key.csv"
    assert satqkd("key", str(counts_csv), "micius-xinglong-2016-12-19", "-o", str(target)).code == 0
    assert pd.read_csv(target)["secret_bits"].tolist() == sq.key_from_counts(counts_csv, NIGHT)["secret_bits"].tolist()
    bad = tmp_path / "bad.csv"
    bad.write_text("basis,intensity,detections,errors\nZ,0.8,1,2\n")
    refused = satqkd("key", str(bad), "micius-xinglong-2016-12-19", "-o", str(tmp_path / "other.csv"))
    assert refused.code == 2
    assert "line 2, column errors" in refused.err
    assert not (tmp_path / "other.csv").exists()
