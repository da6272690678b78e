"""The report of a comparison: a page to read and to print, and the same tables as a workbook."""

import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pandas import DataFrame
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from api.deps import DbSession
from api.json import CREDENTIALS
from api.languages import Lang
from api.routers.plans import SEE, PlanSide
from api.security import may
from gridmgmt.access import Person
from gridmgmt.io.sheets import write_tables
from gridmgmt.messages import Language, text
from gridmgmt.planning.comparing.comparison import Comparison, Division
from gridmgmt.planning.comparing.comparison_tables import plan_tables, tables
from gridmgmt.services.comparing import report_on
from gridmgmt.services.plans import get_plan
from gridmgmt.store.tables import Plan
from maps.context import Context
from maps.report import comparison_page, plan_page

router = APIRouter(tags=["plans"])
Reader = Annotated[Person, may(SEE)]

# A whole document with its style inside and no script: nothing in it may act for the reader.
PAGE_CSP = "sandbox allow-popups allow-modals; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
HEADERS = {"Cache-Control": "private, no-cache", "Vary": CREDENTIALS}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/plans/{a}/report/{b}.xlsx")
def report_workbook(session: DbSession, person: Reader, language: Lang, a: PlanSide, b: PlanSide) -> Response:
    """Plan b against plan a as a workbook: summary, metrics, parts, households that move, certificate."""
    found, plan = _compared(session, person, language, a, b)
    sheets = _tables(found, language, plan)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        write_tables(path, {text(f"scorecard.sheet_{key}", language): table for key, table in sheets.items()})
        body = path.read_bytes()
    name = {"Content-Disposition": f'attachment; filename="report-{plan.id}.xlsx"'}
    return Response(body, media_type=XLSX, headers=HEADERS | name)


@router.get("/plans/{a}/report/{b}", response_class=HTMLResponse)
def report_page(session: DbSession, person: Reader, language: Lang, a: PlanSide, b: PlanSide) -> HTMLResponse:
    """Plan b against plan a, or against `current`, as a page that prints: maps, every metric, certificate, moves."""
    found, plan = _compared(session, person, language, a, b)
    context = Context(at=plan.base_date, place="", language=language)
    sheets = _tables(found, language, plan)
    page = plan_page(found, sheets, context) if isinstance(found, Division) else comparison_page(found, sheets, context)
    return HTMLResponse(page, headers=HEADERS | {"Content-Security-Policy": PAGE_CSP})


def _compared(
    session: Session, person: Person, language: Language, a: PlanSide, b: PlanSide
) -> tuple[Comparison | Division, Plan]:
    """The comparison, and the plan it is about: the second side unless that is what was in force.

    The plan alone where nothing was in force before it.
    """
    area = person.area(SEE)
    found = report_on(session, a, b, area, language)
    planned = next(side for side in (b, a) if isinstance(side, UUID))
    return found, get_plan(session, planned, area)


def _tables(found: Comparison | Division, language: Language, plan: Plan) -> dict[str, DataFrame]:
    if isinstance(found, Division):
        return plan_tables(found, language, report=plan.report)
    return tables(found, language, report=plan.report)
