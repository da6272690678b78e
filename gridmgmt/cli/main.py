"""The `gridmgmt` command. Each module of this folder registers its own commands."""

import gc
import importlib
import importlib.util
import sys
from typing import Annotated, NoReturn

import typer

from gridmgmt import __version__
from gridmgmt.cli.usage import USAGE_ERROR, help_of, usage_text
from gridmgmt.errors import GridError, InvalidInput
from gridmgmt.messages import Language, Words, error_text, language_here, text

# Rooms of the library, then the applications of the checkout that the wheel does not carry (ADR 0002).
ROOMS = (
    "gridmgmt.cli.database",
    "gridmgmt.cli.warming",
    "gridmgmt.cli.files",
    "gridmgmt.cli.demo",
    "gridmgmt.cli.planning",
    "gridmgmt.cli.stations",
    "gridmgmt.cli.plans",
    "gridmgmt.cli.scoring",
    "gridmgmt.cli.policy",
    "gridmgmt.cli.field",
    "gridmgmt.cli.patrols",
    "gridmgmt.cli.incidents",
    "gridmgmt.cli.candidates",
    "gridmgmt.cli.people",
    "gridmgmt.cli.workers",
    "gridmgmt.cli.audit",
    "gridmgmt.cli.privacy",
)
APPLICATIONS = ("maps.commands", "api.commands")
GARBAGE = 50_000  # objects made before some are looked through; of Python's 700, imports take a quarter longer


def language() -> Language:
    """The language of messages: GRIDMGMT_LANG, else Chinese where the locale is Chinese, else English."""
    return language_here()


def build_app() -> typer.Typer:
    """The command with everything registered that is installed."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_options)
    for name in ROOMS:
        importlib.import_module(name).register(app)
    for name in APPLICATIONS:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name).register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridmgmt {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Grid management for community governance (社区网格化管理)."""


def run() -> None:
    """Entry point: a typed error becomes one clear line on stderr and exit status 2, a file out of reach as well.

    So does a command line that cannot be understood, with a second line that says where to read how it is written.
    """
    gc.set_threshold(GARBAGE)
    try:
        sys.exit(build_app()(standalone_mode=False))
    except USAGE_ERROR as error:
        _refuse_usage(error)
    except typer.Abort:
        typer.echo(text("usage.aborted", language()), err=True)
        sys.exit(1)
    except GridError as error:
        _refuse(error)
    except OSError as error:
        if error.filename is None:  # no file's fault
            raise
        _refuse(InvalidInput(detail=Words("reasons.file_system", path=error.filename, said=error.strerror)))


def _refuse_usage(error: Exception) -> NoReturn:
    if fault := usage_text(error, language()):
        typer.echo(f"gridmgmt: {fault} [usage]", err=True)
        typer.echo(text("usage.see", language(), help=help_of(error)), err=True)
    sys.exit(2)


def _refuse(error: GridError) -> NoReturn:
    typer.echo(f"gridmgmt: {error_text(error, language())} [{error.code}]", err=True)
    sys.exit(2)
