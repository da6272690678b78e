"""The demo city while you look on: simulated workers and a simulated centre, who use nothing but the public API."""

from gridmgmt.demo.live.cast import Cast, hire
from gridmgmt.demo.live.play import Told, play

__all__ = ["Cast", "Told", "hire", "play"]
