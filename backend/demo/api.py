"""HTTP of the demo: login cards that need no password. Refused unless the server runs as a demo."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.status_codes import HTTP_200_OK

from backend.core.problems import NotFound
from backend.demo import cast
from backend.people import service as people
from backend.people.api import signed_in_response
from backend.people.schemas import Me


class DemoLogin(msgspec.Struct):
    """A login card."""

    key: str
    name: str
    role_zh: str
    role_en: str
    note_zh: str
    note_en: str


class DemoChoice(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    device_name: Annotated[str, msgspec.Meta(max_length=80)] = ""


@get("/logins", operation_id="list_demo_logins", summary="The demo's login cards", opt={"public": True})
async def list_demo_logins(state: State) -> list[DemoLogin]:
    _require_demo(state)
    return [
        DemoLogin(card.key, card.name, card.role_zh, card.role_en, card.note_zh, card.note_en)
        for card in cast.CARDS
    ]


@post(
    "/login",
    operation_id="open_demo_session",
    summary="Sign in as a person of the demo",
    opt={"public": True},
    status_code=HTTP_200_OK,
)
async def open_demo_session(data: DemoChoice, state: State) -> Response[Me]:
    _require_demo(state)
    person = await cast.card_person(data.key)
    if person is None:
        raise NotFound(kind="demo login", id=data.key)
    _, token = await people.sign_in_demo(
        person.id, device_name=data.device_name, days=state.settings.login_days
    )
    return await signed_in_response(token, state.settings)


def _require_demo(state: State) -> None:
    if not state.settings.demo:
        raise NotFound(kind="demo")


router = Router(path="/demo", route_handlers=[list_demo_logins, open_demo_session], tags=["demo"])
