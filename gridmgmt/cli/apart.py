"""A command beside another one, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def beside(*arguments: str) -> Iterator[None]:
    """Run `gridmgmt ARGUMENTS` on the other core meanwhile; what it prints comes last, and where it fails so do we."""
    command = [sys.executable, "-m", "gridmgmt.cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield
            said, _ = process.communicate()
        finally:
            process.terminate()
    typer.echo(said, nl=False)
    if process.returncode:
        raise typer.Exit(process.returncode)
