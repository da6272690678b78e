"""What is compiled ahead is what the first plan and the first patrol call."""

import importlib

import pytest

from gridmgmt.services.warming import warm_up

CALLED = {
    "gridmgmt.field.clean_kernels": ("repeated", "ridden", "believable", "hurried", "stops", "stepped"),
    "gridmgmt.field.place_kernels": ("fill_inside", "list_bands", "list_tests", "locate"),
    "gridmgmt.field.street_kernels": ("list_pieces", "near_walks", "merged"),
    "gridmgmt.geo.cell_kernels": ("list_chains",),
    "gridmgmt.geo.network_kernels": ("nearest_seen",),
    "gridmgmt.planning.partition.kernels": ("anneal_on",),
    "gridmgmt.planning.partition.listing": ("_list_on",),
    "gridmgmt.planning.resizing.kernel": ("reshape_on",),
    "gridmgmt.planning.resizing.mending": ("restore", "absorb"),
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


@pytest.mark.parametrize(("module", "loop"), [(module, loop) for module, loops in CALLED.items() for loop in loops])
def test_it_is_compiled(module: str, loop: str) -> None:
    assert getattr(importlib.import_module(module), loop).signatures
