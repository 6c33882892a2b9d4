"""Use cases of feedback: it is sent from any screen, answered by its day by somebody else, and closed by its author."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Literal, cast

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.pools import in_thread
from backend.core.problems import Conflict, NotFound, Problem
from backend.core.roles import Role
from backend.core.sessions import Actor, people_with
from backend.feedback.deadlines import due_at, last_day
from backend.feedback.models import Feedback
from backend.feedback.schemas import (
    FeedbackAnswer,
    FeedbackIn,
    FeedbackKind,
    FeedbackList,
    FeedbackOut,
    FeedbackState,
)
from backend.notify import service as notify
from backend.people import service as people

LISTED_MAX = 200
REMINDED_BEFORE = dt.timedelta(days=1)
ANSWERED_BY: dict[str, tuple[Role, ...]] = {
    "suggestion": (Role.ADMIN, Role.POSTER),
    "complaint": (Role.ADMIN,),
}
"""Who answers what: a complaint may be about the community, so its people do not read it."""
_KIND_NAMES = {"suggestion": ("意见", "suggestion"), "complaint": ("投诉", "complaint")}


class FeedbackClosed(Conflict):
    """Its author has closed it."""

    code, title = "feedback-closed", "This was closed by the person who sent it"


class NotAnswered(Conflict):
    """Only what was answered is closed."""

    code, title = "not-answered", "This has no answer yet"


class OwnFeedback(Problem):
    """Nobody answers themselves."""

    status, code, title = 403, "own-feedback", "Somebody else has to answer what you sent"


async def send(actor: Actor, wanted: FeedbackIn) -> FeedbackOut:
    """Keep feedback and tell those who answer it; the same id again answers the same."""
    there = await Feedback.filter(id=wanted.id).first()
    if there is None:
        area = await _area_of(actor)
        now = clock.now()
        end = await in_thread(due_at, wanted.kind, now, area.time_zone)
        there = await _keep(actor, wanted, area, now, end)
    if there.user_id != actor.user_id:
        raise Conflict("This id belongs to other feedback; make a new one", field="id")
    return (await _out([there], actor))[0]


@atomic
async def _keep(actor: Actor, wanted: FeedbackIn, area: Area, now: dt.datetime, end: dt.datetime) -> Feedback:
    made, is_new = await Feedback.get_or_create(
        id=wanted.id,
        defaults={
            "user_id": actor.user_id,
            "area_id": area.id,
            "kind": wanted.kind,
            "text": wanted.text.strip(),
            "screen": wanted.screen,
            "sent_at": now,
            "due_at": end,
            "demo": area.demo,
        },
    )
    if is_new:
        zh, en = _KIND_NAMES[made.kind]
        day = last_day(end, area.time_zone)
        await notify.send(
            await _answerers(made, area),
            "feedback.new",
            ("feedback", made.id),
            f"新{zh}，请在 {day} 前答复",
            f"A new {en}, to be answered by {day}",
            made.text,
            made.text,
        )
    return made


async def _answerers(feedback: Feedback, area: Area) -> list[uuid.UUID]:
    """Who may answer it: not its author."""
    found = [user_id for role in ANSWERED_BY[feedback.kind] for user_id in await people_with(role, area.path)]
    return [user_id for user_id in dict.fromkeys(found) if user_id != feedback.user_id]


async def _area_of(actor: Actor) -> Area:
    """Where its author is at home or serves; what nobody can place goes to the first district, so that it is read."""
    person = await people.person_of(actor.user_id)
    for each in (person.area_id, *(grant.area_id for grant in actor.grants)):
        if each is not None:
            return await areas.get(each)
    return (await areas.districts())[0]


async def mine(actor: Actor) -> FeedbackList:
    """One's own feedback, the latest first."""
    return await _listed(
        await Feedback.filter(user_id=actor.user_id).order_by("-sent_at").limit(LISTED_MAX), actor
    )


async def listed(actor: Actor, area_id: uuid.UUID, wanted: Literal["open", "answered"]) -> FeedbackList:
    """The area's feedback for those who answer it: what waits, the most urgent first, or what was answered, the latest first.

    Raises `NotAllowed` for anybody else.
    """
    area = await areas.visible(actor, area_id)
    actor.require_any(ANSWERED_BY["suggestion"], area.path)
    kinds = [kind for kind, roles in ANSWERED_BY.items() if actor.may_any(roles, area.path)]
    found = Feedback.filter(area_id__in=await areas.descendant_ids(area), kind__in=kinds)
    if wanted == "open":
        found = found.filter(state="received").order_by("due_at", "id")
    else:
        found = found.exclude(state="received").order_by("-answered_at", "id")
    return await _listed(await found.limit(LISTED_MAX), actor)


