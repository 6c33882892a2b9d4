"""HTTP of badges, thanks to teams, and the days on which it rained."""

import datetime as dt
import uuid
from typing import Annotated

from litestar import Router, get, post, put
from litestar.params import QueryParameter

from backend.core.sessions import LexunRequest
from backend.thanks import service
from backend.thanks.schemas import BadgeOut, RainIn, RainOut, TeamThanksIn, TeamThanksOut, ThankedTeam


@get("/me/badges", operation_id="list_my_badges", summary="One's badges, and how far one is")
async def list_my_badges(request: LexunRequest) -> list[BadgeOut]:
    return await service.my_badges(request.user)


@get("/me/team-thanks", operation_id="list_my_team_thanks", summary="What one's team was thanked for")
async def list_my_team_thanks(request: LexunRequest) -> list[TeamThanksOut]:
    return await service.my_team_thanks(request.user)


@get("/team-thanks/teams", operation_id="list_teams_to_thank", summary="The teams one may thank")
async def list_teams_to_thank(request: LexunRequest, area_id: uuid.UUID) -> list[ThankedTeam]:
    return await service.teams_to_thank(request.user, area_id)


@post("/team-thanks", operation_id="thank_team", summary="Thank a team in words")
async def thank_team(request: LexunRequest, data: TeamThanksIn) -> TeamThanksOut:
    return await service.thank_team(request.user, data)


@get("/rain", operation_id="list_rain_days", summary="The days of a month on which it rained")
async def list_rain_days(
    request: LexunRequest,
    area_id: uuid.UUID,
    month: Annotated[dt.date, QueryParameter(description="Any day of the month")],
) -> RainOut:
    return await service.rain_days(request.user, area_id, month)


@put("/rain", operation_id="note_rain", summary="Note whether it rained on a day")
async def note_rain(request: LexunRequest, data: RainIn) -> RainOut:
    return await service.note_rain(request.user, data)


router = Router(
    path="/",
    route_handlers=[
        list_my_badges,
        list_my_team_thanks,
        list_teams_to_thank,
        thank_team,
        list_rain_days,
        note_rain,
    ],
    tags=["thanks"],
)
