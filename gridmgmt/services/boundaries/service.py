"""Stations and whom they serve: what a merge changes, and what follows from redrawn communities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.messages import Words
from gridmgmt.services.boundaries.codes import FIRST_MERGED, LAST
from gridmgmt.services.boundaries.overlap import areas_m2
from gridmgmt.services.boundaries.redraw import open_areas
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import (
    PREMISES,
    Crosswalk,
    Plan,
    PlanAssignment,
    PlanPart,
    Station,
    StationService,
)


@dataclass(frozen=True)
class Joined:
    """A part of a merge plan: the stations that serve its communities today, and the one whose premises it keeps."""

    part: PlanPart
    communities: frozenset[str]
    stations: tuple[Station, ...]
    host: Station
    unchanged: bool


def publish_service(session: Session, plan: Plan, effective_on: date) -> dict[str, Any]:
    """Publish a merge or replay plan; see `publish_plan`.

    Stations that serve one part together become one: a new code, the staff of all, the premises and the place of the
    host. A station that stays alone keeps its code, and its epoch too if it serves the same communities as before.
    """
    serving = _serving(session)
    parts = _joined(session, plan, serving)
    changed = [part for part in parts if not part.unchanged]
    merged = [part for part in changed if len(part.stations) > 1]
    codes = _merged_codes(session, merged)
    ended = {station for part in merged for station in part.stations}
    _close_stations(session, ended, effective_on)
    end_service(session, [code for part in changed for code in part.communities], effective_on)
    session.add_all(_merged_station(part, codes[part.part.part], effective_on) for part in merged)
    final = {part.part.part: codes.get(part.part.part, part.host.code) for part in parts}
    _begin_service(
        session, ((final[part.part.part], code) for part in changed for code in part.communities), effective_on
    )
    _record_crosswalk(session, plan, changed, final, serving, effective_on)
    return {
        "effective_on": effective_on.isoformat(),
        "level": "station",
        "closed": sorted(station.code for station in ended),
        "opened": sorted(codes.values()),
        "kept": len(parts) - len(merged),
        "codes": {str(part): code for part, code in final.items()},
    }


def follow_communities(session: Session, ended: Sequence[str], successors: Mapping[str, str], on: date) -> int:
    """Stations of ended communities serve their successors (new code → old code) from the day `on`."""
    serving = _serving(session)
    end_service(session, ended, on)
    begin = [(station, new) for new, old in sorted(successors.items()) for station in sorted(serving.get(old, ()))]
    _begin_service(session, begin, on)
    return len(begin)


def end_service(session: Session, communities: Sequence[str], on: date) -> None:
    """Nobody serves these communities from the day `on`; InvalidInput where a service begins no earlier."""
    rows = StationService.community_code.in_(communities), StationService.valid_to.is_(None)
    _require_earlier(session.scalar(select(func.max(StationService.valid_from)).where(*rows)), on)
    session.execute(update(StationService).where(*rows).values(valid_to=on))


def _require_earlier(latest: date | None, on: date) -> None:
    if latest is not None and latest >= on:
        raise InvalidInput(detail=Words("reasons.stations_begin", latest=latest))


def _begin_service(session: Session, pairs: Iterable[tuple[str, str]], on: date) -> None:
    rows = [{"station_code": station, "community_code": code, "valid_from": on} for station, code in sorted(pairs)]
    if rows:
        session.execute(insert(StationService), rows)


def _serving(session: Session) -> dict[str, set[str]]:
    """Community → the stations that serve it, of those without an end."""
    pair = select(StationService.community_code, StationService.station_code)
    serving: dict[str, set[str]] = {}
    for community, station in session.execute(pair.where(StationService.valid_to.is_(None))):
        serving.setdefault(community, set()).add(station)
    return serving


def _joined(session: Session, plan: Plan, serving: Mapping[str, set[str]]) -> list[Joined]:
    stations = {s.code: s for s in session.scalars(select(Station).where(Station.valid_to.is_(None)))}
    members: dict[int, set[str]] = {}
    rows = select(PlanAssignment.part, PlanAssignment.unit_code).where(PlanAssignment.plan_id == plan.id)
    for number, community in session.execute(rows):
        members.setdefault(number, set()).add(community)
    parts = session.scalars(select(PlanPart).where(PlanPart.plan_id == plan.id).order_by(PlanPart.part)).all()
    if not parts:
        raise InvalidInput(detail=Words("reasons.plan_no_parts", plan=plan.id))
    joined = [_join(part, members.get(part.part, set()), serving, stations) for part in parts]
    _require_each_once(joined)
    return joined


def _join(
    part: PlanPart, communities: set[str], serving: Mapping[str, set[str]], stations: Mapping[str, Station]
) -> Joined:
    codes = set().union(*(serving.get(community, ()) for community in communities))
    together = tuple(stations[code] for code in sorted(codes) if code in stations)
    if not together:
        raise InfeasiblePlan(reason=Words("reasons.part_no_station", part=part.part))
    named = [station for station in together if station.code == part.code]
    host = named[0] if named else max(together, key=_premises_m2)
    served = {community for community, at in serving.items() if at & codes}
    return Joined(part, frozenset(communities), together, host, len(together) == 1 and served == communities)


def _premises_m2(station: Station) -> float:
    return sum(getattr(station, column) or 0.0 for column in PREMISES if "planned" not in column)


def _require_each_once(joined: Sequence[Joined]) -> None:
    """A station goes into one part only: dividing one is another plan than merging."""
    seen: dict[str, int] = {}
    for part in joined:
        for station in part.stations:
            other = seen.setdefault(station.code, part.part.part)
            if other != part.part.part:
                raise InfeasiblePlan(
                    reason=Words("reasons.parts_share_station", one=other, other=part.part.part, station=station.code)
                )


def _merged_codes(session: Session, merged: Sequence[Joined]) -> dict[int, str]:
    """Part → the code of its new station: subdistrict, Z and the next free number from 601."""
    taken = set(session.scalars(select(Station.code)))
    codes: dict[int, str] = {}
    for joined in merged:
        numbers = (f"{joined.part.parent_code}Z{number}" for number in range(FIRST_MERGED, LAST + 1))
        code = next((number for number in numbers if number not in taken), None)
        if code is None:
            raise InfeasiblePlan(reason=Words("reasons.station_numbers", parent=joined.part.parent_code))
        taken.add(code)
        codes[joined.part.part] = code
    return codes


def _close_stations(session: Session, stations: Iterable[Station], on: date) -> None:
    for station in stations:
        _require_earlier(station.valid_from, on)
        station.valid_to = on
    session.flush()


def _merged_station(joined: Joined, code: str, on: date) -> Station:
    host = joined.host
    staff = [station.staff for station in joined.stations if station.staff is not None]
    return Station(
        code=code,
        name=joined.part.name or host.name,
        station_type=host.station_type,
        subdistrict_code=joined.part.parent_code,
        staff=sum(staff) if staff else None,
        geom=host.geom,
        valid_from=on,
        **{column: getattr(host, column) for column in PREMISES},
    )


def _record_crosswalk(
    session: Session,
    plan: Plan,
    changed: Sequence[Joined],
    final: Mapping[int, str],
    serving: Mapping[str, set[str]],
    on: date,
) -> None:
    """Old station → new station with the households, residents and ground of the communities that went with it."""
    areas = open_areas(session, "community")
    figures = areas.assign(area_m2=areas_m2(areas)).set_index("code")[["households", "residents", "area_m2"]].fillna(0)
    moves = [
        {"old_code": old, "new_code": final[joined.part.part], "community": community}
        for joined in changed
        for community in joined.communities
        for old in serving.get(community, ())
    ]
    if moves:
        rows = (
            pandas.DataFrame(moves)
            .join(figures, on="community")
            .fillna({"households": 0, "residents": 0, "area_m2": 0})
        )
        sums = rows.groupby(["old_code", "new_code"], as_index=False)[["households", "residents", "area_m2"]].sum()
        sums.columns = ["old_code", "new_code", "shared_households", "shared_residents", "shared_area_m2"]
        copy_frame(session, Crosswalk, sums, changed_on=on, plan_id=plan.id)
