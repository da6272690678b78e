"""The documents say what is so: generated references are current, links lead somewhere, commands exist."""

import re
import runpy
from pathlib import Path

import pytest
import typer

from gridmgmt.cli.main import build_app
from gridmgmt.messages import catalogue

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").glob("*.md")])
REFERENCE = runpy.run_path(str(ROOT / "docs" / "reference.py"))["PAGES"]


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_a_generated_reference_is_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == REFERENCE[name]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_the_commands_a_page_shows_exist(page: str) -> None:
    code = "\n".join(code_of((ROOT / page).read_text(encoding="utf-8")))
    shown = re.findall(r"\bgridmgmt ([a-z]+(?:-[a-z]+)*)", code)
    commands = typer.main.get_command(build_app()).commands  # type: ignore[attr-defined]
    assert set(shown) <= set(commands)


def code_of(page: str) -> list[str]:
    fenced = re.findall(r"```[a-z]*\n(.*?)```", page, flags=re.DOTALL)
    return fenced + re.findall(r"`([^`\n]+)`", page)


def test_the_glossary_knows_the_words_everybody_shares() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    shared = {key: word for key, word in catalogue("zh").items() if key.startswith("common.") and "{" not in word}
    assert [word for key, word in shared.items() if key != "common.app" and word not in glossary] == []
