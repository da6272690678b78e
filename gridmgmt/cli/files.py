"""`gridmgmt import` and `gridmgmt export`."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from gridmgmt.services.importing import ImportReport

FINDINGS_SHOWN = 5
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today if not given.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.command("import")(import_file)
    app.command("export")(export_file)


def import_file(
    layer: Annotated[str, typer.Argument(help="districts, subdistricts, communities, grids, units, streets, …")],
    file: Annotated[Path, typer.Argument(help=".gpkg .geojson .shp .zip .parquet .csv .xlsx")],
    crs: Annotated[str | None, typer.Option(help="EPSG:n, gcj02 or bd09; overrides what the file says.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", help="field=column; may be repeated.")] = None,
    constants: Annotated[list[str] | None, typer.Option("--set", help="field=value for every feature.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only, write nothing.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Overwrite stored units of other content.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the whole report as JSON.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="Which layer, sheet or member of the file.")] = None,
    parent: Annotated[str | None, typer.Option(help="Code under which features without code are numbered.")] = None,
    valid_from: Day = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8 or gbk, where it cannot be told.")] = None,
) -> None:
    """Bring a file into the database: checked first, refused with a report or mended, twice changes nothing."""
    from gridmgmt.cli.main import language
    from gridmgmt.errors import InvalidImport
    from gridmgmt.messages import text
    from gridmgmt.services.importing import import_layer
    from gridmgmt.store.engine import transaction

    typer.echo(text("io.checking", language(), file=file.name), err=True)
    options: dict[str, Any] = {"crs": crs, "mapping": _pairs(mapping), "constants": _pairs(constants)}
    options |= {"source_layer": source_layer, "encoding": encoding, "parent": parent}
    options |= {"repair": repair, "dry_run": dry_run, "update": update}
    try:
        with transaction() as session:
            done = import_layer(session, layer, file, valid_from=_day(valid_from), **options)
    except InvalidImport as error:
        _tell(cast("ImportReport", error.context["report"]), report, repair=repair)
        raise
    _tell(done, report, repair=repair)


def export_file(
    layer: Annotated[str, typer.Argument(help="districts, subdistricts, communities, grids, units, streets, …")],
    file: Annotated[Path, typer.Argument(help=".gpkg .geojson .shp .zip .parquet .csv .xlsx")],
    at: Day = None,
    crs: Annotated[str | None, typer.Option(help="EPSG:n, gcj02 or bd09; else EPSG:4326.")] = None,
) -> None:
    """Write a layer to a file, as it stood on a day."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.services.access import audit
    from gridmgmt.services.exporting import export_layer
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        count = export_layer(session, layer, file, at=_day(at), crs=crs)
        audit.record(session, audit.operator(), "export", layer, {"file": file.name, "features": count})
    typer.echo(text("io.exported", language(), file=file.name, count=count, layer=layer))


def _day(given: datetime | None) -> date:
    return (given or datetime.now()).date()  # noqa: DTZ005 - the user's own day


def _pairs(given: list[str] | None) -> dict[str, str]:
    """field=column options as a mapping; InvalidInput where one has no equals sign."""
    from gridmgmt.errors import InvalidInput
    from gridmgmt.messages import Words

    pairs = [pair.partition("=") for pair in given or []]
    for key, sign, value in pairs:
        if not (key and sign and value):
            raise InvalidInput(detail=Words("reasons.write_pair", given=key + sign + value))
    return {key: value for key, _, value in pairs}


def _tell(done: "ImportReport", report: Path | None, *, repair: bool) -> None:
    """The guess, the notes, the faults, what repair did, and the figures; the whole of it as JSON where wanted."""
    import json

    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(done.as_dict(language()), ensure_ascii=False, indent=1), encoding="utf-8")
    pairs = [f"{field}={name}" for field, name in done.columns.items()]
    typer.echo(text("io.guess", language(), pairs=pairs))
    if done.unused_columns:
        typer.echo(text("io.unused", language(), columns=done.unused_columns))
    for key, values in done.notes:
        typer.echo(text(f"io.note_{key}", language(), **values))
    _tell_findings(done)
    _tell_repair(done)
    if not done.stopping(repair=repair):
        counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged, "left_out": done.left_out}
        line = text("io.summary", language(), file=done.file, layer=done.layer, features=done.features, **counts)
        typer.echo(line if done.written else text("io.nothing_written", language(), line=line))


def _tell_findings(done: "ImportReport") -> None:
    """Each kind of fault with its number, its first features, and what mends it; all of them are in the report."""
    from itertools import groupby

    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    ordered = sorted(done.findings, key=lambda finding: (finding.fault, finding.row))
    for fault, group in groupby(ordered, key=lambda finding: finding.fault):
        found = list(group)
        typer.echo(text("io.faults", language(), count=len(found), remedy=text(f"io.remedy_{fault}", language())))
        for finding in found[:FINDINGS_SHOWN]:
            label = " ".join(part for part in (finding.code, finding.name) if part)
            says = finding.as_dict(language())["says"]
            typer.echo("  " + text("io.finding", language(), row=finding.row, label=label, says=says))
        if len(found) > FINDINGS_SHOWN:
            typer.echo("  " + text("io.more", language(), count=len(found) - FINDINGS_SHOWN))


def _tell_repair(done: "ImportReport") -> None:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    for figures in [done.repair, (done.repair or {}).get("beside")]:
        if figures and "area_before_m2" in figures:
            words = {"before": figures["area_before_m2"], "after": figures["area_after_m2"]}
            words |= {"overlap": figures["overlap_removed_m2"], "gaps": figures["gaps_filled_m2"]}
            typer.echo(text("io.repaired", language(), **words, changed=len(figures["changes"])))
            for change in figures["changes"][: 2 * FINDINGS_SHOWN]:
                typer.echo(text("io.change", language(), **change))
