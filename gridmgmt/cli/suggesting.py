"""What the coverage commands say about the next station."""

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from gridmgmt.planning.service_suggestion import Suggestion


def say_suggestion(found: "Suggestion") -> None:
    """Each new station with its place and what it brings, then all of them together."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    figures = found.report
    places = found.stations.to_crs(4326)
    for number, row in enumerate(places.itertuples(), 1):
        where = {"lon": row.geometry.x, "lat": row.geometry.y, "name": row.code, "gained": row.gained_households}
        typer.echo(text("plans.suggested", language(), number=number, **where))
    proof = text("plans.suggested_exact" if figures["gap"] == 0 else "plans.suggested_greedy", language())
    means = {"before": figures["mean_m_before"], "after": figures["mean_m_after"]}
    counts = {"gained": figures["gained_households"], "candidates": figures["candidates"], "proof": proof}
    typer.echo(text("plans.suggested_sum", language(), **means, **counts))


def suggestion_figures(found: "Suggestion") -> dict[str, Any]:
    """The report with the new stations and their places (EPSG:4326), ready for JSON."""
    places = found.stations.to_crs(4326)
    rows = places.drop(columns="geometry").assign(lon=places.geometry.x, lat=places.geometry.y)
    return {**found.report, "stations": rows.astype(object).to_dict("records")}
