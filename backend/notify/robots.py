"""Robots of work groups (WeCom, DingTalk, Feishu): a line of text with a link, where people on duty read along.

Groups hold people who are not on duty: they get no photo, no name and no description, only that there is something,
and where whoever is signed in and on duty can read it.
"""

import asyncio
import datetime as dt
import threading
import types
import urllib.parse
import uuid
from typing import Any

import apprise
import requests
import structlog
from apprise.plugins import dingtalk, feishu, wecombot

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.notify.models import GroupMessage, GroupRobot
from backend.notify.schemas import RobotIn, RobotOut

log = structlog.get_logger(__name__)

JOB = "notify.tell_group"
FRESH_LOGIN_MINUTES = 5
TEXT_BYTES_MAX = 2_048
MESSAGES_A_MINUTE = 18
"""The services allow about twenty; whoever sends more is shut out for ten minutes."""
PAUSES_S = (5, 20, 60, 180, 600)
KEPT = dt.timedelta(days=30)
ROBOTS_MAX = 20
HOSTS = {"qyapi.weixin.qq.com": "wecom", "oapi.dingtalk.com": "dingtalk", "open.feishu.cn": "feishu"}


class TooManyRobots(Conflict):
    """An area has as many robots as it may have."""

    code, title = "too-many-robots", "Remove a group robot before you add another"


# --- which groups ---------------------------------------------------------------------------------------------------


