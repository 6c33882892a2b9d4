"""Use cases of reports: one is sent, looked at by the desk, and its reporter hears what became of it."""

import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, row, sql
from backend.core.problems import Conflict, FieldError, InvalidFields, NotAllowed, NotFound
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.patrols import service as patrols
from backend.people import service as people
from backend.reports.hurtful import change_word, found_in, looked_for, word_list
from backend.reports.models import Report
from backend.reports.photos import add_piece, forget_old, photo_of, progress
from backend.reports.reading import WITHDRAWN_WITHIN, own, reports_out, visible
from backend.reports.schemas import ReportIn, ReportList, ReportMove, ReportOut
from backend.reports.wording import STEPS, WORDING_FIRST

__all__ = [
    "add_piece", "change_word", "forget_old", "get", "listed", "mine", "move", "photo_of", "progress", "received_count",
    "report", "withdraw", "word_list",
]  # fmt: skip

LISTED_MAX = 100
NEXT = {
    "received": ("triaged", "handed_over", "acted", "closed"),
    "triaged": ("handed_over", "acted", "closed"),
    "handed_over": ("acted", "closed"),
    "acted": ("closed",),
}
"""Which steps may follow which; nothing follows the end."""
NEXT_OF_HURTFUL = ("triaged", "closed")
"""What may follow the arrival of a report whose wording has to be looked at: nobody else reads it before."""


class ReportOver(Conflict):
    """The report is closed or withdrawn, or has come further than that step."""

    code, title = "report-over", "This report cannot take that step any more"


class WordingFirst(Conflict):
    """The report judges people by where they come from; somebody takes it up before it goes on to others."""

    code, title = "report-wording-first", "Take this report up first: its wording has to be looked at"


@atomic
async def report(actor: Actor, wanted: ReportIn) -> ReportOut:
    """Keep a report and tell the desk of where it was; the same id again answers the same.

    One that judges people by where they come from is kept too: its reporter and the desk see which words, and the desk's
    message does not repeat them.
    """
    there = await Report.filter(id=wanted.id).first()
    if there is not None:
        if there.user_id != actor.user_id:
            raise Conflict("This id belongs to another report; make a new one", field="id")
        return (await reports_out([there], actor))[0]
    if (wanted.lon is None) != (wanted.lat is None):
        raise InvalidFields([FieldError("lat", "missing", "Give both lon and lat, or none")])
    area = await _area_of(actor, wanted)
    now = clock.now()
    description = (wanted.description or "").strip() or None
    district = await areas.district_of(area)
    hurtful = found_in(f"{wanted.text}\n{description or ''}", await looked_for(district.id))
    made = await Report.create(
        id=wanted.id, user_id=actor.user_id, area_id=area.id, patrol_id=await _own_patrol(actor, wanted.patrol_id),
        category=wanted.category, text=wanted.text.strip(), description=description, hurtful=hurtful, at=clock.until_now(wanted.at), received_at=now, changed_at=now,
        lon=wanted.lon, lat=wanted.lat, accuracy_m=wanted.accuracy_m, demo=area.demo,
    )  # fmt: skip
    desk = [user_id for role in POLICE_ROLES for user_id in await people_with(role, area.path)]
    await notify.send(
        [user_id for user_id in desk if user_id != actor.user_id], "report.new", ("report", made.id),
        f"新线索：{area.name_zh}", f"New report: {area.name_en}", *(WORDING_FIRST if hurtful else (made.text, made.text)),
    )  # fmt: skip
    return (await reports_out([made], actor))[0]


async def _own_patrol(actor: Actor, patrol_id: uuid.UUID | None) -> uuid.UUID | None:
    """The patrol it was seen on; one that has not arrived, or is not the reporter's, is no reason to lose the report."""
    if patrol_id is None:
        return None
    try:
        found = await patrols.get(actor, patrol_id)
    except NotFound:
        return None
    return found.id if any(member.user_id == actor.user_id for member in found.members) else None


async def _area_of(actor: Actor, wanted: ReportIn) -> areas.Area:
    """The community that it was in, else the one the reporter walks, lives or serves in."""
    if wanted.lon is not None and wanted.lat is not None:
        here = await areas.containing(wanted.lon, wanted.lat)
        if here is not None and areas.sees(actor, here.path):
            return here
    walk = await patrols.walk_of(actor.user_id)
    person = await people.person_of(actor.user_id)
    known = [walk.area_id if walk else None, person.area_id, *(grant.area_id for grant in actor.grants)]
    for each in known:
        if each is not None:
            return await areas.get(each)
    raise NotAllowed(need=[Role.VOLUNTEER.value])


