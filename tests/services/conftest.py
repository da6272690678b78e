"""What tests of several use cases share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy
from sqlalchemy.orm import Session


@contextmanager
def rolled_back(url: str) -> Iterator[Session]:
    """A session on a database that keeps nothing of what is done in it."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()
    engine.dispose()


@pytest.fixture(scope="module")
def district(small_district: str) -> Iterator[Session]:
    """A session on the small city, rolled back after the module."""
    with rolled_back(small_district) as session:
        yield session
