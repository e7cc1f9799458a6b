"""The house in order: who may import whom, what start-up costs, what is shipped, and that README is true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
HEAVY = ("pandas", "matplotlib", "astropy", "skyfield", "scipy", "pydantic", "numpy")


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_arrows_go_down_only():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom satqkd.cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert "loaded: []" in python(code).stdout


def test_importing_the_package_imports_nothing_heavy():
    assert python(f"import sys, satqkd; print([n for n in {HEAVY!r} if n in sys.modules])").stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["link.budget", "protocols.decoy_bb84"])
def test_physics_rooms_start_without_tables_or_frameworks(room):
    heavy = ("pandas", "matplotlib", "astropy", "pydantic", "scipy.stats")
    code = f"import sys, satqkd.{room}; print([n for n in {heavy!r} if n in sys.modules])"
    assert python(code).stdout.strip() == "[]"


def test_every_public_name_exists():
    import satqkd

    for name in satqkd.__all__:
        assert getattr(satqkd, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = satqkd.nothing


def test_everything_shipped_is_in_the_manifest_and_the_reverse():
    data = CHECKOUT / "data"
    manifest = tomllib.loads((data / "MANIFEST.toml").read_text())
    listed = {entry["path"] for entry in manifest["file"]}
    shipped = {
        str(path.relative_to(data))
        for path in data.rglob("*")
        if path.is_file() and path.name != "MANIFEST.toml" and "__pycache__" not in path.parts
    }
    assert listed == shipped
    for entry in manifest["file"]:
        assert all(entry[key].strip() for key in ("what", "source", "made", "licence")), entry["path"]
        made = entry["made"]
        by_hand = made.startswith(("compiled by hand", "written by hand", "python -m jplephem"))
        assert by_hand or (data / made).is_file(), entry["path"]
    told = [entry["what"] for entry in manifest["file"]]
    assert len(set(told)) == len(told)  # a phrase that fits two files says nothing of either


def test_ci_runs_the_command_of_readme():
    readme = (CHECKOUT / "README.md").read_text()
    command = next(line for line in readme.splitlines() if line.endswith(".venv/bin/pytest"))
    assert command in (CHECKOUT / ".ci" / "run").read_text().splitlines()


def test_nothing_names_a_path_of_a_machine():
    pattern = re.compile(r"(/root/|/home/[a-z]|/work/|/tmp/|pypi\.org|files\.pythonhosted)")
    for path in [*CHECKOUT.glob("satqkd/**/*.py"), *CHECKOUT.glob("data/**/*.*ml"), CHECKOUT / "README.md"]:
        assert not pattern.search(path.read_text()), path


def test_no_public_name_hides_a_module():
    """`satqkd.network.relay` was a function where a reader of the tree expects a module."""
    import importlib
    import inspect
    import pkgutil

    import satqkd

    for one in pkgutil.walk_packages(satqkd.__path__, "satqkd."):
        if not one.ispkg:
            continue
        package = importlib.import_module(one.name)
        for module in pkgutil.iter_modules(package.__path__):
            found = getattr(package, module.name, None)
            assert found is None or inspect.ismodule(found), f"{one.name}.{module.name}"


@pytest.mark.parametrize("name", ["protocols.decoy_bb84.secret_key_length", "link.beam.geometric_transmittance"])
def test_a_dotted_name_works_in_a_fresh_process(name):
    assert python(f"import satqkd as sq; print(callable(sq.{name}))").stdout.strip() == "True"


def test_the_lower_bounds_are_those_that_are_tested():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = {tuple(text.split(">=")) for text in project["dependencies"]}
    lines = (CHECKOUT / "tests" / "lower-bounds.txt").read_text().splitlines()
    pinned = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert {name for name, _ in declared} == {name for name, _ in pinned}
    for name, least in declared:
        (version,) = [version for pin, version in pinned if pin == name]
        assert version.startswith(least), name


def test_what_is_imported_is_declared_and_the_reverse():
    import ast

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[>=<;\[ ]", text)[0].replace("-", "_").lower() for text in project["dependencies"]}
    imported = set()
    for path in CHECKOUT.glob("satqkd/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                imported.add(node.module.partition(".")[0])
    imported -= {"satqkd", *sys.stdlib_module_names}
    assert imported <= declared
    assert declared - imported <= {"rich"}  # typer draws its help with it; our own tables come later


@pytest.mark.slow
def test_the_wheel_finds_its_data_outside_the_checkout(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, CHECKOUT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = (
        "import json, satqkd, satqkd.catalog\nfrom satqkd.cli.main import run\n"
        "print(json.dumps([satqkd.__file__, str(satqkd.catalog.data_root())]))\n"
        "run(['relay', '--days', '2', '--quiet'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    module, data = json.loads(result.stdout.splitlines()[0])
    assert module.startswith(str(installed))
    assert data == str(installed / "satqkd" / "_data")
    assert "The satellite must be trusted" in result.stdout
