"""Boundaries by date, their coverage, and the publication of a plan."""

from gridmgmt.services.boundaries.coverage import CoverageCheck, CoverageFault, check_coverage, require_coverage
from gridmgmt.services.boundaries.epochs import boundaries_at
from gridmgmt.services.boundaries.publish import publish_plan

__all__ = ["CoverageCheck", "CoverageFault", "boundaries_at", "check_coverage", "publish_plan", "require_coverage"]
