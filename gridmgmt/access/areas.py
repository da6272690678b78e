"""An area of responsibility as a set of boundary codes. Codes are hierarchical, so a prefix holds all below it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Area:
    """All boundary codes that begin with one of `prefixes` (6, 9, 12 or 15 digits; "" holds every code).

    >>> east = Area.of(["440303002", "440303001005", "440303001005003"])
    >>> east.prefixes
    ('440303001005', '440303002')
    >>> east.holds("440303002001"), east.holds("440303001"), east.holds(None)
    (True, False, False)
    >>> Area.everything.holds(None), Area.nothing.holds("440303")
    (True, False)
    """

    prefixes: tuple[str, ...]

    everything: ClassVar["Area"]
    nothing: ClassVar["Area"]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Area":
        """The area of some codes; what lies below another one is left out."""
        kept: list[str] = []
        for code in sorted(set(codes)):
            if not any(code.startswith(prefix) for prefix in kept):
                kept.append(code)
        return cls(tuple(kept))

    @property
    def is_everything(self) -> bool:
        """Whether there is no limit, so that what lies in no grid at all is held too."""
        return "" in self.prefixes

    def holds(self, code: str | None) -> bool:
        """Whether the thing of that code lies in the area; None is what lies in no boundary."""
        if code is None:
            return self.is_everything
        return code.startswith(self.prefixes)

    def like_patterns(self) -> list[str]:
        """Patterns for SQL's `code LIKE ANY (:area)`: codes are digits and letters, so nothing needs escaping.

        >>> Area(("440303001",)).like_patterns()
        ['440303001%']
        """
        return [f"{prefix}%" for prefix in self.prefixes]


Area.everything = Area(("",))
Area.nothing = Area(())
