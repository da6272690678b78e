"""Codes of new areas: three digits under the parent's code, west to east and north to south, never used twice.

Source: CJ/T 349-2010 for the 600 numbers of ordinary units; a unit formed by merging is numbered from 601.
"""

from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gridmgmt.errors import InfeasiblePlan
from gridmgmt.messages import Words
from gridmgmt.store.tables import BoundaryCode

Geometries = NDArray[Any]

FIRST_MERGED = 601
LAST = 999


def reading_order(shapes: Geometries) -> list[int]:
    """Indices of the areas as one reads a page: rows from north to south, in each from west to east.

    A row is as high as an area is wide in the mean (square root of the mean area).

    >>> reading_order(np.array([shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2), shapely.box(0, 1.1, 1, 2)]))
    [2, 1, 0]
    """
    if len(shapes) == 0:
        return []
    x, y = shapely.get_coordinates(shapely.point_on_surface(shapes)).T
    row = np.floor((y.max() - y) / np.sqrt(shapely.area(shapes).mean()) + 0.5)
    return [int(index) for index in np.lexsort((x, row))]


class Numbering:
    """Free numbers under one parent; a number that was ever given is not free."""

    def __init__(self, parent_code: str, taken: set[int]) -> None:
        self.parent_code = parent_code
        self._ordinary = (number for number in range(1, FIRST_MERGED) if number not in taken)
        self._merged = (number for number in range(FIRST_MERGED, LAST + 1) if number not in taken)

    def next(self, *, merged: bool) -> str:
        """The next free code.

        >>> numbering = Numbering("440303001001", {1, 2})
        >>> numbering.next(merged=False), numbering.next(merged=True)
        ('440303001001003', '440303001001601')
        """
        number = next(self._merged if merged else self._ordinary, None)
        if number is None:
            raise InfeasiblePlan(reason=Words("reasons.numbers_used_up", parent=self.parent_code))
        return f"{self.parent_code}{number:03d}"


def numbering(session: Session, level: str, parent_code: str) -> Numbering:
    """The numbers that are free under a parent."""
    issued = select(BoundaryCode.code).where(
        BoundaryCode.level == level, BoundaryCode.code.startswith(parent_code, autoescape=True)
    )
    return Numbering(parent_code, {int(code[len(parent_code) :]) for code in session.scalars(issued)})


def retire(session: Session, codes: list[str], on: date) -> None:
    """These codes end on the day `on` and are never used again."""
    session.execute(update(BoundaryCode).where(BoundaryCode.code.in_(codes)).values(retired_on=on))
