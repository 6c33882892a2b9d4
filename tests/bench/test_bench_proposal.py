"""How long a serious incident told at the desk takes to become a proposal on it, on a running server."""

import datetime as dt
import statistics
import time
from pathlib import Path
from typing import Any

from backend.core.ids import uuid7
from routing.geo import haversine_m
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

TEAMS, TOLD = 12, 8
PROPOSED_MAX_S = 5.0
SOLVED_MAX_S = 240.0
LOOKED_EVERY_S = 0.05
FAR_FROM_STOPS_M = 100.0


def test_a_proposal_is_there_within_five_seconds(tmp_path: Path, record) -> None:
    """From the officer's tap to the proposal in the plan: a plan of twelve teams, the demo district's year, the worker
    that runs anyway."""
    server = LexunServer(tmp_path, command=("demo",), timeout_s=240)
    try:
        officer = Visitor(server.url, "officer")
        plan = solved(officer)
        spans = [told(officer, plan, place) for place in quiet_places(plan)[:TOLD]]
    finally:
        server.stop()
    # The first waits for whatever was not warm yet, as it would in life.
    middle, worst = statistics.median(spans), max(spans)
    shown = f"{middle:.1f} s in the middle, {worst:.1f} s at worst of {TOLD}; the first {spans[0]:.1f} s"
    record(f"serious incident to proposal, {TEAMS} teams", shown, "pytest tests/bench/test_bench_proposal.py")
    assert len(spans) == TOLD and worst < PROPOSED_MAX_S


def solved(officer: Visitor) -> dict[str, Any]:
    """A plan of the district for this evening, once it is ready."""
    area = next(each for each in officer.ask("GET", "/api/areas") if each["kind"] == "district")
    begins = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    known = officer.ask("GET", "/api/plans", params={"area_id": area["id"]})["items"][0]
    body = {
        "id": str(uuid7()),
        "area_id": area["id"],
        "starts_at": begins.isoformat(),
        "ends_at": (begins + dt.timedelta(hours=3)).isoformat(),
        "dwell_min": 12,
        "teams": [{"count": TEAMS, "profile": "foot", "minutes": 90, "start": known["start"]}],
        "variety": "loose",
    }
    plan = officer.ask("POST", "/api/plans", json=body)
    ends_s = time.monotonic() + SOLVED_MAX_S
    while plan["state"] == "solving" and time.monotonic() < ends_s:
        time.sleep(0.5)
        plan = officer.ask("GET", f"/api/plans/{plan['id']}")
    assert plan["state"] == "ready", plan["failure"]
    return plan


def quiet_places(plan: dict[str, Any]) -> list[tuple[float, float]]:
    """Places on streets, where a stop may be and none is near yet: the hotspots that no team visits, those nearest to
    the start first, which teams have the time for."""
    stops = [(stop["lon"], stop["lat"]) for task in plan["tasks"] for stop in task["stops"]]
    spots = [(spot["lon"], spot["lat"]) for spot in plan["hotspots"]]
    free = [
        place
        for place in spots
        if all(float(haversine_m(*place, *stop)) > FAR_FROM_STOPS_M for stop in stops)
    ]
    return sorted(free, key=lambda place: float(haversine_m(*place, *plan["start"])))


def told(officer: Visitor, plan: dict[str, Any], place: tuple[float, float]) -> float:
    """Seconds from telling of a robbery there to the proposal on the plan, which is then left aside."""
    body = {
        "id": str(uuid7()),
        "area_id": plan["area_id"],
        "kind": "抢劫",
        "at": dt.datetime.now(dt.UTC).isoformat(),
        "lon": place[0],
        "lat": place[1],
    }
    began_s = time.monotonic()
    assert officer.ask("POST", "/api/incidents", json=body)["grave"]
    while (found := officer.ask("GET", f"/api/plans/{plan['id']}")["proposal"]) is None:
        assert time.monotonic() < began_s + 30, f"no proposal for {body}"
        time.sleep(LOOKED_EVERY_S)
    span_s = time.monotonic() - began_s
    officer.ask("POST", f"/api/plans/{plan['id']}/proposals/{found['id']}/dismiss")
    return span_s
