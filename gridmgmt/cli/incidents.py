"""`gridmgmt incident`, `gridmgmt calendar`, `gridmgmt codes`: incidents, working days, and what things are called."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

incidents = typer.Typer(no_args_is_help=True, help="Incidents: the queue, one of them, moves, cards, scores.")
calendar = typer.Typer(no_args_is_help=True, help="Working days: which rule decides, and the administrator's own days.")
codes = typer.Typer(no_args_is_help=True, help="Code lists: what is offered today, and new versions.")

Key = Annotated[UUID, typer.Argument(help="Id of the incident.")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day, as 2026-10-01.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="TOML, as the ones in gridmgmt/field/.")]
By = Annotated[str, typer.Option(help="Who does it, for the log.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(incidents, name="incident")
    app.add_typer(calendar, name="calendar")
    app.add_typer(codes, name="codes")


@incidents.command("list")
def list_incidents(
    states: Annotated[list[str] | None, typer.Option("--state", help="Only in this state; may be repeated.")] = None,
    light: Annotated[str | None, typer.Option(help="green, yellow, red or none.")] = None,
    holder: Annotated[str | None, typer.Option(help="Code of the unit or department that holds it.")] = None,
    grid: Annotated[str | None, typer.Option(help="Beginning of the grid's code.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only what is still to be done.")] = False,
    rows: Annotated[int, typer.Option(min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """The queue, the latest received first."""
    from gridmgmt.services.field.incidents import QueueFilter, incident_queue
    from gridmgmt.store.engine import transaction

    states_asked = tuple(states) if states else None
    wanted = QueueFilter(states_asked, open_only or None, light, holder=holder, within=grid)  # type: ignore[arg-type]
    with transaction() as session:
        page = incident_queue(session, wanted, cursor=cursor, rows=rows)
    for row in page.incidents:
        state, light = _word("state", row["state"]), _word("light", row["light"])
        grid, holder = row["grid_code"] or "-", row["holder"] or "-"
        _say("listed", id=row["id"], category=row["category"], state=state, light=light, grid=grid, holder=holder)
    if not page.incidents:
        _say("nothing")
    if page.next is not None:
        _say("more", err=True, cursor=page.next)


@incidents.command()
def show(incident: Key) -> None:
    """All there is to an incident, as JSON. Names and numbers are not masked here."""
    import orjson

    from gridmgmt.ids import IncidentId
    from gridmgmt.services.field.incidents import incident_detail
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        detail = incident_detail(session, IncidentId(incident))
    typer.echo(orjson.dumps(detail, option=orjson.OPT_INDENT_2))


@incidents.command()
def move(
    incident: Key,
    name: Annotated[str, typer.Argument(help="The move, as file, dispatch, handle.")],
    holder: Annotated[str | None, typer.Option(help="Who gets it, where the move asks for it.")] = None,
    lead: Annotated[UUID | None, typer.Option(help="The lead incident, to link to it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    satisfaction: Annotated[str | None, typer.Option(help="For evaluate: very_satisfied, satisfied, …")] = None,
    more_days: Annotated[float | None, typer.Option(help="Further working days.")] = None,
    by: By = "keeper",
) -> None:
    """Move an incident on. What is not possible names what is."""
    from gridmgmt.ids import IncidentId
    from gridmgmt.services.field import MoveRequest, move_incident
    from gridmgmt.store.engine import transaction

    said: dict[str, Any] = {"reason": reason, "satisfaction": satisfaction}
    said["more"] = None if more_days is None else {"amount": more_days, "unit": "working_days"}
    note = {key: value for key, value in said.items() if value is not None}
    request = MoveRequest(name, holder=holder, lead=None if lead is None else IncidentId(lead), note=note)
    with transaction() as session:
        receipt = move_incident(session, IncidentId(incident), request, actor=by)
    _say("moved", id=incident, move=_word("move", receipt.move), state=_word("state", receipt.state))


@incidents.command()
def remind(now: Annotated[datetime | None, typer.Option(help="Local time; else now.")] = None) -> None:
    """Show yellow and red cards for what runs out of time; to be run every few minutes."""
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.services.field.incidents import remind as show_cards
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        shown = show_cards(session, (now or datetime.now(LOCAL_ZONE)).replace(tzinfo=LOCAL_ZONE))
    _say("reminded", yellow=shown.yellow, red=shown.red)


@incidents.command()
def recount() -> None:
    """Count all clocks anew, after the calendar changed."""
    from gridmgmt.services.field.incidents import recount as count_anew
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        counted = count_anew(session)
    _say("recounted", incidents=counted)


@incidents.command()
def delete(incident: Key, by: By = "keeper") -> None:
    """Erase what was said and who was named. The id never comes back."""
    from gridmgmt.ids import IncidentId
    from gridmgmt.services.field.incidents import delete_incident
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        delete_incident(session, IncidentId(incident), by)
    _say("deleted", id=incident)


@incidents.command()
def scores(
    subject: Annotated[str, typer.Argument(help="worker, grid or department.")],
    first: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
) -> None:
    """Scores of 0 to 100 with their spread, the surest first."""
    from gridmgmt.services.field.scoring import scores as scored
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        found = scored(session, subject, first.date(), last.date())  # type: ignore[arg-type]
    for one in found:
        of = one.score
        _say("score_line", code=one.code, score=of.score, low=of.low, high=of.high, cases=of.cases)


@incidents.command()
def workflow(file: File) -> None:
    """Load a version of the workflow; incidents that are there keep theirs."""
    from gridmgmt.services.field.incidents import load_workflow
    from gridmgmt.store.engine import transaction

    data = _toml(file)
    with transaction() as session:
        new = load_workflow(session, data)
    _say("workflow_loaded" if new else "workflow_there", version=data["version"])


@calendar.command("show")
def show_days(first: Day, days: Annotated[int, typer.Option(min=1, max=400)] = 7) -> None:
    """Whether days are worked, and by which rule."""
    from datetime import timedelta

    from gridmgmt.services.field.incidents import current_workflow, work_calendar
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        known = work_calendar(session, current_workflow(session))
    for number in range(days):
        day: date = first.date() + timedelta(days=number)
        _say("day_works" if known.works(day) else "day_rests", day=day, basis=_word("basis", known.basis(day)))


@calendar.command("set")
def set_day(
    day: Day,
    works: Annotated[bool | None, typer.Option("--works/--rests", help="Neither: take the word back.")] = None,
    name: Annotated[str, typer.Option(help="What the day is.")] = "",
    by: By = "administrator",
) -> None:
    """Say that a day is worked or not, whatever is published."""
    from gridmgmt.services.field.incidents import set_calendar_day
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        set_calendar_day(session, day.date(), works, name=name, set_by=by)
    _say("day_set", day=day.date())


@codes.command("list")
def list_codes(
    kind: Annotated[str | None, typer.Option(help="event, department, …")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day; else today.")] = None,
) -> None:
    """The codes that are offered."""
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.services.field.incidents import offered_codes
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        offered = offered_codes(session, (on or datetime.now(LOCAL_ZONE)).date(), kind)
    for entry in offered:
        _say("code_line", standard=entry.standard, kind=entry.kind, code=entry.code, zh=entry.zh, en=entry.en)


@codes.command("load")
def load_codes(file: File) -> None:
    """Put a version of a list in force from its day; what it leaves out is retired, and stays with what it named."""
    from gridmgmt.services.field.incidents import load_code_list
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        change = load_code_list(session, _toml(file))
    _say("codes_loaded", opened=len(change.opened), closed=len(change.closed))


def _toml(file: Path) -> dict[str, Any]:
    import tomllib

    from gridmgmt.errors import UnreadableFile
    from gridmgmt.messages import Words
    from gridmgmt.messages.parsers import parser_fault

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(path=file, detail=Words("reasons.toml_unsound", fault=parser_fault(error))) from error


def _word(kind: str, name: str) -> str:
    """The word for a state, move or light; a version of the workflow may have some that the catalogue lacks."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import catalogue

    return catalogue(language()).get(f"incidents.{kind}_{name}", name)


def _say(key: str, /, err: bool = False, **values: Any) -> None:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    typer.echo(text(f"incidents.{key}", language(), **values), err=err)
