"""Who may do what, and where: roles, actions, areas, persons. Pure rules; nothing here knows a database."""

from gridmgmt.access.areas import Area
from gridmgmt.access.passwords import password_faults
from gridmgmt.access.people import Grant, Person
from gridmgmt.access.roles import ROLE_ACTIONS, SEPARATED, Action, Role

__all__ = ["ROLE_ACTIONS", "SEPARATED", "Action", "Area", "Grant", "Person", "Role", "password_faults"]
