"""Contiguous partitions of a weighted graph, with a certificate. The solvers stand behind `partition`."""

from gridmgmt.planning.partition.certificate import Certificate, Miss
from gridmgmt.planning.partition.engine import partition
from gridmgmt.planning.partition.problem import Goals

__all__ = ["Certificate", "Goals", "Miss", "partition"]
