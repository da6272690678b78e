"""`gridmgmt user`: accounts, rights, stand-ins, passwords, devices. Whoever may run this machine is trusted; the log
names them by their account on it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmgmt.access import Role

if TYPE_CHECKING:
    from gridmgmt.store.tables import Person

commands = typer.Typer(no_args_is_help=True, help="People: accounts, rights, stand-ins, passwords, devices.")

Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; today if not given.")]
End = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after the last one.")]
Scope = Annotated[str | None, typer.Option(help="Code of a district, subdistrict, community or grid; else everywhere.")]
Department = Annotated[str | None, typer.Option(help="Code of the department (D01), for the role department.")]
Ask = Annotated[bool, typer.Option("--ask", help="Type the password; else a random one is made and printed.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="user")


@commands.command()
def add(
    name: Name,
    display_name: Annotated[str, typer.Option("--called", help="The name people call them by.")],
    role: Annotated[list[Role] | None, typer.Option(help="A role; give it several times for several.")] = None,
    scope: Scope = None,
    worker: Annotated[str | None, typer.Option(help="Code of the grid worker this person is.")] = None,
    since: Day = None,
    until: End = None,
    department: Department = None,
    ask: Ask = False,
) -> None:
    """Add an account, with roles if given, and print its password: it has to be changed at the first sign-in."""
    from gridmgmt.services.access import add_person, audit, grant
    from gridmgmt.store.engine import transaction

    password = _password(ask)
    with transaction() as session:
        row = add_person(session, name, display_name, worker_code=worker)
        for given in role or []:
            code = department if given is Role.department else None
            grant(session, row, given, scope, _day(since), until.date() if until else None, department_code=code)
        _set(session, row, password, due=not ask)
        detail = {"roles": [given.value for given in role or []], "scope": scope}
        audit.record(session, audit.operator(), "add_person", row.name, detail)
    _say("added", name=row.name)
    _show_password(row.name, password, ask)


@commands.command(name="list")
def list_() -> None:
    """All accounts: name, what they are called, roles with scopes and periods."""
    from gridmgmt.services.access import all_people, grants_of
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        for row in all_people(session):
            grants = [_grant_words(given) for given in grants_of(session, row)]
            state = "disabled" if row.disabled_at else "demo" if row.demo else "active"
            typer.echo(f"{row.name}  {row.display_name}  {row.worker_code or '—'}  {_text(state)}  {'; '.join(grants)}")


@commands.command()
def grant(
    name: Name,
    role: Role,
    scope: Scope = None,
    since: Day = None,
    until: End = None,
    department: Department = None,
) -> None:
    """Give a role in a scope for a period."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = access.find_person(session, name)
        last = until.date() if until else None
        given = access.grant(session, row, role, scope, _day(since), last, department_code=department)
        detail = {
            "role": role.value,
            "department": department,
            "scope": scope,
            "from": str(given.valid_from),
            "to": str(given.valid_to or ""),
        }
        access.audit.record(session, access.audit.operator(), "grant", row.name, detail)
    _say("granted", name=row.name, grant=_grant_words(given))


@commands.command()
def revoke(name: Name, role: Role, scope: Scope = None, on: Day = None) -> None:
    """End a role before a day."""
    from gridmgmt.errors import NotFound
    from gridmgmt.messages import Words
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = access.find_person(session, name)
        held = [given for given in access.grants_of(session, row) if (given.role, given.scope_code) == (role, scope)]
        if not held:
            raise NotFound(what=Words("things.grant"), key=f"{name} {role.value} {scope or ''}".strip())
        ended = access.revoke_grant(session, held[-1].id, _day(on))
        access.audit.record(session, access.audit.operator(), "revoke_grant", row.name, {"role": role.value})
    _say("revoked", name=row.name, grant=_grant_words(ended))


@commands.command(name="stand-in")
def stand_in(
    absent: Annotated[str, typer.Argument(help="Who is away.")],
    substitute: Annotated[str, typer.Argument(help="Who gets their rights.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day after the last one.")],
    since: Day = None,
) -> None:
    """Lend somebody's rights to another for a period (A/B岗)."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        away, other = access.find_person(session, absent), access.find_person(session, substitute)
        lent = access.stand_in(session, away, other, _day(since), until.date())
        detail = {"substitute": other.name, "from": str(lent.valid_from), "to": str(lent.valid_to)}
        access.audit.record(session, access.audit.operator(), "stand_in", away.name, detail)
    _say("stands_in", name=other.name, absent=away.name, since=lent.valid_from, until=lent.valid_to)


@commands.command()
def disable(name: Name) -> None:
    """End an account's access at once; `enable` lets it in again."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = access.find_person(session, name)
        access.disable_person(session, row, _now())
        access.audit.record(session, access.audit.operator(), "disable_person", row.name)
    _say("disabled_now", name=row.name)


@commands.command()
def enable(name: Name) -> None:
    """Let a disabled account sign in again."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = access.find_person(session, name)
        access.enable_person(session, row)
        access.audit.record(session, access.audit.operator(), "enable_person", row.name)
    _say("enabled_now", name=row.name)


@commands.command()
def password(name: Name, ask: Ask = False) -> None:
    """Give a new password; all sign-ins of the account end."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    chosen = _password(ask)
    with transaction() as session:
        row = access.find_person(session, name)
        _set(session, row, chosen, due=not ask)
        access.audit.record(session, access.audit.operator(), "reset_password", row.name)
    _say("password_set", name=row.name)
    _show_password(row.name, chosen, ask)


@commands.command()
def device(
    name: Name,
    device_id: Annotated[str | None, typer.Option("--id", help="The tracker's id; else one nobody can guess.")] = None,
    label: Annotated[str, typer.Option(help="What it is, for your own lists.")] = "",
    app: Annotated[bool, typer.Option("--app", help="An app password for a GIS that reads, not a tracker.")] = False,
) -> None:
    """Register a tracker of a grid worker, or an app password, and print its secret once."""
    from gridmgmt.services import access
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = access.find_person(session, name)
        made = (
            access.add_app_password(session, row, label) if app else access.add_device(session, row, device_id, label)
        )
        access.audit.record(session, access.audit.operator(), "add_device", row.name, {"credential": str(made.id)})
    _say("device_made", name=row.name)
    typer.echo(f"{made.name}\t{made.secret}")


def _password(ask: bool) -> str:
    from gridmgmt.services.access import random_password

    if not ask:
        return random_password()
    typed: str = typer.prompt(_text("type_password"), hide_input=True, confirmation_prompt=True)
    return typed


def _set(session: Any, row: "Person", password: str, *, due: bool) -> None:
    from gridmgmt.services.access import set_password

    set_password(session, row, password, _now(), due=due)


def _show_password(name: str, password: str, ask: bool) -> None:
    if not ask:
        typer.echo(f"{name}\t{password}")


def _day(given: datetime | None) -> date:
    from gridmgmt.field.day import local_day

    return given.date() if given else local_day(_now())


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def _grant_words(given: Any) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    scope = given.scope_code or _text("everywhere")
    role = " ".join(filter(None, (text(f"access.role_{given.role}", language()), given.department_code)))
    return f"{role} {scope} {given.valid_from}–{given.valid_to or ''}"


def _say(key: str, **values: Any) -> None:
    typer.echo(_text(key, **values), err=True)


def _text(key: str, **values: Any) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    return text(f"access.{key}", language(), **values)
