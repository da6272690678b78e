"""Grid management (社区网格化管理): boundaries with history, plans with proof, field work that is never lost."""

from importlib.metadata import version

__version__ = version("gridmgmt")
