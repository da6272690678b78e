"""Queries in the database's own language, one file each, loaded by name."""

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def query(name: str) -> TextClause:
    """The statement in `<name>.sql` of this folder."""
    return text(files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
