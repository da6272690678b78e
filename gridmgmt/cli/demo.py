"""`gridmgmt demo`: the seeded district, built, loaded, planned and brought to life."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gridmgmt.demo.city import City
    from gridmgmt.demo.job import Step

commands = typer.Typer(no_args_is_help=True, help="The demo district: Luohu as of 2006, self-made from one seed.")


class CitySize(StrEnum):
    """How much of the district is built."""

    FULL = "full"
    SMALL = "small"


Size = Annotated[CitySize, typer.Option(help="The whole district, or two subdistricts for a first look.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal districts, bit for bit.")]
Out = Annotated[Path, typer.Option(help="Folder to write to.", file_okay=False)]
Now = Annotated[datetime | None, typer.Option(help="The moment the days end, local time; else now.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="demo")


@commands.command()
def build(out: Out, size: Size = CitySize.FULL, seed: Seed = 2006) -> None:
    """Build the district and write it to a GeoPackage, one layer per frame."""
    from gridmgmt.demo.package import write_package

    city = _built(size, seed)
    _say("writing")
    path = write_package(city, out / f"luohu_2006_{size.value}.gpkg")
    typer.echo(path)


@commands.command()
def outlines(out: Out, size: Size = CitySize.FULL, seed: Seed = 2006) -> None:
    """Write the outlines of district, subdistricts and communities as GeoJSON with their manifests."""
    from gridmgmt.demo.outlines import write_outlines

    for path in write_outlines(_built(size, seed), seed, out):
        typer.echo(path)


@commands.command()
def load(size: Size = CitySize.FULL, seed: Seed = 2006) -> None:
    """Build the district and load it into the database in one transaction; again, it changes nothing."""
    from gridmgmt.demo.city import VALID_FROM
    from gridmgmt.services.loading import load_city
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        city = _built(size, seed)
        loaded = load_city(session, city.frames(), VALID_FROM, progress=_say_rows)
    figures = {"buildings": len(city.buildings), "households": int(city.buildings["households"].sum())}
    typer.echo(_text("loaded" if loaded else "already_loaded", **figures))


@commands.command()
def job(out: Out = Path("out"), now: Now = None, seed: Seed = 2006) -> None:
    """The main job on the database: grids, station merge, resized communities, the plan of 2006, 30 days of field work.

    Plans that are there already are used again. One JSON report per step goes to the folder.
    """
    from gridmgmt.cli.apart import beside
    from gridmgmt.demo.job import PLANNING

    out.mkdir(parents=True, exist_ok=True)
    grids, *others = PLANNING
    _run(grids, out)
    days = () if now is None else ("--now", now.isoformat())
    with beside("demo", "backfill", "--seed", str(seed), *days):
        for step in others:
            _run(step, out)


@commands.command()
def backfill(now: Now = None, seed: Seed = 2006) -> None:
    """Fill the 30 days up to now with patrols and incidents; days that have some are left as they are."""
    from gridmgmt.demo.job import backfill_days
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.store.engine import transaction

    _say("step_backfill")
    moment = (now or datetime.now(LOCAL_ZONE)).replace(tzinfo=LOCAL_ZONE)
    with transaction() as session:
        written = backfill_days(session, moment, seed=seed, progress=_say_rows)
    typer.echo(_text("backfilled", patrols=written["patrols"], incidents=written["incidents"]))


@commands.command()
def live(
    address: Annotated[str, typer.Option(help="The demo's server, on this machine.")] = "http://127.0.0.1:8000",
    speed: Annotated[
        float, typer.Option(min=1, max=3600, help="How much faster than time, until it has caught up.")
    ] = 60,
    workers: Annotated[int, typer.Option(min=1, max=300)] = 20,
    hours: Annotated[float, typer.Option(min=0, max=48, help="How long ago the play begins.")] = 8,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="How long it plays, simulated; without end if absent.")
    ] = (None),
    seed: Seed = 2006,
) -> None:
    """Let simulated workers walk, report and a centre dispatch, through the public API, while you look on.

    It begins some hours ago, runs fast until it has caught up, and then goes on with the real time. Ctrl+C ends it.
    """
    from datetime import UTC, timedelta

    from gridmgmt.demo.live import Told, hire, play
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.store.engine import transaction

    _require_loopback(address)
    with transaction() as session:
        cast = hire(session, workers, seed)
    start = datetime.now(UTC) - timedelta(hours=hours)
    until = datetime.max.replace(tzinfo=UTC) if minutes is None else start + timedelta(minutes=minutes)

    def show(moment: datetime, told: Told) -> None:
        figures = {name: told[name] for name in ("patrols", "points", "incidents", "moves")}
        _say("live", moment=f"{moment.astimezone(LOCAL_ZONE):%F %H:%M}", **figures)

    play(cast, address, start, until=until, speed=speed, seed=seed, progress=_now_and_then(show))


def _now_and_then(show: Callable[..., None], pause_s: float = 5.0) -> Callable[..., None]:
    """The same function, called at most every `pause_s`."""
    from time import monotonic

    last = [-pause_s]

    def sometimes(*words: Any) -> None:
        if monotonic() - last[0] >= pause_s:
            last[0] = monotonic()
            show(*words)

    return sometimes


def _require_loopback(address: str) -> None:
    """InvalidInput for any machine but this one: what is played must not reach a real district."""
    from urllib.parse import urlsplit

    from gridmgmt.errors import InvalidInput
    from gridmgmt.messages import Words

    if urlsplit(address).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InvalidInput(detail=Words("demo.only_this_machine", address=address))


@commands.command(name="sign-ins")
def sign_ins() -> None:
    """Print a sign-in for each role, with a new random password each time; the former ones end."""
    from datetime import UTC

    from gridmgmt.cli.main import language
    from gridmgmt.demo.people import renew_sign_ins
    from gridmgmt.messages import text
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        signs = renew_sign_ins(session, datetime.now(UTC))
    _say("sign_ins" if signs else "people_of_its_own")
    for sign in signs:
        typer.echo(f"{sign.name:<15}{sign.password}  {text(f'access.role_{sign.role.value}', language())}")


def _run(step: "Step", out: Path) -> None:
    """One step in one transaction; its report is written once the transaction holds."""
    import orjson

    from gridmgmt.store.engine import transaction

    _say(f"step_{step.name}")
    with transaction() as session:
        report, reused = step.run(session, _counter())
    path = out / f"{step.name}.json"
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    typer.echo(_text(f"{step.said}_{'reused' if reused else 'done'}", report=path, **step.figures(report)))


def _built(size: CitySize, seed: int) -> "City":
    from gridmgmt.demo.city import build_city

    _say("building", size=size.value)
    return build_city(size.value, seed)


def _counter() -> Callable[[int, int], None]:
    """Progress for a step of many parts: a line on stderr at most every two seconds."""
    from time import monotonic

    last = [monotonic()]

    def show(done: int, total: int) -> None:
        if monotonic() - last[0] > 2:
            last[0] = monotonic()
            _say("progress", done=done, total=total)

    return show


def _say_rows(name: str, rows: int) -> None:
    _say("rows", name=name, rows=rows)


def _say(key: str, **values: Any) -> None:
    typer.echo(_text(key, **values), err=True)


def _text(key: str, **values: Any) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    return text(f"demo.{key}", language(), **values)
