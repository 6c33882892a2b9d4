"""HTTP of what watches over rewards: budgets, signals, the leaderboard and the switch for security scenes."""

import uuid
from typing import Annotated, Literal

from litestar import get, post, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core.sessions import LexunRequest
from backend.rewards import service
from backend.rewards.oversight_schemas import (
    ActivityOut,
    BudgetIn,
    BudgetList,
    BudgetOut,
    Leaderboard,
    LeaderboardChoiceIn,
    LeaderboardChoiceOut,
    RewardSettings,
    RewardSettingsPatch,
    SignalClose,
    SignalList,
    SignalOut,
)

MonthQuery = Annotated[str | None, QueryParameter(max_length=7)]
DaysQuery = Annotated[int, QueryParameter(ge=1, le=366)]


@get("/rewards/budgets", operation_id="list_budgets", summary="A district's budgets and what is left of them")
async def list_budgets(request: LexunRequest, area_id: uuid.UUID) -> BudgetList:
    return await service.budgets_of(request.user, area_id)


@post("/rewards/budgets", operation_id="add_budget", summary="Write down points that a funder gives")
async def add_budget(request: LexunRequest, data: BudgetIn) -> BudgetOut:
    return await service.add_budget(request.user, data)


@post(
    "/rewards/budgets/{budget_id:uuid}/end",
    operation_id="end_budget",
    summary="Take nothing more from a budget",
    status_code=HTTP_200_OK,
)
async def end_budget(request: LexunRequest, budget_id: uuid.UUID) -> BudgetOut:
    return await service.end_budget(request.user, budget_id)


@get("/rewards/signals", operation_id="list_signals", summary="What somebody should look at")
async def list_signals(
    request: LexunRequest,
    area_id: uuid.UUID,
    signal_state: Annotated[Literal["open", "closed"], QueryParameter(name="state")] = "open",
) -> SignalList:
    return await service.signals_of(request.user, area_id, signal_state)


@post(
    "/rewards/signals/{signal_id:uuid}/close",
    operation_id="close_signal",
    summary="Say what came of looking at a signal",
    status_code=HTTP_200_OK,
)
async def close_signal(request: LexunRequest, signal_id: uuid.UUID, data: SignalClose) -> SignalOut:
    return await service.close_signal(request.user, signal_id, data)


@get("/rewards/settings", operation_id="get_reward_settings", summary="What a district decided about rewards")
async def get_reward_settings(request: LexunRequest, area_id: uuid.UUID) -> RewardSettings:
    return await service.reward_settings(request.user, area_id)


@put(
    "/rewards/settings",
    operation_id="change_reward_settings",
    summary="Switch the leaderboard; declare or end a security scene",
)
async def change_reward_settings(
    request: LexunRequest, area_id: uuid.UUID, data: RewardSettingsPatch
) -> RewardSettings:
    return await service.change_reward_settings(request.user, area_id, data)


@get(
    "/rewards/activity",
    operation_id="get_team_activity",
    summary="How many of each team walked, while a security scene holds",
)
async def get_team_activity(request: LexunRequest, area_id: uuid.UUID, days: DaysQuery = 30) -> ActivityOut:
    return await service.activity(request.user, area_id, days)


@get("/me/leaderboard", operation_id="get_my_leaderboard", summary="Whether one is on the leaderboard")
async def get_my_leaderboard(request: LexunRequest) -> LeaderboardChoiceOut:
    return await service.my_choice(request.user)


@put("/me/leaderboard", operation_id="set_my_leaderboard", summary="Come onto the leaderboard, or leave it")
async def set_my_leaderboard(request: LexunRequest, data: LeaderboardChoiceIn) -> LeaderboardChoiceOut:
    return await service.choose(request.user, data.shown)


@get("/leaderboard", operation_id="get_leaderboard", summary="A month among those who wanted to be seen")
async def get_leaderboard(request: LexunRequest, area_id: uuid.UUID, month: MonthQuery = None) -> Leaderboard:
    return await service.leaderboard(request.user, area_id, month)


HANDLERS = [
    list_budgets,
    add_budget,
    end_budget,
    list_signals,
    close_signal,
    get_reward_settings,
    change_reward_settings,
    get_team_activity,
    get_my_leaderboard,
    set_my_leaderboard,
    get_leaderboard,
]
