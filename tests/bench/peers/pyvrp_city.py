"""PyVRP on a whole made-up city: pyvrp_city.py CITY SECONDS SEED OUT. One core; give it the CPU time of the others."""

import json
import sys
from pathlib import Path

import numpy as np
import pyvrp
from pyvrp.stop import MaxRuntime

from routing.bench_files import read_city

# Prizes in units of the mean walk per score, which is what lets its search trade walking for visits.
PRIZE_FACTOR = 8.0
UNIT = 1000


def main() -> None:
    """Search for so many seconds and write the routes by team and hotspot."""
    path, seconds, seed, out = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    problem = read_city(path)
    teams, stops = problem.teams, problem.stops
    places = [*(team.start_place for team in teams), *(stop.place for stop in stops)]
    walks = np.ceil(problem.walk_s[np.ix_(places, places)] * UNIT).astype(np.int64)
    budget, dwell = int(teams[0].budget_s * UNIT), int(stops[0].dwell_s * UNIT)
    total = sum(stop.score for stop in stops)
    prize_unit = max(1, int(budget * len(teams) / total * PRIZE_FACTOR))
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(x=0, y=0) for _ in places],
        clients=[
            pyvrp.Client(
                location=len(teams) + index,
                service_duration=dwell,
                prize=int(stop.score) * prize_unit,
                required=False,
            )
            for index, stop in enumerate(stops)
        ],
        depots=[pyvrp.Depot(location=index) for index in range(len(teams))],
        vehicle_types=[
            pyvrp.VehicleType(
                num_available=1,
                start_depot=index,
                end_depot=index,
                shift_duration=budget,
                unit_distance_cost=1,
            )
            for index in range(len(teams))
        ],
        distance_matrices=[walks],
        duration_matrices=[walks],
    )
    found = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    routes = {
        str(route.vehicle_type()): [int(stops[a.idx].id) for a in route if a.is_client()]
        for route in (found.best.routes() if found.is_feasible() else [])
    }
    out.write_text(json.dumps({"routes": routes}))


if __name__ == "__main__":
    main()
