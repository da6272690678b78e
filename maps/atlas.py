"""All sheets of a district: which there are, and the folder with an index that `gridmgmt map all` writes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gridmgmt.errors import NotFound
from gridmgmt.messages import Language, Words
from maps import pages
from maps.context import Context
from maps.district import District
from maps.pagefile import write_page
from maps.plans import newest_plan, plan_sheet
from maps.replayed import replay_sheet

INDEX = "index.json"


@dataclass(frozen=True)
class Page:
    """A sheet: the message that titles it, and how it is drawn."""

    title: str
    draw: Callable[[District, Context], str]
    values: Callable[[District], Mapping[str, object]] = lambda district: {}


def _overview(district: District, context: Context) -> str:
    return pages.overview(district.base, district.subdistricts, district.communities, district.stations, context)


def _grids(district: District, context: Context) -> str:
    return pages.grids(district.base, district.grids, context)


def _patrols(district: District, context: Context) -> str:
    first, last = district.week
    return pages.patrols(district.base, district.patrolled, context, week=f"{first} – {last}")


def _coverage(district: District, context: Context) -> str:
    plan, found = district.merge_plan, district.walked
    return pages.coverage(
        district.base,
        found.buildings,
        found.communities,
        replace(context, at=plan.base_date) if plan else context,
        stations_before=found.stations_before,
        stations_after=found.stations_after,
    )


def _plan(task: str) -> Callable[[District, Context], str]:
    def draw(district: District, context: Context) -> str:
        plan = newest_plan(district.session, task)
        if plan is None:
            raise NotFound(what=Words("common.plan"), key=task)
        return plan_sheet(district.session, plan.id, district.base, context)

    return draw


def _replay(district: District, context: Context) -> str:
    result = district.replayed
    return replay_sheet(result, district.base, replace(context, at=result.ground.at))


PAGES: Mapping[str, Page] = {
    "overview": Page("title_overview", _overview),
    "grids": Page("title_grids_deviation", _grids, lambda district: {"target": pages.TARGET_HOUSEHOLDS}),
    "coverage": Page("title_coverage", _coverage),
    "replay": Page("title_replay", _replay),
    "plan-merge": Page("title_plan_merge", _plan("merge")),
    "plan-resize": Page("title_plan_resize", _plan("resize")),
    "patrols": Page("title_patrols", _patrols),
}


def write_all(
    district: District,
    context: Context,
    folder: Path,
    languages: Sequence[Language],
    progress: Callable[[str, int], None] = lambda name, size: None,
) -> list[dict[str, object]]:
    """Write every sheet that has something to show, then the index; sheets without data are left out.

    The index is a list of {name, title {zh, en}, file {zh, en}, at}, for whoever links to the sheets.
    """
    entries = list(_entries(district, context, folder, languages, progress))
    write_page(folder / INDEX, json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
    return entries


def _entries(
    district: District,
    context: Context,
    folder: Path,
    languages: Sequence[Language],
    progress: Callable[[str, int], None],
) -> Iterator[dict[str, object]]:
    for name, page in PAGES.items():
        files: dict[str, str] = {}
        for language in languages:
            try:
                body = page.draw(district, replace(context, language=language))
            except NotFound:
                break
            files[language] = file_name(name, language)
            progress(files[language], write_page(folder / files[language], body))
        if files:
            titles = {
                lang: replace(context, language=lang).say(page.title, **page.values(district)) for lang in languages
            }
            yield {"name": name, "title": titles, "file": files, "at": context.at.isoformat()}


def file_name(name: str, language: Language) -> str:
    """Chinese is the plain name.

    >>> file_name("grids", "zh"), file_name("grids", "en")
    ('grids.html', 'grids-en.html')
    """
    return f"{name}.html" if language == "zh" else f"{name}-{language}.html"
