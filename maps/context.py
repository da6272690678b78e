"""What every sheet says about itself: language, date, place, source."""

from dataclasses import dataclass
from datetime import date

from gridmgmt.messages import Language, text

DEMO = "demo"


@dataclass(frozen=True)
class Context:
    """The reader's language and the four lines each sheet must carry.

    `approval` is the map approval number (审图号) of a published map; without one the sheet says that it is a working
    map. `source` names the data; without one it is this system's register of boundaries, and `demo` says in the sheet's
    language that the data are the demo's.

    >>> from datetime import date
    >>> Context(at=date(2006, 7, 1), place="罗湖区").say("epoch_line")
    '时点 2006-07-01'
    """

    at: date
    place: str
    language: Language = "zh"
    source: str | None = None
    approval: str | None = None

    def say(self, key: str, **values: object) -> str:
        """A message of maps.toml; the date and the place are always at hand."""
        return text(f"maps.{key}", self.language, **{"at": self.at.isoformat(), "place": self.place, **values})

    @property
    def footer(self) -> tuple[str, ...]:
        """Source, approval number and reference system."""
        known = {None: "source_register", DEMO: "source_demo"}
        source = self.say(known[self.source]) if self.source in known else self.source
        approval = self.say("approval_number", number=self.approval) if self.approval else self.say("approval_none")
        return (self.say("source", source=source), approval, self.say("reference_system"))
