"""Every error a user can meet. The docstring is the message; `code` is stable; no HTTP and no SQL here.

What a person reads inside it (a reason, a remedy, the name of a kind of thing) is a `Reason`, never a plain text: it is
put into words in the language of whoever reads the error.

>>> str(MissingCrs(path="a.shp"))
'a.shp does not say which coordinate system it uses. Give it with --crs (EPSG:n, gcj02 or bd09).'
>>> MissingCrs.code
'missing_crs'
"""

import re
from collections.abc import Iterable
from typing import ClassVar, Literal, Protocol


class Reason(Protocol):
    """What can be said in either language; `gridmgmt.messages.Words` can."""

    def text(self, language: Literal["zh", "en"]) -> str:
        """The words in one language."""
        ...


class GridError(Exception):
    """Something went wrong that has no better name: {detail}"""

    code: ClassVar[str] = "grid_error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **context: object) -> None:
        self.context = context
        super().__init__((type(self).__doc__ or "").format(**{name: _spoken(value) for name, value in context.items()}))


def _spoken(value: object) -> object:
    """Several things as a list is written, anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


class MissingCrs(GridError):
    """{path} does not say which coordinate system it uses. Give it with --crs (EPSG:n, gcj02 or bd09)."""


class GeographicCrs(GridError):
    """{what} needs metres, but the geometries are in {crs}. Project them first (gridmgmt.geo.crs.metric_crs)."""

    def __init__(self, *, what: Reason, crs: str) -> None:
        super().__init__(what=what, crs=crs)


class UnreadableFile(GridError):
    """{path} cannot be read: {detail}"""

    def __init__(self, *, path: object, detail: Reason) -> None:
        super().__init__(path=path, detail=detail)


class UnknownColumn(GridError):
    """There is no column {column!r}. The columns are: {columns}."""

    def __init__(self, *, column: str, columns: Iterable[object]) -> None:
        super().__init__(column=column, columns=list(columns))


class InvalidInput(GridError):
    """{detail}"""

    def __init__(self, *, detail: Reason) -> None:
        super().__init__(detail=detail)


class InvalidImport(GridError):
    """{faults} of {features} features in {path} are at fault; nothing was written. See the report, or use --repair."""


class InfeasiblePlan(GridError):
    """No such plan exists: {reason}"""

    def __init__(self, *, reason: Reason) -> None:
        super().__init__(reason=reason)


class NotFound(GridError):
    """There is no {what} {key!r}."""

    def __init__(self, *, what: Reason, key: object) -> None:
        super().__init__(what=what, key=key)


class Conflict(GridError):
    """{what} {key!r} is already there with other content. Nothing was overwritten."""

    def __init__(self, *, what: Reason, key: object) -> None:
        super().__init__(what=what, key=key)


class StaleEpoch(GridError):
    """The plan was made on the boundaries of {base}, but they changed on {changed}. Compute it again."""


class BrokenCoverage(GridError):
    """The {level} boundaries would have gaps or overlaps near {where}. Nothing was changed."""

    def __init__(self, *, level: Reason, where: str) -> None:
        super().__init__(level=level, where=where)


class DatabaseUnavailable(GridError):
    """The database cannot be reached: {detail}"""

    def __init__(self, *, detail: Reason) -> None:
        super().__init__(detail=detail)


class MissingProgram(GridError):
    """{program} is needed and not on this machine. {remedy}"""

    def __init__(self, *, program: str, remedy: Reason) -> None:
        super().__init__(program=program, remedy=remedy)


class NotSignedIn(GridError):
    """You are not signed in, or no longer. Sign in and try again."""


class WrongPassword(GridError):
    """The name or the password is wrong."""


class LockedOut(GridError):
    """Too many failed attempts. Try again in {minutes} minutes."""


class PasswordDue(GridError):
    """Change your password first."""


class WeakPassword(GridError):
    """This password will not do: {detail}"""

    def __init__(self, *, detail: Reason) -> None:
        super().__init__(detail=detail)


class Forbidden(GridError):
    """You have no right to {action} here. Whoever keeps the rights can give it to you."""


class IllegalMove(GridError):
    """{move!r} is not possible: {reason}. Possible now: {allowed}."""

    def __init__(self, *, move: str, reason: Reason, allowed: Reason | list[str]) -> None:
        super().__init__(move=move, reason=reason, allowed=allowed)


class StaleStep(GridError):
    """Somebody moved incident {key!r} after step {seen}: it is at step {now}. Load it again."""


class Gone(GridError):
    """{what} {key!r} was deleted on {when}. It is not taken again."""

    def __init__(self, *, what: Reason, key: object, when: str) -> None:
        super().__init__(what=what, key=key, when=when)
