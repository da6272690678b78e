"""`gridmgmt serve`: the web application, on this machine; for others once there are people to sign in."""

import gc
import ipaddress
from dataclasses import replace
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Beyond this machine only where people exist, none of them the demo's.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host name by which others may address this server.")
    ] = None,
) -> None:
    """Serve the web pages and the API until Ctrl+C."""
    if not is_loopback(host):
        require_people(host)
    import uvicorn

    from api.app import create_app
    from api.planner import planning
    from api.settings import WebSettings
    from api.settler import settling
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    settings = WebSettings.from_environment()
    application = create_app(replace(settings, hosts=(*settings.hosts, host.lower(), *(name or []))))
    shown = f"[{host}]" if ":" in host else host
    typer.echo(text("web.serving", language(), url=f"http://{shown}:{port}/"), err=True)
    gc.freeze()  # what stands by now stays: no request waits until it has been looked through
    # No forwarded headers: what a client says of where it comes from plays no part in anything.
    with settling(settings.database_url), planning(settings.database_url):
        uvicorn.run(application, host=host, port=port, log_level="warning", proxy_headers=False, server_header=False)


def require_people(host: str) -> None:
    """InvalidInput where the database has nobody to sign in, or people of the demo: others would reach it."""
    from sqlalchemy import func, select

    from gridmgmt.errors import InvalidInput
    from gridmgmt.messages import Words
    from gridmgmt.store.engine import transaction
    from gridmgmt.store.tables import Person

    living = select(func.count(), func.count().filter(Person.demo)).where(Person.disabled_at.is_(None))
    with transaction() as session:
        everybody, of_the_demo = session.execute(living).one()
    if not everybody or of_the_demo:
        raise InvalidInput(detail=Words("web.nobody" if not everybody else "web.demo_people", host=host))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`.

    >>> is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
