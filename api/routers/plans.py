"""Plans: what there is, one with its report, before and after as GeoJSON, and a new one for a subdistrict."""

from typing import Any, Literal
from uuid import UUID

import geopandas
import shapely
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.geojson import collection
from api.json import GeoJson, Json, revalidated
from gridmgmt.ids import BoundaryCode, PlanId
from gridmgmt.services.plans import list_plans, merge_stations, plan_frames, resize_communities

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
