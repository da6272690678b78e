"""How long cleaning takes: clean, dirty and hopeless tracks of 100,000 fixes. python benchmarks/field/cleaning.py"""

import time

import numpy as np
import pandas as pd

from gridmgmt.field import clean_track

FIXES = 100_000
EAST_M, NORTH_M = 102_800.0, 110_750.0  # a degree at 22.5° north


def walk(fixes: int, seed: int = 1) -> pd.DataFrame:
    """A wandering walk with a fix every second or every ten."""
    chance = np.random.default_rng(seed)
    every = chance.choice([1.0, 10.0], fixes)
    heading = np.cumsum(chance.normal(0, 0.1, fixes))
    x, y = (np.cumsum(1.2 * every * part) for part in (np.cos(heading), np.sin(heading)))
    times = pd.Timestamp("2026-07-01T00:00Z") + pd.to_timedelta(np.cumsum(every), unit="s")
    accuracy = chance.gamma(4, 3, fixes)
    return pd.DataFrame({"time": times, "lon": 114 + x / EAST_M, "lat": 22.5 + y / NORTH_M, "accuracy": accuracy})


def dirty(points: pd.DataFrame) -> pd.DataFrame:
    """One fix in twenty kilometres off, two thirds of the rows repeated, all shuffled."""
    chance = np.random.default_rng(2)
    off = chance.random(len(points)) < 0.05
    points = points.assign(lon=points["lon"] + off * chance.normal(0, 3000, len(points)) / EAST_M)
    third = points.iloc[: len(points) // 3]
    return pd.concat([third, third, third]).sample(frac=1, random_state=3, ignore_index=True)


def main() -> None:
    clean_track(walk(100))  # compile
    chance = np.random.default_rng(4)
    clean = walk(FIXES)
    noise = clean.assign(lon=100 + 10 * chance.random(FIXES))
    for name, points in (("clean", clean), ("dirty", dirty(clean)), ("nothing but noise", noise)):
        start = time.perf_counter()
        report = clean_track(points)
        seconds = time.perf_counter() - start
        figures = f"{report.distance_m / 1000:.1f} km, {len(report.segments)} walks, {report.dropped}"
        print(f"| {name}, {len(points):,} fixes | {seconds:.2f} s | {figures} |", flush=True)


if __name__ == "__main__":
    main()
