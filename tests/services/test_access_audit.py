"""The log: append-only for the application, and whatever somebody with all power does to it is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.services.access import add_person, audit
from gridmgmt.store.engine import make_engine, session_factory, transaction

ENTRIES = 5


@pytest.fixture
def log(fresh_database: str) -> str:
    """A database with five entries."""
    with transaction(fresh_database) as session:
        ann = add_person(session, "ann", "安")
        for number in range(ENTRIES):
            audit.record(session, ann, "see_tracks", "W001", {"日": number, "list": [1, None, True]})
    return fresh_database


def verdict(url: str, expected: audit.Head | None = None) -> audit.Verdict:
    with transaction(url) as session:
        return audit.verify(session, expected)


def tamper(url: str, statement: str) -> None:
    """What somebody does who may switch the trigger off."""
    with transaction(url) as session:
        session.execute(text("alter table audit_entry disable trigger all"))
        session.connection().exec_driver_sql(statement)
        session.execute(text("alter table audit_entry enable trigger all"))


def test_a_whole_log_is_whole(log: str) -> None:
    found = verdict(log)
    assert (found.broken_at, found.head.entries) == (None, ENTRIES)
    assert verdict(log, audit.Head.read(str(found.head))).broken_at is None


@pytest.mark.parametrize(
    "statement", ["update audit_entry set actor = 'eve'", "delete from audit_entry", "truncate audit_entry"]
)
def test_the_application_cannot_change_it(log: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction(log) as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("update audit_entry set actor = 'eve' where id = 3", 3),
        ("update audit_entry set detail = '{\"日\":9}' where id = 2", 2),
        ("update audit_entry set at = at + interval '1 microsecond' where id = 4", 4),
        ("update audit_entry set actor_id = null where id = 1", 1),
        ("delete from audit_entry where id = 3", 3),
        ("delete from audit_entry where id = 1", 1),
        ("update audit_entry set id = case id when 2 then 30 else 20 end where id in (2, 3)", 2),
        ("insert into audit_entry select 0, at, actor_id, actor, action, object, detail, previous_hash, hash"
         " from audit_entry where id = 1", 1),
    ],
)  # fmt: skip
def test_tampering_is_found_where_it_happened(log: str, statement: str, broken_at: int) -> None:
    tamper(log, statement)
    assert verdict(log).broken_at == broken_at


def test_an_end_that_was_cut_off_is_found_by_a_head_noted_before(log: str) -> None:
    noted = verdict(log).head
    tamper(log, f"delete from audit_entry where id = {ENTRIES}")
    assert verdict(log).broken_at is None
    assert verdict(log, noted).broken_at == ENTRIES


def test_a_log_written_anew_is_found_by_a_head_noted_before(log: str) -> None:
    noted = verdict(log).head
    tamper(log, "delete from audit_entry")
    with transaction(log) as session:
        for _ in range(ENTRIES + 1):
            audit.record(session, None, "nothing", "")
    assert verdict(log).broken_at is None
    assert verdict(log, noted).broken_at == ENTRIES


def test_many_at_once_make_one_chain(fresh_database: str) -> None:
    engine = make_engine(fresh_database, pool_size=8)
    sessions = session_factory(engine)

    def write(number: int) -> None:
        with sessions.begin() as session:
            audit.record(session, None, "sign_in_failed", str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    engine.dispose()
    assert verdict(fresh_database).broken_at is None
    assert verdict(fresh_database).head.entries == 40


def test_what_was_rolled_back_did_not_happen(session: Session) -> None:
    with session.begin_nested() as savepoint:
        audit.record(session, None, "sign_in", "ann")
        savepoint.rollback()
    audit.record(session, None, "sign_in", "bob")
    assert [entry.object for entry in audit.entries(session)] == ["bob"]
    assert audit.verify(session).broken_at is None


def test_entries_are_found_by_what_is_asked(session: Session) -> None:
    ann = add_person(session, "ann", "安")
    audit.record(session, ann, "see_tracks", "W001")
    audit.record(session, None, "sign_in_failed", "ann")
    assert len(audit.entries(session, actor="ann")) == 1
    assert len(audit.entries(session, action="see_tracks")) == 1
    assert len(audit.entries(session, about="W001")) == 1
    assert len(audit.entries(session, before=2)) == 1
    assert audit.entries(session, since=datetime(2100, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("noted", ["", "x", "1", "1:zz"])
def test_a_head_that_is_none_is_refused(noted: str) -> None:
    with pytest.raises(InvalidInput):
        audit.Head.read(noted)
