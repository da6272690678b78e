"""`gridmgmt warm-up`: compile ahead what the first plan and the first patrol would wait for."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this room to the `gridmgmt` command."""
    app.command(name="warm-up")(warm_up)


def warm_up() -> None:
    """Compile the loops of planning and field work ahead, once per installation; nothing is stored."""
    from gridmgmt.services import warming

    warming.warm_up()
