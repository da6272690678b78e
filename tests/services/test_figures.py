"""The size of what the database holds on a day."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from gridmgmt.services.figures import Figures, LevelFigures, figures
from tests.services import blocktown
from tests.services.blocktown import FOUNDED, HOUSEHOLDS


def test_block_town_in_figures(session: Session) -> None:
    blocktown.found(session)
    found = figures(session, FOUNDED)
    assert found.levels["community"] == LevelFigures(8, 8 * HOUSEHOLDS, 24 * HOUSEHOLDS)
    assert {level: size.areas for level, size in found.levels.items()} == {
        "district": 1,
        "subdistrict": 2,
        "community": 8,
    }
    assert found.stations == 8
    assert found.bounds is not None
    assert [round(edge, 6) for edge in found.bounds] == [114.0, 22.5, 114.04, 22.52]
    assert found.epochs == [FOUNDED]


def test_before_the_town_there_is_nothing_but_the_date_it_began(session: Session) -> None:
    blocktown.found(session)
    eve = FOUNDED - timedelta(days=1)
    assert figures(session, eve) == Figures(eve, {}, 0, None, [FOUNDED])


def test_an_empty_database_has_no_epoch(session: Session) -> None:
    assert figures(session, date(2006, 9, 1)).epochs == []
