"""HTTP of people: the session, oneself, devices and administration."""

import hmac
import uuid
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.datastructures import Cookie, State
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash, generate_csrf_token
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend import __version__
from backend.core import clock, throttle
from backend.core.problems import NotSignedIn
from backend.core.queries import BeforeQuery
from backend.core.sessions import COOKIE, CSRF_COOKIE, Actor, LexunRequest, actor_for, slid
from backend.people import service
from backend.people.schemas import (
    AuditList,
    AuditVerdict,
    ConsentChange,
    Device,
    DisableReason,
    DutyChange,
    Login,
    Me,
    MePatch,
    MyTeam,
    NewAuthenticator,
    NewPassword,
    PasswordAgain,
    PasswordChange,
    PersonAdded,
    PersonList,
    PersonNew,
    PersonOut,
    Registration,
    RoleChange,
    SessionOut,
    TeamChange,
    TeamChoice,
    TeamNew,
    TeamOut,
)
from backend.settings import Settings

LOGIN_LIMIT = throttle.Limit("login", tries=10, window_s=600)
ADDRESS_LIMIT = throttle.Limit("login_address", tries=60, window_s=600)
"""A police station's evening shift signs in from one address."""


async def _throttle(request: LexunRequest, account: str) -> None:
    """Ten tries in ten minutes for the account, sixty for the address."""
    await throttle.hit(ADDRESS_LIMIT, throttle.asker(request))
    await throttle.hit(LOGIN_LIMIT, account)


async def _me(actor: Actor) -> Me:
    return await service.me(actor.user_id, actor.grants, actor.reauthenticated_at)


def session_cookie(token: str, settings: Settings) -> Cookie:
    """The cookie that carries a session's token."""
    return Cookie(
        key=COOKIE,
        value=token,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
        max_age=settings.login_days * 86_400,
    )


async def signed_in_response(token: str, settings: Settings) -> Response[Me]:
    """Answer a login: the person, and the cookie."""
    actor = await actor_for(token)
    if actor is None:  # ended again meanwhile, by a suspension
        raise NotSignedIn
    return Response(await _me(actor), cookies=[session_cookie(token, settings)], status_code=HTTP_200_OK)


@get("/session", operation_id="get_session", summary="Who is signed in here", opt={"public": True})
async def get_session(request: LexunRequest, state: State) -> Response[SessionOut]:
    settings: Settings = state.settings
    content = SessionOut(
        user=await _me(request.user) if request.user else None,
        server_time=clock.now(),
        demo=settings.demo,
        version=__version__,
        consent_versions=service.CONSENT_VERSIONS,
    )
    return Response(content, cookies=_renewed_cookies(request, settings))


def _renewed_cookies(request: LexunRequest, settings: Settings) -> list[Cookie]:
    """A session's cookie lives as long as the session; a CSRF token signed with an earlier key is replaced."""
    renewed: list[Cookie] = []
    if request.user and slid(request):
        renewed.append(session_cookie(request.cookies[COOKIE], settings))
    given = request.cookies.get(CSRF_COOKIE)
    if given is not None and not _is_csrf_token(given, settings.secret_key):
        token = generate_csrf_token(settings.secret_key)
        renewed.append(
            Cookie(key=CSRF_COOKIE, value=token, samesite="lax", secure=settings.secure_cookies, path="/")
        )
    return renewed


def _is_csrf_token(token: str, secret: str) -> bool:
    value, signature = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    return hmac.compare_digest(signature.encode(), generate_csrf_hash(value, secret).encode())


@post(
    "/session", operation_id="open_session", summary="Sign in", opt={"public": True}, status_code=HTTP_200_OK
)
async def open_session(request: LexunRequest, data: Login, state: State) -> Response[Me]:
    await _throttle(request, data.phone)
    _, token = await service.sign_in(data, days=state.settings.login_days)
    return await signed_in_response(token, state.settings)


@delete("/session", operation_id="close_session", summary="Sign out", status_code=HTTP_204_NO_CONTENT)
async def close_session(request: LexunRequest) -> Response[None]:
    await service.sign_out(request.user)
    response: Response[None] = Response(
        None, status_code=HTTP_204_NO_CONTENT, headers={"Clear-Site-Data": '"cache"'}
    )
    response.delete_cookie(COOKIE, path="/")
    return response


