"""Every error a user can meet. The docstring is the message; `code` is stable; no HTTP and no SQL here.

>>> str(MissingCrs(path="a.shp"))
'a.shp does not say which coordinate system it uses. Give it with --crs (EPSG:n, gcj02 or bd09).'
>>> MissingCrs.code
'missing_crs'
"""

import re
from typing import ClassVar


class GridError(Exception):
    """Something went wrong that has no better name: {detail}"""

    code: ClassVar[str] = "grid_error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **context: object) -> None:
        self.context = context
        super().__init__((type(self).__doc__ or "").format(**context))


class MissingCrs(GridError):
    """{path} does not say which coordinate system it uses. Give it with --crs (EPSG:n, gcj02 or bd09)."""


class GeographicCrs(GridError):
    """{what} needs metres, but the geometries are in {crs}. Project them first (gridmgmt.geo.crs.metric_crs)."""


class UnreadableFile(GridError):
    """{path} cannot be read: {detail}"""


class UnknownColumn(GridError):
    """There is no column {column!r}. The columns are: {columns}."""


class InvalidInput(GridError):
    """{detail}"""


class InvalidImport(GridError):
    """{faults} of {features} features in {path} are at fault; nothing was written. See the report, or use --repair."""


class InfeasiblePlan(GridError):
    """No such plan exists: {reason}"""


class NotFound(GridError):
    """There is no {what} {key!r}."""


class Conflict(GridError):
    """{what} {key!r} is already there with other content. Nothing was overwritten."""


class StaleEpoch(GridError):
    """The plan was made on the boundaries of {base}, but they changed on {changed}. Compute it again."""


class BrokenCoverage(GridError):
    """The {level} boundaries would have gaps or overlaps near {where}. Nothing was changed."""


class DatabaseUnavailable(GridError):
    """The database cannot be reached: {detail}"""


class MissingProgram(GridError):
    """{program} is needed and not on this machine. {remedy}"""


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


class Forbidden(GridError):
    """You have no right to {action} here. Whoever keeps the rights can give it to you."""


class IllegalMove(GridError):
    """{move!r} is not possible: {reason}. Possible now: {allowed}."""


class StaleStep(GridError):
    """Somebody moved incident {key!r} after step {seen}: it is at step {now}. Load it again."""


class Gone(GridError):
    """{what} {key!r} was deleted on {when}. It is not taken again."""
