"""The register of people for those who keep it: each account with its roles, appointments, stand-ins and secrets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from gridmgmt.field.day import local_day
from gridmgmt.services.access.people import in_force, normal_name
from gridmgmt.services.access.secrets import hashed
from gridmgmt.store import tables


def register(session: Session, rows: Sequence[tables.Person], now: datetime | None = None) -> list[dict[str, Any]]:
    """What there is to each of these accounts, in as many queries for one of them as for all."""
    moment = now or datetime.now(UTC)
    ids = [row.id for row in rows]
    grants, grids = _grants(session, ids), _grids(session, rows, moment)
    lent, secrets, locked = _lent(session, ids), _secrets(session, ids), _locked(session, rows, moment)
    return [
        {
            "id": row.id,
            "name": row.name,
            "display_name": row.display_name,
            "worker_code": row.worker_code,
            "disabled": row.disabled_at is not None,
            "password_due": row.password_due,
            "locked_until": locked.get(hashed(row.name)),
            "grants": grants[row.id],
            "grids": grids[row.worker_code],
            "stand_ins": lent[row.id],
            "credentials": secrets[row.id],
        }
        for row in rows
    ]


def unlock(session: Session, name: str) -> None:
    """Forget the failed sign-ins under a name, so that its owner need not wait."""
    session.execute(delete(tables.FailedSignIn).where(tables.FailedSignIn.name_hash == hashed(normal_name(name))))


def grant_facts(given: tables.RoleGrant) -> dict[str, Any]:
    """A grant as it is told; `valid_to` is the day after the last, None for no end."""
    facts = {
        "id": given.id,
        "role": given.role,
        "scope_code": given.scope_code,
        "department_code": given.department_code,
    }
    return facts | _period(given)


def _grants(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    of = tables.RoleGrant
    found = select(of).where(of.person_id.in_(ids)).order_by(of.valid_from, of.role, of.scope_code)
    return _by((row.person_id, grant_facts(row)) for row in session.scalars(found))


def _grids(session: Session, rows: Iterable[tables.Person], now: datetime) -> Mapping[str | None, list[str]]:
    """The grids a worker is appointed to today."""
    of = tables.WorkerGrid
    codes = [row.worker_code for row in rows if row.worker_code is not None]
    found = select(of.worker_code, of.grid_code).where(of.worker_code.in_(codes), *in_force(of, local_day(now)))
    return _by((code, grid) for code, grid in session.execute(found.order_by(of.grid_code)))


def _lent(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    of, substitute = tables.StandIn, aliased(tables.Person)
    found = select(of, substitute.name, substitute.display_name).join(substitute, substitute.id == of.substitute_id)
    return _by(
        (row.absent_id, {"id": row.id, "substitute": name, "display_name": called} | _period(row))
        for row, name, called in session.execute(found.where(of.absent_id.in_(ids)).order_by(of.valid_from))
    )


def _secrets(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """App passwords and devices that have not been revoked; never the secret."""
    of = tables.Credential
    found = select(of).where(of.person_id.in_(ids), of.revoked_at.is_(None)).order_by(of.created_at, of.id)
    told = ("id", "kind", "label", "device_id", "created_at")
    return _by((row.person_id, {name: getattr(row, name) for name in told}) for row in session.scalars(found))


def _locked(session: Session, rows: Iterable[tables.Person], now: datetime) -> Mapping[bytes, datetime]:
    of = tables.FailedSignIn
    found = select(of.name_hash, of.locked_until).where(of.name_hash.in_([hashed(row.name) for row in rows]))
    return {name: until for name, until in session.execute(found) if until is not None and until > now}


def _period(row: tables.RoleGrant | tables.StandIn) -> dict[str, Any]:
    return {"valid_from": row.valid_from, "valid_to": row.valid_to}


def _by(pairs: Iterable[tuple[Any, Any]]) -> Mapping[Any, list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
