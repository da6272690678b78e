"""What endpoints ask for: a session, the date, a box, the raw body.

What only reckons is `async`, and what waits for the database is not: every plain function takes a thread, and handing a
request to one and back costs more than most of what is done here.
"""

import math
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.settings import WebSettings
from gridmgmt.errors import InvalidInput
from gridmgmt.field.day import local_day
from gridmgmt.messages import Words


async def _turn(request: Request) -> AsyncIterator[None]:
    """Wait for one of as many turns as there are connections to spare, without taking a thread meanwhile.

    Each step of a request takes a thread for itself. Were more requests let in than there are connections, those
    without one would block all threads, and those with one could never go on to give it back.
    """
    async with request.app.state.turns:
        yield


async def _session(request: Request, turn: Annotated[None, Depends(_turn, scope="function")]) -> AsyncIterator[Session]:
    """One transaction per request: committed when the endpoint returns, rolled back when it raises.

    `scope="function"` below makes the commit happen before the answer is sent: what is acknowledged is durable.
    """
    session: Session = request.app.state.sessions()
    try:
        yield session
    except BaseException:
        await run_in_threadpool(session.close)
        raise
    await run_in_threadpool(_commit, session)


def _commit(session: Session) -> None:
    with session:
        session.commit()


async def _settings(request: Request) -> WebSettings:
    settings: WebSettings = request.app.state.settings
    return settings


async def _body(request: Request) -> bytes:
    return await request.body()


async def _epoch(
    at: Annotated[
        str | None, Query(description="Date of the boundaries; today if absent", examples=["2006-09-01"])
    ] = None,
) -> date:
    if at is None:
        return local_day(datetime.now(UTC))
    try:
        return date.fromisoformat(at)
    except ValueError as error:
        raise InvalidInput(detail=Words("web.bad_date", value=at)) from error


Box = tuple[float, float, float, float]


async def _box(
    bbox: Annotated[
        str | None, Query(description="west,south,east,north in degrees", examples=["114.1,22.5,114.2,22.6"])
    ] = None,
) -> Box | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(edge) for edge in bbox.split(","))
    except ValueError as error:
        raise InvalidInput(detail=Words("web.bad_bbox", value=bbox)) from error
    box = (west, south, east, north)
    if not all(map(math.isfinite, box)) or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput(detail=Words("web.bad_bbox", value=bbox))
    return box


DbSession = Annotated[Session, Depends(_session, scope="function")]
Settings = Annotated[WebSettings, Depends(_settings)]
RawBody = Annotated[bytes, Depends(_body)]
Epoch = Annotated[date, Depends(_epoch)]
OptionalBox = Annotated[Box | None, Depends(_box)]