@post(
    "/session/reauthenticate",
    operation_id="reauthenticate",
    summary="Give the password once more",
    status_code=HTTP_200_OK,
)
async def reauthenticate(request: LexunRequest, data: PasswordAgain) -> Me:
    await _throttle(request, str(request.user.user_id))
    await service.reauthenticate(request.user, data.password)
    return await _me(msgspec.structs.replace(request.user, reauthenticated_at=clock.now()))


@post(
    "/people",
    operation_id="register",
    summary="Join a team by its invite code",
    opt={"public": True},
    status_code=HTTP_200_OK,
)
async def register(request: LexunRequest, data: Registration, state: State) -> Response[Me]:
    await _throttle(request, data.phone)
    _, token = await service.register(data, days=state.settings.login_days)
    return await signed_in_response(token, state.settings)


@get("/me", operation_id="get_me", summary="Oneself")
async def get_me(request: LexunRequest) -> Me:
    return await _me(request.user)


@patch("/me", operation_id="change_me", summary="Change one's name or language")
async def change_me(request: LexunRequest, data: MePatch) -> Me:
    await service.change_me(request.user, data)
    return await _me(request.user)


@put(
    "/me/password",
    operation_id="change_password",
    summary="Change one's own password",
    status_code=HTTP_204_NO_CONTENT,
)
async def change_password(request: LexunRequest, data: PasswordChange) -> None:
    await _throttle(request, str(request.user.user_id))
    await service.change_password(request.user, data)


@get("/me/team", operation_id="get_my_team", summary="One's own team, and its code for who leads it")
async def get_my_team(request: LexunRequest) -> MyTeam:
    return await service.my_team(request.user)


@put("/me/duty", operation_id="set_duty", summary="Go on or off duty")
async def set_duty(request: LexunRequest, data: DutyChange) -> Me:
    await service.set_duty(request.user.user_id, data.on_duty)
    return await _me(request.user)


@put("/me/consents/{kind:str}", operation_id="set_consent", summary="Answer a consent question")
async def set_consent(request: LexunRequest, kind: str, data: ConsentChange) -> Me:
    await service.set_consent(request.user.user_id, kind, granted=data.granted, version=data.version)
    return await _me(request.user)


@get("/me/devices", operation_id="list_devices", summary="One's signed-in devices")
async def list_devices(request: LexunRequest) -> list[Device]:
    return await service.devices(request.user)


@delete("/me/devices/{session_id:uuid}", operation_id="revoke_device", summary="Sign a device out")
async def revoke_device(request: LexunRequest, session_id: uuid.UUID) -> None:
    await service.revoke_device(request.user, session_id)


@get("/people", operation_id="list_people", summary="People of an area, for its administrators")
async def list_people(
    request: LexunRequest, area_id: uuid.UUID, q: str = "", to_verify: bool = False
) -> PersonList:
    return await service.listed(request.user, area_id, q, to_verify=to_verify)


@post(
    "/areas/{area_id:uuid}/people",
    operation_id="add_person",
    summary="Add an account for somebody whose document was seen",
)
async def add_person(request: LexunRequest, area_id: uuid.UUID, data: PersonNew) -> PersonAdded:
    return await service.add_person(request.user, area_id, data)


@post(
    "/people/{user_id:uuid}/password",
    operation_id="reset_password",
    summary="Give somebody who forgot theirs a password to tell them",
    status_code=HTTP_200_OK,
)
async def reset_password(request: LexunRequest, user_id: uuid.UUID) -> NewPassword:
    return await service.reset_password(request.user, user_id)


@post(
    "/people/{user_id:uuid}/second-factor",
    operation_id="renew_second_factor",
    summary="Give somebody a new authenticator",
    status_code=HTTP_200_OK,
)
async def renew_second_factor(request: LexunRequest, user_id: uuid.UUID) -> NewAuthenticator:
    return await service.renew_second_factor(request.user, user_id)


@put(
    "/people/{user_id:uuid}/team",
    operation_id="put_in_team",
    summary="Put somebody into a team, or into none",
)
async def put_in_team(request: LexunRequest, user_id: uuid.UUID, data: TeamChoice) -> PersonOut:
    return await service.put_in_team(request.user, user_id, data.team_id)


