"""The figures beside the map are the figures of the data."""

import re

import numpy as np
import pytest

from gridmgmt.messages import Language, catalogue
from gridmgmt.policy.norms import profile
from gridmgmt.services.plans.ground import PREMISES_NORMS_M2
from maps import palette
from maps.changes import changed_units
from maps.context import Context
from maps.coverage import LIMITS_M, walk_classes
from maps.legend import class_items, class_labels
from maps.overview import PREMISES_M2, premises_state, tints
from maps.sheet import PATTERNS
from tests.maps.conftest import Rendered, Town
from tests.maps.html import read_page


def legend_counts(page: str, label: str) -> list[str]:
    """The counts of a legend: the texts in `count` cells that follow its title."""
    tail = page.split(f"<h2>{label}</h2>", 1)[1].split("</section>")[0]
    return re.findall(r'<span class="count">([^<]*)</span>', tail)


def test_the_grid_legend_counts_every_grid_once(town: Town, rendered: Rendered) -> None:
    page = rendered("grids", "zh")
    counts = [int(count) for count in legend_counts(page, "与目标户数之差（户）")]
    dedicated = int((town.grids["kind"] != "residential").sum())
    assert counts[-1] == dedicated
    assert sum(counts) == len(town.grids)
    deviation = town.grids.loc[town.grids["kind"] == "residential", "households"] - 150
    assert sum(counts[2:5]) == int(deviation.abs().le(30).sum())


def test_the_coverage_legend_adds_up_to_the_households(town: Town, rendered: Rendered) -> None:
    counts = legend_counts(rendered("coverage", "zh"), "沿街步行至服务站的距离")
    before, after = (sum(int(count.split(" → ")[side].replace(",", "")) for count in counts) for side in (0, 1))
    assert before == after == town.buildings["households"].sum()


def test_the_share_table_is_cumulative_and_true(town: Town, rendered: Rendered) -> None:
    text = " ".join(read_page(rendered("coverage", "zh")).texts)
    households = town.buildings["households"]
    for limit in LIMITS_M:
        share = households[town.buildings["walk_before_m"] <= limit].sum() / households.sum()
        assert f"{100 * share:.1f}%" in text


def test_gained_and_lost_are_households_that_cross_the_limit(town: Town, rendered: Rendered) -> None:
    before, after = (town.buildings[name] <= 500 for name in ("walk_before_m", "walk_after_m"))
    households = town.buildings["households"]
    gained, lost = households[after & ~before].sum(), households[before & ~after].sum()
    assert legend_counts(rendered("coverage", "zh"), "500 米覆盖的变化") == [f"{gained:,}", f"{lost:,}"]


def test_walks_fall_into_classes_with_their_upper_limits() -> None:
    names = walk_classes([0, 300, 301, 1125, 1126, np.inf, 10], [1, 1, 1, 1, 1, 1, 0])
    assert names.tolist() == ["0", "0", "1", "4", "5", "unreached", "uninhabited"]


def test_the_patrol_legend_counts_grids(town: Town, rendered: Rendered) -> None:
    counts = [int(count) for count in legend_counts(rendered("patrols", "zh"), "轨迹 25 m 内的道路占比")]
    assert sum(counts) == len(town.grids)
    assert counts[-1] == int((town.grids["length_m"] == 0).sum()) == 1


def test_premises_are_now_planned_or_hardly(town: Town) -> None:
    for premises, expected in (("office", [8, 8, 8]), ("service", [24, 0, 0]), ("plaza", [0, 0, 24])):
        state = premises_state(town.stations, premises)
        assert [int((state == name).sum()) for name in ("reached", "planned", "hardly")] == expected


def test_the_sheet_and_the_plans_hold_stations_to_the_same_norms() -> None:
    assert PREMISES_M2 == PREMISES_NORMS_M2


def test_neighbours_get_different_tints(town: Town) -> None:
    colours = tints(town.subdistricts)
    shapes = town.subdistricts.geometry
    for one in range(len(shapes)):
        for other in range(one):
            assert not shapes.iloc[one].intersects(shapes.iloc[other]) or colours[one] != colours[other]


def test_classes_say_their_limits_in_words(context: Context) -> None:
    assert class_labels(palette.around_range(120, 180), context) == [
        "▼▼ ≤ 89", "▼ 90 – 119", "120 – 180", "▲ 181 – 225", "▲▲ > 225",
    ]  # fmt: skip
    assert palette.around_range(120, 180).signs([80, 100, 150, 200, 300, np.nan]) == ["▼▼ ", "▼ ", "", "▲ ", "▲▲ ", ""]
    assert class_labels(palette.sequential((300, 500)), context, "m") == ["≤ 300 m", "300 – 500 m", "> 500 m"]
    assert class_labels(palette.symmetric([10, 30]), context)[0] == "≤ −31"
    assert class_labels(palette.sequential(()), context) == ["全部"]


def test_missing_values_count_nowhere(context: Context) -> None:
    items = class_items(palette.sequential((10,)), [5, np.nan, 50], context)
    assert [item.count for item in items] == ["1", "1"]


@pytest.mark.parametrize(("low", "high"), [(120, 180), (1, 2), (0, 0), (1000, 2000)])
def test_any_range_has_five_classes(low: int, high: int) -> None:
    classes = palette.around_range(low, high)
    assert classes.codes([low - 1, low, high, high + 1]).tolist() == [1, 2, 2, 3]


def test_classes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        palette.Classes((2.0, 1.0), ("#000000",) * 3)
    with pytest.raises(ValueError, match="part the line"):
        palette.Classes((1.0,), ("#000000",))
    assert palette.quantiles([]).limits == ()


def test_the_diverging_ramp_is_light_in_the_middle_and_cividis_darkens() -> None:
    def light(colour: str) -> float:
        red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    ramp = [light(colour) for colour in palette.diverging(7)]
    assert max(ramp) == ramp[3]
    assert ramp[:3] == sorted(ramp[:3])
    amounts = [light(colour) for colour in palette.cividis(6)]
    assert amounts == sorted(amounts, reverse=True)


def test_a_part_keeps_the_identity_of_what_most_of_it_was() -> None:
    assert changed_units(["a", "b", "c"], [0, 0, 0], [5, 9, 1]).tolist() == [True, False, True]
    assert not changed_units(["a", "b"], [1, 0], [5, 5]).any()


def test_every_hatch_a_sheet_uses_is_defined(rendered: Rendered) -> None:
    defined = set(re.findall(r'id="([\w-]+)"', PATTERNS))
    for name in ("grids", "plan", "coverage", "replay"):
        assert set(re.findall(r"url\(#([\w-]+)\)", rendered(name, "zh"))) - {"default"} <= defined


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_norm_of_the_replay_has_a_title(language: Language) -> None:
    missing = [norm.key for norm in profile("luohu-2006").norms if f"maps.norm_{norm.key}" not in catalogue(language)]
    assert missing == []