@atomic
async def add(actor: Actor, wanted: RobotIn) -> RobotOut:
    """Have a group told of alerts in an area; its address is kept here and shown to nobody again."""
    area = await areas.visible(actor, wanted.area_id)
    actor.require(Role.ADMIN, area.path)
    actor.require_fresh(FRESH_LOGIN_MINUTES)
    plugin = _plugin(wanted.address.strip(), wanted.secret.strip())
    if plugin is None:
        message = "Paste the robot's address as WeCom, DingTalk or Feishu shows it"
        raise InvalidFields([FieldError("address", "robot-unknown", message, wanted.address[:40])])
    if await GroupRobot.filter(area_id=area.id, removed_at__isnull=True).count() >= ROBOTS_MAX:
        raise TooManyRobots(most=ROBOTS_MAX)
    robot = await GroupRobot.create(
        id=uuid7(), area_id=area.id, kind=_kind_of(wanted.address), name=wanted.name.strip(),
        address=wanted.address.strip(), secret=wanted.secret.strip(), created_by=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    await audit.record(
        actor,
        "robot.add",
        "robot",
        robot.id,
        area_id=area.id,
        details={"kind": robot.kind, "name": robot.name},
    )
    return await _out(robot)


@atomic
async def remove(actor: Actor, robot_id: uuid.UUID) -> None:
    """Tell a group nothing more; what waits for it is dropped."""
    robot, area = await _managed(actor, robot_id)
    await GroupRobot.filter(id=robot.id).update(removed_at=clock.now(), address="", secret="")
    await audit.record(actor, "robot.remove", "robot", robot.id, area_id=area.id)


@atomic
async def try_out(actor: Actor, robot_id: uuid.UUID) -> RobotOut:
    """Send the group a line that says it is a trial; the answer of the service shows in the list."""
    robot, area = await _managed(actor, robot_id)
    await _enqueue(
        robot.id, ("robot", robot.id), f"【测试】{area.name_zh}的协查提醒会发到这个群。收到即可，不用回复。"
    )
    return await _out(robot)


async def listed(actor: Actor, area_id: uuid.UUID) -> list[RobotOut]:
    """The robots of an area and how each is doing, for its administrator."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    found = await GroupRobot.filter(area_id=area.id, removed_at__isnull=True).order_by("id")
    return [await _out(robot) for robot in found]


async def _managed(actor: Actor, robot_id: uuid.UUID) -> tuple[GroupRobot, Area]:
    robot = await GroupRobot.filter(id=robot_id, removed_at__isnull=True).first()
    if robot is None:
        raise NotFound(kind="robot", id=str(robot_id))
    area = await areas.visible(actor, robot.area_id)
    actor.require(Role.ADMIN, area.path)
    return robot, area


async def _out(robot: GroupRobot) -> RobotOut:
    messages = GroupMessage.filter(robot_id=robot.id)
    sent = await messages.filter(state="sent").order_by("-ended_at").first()
    failed = await messages.exclude(error="").order_by("-created_at", "-id").first()
    troubled = failed is not None and (sent is None or sent.created_at < failed.created_at)
    return RobotOut(
        id=robot.id,
        area_id=robot.area_id,
        kind=robot.kind,  # type: ignore[arg-type]
        name=robot.name,
        created_at=robot.created_at,
        last_sent_at=sent.ended_at if sent else None,
        waiting=await messages.filter(state="waiting").count(),
        error=failed.error if failed and troubled else "",
    )


# --- telling --------------------------------------------------------------------------------------------------------


async def tell_groups(area: Area, ref: tuple[str, uuid.UUID], text_zh: str) -> int:
    """Have every group of the area, or of what contains it, told with the caller's unit of work; how many.

    `text_zh` holds no name and no description. Longer than the services take, it is cut.
    """
    robots = await robots_for(area)
    for robot in robots:
        await _enqueue(robot.id, ref, text_zh)
    return len(robots)


async def robots_for(area: Area) -> list[GroupRobot]:
    """The robots of the area and of what contains it."""
    paths = area.path.split("/")
    containing = [await areas.by_path("/".join(paths[: depth + 1])) for depth in range(len(paths))]
    wanted = [each.id for each in containing if each is not None]
    return await GroupRobot.filter(area_id__in=wanted, removed_at__isnull=True).order_by("id")


async def _enqueue(robot_id: uuid.UUID, ref: tuple[str, uuid.UUID], text_zh: str) -> None:
    message = await GroupMessage.create(
        id=uuid7(),
        robot_id=robot_id,
        ref_kind=ref[0],
        ref_id=ref[1],
        text_zh=_fitted(text_zh),
        created_at=clock.now(),
    )
    await enqueue(JOB, {"message_id": message.id})


def _fitted(text: str) -> str:
    while len(text.encode()) > TEXT_BYTES_MAX:
        text = text[:-2] + "…"
    return text


async def deliver(message_id: uuid.UUID) -> None:
    """Try one message; afterwards it is sent, waits for the next try, or was given up."""
    message = await GroupMessage.filter(id=message_id, state="waiting").first()
    if message is None:
        return
    robot = await GroupRobot.get(id=message.robot_id)
    if robot.removed_at is not None:
        await _note(message, "removed", final=True)
    elif await _sent_lately(robot.id) >= MESSAGES_A_MINUTE:
        await _wait(message, 60)
    else:
        await _note(message, await asyncio.to_thread(_post, robot.address, robot.secret, message.text_zh))


async def _sent_lately(robot_id: uuid.UUID) -> int:
    since = clock.now() - dt.timedelta(minutes=1)
    return await GroupMessage.filter(robot_id=robot_id, ended_at__gt=since).count()


@atomic
async def _wait(message: GroupMessage, seconds: float) -> None:
    await enqueue(JOB, {"message_id": message.id}, run_at=clock.now() + dt.timedelta(seconds=seconds))


@atomic
async def _note(message: GroupMessage, error: str, *, final: bool = False) -> None:
    tries = message.tries + 1
    values: dict[str, Any] = {"tries": tries, "error": error[:200]}
    if not error:
        values |= {"state": "sent", "ended_at": clock.now()}
    elif final or tries > len(PAUSES_S):
        values |= {"state": "failed", "ended_at": clock.now()}
        log.error("group_not_told", robot_id=str(message.robot_id), error=error)
    else:
        await _wait(message, PAUSES_S[tries - 1])
    await GroupMessage.filter(id=message.id, state="waiting").update(**values)


@atomic
async def forget_old() -> int:
    """Delete lines of the log after a month; returns how many."""
    return await execute(
        "DELETE FROM group_message WHERE state <> 'waiting' AND ended_at < ?", clock.now() - KEPT
    )


# --- through Apprise ------------------------------------------------------------------------------------------------

_answer = threading.local()


def _posting(*args: Any, **kwargs: Any) -> requests.Response:
    """What Apprise's robots call to post; the answer is kept where the caller can read what it says."""
    if params := kwargs.get("params"):
        # Apprise hands over a signature that is escaped already; escaped twice, DingTalk would not know it.
        kwargs["params"] = {name: urllib.parse.unquote(value) for name, value in params.items()}
    _answer.body = requests.post(*args, **kwargs)
    return _answer.body


# Apprise takes every 200 for a success, but these services refuse inside of one: a key that is unknown, too many
# messages, a word of the group's filter missing.
for _module in (wecombot, dingtalk, feishu):
    _module.requests = types.SimpleNamespace(  # type: ignore[attr-defined]
        post=_posting, codes=requests.codes, RequestException=requests.RequestException
    )


def _kind_of(address: str) -> str:
    """Which service a robot's address belongs to; empty for any other address."""
    parts = urllib.parse.urlsplit(address)
    return HOSTS.get(parts.netloc, "") if parts.scheme == "https" else ""


def _plugin(address: str, secret: str) -> apprise.NotifyBase | None:
    """Apprise's sender for a robot's address as its service shows it; None for anything else."""
    parts = urllib.parse.urlsplit(address)
    query = dict(urllib.parse.parse_qsl(parts.query))
    match _kind_of(address):
        case "wecom":
            short = f"wecombot://{query.get('key', '')}/"
        case "dingtalk":
            signed = f"{secret}@" if secret else ""
            short = f"dingtalk://{signed}{query.get('access_token', '')}/"
        case "feishu":
            short = f"feishu://{parts.path.rstrip('/').rpartition('/')[2]}/"
        case _:
            return None
    return apprise.Apprise.instantiate(short, suppress_exceptions=True)


def _post(address: str, secret: str, text: str) -> str:
    """Post one line; an empty text when the service has taken it, else what was wrong. Blocks: call it in a thread."""
    plugin = _plugin(address, secret)
    if plugin is None:
        return "the address is not one of a robot"
    _answer.body = None
    taken = plugin.send(text)
    answer = _answer.body
    if answer is None:
        return "no answer"
    if not taken:
        return f"HTTP {answer.status_code}"
    try:
        said = answer.json()
    except ValueError:
        return "not an answer of a robot"
    code = said.get("errcode", said.get("code", said.get("StatusCode", 0)))
    return "" if code == 0 else f"{code} {said.get('errmsg') or said.get('msg') or ''}".strip()
