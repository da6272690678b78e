"""The bootstrap needs a bare Python and nothing else, and keeps the machine's own settings."""

import ast
import string
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.ops.conftest import ROOT

MODULES = sorted((ROOT / "tools").glob("*.py"))
# Modules of the library that have to run where only its folder and the standard library are there.
SERVER_MODULES = ["processes", "programs", "server"]
CATALOGUE = ROOT / "gridmgmt/messages/catalogue/bootstrap.toml"


def imported(path: Path) -> set[str]:
    """The top-level packages a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_tools_import_the_standard_library_only(path: Path) -> None:
    assert imported(path) - {"tools"} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", SERVER_MODULES)
def test_the_server_needs_no_package(name: str) -> None:
    path = ROOT / "gridmgmt" / "store" / f"{name}.py"
    assert imported(path) - {"gridmgmt"} <= sys.stdlib_module_names


def test_the_help_needs_no_package_either() -> None:
    done = subprocess.run([sys.executable, "-S", "-I", ROOT / "tools"], capture_output=True, text=True, check=True)
    assert "./run demo" in done.stdout


def used_keys() -> set[str]:
    """The message keys the bootstrap's code names."""
    keys = set(tomllib.loads(CATALOGUE.read_text(encoding="utf-8")))
    constants = {
        node.value
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {key for key in keys if key in constants or key.startswith("about_")}


def test_every_message_is_used() -> None:
    assert used_keys() == set(tomllib.loads(CATALOGUE.read_text(encoding="utf-8")))


def test_both_languages_fill_the_same_fields() -> None:
    for entry in tomllib.loads(CATALOGUE.read_text(encoding="utf-8")).values():
        chinese, english = ({name for _, name, _, _ in string.Formatter().parse(entry[key])} for key in ("zh", "en"))
        assert chinese == english


def test_the_stub_is_plain_sh() -> None:
    first = (ROOT / "run").read_text(encoding="utf-8").splitlines()[0]
    assert first == "#!/bin/sh"
    subprocess.run(["sh", "-n", ROOT / "run"], check=True)
    subprocess.run(["sh", "-n", ROOT / ".ci/run"], check=True)


def test_an_old_python_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    for name in ("readlink", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        ["/bin/sh", ROOT / "run", "demo"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 127
    assert "Python 3.11" in done.stderr
