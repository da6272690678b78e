"""Deleting an incident: what was said and who is named goes, the log and the id stay, so that it never comes back."""

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gridmgmt.ids import IncidentId
from gridmgmt.services.field.incidents.moving import locked
from gridmgmt.store.tables import IncidentNow, IncidentPerson, IncidentPhoto, Photo


def delete_incident(session: Session, incident_id: IncidentId, by: str, now: datetime | None = None) -> None:
    """Delete an incident that should not have been taken: its text, people and photos of its own are erased.

    NotFound where there is none, Gone where it was deleted before.
    """
    incident = locked(session, incident_id)
    incident.text, incident.address = "", None
    incident.deleted_at, incident.deleted_by = now or datetime.now(UTC), by
    session.flush()
    own = list(session.scalars(select(IncidentPhoto.sha256).where(IncidentPhoto.incident_id == incident_id)))
    for table in (IncidentPerson, IncidentPhoto, IncidentNow):
        session.execute(delete(table).where(table.incident_id == incident_id))
    elsewhere = select(IncidentPhoto.sha256).where(IncidentPhoto.sha256 == Photo.sha256)
    session.execute(delete(Photo).where(Photo.sha256.in_(own), ~elsewhere.exists()))