@atomic
async def withdraw(actor: Actor, report_id: uuid.UUID) -> ReportOut:
    """Take one's own report back within ten minutes, as long as nobody has begun with it."""
    found = await own(actor, await _locked(report_id))
    if found.state != "withdrawn":
        if found.state != "received" or clock.now() - found.received_at > WITHDRAWN_WITHIN:
            raise ReportOver(state=found.state)
        found.state, found.changed_at = "withdrawn", clock.now()
        await found.save(update_fields=["state", "changed_at"])
    return (await reports_out([found], actor))[0]


@atomic
async def move(actor: Actor, report_id: uuid.UUID, wanted: ReportMove) -> ReportOut:
    """The desk's next step; the reporter is told in plain words. The same step again changes nothing.

    Raises `ReportOver` for a step back, `InvalidFields` for an end without its outcome, `WordingFirst` for passing on what
    nobody took up although its wording judges people.
    """
    found = await _locked(report_id)
    area = await areas.get(found.area_id) if found else None
    if found is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="report", id=str(report_id))
    actor.require_any(POLICE_ROLES, area.path)
    if (wanted.outcome is not None) != (wanted.to == "closed"):
        raise InvalidFields(
            [
                FieldError(
                    "outcome", "needed-to-close", "Closing needs an outcome, other steps none", wanted.outcome
                )
            ]
        )
    if found.state == wanted.to and found.outcome == wanted.outcome:
        return (await reports_out([found], actor))[0]
    if found.hurtful and found.state == "received" and wanted.to not in NEXT_OF_HURTFUL:
        raise WordingFirst(words=", ".join(found.hurtful))
    if wanted.to not in NEXT.get(found.state, ()):
        raise ReportOver(state=found.state)
    found.state, found.outcome, found.changed_at = wanted.to, wanted.outcome, clock.now()
    found.handled_by = actor.user_id
    found.answer = (wanted.answer or "").strip() or found.answer
    await found.save(update_fields=["state", "outcome", "answer", "handled_by", "changed_at"])
    zh, en = STEPS[wanted.outcome or wanted.to]
    await notify.send(
        [found.user_id], "report.update", ("report", found.id), zh, en, found.answer or found.text, found.answer or found.text,
        push=wanted.to == "closed",
    )  # fmt: skip
    await audit.record(
        actor, f"report.{wanted.to}", "report", found.id, area_id=found.area_id, details={"outcome": wanted.outcome}
    )  # fmt: skip
    return (await reports_out([found], actor))[0]


async def _locked(report_id: uuid.UUID) -> Report | None:
    # SQLite's transactions begin with the write lock and need no more.
    lock = sql(sqlite="", postgres="FOR UPDATE")
    found = await row(f"SELECT id FROM report WHERE id = ? {lock}", report_id)
    return await Report.get(id=report_id) if found else None


async def get(actor: Actor, report_id: uuid.UUID) -> ReportOut:
    """A report, for its reporter and for the police of where it was."""
    return (await reports_out([await visible(actor, report_id)], actor))[0]


async def mine(actor: Actor) -> ReportList:
    """One's own reports, the latest first."""
    found = await Report.filter(user_id=actor.user_id).order_by("-received_at", "-id").limit(LISTED_MAX)
    return ReportList(items=await reports_out(found, actor))


async def received_count(area_ids: list[uuid.UUID]) -> int:
    """How many reports of these areas nobody has taken up yet, for the desk."""
    return await Report.filter(area_id__in=area_ids, state="received").count()


async def listed(actor: Actor, area_id: uuid.UUID, state: str) -> ReportList:
    """The area's reports for its police: those to be dealt with (the oldest first), or those that are over."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    wanted = Report.filter(area_id__in=await areas.descendant_ids(area))
    if state == "open":
        found = await wanted.filter(state__in=list(NEXT)).order_by("received_at", "id").limit(LISTED_MAX)
    else:
        found = await wanted.filter(state="closed").order_by("-changed_at", "-id").limit(LISTED_MAX)
    return ReportList(items=await reports_out(found, actor))
