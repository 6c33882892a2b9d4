"""Recombines routes with OR-Tools: which one of the known routes should each team walk?"""

# The linear solver's wrapper carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from routing.search import Network, RoutePool, Routes

# Scores become whole numbers of this resolution for CP-SAT.
SCORE_STEPS = 1_000_000
# CP-SAT's own clock, which counts work and not seconds, so that equal seeds give equal plans.
DETERMINISTIC_TIME_MAX = 1.0
COLUMNS_MAX = 3000

type Column = tuple[int, tuple[int, ...]]


def recombine(network: Network, pool: RoutePool, incumbent: float, seed: int) -> Routes | None:
    """Routes worth more than `incumbent`, chosen among the pool's; None when there are none.

    A stop counts once however many chosen routes meet it, and is then left in one of them. GLOP solves
    the relaxation, whose bound ends the search or leaves fewer columns for CP-SAT.
    """
    columns = [(kind, route) for (kind, _), (_, route) in pool.routes.items()]
    supply = {kind: network.kind.count(kind) for kind in network.kind}
    bound, reduced_cost = _relaxed(network, columns, supply)
    least_gain = incumbent * 1e-6
    if bound <= incumbent + least_gain:
        return None
    hopeful = [n for n, cost in enumerate(reduced_cost) if bound + cost > incumbent + least_gain]
    hopeful = sorted(hopeful, key=lambda n: (-reduced_cost[n], n))[:COLUMNS_MAX]
    chosen = _chosen(network, [columns[n] for n in sorted(hopeful)], supply, incumbent + least_gain, seed)
    return _dealt(network, chosen) if chosen else None


def _relaxed(network: Network, columns: list[Column], supply: dict[int, int]) -> tuple[float, list[float]]:
    """The bound of the linear relaxation, and the reduced cost of each column (0 or below)."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    take = [solver.NumVar(0, infinity, "") for _ in columns]
    teams = {kind: solver.Constraint(-infinity, count) for kind, count in supply.items()}
    objective = solver.Objective()
    objective.SetMaximization()
    cover: list[pywraplp.Constraint] = []
    for score in network.scores:
        met = solver.NumVar(0, 1, "")
        objective.SetCoefficient(met, score)
        row = solver.Constraint(-infinity, 0)
        row.SetCoefficient(met, 1)
        cover.append(row)
    for variable, (kind, route) in zip(take, columns, strict=True):
        teams[kind].SetCoefficient(variable, 1)
        for stop in route:
            cover[stop].SetCoefficient(variable, -1)
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return float(sum(network.scores)), [0.0] * len(columns)
    return objective.Value(), [min(0.0, variable.reduced_cost()) for variable in take]


def _chosen(
    network: Network, columns: list[Column], supply: dict[int, int], above: float, seed: int
) -> list[Column]:
    """The best columns found by CP-SAT, of a total score above `above`; empty when none is found."""
    scale = SCORE_STEPS / max(network.scores)
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in columns]
    for kind, count in supply.items():
        model.add(
            sum(variable for variable, column in zip(take, columns, strict=True) if column[0] == kind)
            <= count
        )
    covering: dict[int, list[cp_model.IntVar]] = {}
    for variable, (_, route) in zip(take, columns, strict=True):
        for stop in route:
            covering.setdefault(stop, []).append(variable)
    terms: list[cp_model.LinearExpr] = []
    for stop, variables in covering.items():
        met = model.new_bool_var("")
        model.add(met <= sum(variables))
        terms.append(round(network.scores[stop] * scale) * met)
    total = sum(terms)
    model.maximize(total)
    model.add(total >= int(above * scale) + 1)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = DETERMINISTIC_TIME_MAX
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return []
    return [column for variable, column in zip(take, columns, strict=True) if solver.boolean_value(variable)]


def _dealt(network: Network, chosen: list[Column]) -> Routes | None:
    """Give the columns to teams of their kind, each stop to its first; None if a team could not walk it."""
    routes: Routes = [[] for _ in range(network.team_count)]
    free = {kind: [t for t, other in enumerate(network.kind) if other == kind] for kind in network.kind}
    seen: set[int] = set()
    for kind, route in chosen:
        team = free[kind].pop(0)
        routes[team] = [stop for stop in route if stop not in seen]
        seen.update(route)
        if not network.fits(team, routes[team]):
            return None
    return routes
