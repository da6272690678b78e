"""`gridmgmt map`: sheets to mail and print, from the database or from the files of a plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from gridmgmt.messages import Language
    from maps.context import Context
    from maps.district import District

commands = typer.Typer(no_args_is_help=True, help="Maps: self-contained pages to mail, print and open offline.")

Out = Annotated[Path, typer.Option(help="The page to write; a folder for all.")]
At = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day shown; today if not given.")]
Lang = Annotated[str | None, typer.Option(help="zh or en; for all: both if not given.")]
Subdistrict = Annotated[str, typer.Option(help="Only this subdistrict, by its code.")]
Source = Annotated[str | None, typer.Option(help="The source line, or demo; else the register.")]
Approval = Annotated[str | None, typer.Option(help="Map approval number (审图号) of a published map.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="map")


@commands.command("all")
def all_pages(
    out: Out = Path("out/maps"),
    at: At = None,
    lang: Lang = None,
    subdistrict: Subdistrict = "",
    source: Source = None,
    approval: Approval = None,
) -> None:
    """Every sheet there is something to show on, in both languages, with an index.json."""
    from gridmgmt.messages import LANGUAGES
    from maps.atlas import write_all

    languages = LANGUAGES if lang is None else [_language(lang)]
    with _district(at, subdistrict) as district:
        context = _context(district, languages[0], source, approval)
        entries = write_all(district, context, out, languages, _announce)
    typer.echo(_say("pages_written", _language(lang), count=len(entries), folder=out))


def _page_command(name: str, description: str) -> None:
    """`gridmgmt map NAME`: one sheet of the atlas."""

    def draw(
        out: Out = Path(f"{name}.html"),
        at: At = None,
        lang: Lang = None,
        subdistrict: Subdistrict = "",
        source: Source = None,
        approval: Approval = None,
    ) -> None:
        from maps.atlas import PAGES
        from maps.pagefile import write_page

        with _district(at, subdistrict) as district:
            context = _context(district, _language(lang), source, approval)
            _announce(str(out), write_page(out, PAGES[name].draw(district, context)))

    commands.command(name, help=description)(draw)


_page_command("overview", "Subdistricts, communities, stations and their premises.")
_page_command("grids", "Grids by their deviation from 150 households.")
_page_command("coverage", "Walking distance of every building to its station, before and after the newest merge.")
_page_command("replay", "The merge of 2006 as it was done, beside the best one for the same goals.")
_page_command("patrols", "Share of each grid's streets that patrols walked in the last seven days.")


@commands.command()
def plan(
    plan_id: Annotated[UUID, typer.Argument(help="The plan's id, as `gridmgmt plan list` shows it.")],
    out: Out = Path("plan.html"),
    lang: Lang = None,
    source: Source = None,
    approval: Approval = None,
) -> None:
    """A stored plan beside what stood on its base date."""
    from maps.pagefile import write_page
    from maps.plans import plan_sheet

    with _district(None, "") as district:
        context = _context(district, _language(lang), source, approval)
        _announce(str(out), write_page(out, plan_sheet(district.session, plan_id, district.base, context)))


@commands.command()
def parts(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What divide, resize or merge wrote.")],
    out: Out = Path("parts.html"),
    before: Annotated[str | None, typer.Option(help="Column of the old division: draw it beside the new one.")] = None,
    households: Annotated[str, typer.Option(help="Column of households of the units.")] = "households",
    low: Annotated[int, typer.Option(help="Fewest households of a part in range.")] = 120,
    high: Annotated[int, typer.Option(help="Most households of a part in range.")] = 180,
    lang: Lang = None,
) -> None:
    """The parts of a plan in a file, alone or beside the division they replace."""
    from maps.files import parts_of_file
    from maps.pagefile import write_page

    body = parts_of_file(file, _today(None), _language(lang), before=before, households=households, low=low, high=high)
    _announce(str(out), write_page(out, body))


@contextmanager
def _district(at: datetime | None, subdistrict: str) -> Iterator["District"]:
    from gridmgmt.store.engine import transaction
    from maps.district import District

    with transaction() as session:
        yield District(session, _today(at), subdistrict)


def _context(district: "District", language: "Language", source: str | None, approval: str | None) -> "Context":
    from maps.context import Context

    return Context(at=district.at, place=district.place, language=language, source=source, approval=approval)


def _today(at: datetime | None) -> date:
    from gridmgmt.field.day import LOCAL_ZONE

    return (at or datetime.now(LOCAL_ZONE)).date()


def _language(given: str | None) -> "Language":
    from gridmgmt.cli.main import language
    from gridmgmt.errors import InvalidInput
    from gridmgmt.messages import LANGUAGES, Words

    for known in LANGUAGES:
        if known == (given or language()):
            return known
    raise InvalidInput(detail=Words("reasons.no_such_language", given=given, languages=LANGUAGES))


def _say(key: str, language: "Language", **values: object) -> str:
    from gridmgmt.messages import text

    return text(f"maps.{key}", language, **values)


def _announce(name: str, size: int) -> None:
    typer.echo(f"{name}  {size / 1e6:,.2f} MB", err=True)
