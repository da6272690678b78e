"""`gridmgmt serve`: the web application on this machine."""

import ipaddress
from typing import Annotated

import typer

from gridmgmt.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Loopback only, until access control stands")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve the web pages and the API until Ctrl+C."""
    require_loopback(host)
    import uvicorn

    from api.app import create_app
    from api.settings import WebSettings
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    application = create_app(WebSettings.from_environment())
    shown = f"[{host}]" if ":" in host else host
    typer.echo(text("web.serving", language(), url=f"http://{shown}:{port}/"), err=True)
    # No forwarded headers: nothing stands in front of a loopback server, so whoever sends them is lying.
    uvicorn.run(application, host=host, port=port, log_level="warning", proxy_headers=False, server_header=False)


def require_loopback(host: str) -> None:
    """InvalidInput where `host` can be reached from another machine.

    >>> require_loopback("::1")
    """
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    if host != "localhost" and not _is_loopback(host):
        raise InvalidInput(detail=text("web.loopback_only", language(), host=host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