@atomic
async def answer(actor: Actor, feedback_id: uuid.UUID, wanted: FeedbackAnswer) -> FeedbackOut:
    """Answer it, or answer better while it is not closed; its author is told. The same words again change nothing.

    Raises `OwnFeedback`, `FeedbackClosed`, `NotFound` for anybody who does not answer this kind here.
    """
    found = await Feedback.filter(id=feedback_id).select_for_update().first()
    area = await areas.get(found.area_id) if found else None
    if found is None or area is None or not actor.may_any(ANSWERED_BY[found.kind], area.path):
        raise NotFound(kind="feedback", id=str(feedback_id))
    if found.user_id == actor.user_id:
        raise OwnFeedback
    if found.state == "closed":
        raise FeedbackClosed
    words = wanted.answer.strip()
    if words != found.answer:
        found.state, found.answer, found.answered_by, found.answered_at = (
            "answered",
            words,
            actor.user_id,
            clock.now(),
        )
        await found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        zh, en = _KIND_NAMES[found.kind]
        await notify.send(
            [found.user_id],
            "feedback.answered",
            ("feedback", found.id),
            f"您的{zh}有答复了",
            f"Your {en} was answered",
            words,
            words,
            push=True,
        )
        await audit.record(actor, "feedback.answer", "feedback", found.id, area_id=found.area_id)
    return (await _out([found], actor))[0]


@atomic
async def close(actor: Actor, feedback_id: uuid.UUID) -> FeedbackOut:
    """Its author is content with the answer; again changes nothing. Raises `NotAnswered`, `NotFound`."""
    found = await Feedback.filter(id=feedback_id, user_id=actor.user_id).select_for_update().first()
    if found is None:
        raise NotFound(kind="feedback", id=str(feedback_id))
    if found.state == "received":
        raise NotAnswered
    if found.state == "answered":
        found.state, found.closed_at = "closed", clock.now()
        await found.save(update_fields=["state", "closed_at"])
    return (await _out([found], actor))[0]


async def remind() -> int:
    """Tell those who answer, once a day, how much ends within a day or is late; returns to how many people."""
    soon = Feedback.filter(state="received", due_at__lt=clock.now() + REMINDED_BEFORE)
    waiting: dict[uuid.UUID, list[Feedback]] = {}
    for found in await soon.order_by("due_at", "id"):
        for user_id in await _answerers(found, await areas.get(found.area_id)):
            waiting.setdefault(user_id, []).append(found)
    for user_id, found in waiting.items():
        await notify.send(
            [user_id],
            "feedback.due",
            ("feedback", found[0].id),
            f"{len(found)} 条意见或投诉快到或已过答复期限",
            f"To be answered now: {len(found)}",
            found[0].text,
            found[0].text,
        )
    return len(waiting)


# --- on the wire ----------------------------------------------------------------------------------------------------


async def _listed(found: Sequence[Feedback], actor: Actor) -> FeedbackList:
    now = clock.now()
    waiting = [each for each in found if each.state == "received"]
    return FeedbackList(
        items=await _out(found, actor),
        waiting=len(waiting),
        late=sum(each.due_at <= now for each in waiting),
    )


async def _out(found: Sequence[Feedback], actor: Actor) -> list[FeedbackOut]:
    places = {area_id: await areas.get(area_id) for area_id in {each.area_id for each in found}}
    asked = {each.user_id for each in found} | {each.answered_by for each in found if each.answered_by}
    names = await people.names(asked)
    return [
        FeedbackOut(
            id=each.id,
            kind=cast(FeedbackKind, each.kind),
            text=each.text,
            screen=each.screen,
            state=cast(FeedbackState, each.state),
            area_name_zh=places[each.area_id].name_zh,
            area_name_en=places[each.area_id].name_en,
            sent_at=each.sent_at,
            due_on=last_day(each.due_at, places[each.area_id].time_zone),
            due_at=each.due_at,
            mine=each.user_id == actor.user_id,
            by_name=None if each.user_id == actor.user_id else names.get(each.user_id, ""),
            answer=each.answer,
            answered_at=each.answered_at,
            answered_by_name=names.get(each.answered_by) if each.answered_by else None,
        )
        for each in found
    ]
