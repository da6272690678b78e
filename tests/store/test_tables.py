"""What the database itself refuses, whoever writes."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from gridmgmt.store.queries import query
from gridmgmt.store.tables import Base, Boundary, BoundaryCode, Incident, IncidentStep, incident_state

START, MIDDLE, END = date(2006, 1, 1), date(2006, 9, 1), date(2007, 1, 1)
SQUARE = "MULTIPOLYGON (((114 22, 114.1 22, 114.1 22.1, 114 22.1, 114 22)))"
UNSOUND = {
    "bow-tie": "MULTIPOLYGON (((114 22, 114.1 22.1, 114.1 22, 114 22.1, 114 22)))",
    "not a number": "MULTIPOLYGON (((114 22, NaN 22, 114.1 22.1, 114 22)))",
    "infinite": "MULTIPOLYGON (((114 22, Infinity 22, 114.1 22.1, 114 22)))",
    "empty": "MULTIPOLYGON EMPTY",
    "out of the world": "MULTIPOLYGON (((114 22, 500 22, 500 22.1, 114 22)))",
    "another type": "POLYGON ((114 22, 114.1 22, 114.1 22.1, 114 22))",
}


def add_code(session: Session, code: str = "440303", level: str = "district") -> None:
    session.add(BoundaryCode(code=code, level=level, issued_on=START))
    session.flush()


def boundary(version: int = 1, start: date = START, end: date | None = None, **other: object) -> Boundary:
    values = {"code": "440303", "level": "district", "name": "罗湖区", "geom": f"SRID=4326;{SQUARE}", **other}
    return Boundary(version=version, valid_from=start, valid_to=end, **values)


@pytest.mark.parametrize("shape", UNSOUND.values(), ids=UNSOUND.keys())
def test_unsound_areas_are_refused(session: Session, shape: str) -> None:
    add_code(session)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(
            text(
                "insert into boundary (code, level, name, valid_from, geom) values ('440303', 'district', 'x', :day, "
                "st_geomfromtext(:shape, 4326))"
            ),
            {"day": START, "shape": shape},
        )


@pytest.mark.parametrize("table", [name for name, table in Base.metadata.tables.items() if "geom" in table.columns])
def test_every_geometry_column_has_its_checks_and_its_index(session: Session, table: str) -> None:
    checks = session.scalars(
        text("select conname from pg_constraint where conrelid = cast(:table as regclass)"), {"table": table}
    )
    assert {f"ck_{table}_geom_{fault}" for fault in ("valid", "filled", "in_world")} <= set(checks)
    indexes = session.scalars(text("select indexdef from pg_indexes where tablename = :table"), {"table": table})
    assert any("USING gist (geom)" in definition for definition in indexes)


@pytest.mark.parametrize(
    ("x", "y"),
    [("'NaN'", "22"), ("114", "'NaN'"), ("'Infinity'", "22"), ("114", "'-Infinity'"), ("500", "22"), ("114", "91")],
)
def test_points_outside_the_world_are_refused(session: Session, x: str, y: str) -> None:
    columns = "id, category, text, occurred_at, geom, source, content_hash, workflow_version"
    values = f"(gen_random_uuid(), 'a', '', now(), st_setsrid(st_makepoint({x}, {y}), 4326), 'test', '', '2026.1')"
    with pytest.raises(IntegrityError, match="geom_"), session.begin_nested():
        session.execute(text(f"insert into incident ({columns}) values {values}"))


def test_a_street_is_a_line_and_no_area(session: Session) -> None:
    insert = text("insert into street values ('S00001', null, 'local', st_geomfromtext(:shape, 4326))")
    with pytest.raises(IntegrityError, match="geom_type"), session.begin_nested():
        session.execute(insert, {"shape": "POLYGON ((114 22, 114.1 22, 114.1 22.1, 114 22))"})
    session.execute(insert, {"shape": "LINESTRING (114 22, 114.1 22)"})


def test_a_box_is_looked_up_in_the_index(session: Session) -> None:
    add_code(session)
    rows = "select '440303' || lpad(i::text, 9, '0'), 'grid', :day from generate_series(1, 5000) i"
    session.execute(text(f"insert into boundary_code {rows}"), {"day": START})
    session.execute(
        text("""
            insert into boundary (code, level, name, valid_from, geom)
            select '440303' || lpad(i::text, 9, '0'), 'grid', 'x', :day,
              st_multi(st_makeenvelope(114 + i % 100 * 0.001, 22 + i / 100 * 0.001,
                                       114.001 + i % 100 * 0.001, 22.001 + i / 100 * 0.001, 4326))
            from generate_series(1, 5000) i"""),
        {"day": START},
    )
    session.execute(text("analyze boundary"))
    box = {"west": 114.01, "south": 22.01, "east": 114.02, "north": 22.02}
    everywhere = {"area": ["%"]}
    for name, parameters in {
        "boundaries_at": {"level": "grid", "at": MIDDLE, "codes": None, "within_code": "", **box, **everywhere},
        "boundaries_geojson": {"level": "grid", "at": MIDDLE, "within_code": "", **box, **everywhere},
        "tile_boundary": {"layer": "grid", "at": MIDDLE, "z": 16, "x": 53521, "y": 28634, **everywhere},
    }.items():
        plan = "\n".join(session.scalars(text(f"explain {query(name).text}"), parameters))
        assert "ix_boundary_geom" in plan, plan
        assert "Seq Scan" not in plan, plan


def test_epochs_of_a_code_never_overlap(session: Session) -> None:
    add_code(session)
    session.add(boundary(1, START, MIDDLE))
    session.add(boundary(2, MIDDLE, END))
    session.flush()
    for start, end in [(date(2006, 8, 31), MIDDLE), (START, None), (date(2006, 12, 31), None)]:
        with pytest.raises(IntegrityError, match="ex_boundary_period"), session.begin_nested():
            session.add(boundary(3, start, end))
    session.add(boundary(3, END))
    session.flush()


def test_an_epoch_is_not_empty(session: Session) -> None:
    add_code(session)
    with pytest.raises(IntegrityError, match="period"), session.begin_nested():
        session.add(boundary(1, MIDDLE, MIDDLE))


def test_a_retired_code_cannot_be_used_again(session: Session) -> None:
    add_code(session)
    session.add(boundary(1, START, MIDDLE))
    session.flush()
    code = session.get_one(BoundaryCode, "440303")
    code.retired_on = MIDDLE
    session.flush()
    for start, end in [(MIDDLE, None), (END, None)]:
        with pytest.raises(IntegrityError, match="lives from"), session.begin_nested():
            session.add(boundary(2, start, end))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("insert into boundary_code values ('440303', 'district', '2007-01-01')"))


@pytest.mark.parametrize(
    "statement",
    [
        "update boundary_code set retired_on = null",
        "update boundary_code set retired_on = '2008-01-01'",
        "update boundary_code set issued_on = '2000-01-01'",
        "delete from boundary_code",
    ],
)
def test_a_code_is_kept_as_it_was_issued(session: Session, statement: str) -> None:
    session.add(BoundaryCode(code="440303", level="district", issued_on=START, retired_on=MIDDLE))
    session.flush()
    with pytest.raises(IntegrityError, match="kept for ever"), session.begin_nested():
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("440303", "grid"),
        ("44030300100100", "grid"),
        ("4403030010010AB", "grid"),
        ("440303001", "community"),
        ("", "district"),
    ],
)
def test_a_code_has_the_shape_of_its_level(session: Session, code: str, level: str) -> None:
    with pytest.raises(IntegrityError, match="code_shape"), session.begin_nested():
        add_code(session, code, level)


def report_incident(session: Session) -> Incident:
    incident = Incident(
        id=uuid4(), category="rubbish", text="", occurred_at=datetime(2006, 9, 1, tzinfo=UTC), source="test",
        content_hash="", geom="SRID=4326;POINT (114 22.5)", workflow_version="2026.1",
    )  # fmt: skip
    session.add(incident)
    session.flush()
    for move in ("report", "file", "remind"):
        session.add(IncidentStep(incident_id=incident.id, move=move, at=incident.occurred_at, actor="W1"))
        session.flush()
    return incident


@pytest.mark.parametrize(
    "statement",
    ["update incident_step set move = 'close'", "delete from incident_step", "truncate incident_step cascade"],
)
def test_the_step_log_is_append_only(session: Session, statement: str) -> None:
    report_incident(session)
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_the_state_of_an_incident_is_what_its_last_move_led_to(session: Session) -> None:
    incident = report_incident(session)
    state = session.execute(
        select(incident_state).where(incident_state.c.incident_id == bindparam("id")), {"id": incident.id}
    ).one()
    assert (state.state, state.actor) == ("filed", "W1")
