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
    PasswordAgain,
    PersonList,
    PersonOut,
    Registration,
    RoleChange,
    SessionOut,
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
async def list_people(request: LexunRequest, area_id: uuid.UUID, q: str = "") -> PersonList:
    return await service.listed(request.user, area_id, q)


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
        set_duty,
        set_consent,
        list_devices,
        revoke_device,
        list_people,
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
