"""The replay as a page: both sides, the verdicts with their words, nothing foreign."""

from pathlib import Path

import sqlalchemy
from sqlalchemy.orm import Session

from gridmgmt.services.replay import replay_luohu_2006
from maps.replayed import replay_page, write_replay


def test_the_page_shows_both_sides_and_the_clauses(small_district: str, tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(small_district)
    with Session(engine) as session:
        result = replay_luohu_2006(session)
        write_replay(session, result, tmp_path / "replay.html")
        english = replay_page(session, result, "en")
    engine.dispose()
    chinese = (tmp_path / "replay.html").read_text(encoding="utf-8")
    assert "社区工作站的整合不跨街道办事处" in chinese
    assert "A merge never crosses a subdistrict." in english
    assert str(result.report["real"]["stations"]) in chinese
    assert 'src="http' not in chinese
