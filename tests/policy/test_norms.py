"""Norms as data: every row has its clause and words; verdicts know what they do not know."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.policy.evaluation import Subject, evaluate, find
from gridmgmt.policy.norms import Growing, Kind, Norm, Profile, profile, profiles
from gridmgmt.policy.staffing import largest_remainder, staff_moves

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
DOCUMENT = {
    "jianqiao-2009": "000",
    "hangzhou-2009": "001",
    "beijing-2020": "002",
    "zhangzi-2018": "003",
    "luohu-2006": "004",
}
PAGE_NUMBER = re.compile(r"^\d+、", re.MULTILINE)  # the scans of 001 and 002 are numbered in the middle of sentences
FULL_WIDTH = str.maketrans("（），：；", "(),:;")


def norm(**changes: object) -> Norm:
    fields = dict.fromkeys(("key", "clause", "quantity", "unit", "quote", "quote_en"), "x") | {"applies_to": "station"}
    return Norm(**(fields | changes))  # type: ignore[arg-type]


def subject(**values: float | None) -> Subject:
    return Subject("Z1", "Z1", values)


def test_every_norm_has_its_clause_its_words_and_a_bound() -> None:
    for name, found in profiles().items():
        assert found.norms, name
        for row in found.norms:
            assert row.clause
            assert row.quote
            assert row.quote_en
            assert bool(row.remark) == bool(row.remark_en)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source documents (../shared/seeds) are not here")
@pytest.mark.parametrize("name", DOCUMENT)
def test_the_words_stand_in_the_document(name: str) -> None:
    [path] = SEEDS.glob(f"{DOCUMENT[name]}_*")
    document = "".join(PAGE_NUMBER.sub("", path.read_text(encoding="utf-8")).split())
    assert [row.key for row in profile(name).norms if "".join(row.quote.split()) not in document] == []


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source documents (../shared/seeds) are not here")
@pytest.mark.parametrize("name", DOCUMENT)
def test_the_words_stand_in_the_clause_that_is_cited(name: str) -> None:
    [path] = SEEDS.glob(f"{DOCUMENT[name]}_*")
    document = _plain(PAGE_NUMBER.sub("", path.read_text(encoding="utf-8")))
    rows = profile(name).norms
    assert [row.key for row in rows if _plain(row.quote) not in clause_of(document, _plain(row.clause))] == []


NUMERALS = ["", *"一二三四五六七八九十", *(f"{ten}{one}" for ten in ("十", "二十") for one in "一二三四五六七八九")]
NUMERALS.insert(20, "二十")


def clause_of(document: str, clause: str) -> str:
    """The text of a clause such as 第九条(一), 二(三)11 or 七; of "各项", each of its items, the whole document."""
    text = document if name_of_section(clause) is None else section(document, clause)
    for mark in re.findall(r"\([一二三四五六七八九十]+\)|\d+$", clause):
        if mark.isdecimal():
            text = _between(text, f"{mark}.", f"{int(mark) + 1}.")
        else:
            text = _between(text, mark, f"({NUMERALS[NUMERALS.index(mark[1:-1]) + 1]})")
    return text


def name_of_section(clause: str) -> str | None:
    found = re.match(r"第([一二三四五六七八九十]+)条|([一二三四五六七八九十]+)", clause)
    return found and (found[1] or found[2])


def section(document: str, clause: str) -> str:
    """The section or article of a clause: headings follow one another, so that each is looked for after the last."""
    shape = "第{}条" if clause.startswith("第") else "{}、"
    number = NUMERALS.index(str(name_of_section(clause)))
    place = 0
    for step in range(1, number + 1):
        place = document.index(shape.format(NUMERALS[step]), place)
    return _between(document[place:], shape.format(NUMERALS[number]), shape.format(NUMERALS[number + 1]))


def _between(text: str, first: str, after: str) -> str:
    start = text.index(first)
    end = text.find(after, start)
    return text[start:] if end < 0 else text[start:end]


def _plain(text: str) -> str:
    return "".join(text.split()).translate(FULL_WIDTH)


def test_a_bound_may_grow_with_another_quantity() -> None:
    facilities = profile("zhangzi-2018").norm("service_facilities")
    assert find(facilities, subject(service_m2=320, households=900)).outcome == "met"
    assert find(facilities, subject(service_m2=320, households=1500)).margin == -130
    assert find(facilities, subject(service_m2=320, households=None)).outcome == "no_data"
    staff = profile("beijing-2020").norm("staff_urban")
    assert [staff.lower_bound({"households": homes}) for homes in (400, 1500, 1501)] == [3, 3, 4]


def test_a_norm_concerns_only_its_kind() -> None:
    verdicts = {
        row.norm.key: row for row in evaluate({"station": [subject(rural=1, office_m2=25)]}, profile("beijing-2020"))
    }
    assert verdicts["office_rural"].outcome == "met"
    assert verdicts["office_urban"].findings == ()
    assert verdicts["office_urban"].as_dict()["not_concerned"] == 1
    assert verdicts["office_urban"].outcome == "no_data"


def test_a_share_is_met_missed_or_open() -> None:
    plaza = Profile("p", "", "", (norm(quantity="m2", low=10, share=0.5),))

    def outcome(*values: float | None) -> str:
        return evaluate({"station": [subject(m2=value) for value in values]}, plaza)[0].outcome

    assert outcome(10, 3) == "met"
    assert outcome(10, 3, 3) == "not_met"
    assert outcome(10, 3, 3, None) == "no_data"
    assert outcome() == "no_data"


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "t"\nplace = "p"\n[[norm]]\nkey = "a"\nclause = "1"\napplies_to = "grid"\nquantity = "households"\n'
        'unit = "households"\nhigh = 180\nquote = "q"\nquote_en = "q"\n',
        encoding="utf-8",
    )
    assert profile(str(path)).norm("a").high == 180
    with pytest.raises(NotFound):
        profile(str(path)).norm("b")
    path.write_text("title = 1", encoding="utf-8")
    with pytest.raises(InvalidInput):
        profile(str(path))
    with pytest.raises(InvalidInput, match=r"There are beijing-2020, .*, or name a \.toml file"):
        profile("nowhere-1999")


@pytest.mark.parametrize(
    ("growing", "value", "bound"),
    [(Growing("h", 0.1, 1), 3, 0.3), (Growing("h", 0.07, 1, whole=True), 100, 7), (Growing("h", 10, 1), 1603, 16030)],
)
def test_growth_is_counted_as_on_paper(growing: Growing, value: float, bound: float) -> None:
    assert growing.bound(value) == bound


def test_bounds_are_included() -> None:
    station = profile("luohu-2006").norm("station_households")
    homes = (5999, 6000, 10000, 10001)
    assert [find(station, subject(households=value)).margin for value in homes] == [-1, 0, 0, -1]
    assert [find(station, subject(households=value)).outcome for value in homes] == ["not_met", "met", "met", "not_met"]
    staff = profile("beijing-2020").norm("staff_urban")
    met = [find(staff, subject(rural=0, staff=3, households=value)).outcome for value in (1, 1500, 1501)]
    assert met == ["met", "met", "not_met"]


@pytest.mark.parametrize("name", ["jianqiao-2009", "hangzhou-2009"])
def test_where_one_person_holds_both_posts_another_deputy_is_asked_for(name: str) -> None:
    rows = [row for row in profile(name).norms if "one_holds_both_posts" in row.only_for]

    def outcomes(**values: float | None) -> list[str | None]:
        return [find(row, subject(**values)).outcome for row in rows if row.concerns(values) is not False]

    assert outcomes(one_holds_both_posts=0, deputy_is_committee_director=0) == ["not_met"]
    assert outcomes(one_holds_both_posts=1, deputy_is_deputy_secretary_or_director=1) == ["met"]
    assert outcomes(deputy_is_committee_director=1) == ["no_data", "no_data"]


def test_growth_rounds_up_only_where_people_are_counted() -> None:
    assert Growing("h", 1, 300, whole=True).bound(601) == 3
    assert Growing("h", 30, 100).bound(601) == pytest.approx(180.3)


@given(st.integers(0, 900), st.lists(st.integers(0, 9000), min_size=1, max_size=30))
def test_the_total_of_staff_stays(total: int, homes: list[int]) -> None:
    shares = largest_remainder(total, homes)
    assert shares.sum() == total
    assert shares.min() >= min(1, total // len(homes))
    order = sorted(range(len(homes)), key=lambda place: homes[place])
    assert all(shares[a] <= shares[b] + 1 for a, b in itertools.pairwise(order))


def all_flows(supply: list[int], demand: list[int]) -> list[list[list[int]]]:
    """Every way to send the supply of each row to the columns."""

    def shares(people: int, room: list[int]) -> list[list[int]]:
        if not room:
            return [[]] if people == 0 else []
        return [[n, *rest] for n in range(min(people, room[0]) + 1) for rest in shares(people - n, room[1:])]

    if not supply:
        return [[]]
    found = []
    for first in shares(supply[0], demand):
        left = [room - used for room, used in zip(demand, first, strict=True)]
        found += [[first, *rest] for rest in all_flows(supply[1:], left)]
    return found


@given(st.data())
def test_moves_are_the_fewest_there_are(data: st.DataObject) -> None:
    before = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    size = data.draw(st.integers(1, 2))
    after = largest_remainder(sum(before), data.draw(st.lists(st.integers(1, 9), min_size=size, max_size=size)))
    area = data.draw(st.lists(st.integers(0, size - 1), min_size=len(before), max_size=len(before)))
    row = st.lists(st.integers(0, 50), min_size=size, max_size=size)
    metres = np.asarray(data.draw(st.lists(row, min_size=len(before), max_size=len(before))))

    def price(flows: object) -> tuple[int, int]:
        people = np.asarray(flows)
        away = np.asarray(area)[:, None] != np.arange(size)
        return int((people * away).sum()), int((people * metres).sum())

    moved = staff_moves(before, after, area, metres)
    assert moved.sum(axis=1).tolist() == before
    assert moved.sum(axis=0).tolist() == after.tolist()
    assert price(moved) == min(price(flows) for flows in all_flows(before, after.tolist()))


def test_staff_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InvalidInput, match="keeps the total"):
        staff_moves([3], [4], [0], [[0]])


@st.composite
def registers(draw: st.DrawFn) -> tuple[Profile, dict[Kind, list[dict[str, float | None]]], Kind, str, float | None]:
    """A profile, a register of all it asks about, and a column with what is put in place of its figures."""
    asked = profile(draw(st.sampled_from(sorted(profiles()))))
    columns: dict[Kind, set[str]] = {}
    for norm in asked.norms:
        grown = {norm.low_grows.quantity} if norm.low_grows else set()
        columns.setdefault(norm.applies_to, set()).update({norm.quantity, *norm.only_for}, grown)
    figures = st.sampled_from([0.0, 0.5, 1.0, 2.0, 6.0, 150.0, 1500.0, 7000.0])
    rows = {
        kind: draw(st.lists(st.fixed_dictionaries(dict.fromkeys(sorted(names), figures)), min_size=1, max_size=3))
        for kind, names in columns.items()
    }
    kind = draw(st.sampled_from(sorted(rows)))
    return asked, rows, kind, draw(st.sampled_from(sorted(columns[kind]))), draw(st.sampled_from([None, math.nan]))


@given(registers(), st.booleans())
def test_a_figure_that_is_not_known_never_makes_a_norm_met(
    register: tuple[Profile, dict[Kind, list[dict[str, float | None]]], Kind, str, float | None], whole: bool
) -> None:
    asked, rows, kind, column, unknown = register

    def met() -> set[str]:
        subjects: dict[Kind, list[Subject]] = {each: [subject(**row) for row in found] for each, found in rows.items()}
        return {verdict.norm.key for verdict in evaluate(subjects, asked) if verdict.outcome == "met"}

    before = met()
    for row in rows[kind] if whole else rows[kind][:1]:
        row[column] = unknown
    assert met() <= before
