"""Roles and what each of them may do. The table below is the whole of it; the place comes from the grant's scope.

等保 asks for three separate hands (三员): one that keeps accounts (administrator), one that gives rights (security),
one that reads the log (auditor). No person holds two of them at a time; none of them works on cases.
"""

from collections.abc import Mapping
from enum import StrEnum, auto


class Role(StrEnum):
    """What a person is in the grid's house."""

    worker = auto()  # 网格员
    planner = auto()  # 规划员
    dispatcher = auto()  # 指挥中心调度员
    department = auto()  # 职能部门处置员
    administrator = auto()  # 系统管理员
    security = auto()  # 安全管理员
    auditor = auto()  # 审计员
    viewer = auto()  # 查看者


class Action(StrEnum):
    """What one may do. Every endpoint names one of these."""

    see_boundaries = auto()  # outlines, tiles, units on the ground
    see_figures = auto()  # counts, coverage, the situation
    see_plans = auto()
    make_plans = auto()
    publish = auto()
    export = auto()  # take data out as a file
    record_patrol = auto()  # hand in one's own walk
    see_own_tracks = auto()
    see_tracks = auto()  # the track of a named worker: every look is logged
    report_incident = auto()
    see_incidents = auto()
    see_involved = auto()  # names and phones of people in an incident, unmasked
    move_incident = auto()  # the workflow says which moves are whose
    manage_people = auto()  # accounts, passwords, devices
    grant_roles = auto()  # roles, scopes, stand-ins
    read_audit = auto()
    erase_tracks = auto()


SEPARATED = frozenset({Role.administrator, Role.security, Role.auditor})
"""三员: at most one of these for a person at a time; a stand-in never takes them over."""

_LOOK = frozenset({Action.see_boundaries, Action.see_figures})

ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.worker: _LOOK
    | {
        Action.record_patrol,
        Action.see_own_tracks,
        Action.report_incident,
        Action.see_incidents,
        Action.move_incident,
    },
    Role.planner: _LOOK | {Action.see_plans, Action.make_plans, Action.publish, Action.export},
    Role.dispatcher: _LOOK
    | {
        Action.see_plans,
        Action.see_tracks,
        Action.report_incident,
        Action.see_incidents,
        Action.see_involved,
        Action.move_incident,
        Action.export,
    },
    Role.department: _LOOK | {Action.see_incidents, Action.see_involved, Action.move_incident},
    Role.administrator: _LOOK | {Action.manage_people, Action.erase_tracks},
    Role.security: _LOOK | {Action.grant_roles},
    Role.auditor: _LOOK | {Action.read_audit},
    Role.viewer: _LOOK | {Action.see_plans},
}
"""What each role may do, within the scope of its grant."""