@get("/teams", operation_id="list_teams", summary="The teams of an area, for its administrators")
async def list_teams(request: LexunRequest, area_id: uuid.UUID) -> list[TeamOut]:
    return await service.teams(request.user, area_id)


@post("/teams", operation_id="found_team", summary="Add a team")
async def found_team(request: LexunRequest, data: TeamNew) -> TeamOut:
    return await service.found_team(request.user, data)


@patch("/teams/{team_id:uuid}", operation_id="change_team", summary="Rename a team")
async def change_team(request: LexunRequest, team_id: uuid.UUID, data: TeamChange) -> TeamOut:
    return await service.change_team(request.user, team_id, data)


@post(
    "/teams/{team_id:uuid}/code",
    operation_id="renew_code",
    summary="Give a team another invite code",
    status_code=HTTP_200_OK,
)
async def renew_code(request: LexunRequest, team_id: uuid.UUID) -> TeamOut:
    return await service.renew_code(request.user, team_id)


@post(
    "/people/{user_id:uuid}/disable",
    operation_id="disable_person",
    summary="Suspend an account",
    status_code=HTTP_200_OK,
)
async def disable_person(request: LexunRequest, user_id: uuid.UUID, data: DisableReason) -> PersonOut:
    return await service.disable(request.user, user_id, data.reason)


@post(
    "/people/{user_id:uuid}/enable",
    operation_id="enable_person",
    summary="Lift a suspension",
    status_code=HTTP_200_OK,
)
async def enable_person(request: LexunRequest, user_id: uuid.UUID) -> PersonOut:
    return await service.enable(request.user, user_id)


@post(
    "/people/{user_id:uuid}/verify",
    operation_id="verify_person",
    summary="Confirm an identity seen at the desk",
    status_code=HTTP_200_OK,
)
async def verify_person(request: LexunRequest, user_id: uuid.UUID) -> PersonOut:
    return await service.verify(request.user, user_id)


@post(
    "/people/{user_id:uuid}/roles",
    operation_id="give_role",
    summary="Give a role in an area",
    status_code=HTTP_200_OK,
)
async def give_role(request: LexunRequest, user_id: uuid.UUID, data: RoleChange) -> PersonOut:
    return await service.give_role(request.user, user_id, data)


@delete(
    "/people/{user_id:uuid}/roles/{grant_id:uuid}",
    operation_id="take_role",
    summary="Withdraw a role",
    status_code=HTTP_200_OK,
)
async def take_role(request: LexunRequest, user_id: uuid.UUID, grant_id: uuid.UUID) -> PersonOut:
    return await service.take_role(request.user, user_id, grant_id)


@get("/audit", operation_id="list_audit", summary="The district's audit log, for its administrators")
async def list_audit(
    request: LexunRequest,
    area_id: uuid.UUID,
    before: BeforeQuery = None,
) -> AuditList:
    entries, following = await service.audit_entries(request.user, area_id, before)
    return AuditList(items=entries, next=following)


@post(
    "/audit/verify",
    operation_id="verify_audit",
    summary="Check the audit log's chain",
    status_code=HTTP_200_OK,
)
async def verify_audit(request: LexunRequest, area_id: uuid.UUID) -> AuditVerdict:
    report = await service.verify_audit(request.user, area_id)
    first_bad: Any = report.first_bad
    return AuditVerdict(
        ok=report.ok, checked=report.checked, first_bad=msgspec.to_builtins(first_bad) if first_bad else None
    )


router = Router(
    path="/",
    route_handlers=[
        get_session,
        open_session,
        close_session,
        reauthenticate,
        register,
        get_me,
        change_me,
        change_password,
        get_my_team,
        set_duty,
        set_consent,
        list_devices,
        revoke_device,
        list_people,
        add_person,
        reset_password,
        renew_second_factor,
        put_in_team,
        list_teams,
        found_team,
        change_team,
        renew_code,
        disable_person,
        enable_person,
        verify_person,
        give_role,
        take_role,
        list_audit,
        verify_audit,
    ],
    tags=["people"],
)
