"""`python -m gridmgmt.cli`: the command, wherever its script lies."""

from gridmgmt.cli.main import run

run()
