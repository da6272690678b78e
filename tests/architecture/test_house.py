"""The house rules: imports run one way, the wheel carries one package, modules stay one idea."""

import ast
import importlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("gridmgmt", "api", "maps", "tools")
LONGEST_MODULE = 400  # lines


def test_imports_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return zipfile.Path(next(folder.glob("*.whl")))


def test_the_wheel_carries_gridmgmt_alone(wheel: zipfile.Path) -> None:
    top = {entry.name for entry in wheel.iterdir()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"gridmgmt"}


def test_the_wheel_carries_the_data_its_code_reads(wheel: zipfile.Path) -> None:
    package = ROOT / "gridmgmt"
    data = [path.relative_to(ROOT) for pattern in ("*.toml", "*.sql", "*.mako") for path in package.rglob(pattern)]
    assert data
    assert [str(path) for path in data if not wheel.joinpath(str(path)).exists()] == []


@pytest.mark.parametrize("room", ROOMS)
def test_modules_stay_one_idea(room: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / room).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def taken_from_the_product(path: Path) -> Iterator[tuple[str, str]]:
    """Module and name of every `from gridmgmt… import …` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOMS:
            yield from ((node.module or "", one.name) for one in node.names)


def test_benchmarks_find_what_they_measure() -> None:
    """They run by hand alone, so a name that moved is found here."""
    taken = {pair for path in (ROOT / "benchmarks").rglob("*.py") for pair in taken_from_the_product(path)}
    assert len(taken) > 20
    assert [pair for pair in sorted(taken) if not _is_there(*pair)] == []


def _is_there(module: str, name: str) -> bool:
    if hasattr(importlib.import_module(module), name):
        return True
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True
