"""Who may make which move, and where an incident goes by it. Rules only: the moves themselves are data.

A holder is a code: 15, 12, 9 or 6 digits for a grid, community, subdistrict or district, or the code of a department
(`D01`). An actor holds posts: a role and the area it is for, as a prefix of boundary codes ("" is everywhere).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gridmgmt.errors import IllegalMove, InvalidInput
from gridmgmt.field.workflow import Move, Standing, Workflow
from gridmgmt.messages import Words, catalogue

Level = Literal["grid", "community", "subdistrict", "district", "department"]
LEVEL_OF_LENGTH: Mapping[int, Level] = {15: "grid", 12: "community", 9: "subdistrict", 6: "district"}
SATISFIED = ("very_satisfied", "satisfied", "basically_satisfied")


@dataclass(frozen=True)
class Post:
    """A role in an area, "" being everywhere."""

    role: str
    scope: str
    department: str | None = None  # only what this department holds; None: whoever holds it

    def reaches(self, code: str | None) -> bool:
        """Whether a boundary lies in the area; what lies in no boundary is for a whole district."""
        return len(self.scope) <= 6 if code is None else code.startswith(self.scope)


@dataclass(frozen=True)
class Actor:
    """Who moves. `unbound` is the system itself or its keeper at the machine: every post everywhere."""

    name: str
    posts: frozenset[Post] = frozenset()
    unbound: bool = False

    def roles_at(self, code: str | None, holder: str | None) -> frozenset[str]:
        """The roles that reach a boundary (None: what lies in no boundary) of a matter that `holder` has."""
        mine = (post for post in self.posts if post.department in (None, holder))
        return frozenset(post.role for post in mine if post.reaches(code))


@dataclass(frozen=True)
class Case:
    """An incident as the rules see it: how it stands, where it lies, and how it came in."""

    standing: Standing
    place: str | None  # code of the grid, or of the smallest unit that is known
    source: str


def level_of(holder: str | None) -> Level | None:
    """The level of a holder; None for nobody.

    >>> level_of("440303001001"), level_of("D01"), level_of(None)
    ('community', 'department', None)
    """
    if not holder:
        return None
    if not holder.isdigit():
        return "department"
    if len(holder) not in LEVEL_OF_LENGTH:
        raise InvalidInput(detail=Words("reasons.no_holder_code", holder=holder))
    return LEVEL_OF_LENGTH[len(holder)]


def allowed_moves(case: Case, workflow: Workflow, actor: Actor) -> list[str]:
    """The moves this actor can make now, in the workflow's order."""
    return [name for name, move in workflow.moves.items() if may_make(case, move, actor)]


def require_allowed(case: Case, workflow: Workflow, actor: Actor, move_name: str) -> Move:
    """The move of that name; IllegalMove with the moves that are possible where this one is not."""
    move = workflow.moves.get(move_name)
    hindrance = None if move is None else _hindrance(case, move, actor)
    if move is None or hindrance is not None:
        allowed = allowed_moves(case, workflow, actor) or Words("reasons.no_move")
        raise IllegalMove(move=move_name, reason=hindrance or Words("reasons.no_such_move"), allowed=allowed)
    return move


def may_make(case: Case, move: Move, actor: Actor) -> bool:
    """Whether the actor can make this move now."""
    return _hindrance(case, move, actor) is None


def next_holder(case: Case, move: Move, wanted: str | None) -> str | None:
    """Where the incident goes by a move; None where it stays. InvalidInput where `wanted` does not fit the move."""
    holder = case.standing.holder
    if move.holder == "":
        if wanted is not None:
            raise InvalidInput(detail=Words("reasons.move_sends_nowhere", move=move.move, wanted=wanted))
        return None
    if move.holder == "parent":
        return _given_or(wanted, (holder or "")[:-3], move)
    if move.holder == "previous":
        return _given_or(wanted, case.standing.sender or (case.place or holder or ""), move)
    if wanted is None:
        raise InvalidInput(detail=Words("reasons.move_needs_holder", move=move.move, rule=move.holder))
    if not _fits(move.holder, holder, wanted):
        raise InvalidInput(
            detail=Words("reasons.move_cannot_go", move=move.move, holder=holder, wanted=wanted, rule=move.holder)
        )
    return wanted


def require_needs(move: Move, note: Mapping[str, Any], lead: object) -> None:
    """InvalidInput where something that must come with the move is missing or makes no sense."""
    for need in move.needs:
        if need == "lead":
            missing = lead is None
        elif need == "satisfaction":
            missing = note.get("satisfaction") not in SATISFIED
        else:
            missing = not note.get(need)
        if missing:
            if need == "satisfaction":
                raise InvalidInput(
                    detail=Words("reasons.move_needs_one_of", move=move.move, need=need, choices=SATISFIED)
                )
            raise InvalidInput(detail=Words("reasons.move_needs", move=move.move, need=need))


def _hindrance(case: Case, move: Move, actor: Actor) -> Words | None:
    standing = case.standing
    if standing.state not in move.from_states:
        return Words("reasons.incident_is", state=_state_word(standing.state))
    if move.effect in ("pause", "resume") and standing.paused == (move.effect == "pause"):
        return Words("reasons.clock_stopped") if standing.paused else Words("reasons.clock_runs")
    if case.source in move.unconfirmed and not standing.confirmed:
        return Words("reasons.verify_first")
    level = level_of(standing.holder)
    if move.levels and level not in move.levels:
        return Words("reasons.held_at_level", level=_level_word(level))
    if move.acting == "sender" and standing.sender is None:
        return Words("reasons.nobody_sent")
    return None if actor.unbound or _reaches(case, move, actor) else Words("reasons.not_yours")


def _level_word(level: Level | None) -> Words:
    if level is None or level == "department":
        return Words("things.department" if level else "things.nobody")
    return Words(f"common.{level}")


def _state_word(state: str) -> Words | str:
    """What a state is called; a version of the workflow may have some that the catalogue lacks."""
    key = f"incidents.state_{state}"
    return Words(key) if key in catalogue("zh") else state


def _reaches(case: Case, move: Move, actor: Actor) -> bool:
    """Whether a post of the actor is named by the move and reaches whoever acts: a role may be bound to a level."""
    code = {"holder": case.standing.holder, "sender": case.standing.sender, "anyone": case.place}[move.acting]
    level = level_of(code)
    place = case.place if level == "department" else code
    held = actor.roles_at(place, case.standing.holder)
    if move.acting == "anyone":  # on the ground, whoever has a post there, of whatever level
        return any(role.partition("@")[0] in held for role in move.roles)
    return any(
        role.partition("@")[0] in held and role.partition("@")[2] in ("", level)
        for role in move.roles
    )  # fmt: skip


def _given_or(wanted: str | None, rule: str, move: Move) -> str:
    if wanted not in (None, rule):
        raise InvalidInput(detail=Words("reasons.move_goes_to", move=move.move, rule=rule, wanted=wanted))
    if not rule:
        raise InvalidInput(detail=Words("reasons.move_goes_nowhere", move=move.move))
    return rule


def _fits(rule: str, holder: str | None, wanted: str) -> bool:
    level, own = level_of(wanted), holder or ""
    if rule == "department":
        return level == "department"
    if rule == "peer":
        return level == level_of(holder) and wanted != holder
    if level == "department":
        return False
    if rule == "above":
        return own.startswith(wanted) and len(own) - len(wanted) > 3
    if rule == "below":
        return wanted.startswith(own) and wanted != own
    return True  # unit: any of them
