"""Plain OR-Tools on a team-orienteering instance: ortools_top.py INSTANCE SECONDS SEED OUT.

RoutingModel with a disjunction a stop, whose penalty is its score in units of eight mean walks at least, and guided
local search; distances in 1e-6.
"""

# The routing solver's wrapper carries no types.
# pyright: reportMissingTypeStubs=false, reportAttributeAccessIssue=false

import json
import sys
from pathlib import Path

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.bench_files import read_instance

UNIT = 1e6
PENALTY_FACTOR = 8


def main() -> None:
    """Search for so many seconds and write the routes in the instance's rows."""
    path, seconds, _, out = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    problem = read_instance(path)
    team = problem.teams[0]
    places = [team.start_place, team.end_place, *(stop.place for stop in problem.stops)]
    walks = np.ceil(problem.walk_s[np.ix_(places, places)] * UNIT).astype(int).tolist()
    count = len(problem.teams)
    manager = pywrapcp.RoutingIndexManager(len(places), count, [0] * count, [1] * count)
    model = pywrapcp.RoutingModel(manager)
    transit = model.RegisterTransitMatrix(walks)
    model.SetArcCostEvaluatorOfAllVehicles(transit)
    model.AddDimension(transit, 0, int(team.budget_s * UNIT), True, "time")
    total = sum(stop.score for stop in problem.stops)
    least = min((stop.score for stop in problem.stops), default=1.0)
    # No visit may cost more than it is worth, on the shortest of limits either.
    penalty = max(1, int(team.budget_s * UNIT * max(count / max(1.0, total) * PENALTY_FACTOR, 1 / least)))
    for node, stop in enumerate(problem.stops, start=2):
        model.AddDisjunction([manager.NodeToIndex(node)], int(stop.score * penalty))
    wanted = pywrapcp.DefaultRoutingSearchParameters()
    wanted.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    wanted.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    wanted.time_limit.FromMilliseconds(int(seconds * 1000))
    found = model.SolveWithParameters(wanted)
    routes: list[list[int]] = []
    for vehicle in range(count if found else 0):
        index, route = found.Value(model.NextVar(model.Start(vehicle))), []
        while not model.IsEnd(index):
            route.append(problem.stops[manager.IndexToNode(index) - 2].place)
            index = found.Value(model.NextVar(index))
        routes.append(route)
    out.write_text(json.dumps({"routes": routes}))


if __name__ == "__main__":
    main()
