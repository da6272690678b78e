"""All sheets of a real database, and of the files that the planning commands write."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import geopandas as gpd
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.errors import NotFound, UnknownColumn
from gridmgmt.messages import LANGUAGES
from gridmgmt.planning.merge import merge
from gridmgmt.services.boundaries import publish_plan
from gridmgmt.services.plans import divide_grids, merge_stations, resize_communities
from maps.atlas import PAGES, write_all
from maps.context import Context
from maps.district import District
from maps.files import parts_of_file
from maps.plans import plan_sheet
from tests.maps.conftest import Town
from tests.maps.html import read_page

DAY = date(2006, 7, 1)


@pytest.fixture(scope="module")
def planned(small_district: str) -> Iterator[Session]:
    """The small city with grids in force in one community, a merge and a resize; rolled back in the end."""
    engine = create_engine(small_district)
    with Session(engine) as session:
        communities = District(session, DAY).communities["code"]
        grids = divide_grids(session, communities.iloc[0], at=date(2006, 1, 1), time_limit_s=5)
        publish_plan(session, grids.id, DAY)
        merge_stations(session, at=DAY)
        resize_communities(session, communities.iloc[1], at=DAY, time_limit_s=5)
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture(scope="module")
def atlas(planned: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("atlas") / "maps"
    district = District(planned, DAY)
    write_all(district, Context(at=DAY, place=district.place), folder, LANGUAGES)
    return folder


def test_the_index_names_every_page_there_is(atlas: Path) -> None:
    entries = json.loads((atlas / "index.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in entries] == list(PAGES)
    files = {file for entry in entries for file in entry["file"].values()}
    assert files == {path.name for path in atlas.glob("*.html")}
    for entry in entries:
        assert set(entry["title"]) == set(entry["file"]) == set(LANGUAGES)
        for language, file in entry["file"].items():
            assert f"<title>{entry['title'][language]}" in (atlas / file).read_text(encoding="utf-8")


def test_the_overview_counts_what_the_register_holds(atlas: Path, planned: Session) -> None:
    text = " ".join(read_page((atlas / "overview.html").read_text(encoding="utf-8")).texts)
    assert f"{int(District(planned, DAY).communities['households'].sum()):,}" in text


def test_the_replay_sheet_quotes_every_clause(atlas: Path) -> None:
    page = (atlas / "replay.html").read_text(encoding="utf-8")
    for clause in ("二(二)", "二(三)", "二(四)", "二(五)", "二(七)", "二(十)"):
        assert clause in page
    assert "社区工作站的整合不跨街道办事处" in page
    assert "A merge never crosses a subdistrict." in (atlas / "replay-en.html").read_text(encoding="utf-8")


def test_one_subdistrict_has_sheets_of_its_own(planned: Session, tmp_path: Path) -> None:
    code = District(planned, DAY).subdistricts["code"].iloc[0]
    district = District(planned, DAY, code)
    entries = write_all(district, Context(at=DAY, place=district.place), tmp_path, ["zh"])
    assert {"overview", "coverage"} <= {entry["name"] for entry in entries}
    assert "replay" not in {entry["name"] for entry in entries}
    assert district.place in (tmp_path / "overview.html").read_text(encoding="utf-8")


def test_a_day_before_everything_has_no_sheets(planned: Session) -> None:
    with pytest.raises(NotFound):
        _ = District(planned, date(1990, 1, 1)).place


def test_grids_stand_alone_where_there_were_none_before(planned: Session) -> None:
    district = District(planned, DAY)
    plan = divide_grids(planned, district.communities["code"].iloc[2], at=date(2006, 1, 1), time_limit_s=5)
    context = Context(at=DAY, place=district.place)
    assert plan_sheet(planned, plan.id, district.base, context).count("<figure") == 1
    with pytest.raises(NotFound):
        plan_sheet(planned, UUID(int=0), district.base, context)


@pytest.fixture
def plan_file(town: Town, tmp_path: Path) -> Path:
    """What `gridmgmt merge` writes."""
    plan = merge(town.communities, low=1500, high=3000)
    target = tmp_path / "merged.gpkg"
    gpd.GeoDataFrame(plan.units).to_file(target, layer="units")
    gpd.GeoDataFrame(plan.parts).to_file(target, layer="parts")
    return target


def test_a_plan_in_a_file_is_drawn_alone_or_beside_the_old_division(plan_file: Path) -> None:
    alone = parts_of_file(plan_file, DAY, "zh", before=None, households="households", low=1500, high=3000)
    beside = parts_of_file(plan_file, DAY, "en", before="code", households="households", low=1500, high=3000)
    assert (alone.count("<figure"), beside.count("<figure")) == (1, 2)
    assert "merged.gpkg" in alone
    with pytest.raises(UnknownColumn):
        parts_of_file(plan_file, DAY, "zh", before="nothing", households="households", low=1, high=2)


def test_the_command_writes_the_page_of_a_file(plan_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.html"
    ran = CliRunner().invoke(build_app(), ["map", "parts", str(plan_file), "--out", str(out), "--lang", "en"])
    assert ran.exit_code == 0, ran.output
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not list(out.parent.glob("*.part"))


def test_the_command_draws_from_the_database(
    small_district: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", small_district)
    out = tmp_path / "overview.html"
    ran = CliRunner().invoke(build_app(), ["map", "overview", "--out", str(out), "--at", "2006-07-01", "--lang", "zh"])
    assert ran.exit_code == 0, ran.output
    assert "社区与工作站分布图" in out.read_text(encoding="utf-8")
