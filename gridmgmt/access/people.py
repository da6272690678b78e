"""A person as the rules see one: a name, and grants in force."""

from dataclasses import dataclass, replace
from datetime import date

from gridmgmt.access.areas import Area
from gridmgmt.access.roles import ROLE_ACTIONS, Action, Role
from gridmgmt.ids import PersonId, WorkerCode

DISTRICT_DIGITS = 6  # what lies in no boundary is for whoever has a whole district
_LOOK = frozenset({Action.see_boundaries, Action.see_figures})


@dataclass(frozen=True)
class Grant:
    """A role in a scope during [valid_from, valid_to); `scope_code` "" is everywhere.

    >>> Grant(Role.viewer, "440303", date(2026, 1, 1), date(2026, 2, 1)).in_force(date(2026, 2, 1))
    False
    """

    role: Role
    scope_code: str
    valid_from: date
    valid_to: date | None = None
    department: str | None = None  # code of the department (D01) whose incidents the role `department` sees and handles
    instead_of: PersonId | None = None  # whose right this is, where the person stands in for another

    def in_force(self, day: date) -> bool:
        """Whether the grant counts on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Person:
    """Someone who signed in. `grants` are those in force now, their own and those they stand in for.

    >>> from uuid import UUID
    >>> ann = Person(PersonId(UUID(int=1)), "ann", "安", (Grant(Role.viewer, "440303001", date(2026, 1, 1)),))
    >>> ann.may(Action.see_plans), ann.may(Action.publish), ann.area(Action.see_plans).prefixes
    (True, False, ('440303001',))
    >>> ann.limited_to({Action.see_figures}).may(Action.see_plans)
    False
    """

    id: PersonId
    name: str  # as typed at the sign-in
    display_name: str
    grants: tuple[Grant, ...] = ()
    worker_code: WorkerCode | None = None
    limit: frozenset[Action] | None = None  # what the credential they came with is good for; None: everything
    password_due: bool = False  # nothing but changing it is allowed

    @property
    def roles(self) -> frozenset[Role]:
        """The roles they hold somewhere."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, action: Action) -> bool:
        """Whether they may do it anywhere."""
        return self._allows(action) and any(action in ROLE_ACTIONS[grant.role] for grant in self.grants)

    def area(self, action: Action) -> Area:
        """Where they may do it, whoever holds the matter. What a department's people may is in `departments`."""
        if not self._allows(action):
            return Area.nothing
        held = (grant for grant in self.grants if action in ROLE_ACTIONS[grant.role])
        return Area.of(grant.scope_code for grant in held if grant.role is not Role.department or action in _LOOK)

    def departments(self, action: Action) -> tuple[tuple[str, str], ...]:
        """Departments (code, scope) for which they may do it: only with what was sent there, in that scope.

        >>> from uuid import UUID
        >>> road = Grant(Role.department, "440303", date(2026, 1, 1), department="D01")
        >>> bob = Person(PersonId(UUID(int=2)), "bob", "周", (road,))
        >>> bob.area(Action.see_incidents).prefixes, bob.departments(Action.see_incidents)
        ((), (('D01', '440303'),))
        """
        if not self._allows(action) or action not in ROLE_ACTIONS[Role.department]:
            return ()
        return tuple((grant.department, grant.scope_code) for grant in self.grants if grant.department is not None)

    def serves(self, action: Action, holder: str | None, place: str | None) -> bool:
        """Whether a matter that `holder` has, which lies in the boundary `place`, is their department's."""
        return any(
            code == holder and (len(scope) <= DISTRICT_DIGITS if place is None else place.startswith(scope))
            for code, scope in self.departments(action)
        )

    def limited_to(self, actions: frozenset[Action] | set[Action]) -> "Person":
        """The same person with a credential that is good for less."""
        return replace(self, limit=frozenset(actions))

    def _allows(self, action: Action) -> bool:
        return not self.password_due and (self.limit is None or action in self.limit)
