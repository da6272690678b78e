"""`gridmgmt audit`: the log of who did and who saw what."""

from datetime import datetime
from typing import Annotated

import typer

commands = typer.Typer(no_args_is_help=True, help="The audit log: who did and who saw what.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="audit")


@commands.command()
def verify(
    head: Annotated[str | None, typer.Option(help="A head noted before: shows that nothing was cut off since.")] = None,
) -> None:
    """Walk the chain of hashes and print its head: note it elsewhere. Exit status 1, naming the first broken entry."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.services.access import audit
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        verdict = audit.verify(session, audit.Head.read(head) if head else None)
    if verdict.broken_at is not None:
        typer.echo(text("access.audit_broken", language(), entry=verdict.broken_at, sound=verdict.head.entries))
        raise typer.Exit(1)
    typer.echo(text("access.audit_whole", language(), entries=verdict.head.entries), err=True)
    typer.echo(str(verdict.head))


@commands.command(name="list")
def list_(
    since: Annotated[datetime | None, typer.Option(help="Only from then on, local time.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as see_tracks.")] = None,
    about: Annotated[str | None, typer.Option(help="Only what was done to this.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 50,
) -> None:
    """The newest entries, newest first."""
    import json

    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.services.access import audit
    from gridmgmt.store.engine import transaction

    moment = None if since is None else since.replace(tzinfo=LOCAL_ZONE)
    with transaction() as session:
        for entry in audit.entries(session, since=moment, actor=actor, action=action, about=about, most=most):
            at = entry.at.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
            detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else ""
            typer.echo(f"{entry.id}  {at}  {entry.actor or '—'}  {entry.action}  {entry.object}  {detail}".rstrip())
