"""`gridmgmt privacy`: raw tracks expire; a person's data handed over, or erased."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

commands = typer.Typer(no_args_is_help=True, help="Privacy: raw tracks expire; a person's data handed over or erased.")

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="privacy")


@commands.command()
def expire(
    days: Annotated[int, typer.Option(min=0, help="How many days raw positions are kept.")] = 180, yes: Yes = False
) -> None:
    """Remove raw positions older than that. Distances, coverage and visits stay."""
    from gridmgmt.services import privacy
    from gridmgmt.services.access import audit
    from gridmgmt.store.engine import transaction

    _confirm(yes, "confirm_expire", days=days)
    with transaction() as session:
        removed = privacy.expire(session, datetime.now(UTC) - timedelta(days=days), audit.operator())
    typer.echo(_text("expired", **vars(removed) | {"months": len(removed.months)}))


@commands.command()
def export(
    name: Annotated[str, typer.Argument(help="The name the person signs in with.")],
    out: Annotated[Path, typer.Option(help="The file to write; only you can read it.", dir_okay=False)],
) -> None:
    """Write everything kept about a person to a JSON file."""
    import os

    import orjson

    from gridmgmt.services import privacy
    from gridmgmt.services.access import audit, find_person
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        document = privacy.export(session, find_person(session, name), audit.operator())
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    typer.echo(out)


@commands.command()
def erase(name: Annotated[str, typer.Argument(help="The name the person signs in with.")], yes: Yes = False) -> None:
    """Remove a person's positions, secrets and names, for good. The log and reported incidents stay."""
    from gridmgmt.services import privacy
    from gridmgmt.services.access import audit, find_person
    from gridmgmt.store.engine import transaction

    _confirm(yes, "confirm_erase", name=name)
    with transaction() as session:
        removed = privacy.erase(session, find_person(session, name), datetime.now(UTC), audit.operator())
    typer.echo(_text("erased", name=name, points=removed.points))


def _confirm(yes: bool, key: str, **values: Any) -> None:
    if not yes:
        typer.confirm(_text(key, **values), abort=True)


def _text(key: str, **values: Any) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    return text(f"access.{key}", language(), **values)
