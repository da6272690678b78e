"""What tests of several use cases share."""

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy.orm import Session


@pytest.fixture(scope="module")
def district(small_district: str) -> Iterator[Session]:
    """A session on the small city, rolled back."""
    engine = sqlalchemy.create_engine(small_district)
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()
    engine.dispose()
