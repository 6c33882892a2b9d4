"""Other routes that a team of a plan could walk, for its officer to choose from."""

import uuid

from backend.areas import service as areas
from backend.core.pools import at_once
from backend.core.problems import FieldError, InvalidFields
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.planning.reading import PlanState, planned_tasks, visible
from backend.planning.routes import (
    hotspots_of,
    redo_routes,
    redo_stop,
    route_out,
    stop_name,
    stop_of,
    taken_teams,
)
from backend.planning.schemas import RouteCandidate, RouteCandidates
from backend.settings import current
from backend.tasks import service as tasks
from routing.anew import Candidate, candidates

SPOTS_MAX = 60
"""The best hotspots that no team visits; more of them would not change a single team's choice."""


async def candidates_for(actor: Actor, plan_id: uuid.UUID, team: int) -> RouteCandidates:
    """A short, a medium, a long and a step-free route among the team's stops and hotspots that nobody visits.

    Nothing is changed; a `choose` edit takes one. Raises `PlanState`, `RouteTaken`, `InvalidFields` for no such team.
    """
    plan, area = await visible(actor, plan_id)
    actor.require(Role.OFFICER, area.path)
    if plan.state not in ("ready", "published"):
        raise PlanState(move="choose", state=plan.state, needed=["ready", "published"])
    planned = await planned_tasks(plan)
    routes = redo_routes(plan, planned)
    if team not in routes:
        raise InvalidFields([FieldError("team", "unknown", f"Use one of 1 to {len(routes)}", team)])
    if team in taken_teams(planned):
        raise tasks.RouteTaken(team=team)
    hotspots, dwell_s = hotspots_of(plan), plan.dwell_min * 60
    known = {stop.id: stop for task in planned for stop in task.stops}
    free = [hotspot for hotspot in hotspots.values() if hotspot.id not in known]
    best = sorted(free, key=lambda hotspot: -hotspot.score)[:SPOTS_MAX]
    known |= {hotspot.id: stop_of(hotspot, plan.window_starts_at, dwell_s) for hotspot in best}
    spots = [redo_stop(known[hotspot.id], hotspots) for hotspot in best]
    streets = await areas.streets_path(area, current().data_dir)
    found = await at_once(candidates, streets, routes[team], spots, seed=plan.seed)

    def shown(each: Candidate) -> RouteCandidate:
        route = each.route
        return RouteCandidate(
            key=each.key,
            profile=each.profile,
            score=each.score,
            stops=[stop_name(known[stop.id]) for stop in route.stops],
            route=route_out(route),
        )

    return RouteCandidates(
        plan_version=plan.version,
        now=[stop.id for stop in routes[team].stops],
        items=[shown(each) for each in found],
    )
