"""Use cases of calls for help: raising, reaching, answering and ending one. Nothing about the caller makes it fail."""

import datetime as dt
import uuid
from collections.abc import Iterable

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, execute, row, sql
from backend.core.ids import uuid7
from backend.core.problems import Conflict, NotAllowed, NotFound
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.patrols import service as patrols
from backend.people import service as people
from backend.sos.models import SosCall, SosTold
from backend.sos.schemas import (
    SosCancel,
    SosContact,
    SosEnd,
    SosIn,
    SosList,
    SosOut,
    SosPerson,
    SosPosition,
    SosReceipt,
)

NEARBY_M, NEARBY_MAX = 1_500.0, 12
WIDER_M, WIDER_MAX = 4_000.0, 30
STATION_MAX = 60
WIDENED_AFTER = dt.timedelta(seconds=60)
OPEN = ("open", "acknowledged")
TTL_S = 1_800
EMERGENCY = SosContact("emergency", "报警", "Emergency", "110")


class SosState(Conflict):
    """The call is over."""

    code, title = "sos-over", "This call for help is over"


# --- raising --------------------------------------------------------------------------------------------------------


@atomic
async def raise_call(actor: Actor, wanted: SosIn) -> SosOut:
    """Keep a call and tell the team, the nearest patrols and the station; the same id again answers the same.

    With no position, or an old one, the last one that is stored counts, and its age is said.
    """
    there = await SosCall.filter(id=wanted.id).first()
    if there is not None:
        if there.user_id != actor.user_id:
            raise Conflict("This id belongs to another call; make a new one", field="id")
        return await _out(there, actor)
    now = clock.now()
    walk = await patrols.walk_of(actor.user_id)
    position = await _best_position(actor, wanted)
    area = await _area_of(actor, walk.area_id if walk else None, position)
    call = await SosCall.create(
        id=wanted.id, user_id=actor.user_id, area_id=area.id, patrol_id=walk.patrol_id if walk else None,
        at=clock.until_now(wanted.at), received_at=now, silent=wanted.silent, test=wanted.test,
        note=(wanted.note or "").strip() or None, lon=position.lon if position else None,
        lat=position.lat if position else None, accuracy_m=position.accuracy_m if position else None,
        position_at=position.at if position else None, demo=area.demo,
    )  # fmt: skip
    if wanted.test:
        await _tell(call, {actor.user_id: "self"})
    else:
        await _tell(call, await _audience(call, area, walk.mates if walk else [], NEARBY_M, NEARBY_MAX))
    await audit.record(
        actor,
        "sos.raise",
        "sos",
        call.id,
        area_id=area.id,
        details={"test": call.test, "silent": call.silent},
    )
    return await _out(call, actor)


async def _best_position(actor: Actor, wanted: SosIn) -> patrols.Whereabouts | None:
    """What the phone sent, or the last stored position where that is newer or the phone sent none."""
    stored = await patrols.whereabouts(actor.user_id)
    if wanted.lon is None or wanted.lat is None:
        return stored
    sent_at = clock.until_now(wanted.position_at or wanted.at)
    if stored is not None and stored.at > sent_at:
        return stored
    return patrols.Whereabouts(wanted.lon, wanted.lat, wanted.accuracy_m, sent_at)


async def _area_of(
    actor: Actor, area_id: uuid.UUID | None, position: patrols.Whereabouts | None
) -> areas.Area:
    """Whose station hears of it: the patrol's area, else where the caller is, else where they live or serve."""
    if area_id is not None:
        return await areas.get(area_id)
    if position is not None:
        here = await areas.containing(position.lon, position.lat)
        if here is not None and areas.sees(actor, here.path):
            return here
    person = await people.person_of(actor.user_id)
    known = [person.area_id, *(grant.area_id for grant in actor.grants)]
    for each in known:
        if each is not None:
            return await areas.get(each)
    raise NotAllowed(need=[Role.VOLUNTEER.value])


async def _audience(
    call: SosCall, area: areas.Area, mates: Iterable[uuid.UUID], reach_m: float, most: int
) -> dict[uuid.UUID, str]:
    """Whom to tell, and as what; the nearest patrols first, the caller never."""
    found: dict[uuid.UUID, str] = dict.fromkeys(mates, "team")
    if call.lon is not None and call.lat is not None:
        near = await patrols.nearby(call.lon, call.lat, reach_m, area.path)
        for each in [each for each in near if each.user_id != call.user_id][:most]:
            found.setdefault(each.user_id, "nearby")
    for role in POLICE_ROLES:
        for user_id in (await people_with(role, area.path))[:STATION_MAX]:
            found.setdefault(user_id, "station")
    found.pop(call.user_id, None)
    return found


async def _tell(call: SosCall, audience: dict[uuid.UUID, str]) -> None:
    """Note and send; who was told before is not told again. A silent call makes no team mate's phone ring."""
    known = set(await SosTold.filter(call_id=call.id).values_list("user_id", flat=True))
    new = {user_id: role for user_id, role in audience.items() if user_id not in known}
    now = clock.now()
    await SosTold.bulk_create(
        [
            SosTold(id=uuid7(), call_id=call.id, user_id=user_id, role=role, told_at=now)
            for user_id, role in new.items()
        ],
        batch_size=500,
    )
    name = (await people.names({call.user_id})).get(call.user_id, "")
    zh, en = ("【演练】", "[Drill] ") if call.test else ("", "")
    ringing = [user_id for user_id, role in new.items() if not (call.silent and role == "team")]
    quiet = [user_id for user_id in new if user_id not in ringing]
    for user_ids, push in ((ringing, True), (quiet, False)):
        await notify.send(
            user_ids, "sos.live", ("sos", call.id), f"{zh}{name}正在求助", f"{en}{name} calls for help",
            "请打开看位置；能到就点“我去”，有危险先报110。", "Open it for the place; answer if you can come. In danger call 110 first.",
            push=push, urgent=True, ttl_s=TTL_S,
        )  # fmt: skip


async def widen_unanswered() -> int:
    """Tell patrols further away of calls that nobody answered within a minute; returns how many calls."""
    late = await SosCall.filter(
        state="open", test=False, widened_at__isnull=True, received_at__lt=clock.now() - WIDENED_AFTER
    ).order_by("received_at")
    return sum([await _widen(call.id) for call in late])


@atomic
async def _widen(call_id: uuid.UUID) -> int:
    call = await _locked(call_id)
    if call is None or call.state != "open" or call.widened_at is not None:
        return 0
    area = await areas.get(call.area_id)
    await _tell(call, await _audience(call, area, [], WIDER_M, WIDER_MAX))
    call.widened_at = clock.now()
    await call.save(update_fields=["widened_at"])
    return 1


# --- answering and ending -------------------------------------------------------------------------------------------


@atomic
async def note_receipt(actor: Actor, call_id: uuid.UUID, receipt: SosReceipt) -> SosOut:
    """A told person's phone has the call."""
    call, told = await _told(actor, call_id)
    if told.delivered_at is None:
        told.delivered_at = clock.now()
        await told.save(update_fields=["delivered_at"])
    return await _out(call, actor)


@atomic
async def acknowledge(actor: Actor, call_id: uuid.UUID) -> SosOut:
    """A told person comes: the caller hears who. Again it changes nothing; `SosState` once the call is over."""
    call, told = await _told(actor, call_id)
    if told.acknowledged_at is None:
        if call.state not in OPEN:
            raise SosState(state=call.state)
        told.acknowledged_at = clock.now()
        told.delivered_at = told.delivered_at or told.acknowledged_at
        await told.save(update_fields=["acknowledged_at", "delivered_at"])
        if call.state == "open":
            call.state = "acknowledged"
            await call.save(update_fields=["state"])
        name = (await people.names({actor.user_id})).get(actor.user_id, "")
        await notify.send(
            [call.user_id], "sos.update", ("sos", call.id), f"{name}看到了，正在赶来", f"{name} is on the way",
            push=not call.silent and not call.duress, urgent=True, ttl_s=TTL_S,
        )  # fmt: skip
        await audit.record(actor, "sos.acknowledge", "sos", call.id, area_id=call.area_id)
    return await _out(call, actor)


@atomic
async def cancel(actor: Actor, call_id: uuid.UUID, wanted: SosCancel) -> SosOut:
    """The caller takes the call back; under duress it only looks so, and those who come still come."""
    call = await _locked(call_id)
    if call is None or call.user_id != actor.user_id:
        raise NotFound(kind="sos", id=str(call_id))
    if call.state in OPEN and wanted.duress:
        call.duress = True
        await call.save(update_fields=["duress"])
        await audit.record(actor, "sos.duress", "sos", call.id, area_id=call.area_id)
    elif call.state in OPEN and not call.duress:
        await _end(call, "cancelled", actor, None, None, "已取消求助，人平安", "Taken back: they are safe")
    return await _out(call, actor)


@atomic
async def close(actor: Actor, call_id: uuid.UUID, wanted: SosEnd) -> SosOut:
    """The police end a call, with what came of it."""
    call = await _locked(call_id)
    area = await areas.get(call.area_id) if call else None
    if call is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="sos", id=str(call_id))
    actor.require_any(POLICE_ROLES, area.path)
    if call.state in OPEN:
        await _end(
            call, "closed", actor, wanted.outcome, wanted.note, "求助已处理完", "The call was dealt with"
        )
    return await _out(call, actor)


async def _end(
    call: SosCall, state: str, actor: Actor, outcome: str | None, note: str | None, zh: str, en: str
) -> None:
    call.state, call.ended_at, call.ended_by = state, clock.now(), actor.user_id
    call.outcome, call.outcome_note = outcome, (note or "").strip() or None
    await call.save(update_fields=["state", "ended_at", "ended_by", "outcome", "outcome_note"])
    told = await SosTold.filter(call_id=call.id).values_list("user_id", flat=True)
    await notify.send([*told, call.user_id], "sos.over", ("sos", call.id), zh, en, push=not call.silent)  # type: ignore[list-item]
    await audit.record(
        actor, f"sos.{state}", "sos", call.id, area_id=call.area_id, details={"outcome": outcome}
    )


# --- looking --------------------------------------------------------------------------------------------------------


async def get(actor: Actor, call_id: uuid.UUID) -> SosOut:
    """A call, for its caller, those told of it and the police of its area."""
    call = await SosCall.filter(id=call_id).first()
    if call is None or not await _may_see(actor, call):
        raise NotFound(kind="sos", id=str(call_id))
    return await _out(call, actor)


async def mine(actor: Actor) -> SosList:
    """Open calls that the asker raised, was told of, or answers for as police."""
    told = (
        await SosTold.filter(user_id=actor.user_id)
        .order_by("-told_at")
        .limit(50)
        .values_list("call_id", flat=True)
    )
    found = await SosCall.filter(id__in=list(told), state__in=OPEN) if told else []
    found += await SosCall.filter(user_id=actor.user_id, state__in=OPEN)
    unique = {call.id: call for call in found if not (call.user_id == actor.user_id and call.duress)}
    calls = sorted(unique.values(), key=lambda call: call.received_at, reverse=True)
    return SosList(items=[await _out(call, actor) for call in calls])


async def forget_positions(before: dt.datetime) -> int:
    """Remove the positions of calls that ended before a time; returns how many."""
    return await execute(
        "UPDATE sos_call SET lon = NULL, lat = NULL, accuracy_m = NULL, position_at = NULL"
        " WHERE ended_at < ? AND lon IS NOT NULL",
        before,
    )


async def _may_see(actor: Actor, call: SosCall) -> bool:
    if call.user_id == actor.user_id or await SosTold.filter(call_id=call.id, user_id=actor.user_id).exists():
        return True
    area = await areas.get(call.area_id)
    return actor.may_any(POLICE_ROLES, area.path)


async def _told(actor: Actor, call_id: uuid.UUID) -> tuple[SosCall, SosTold]:
    call = await _locked(call_id)
    told = await SosTold.filter(call_id=call_id, user_id=actor.user_id).first()
    if call is None or told is None:
        raise NotFound(kind="sos", id=str(call_id))
    return call, told


async def _locked(call_id: uuid.UUID) -> SosCall | None:
    # SQLite's transactions begin with the write lock and need no more.
    lock = sql(sqlite="", postgres="FOR UPDATE")
    found = await row(f"SELECT id FROM sos_call WHERE id = ? {lock}", call_id)
    return await SosCall.get(id=call_id) if found else None


async def _out(call: SosCall, actor: Actor) -> SosOut:
    own = call.user_id == actor.user_id
    area = await areas.get(call.area_id)
    police = actor.may_any(POLICE_ROLES, area.path) and not own
    told = await SosTold.filter(call_id=call.id).order_by("told_at", "id")
    names = await people.names({call.user_id, *(each.user_id for each in told)})
    hidden = own and call.duress
    shows_place = police or (call.state in OPEN and not hidden) or (own and not hidden)
    return SosOut(
        id=call.id,
        state="cancelled" if hidden else call.state,
        mine=own,
        caller_name=names.get(call.user_id, ""),
        at=call.at,
        received_at=call.received_at,
        silent=call.silent,
        test=call.test,
        note=call.note,
        patrol_id=call.patrol_id,
        position=_position(call) if shows_place else None,
        told=len(told),
        delivered=[_person(each, names, each.delivered_at) for each in told if each.delivered_at],
        acknowledged=[_person(each, names, each.acknowledged_at) for each in told if each.acknowledged_at],
        contacts=await _contacts(area),
        outcome=call.outcome,
        duress=call.duress and police,
    )


async def _contacts(area: areas.Area) -> list[SosContact]:
    phone = await areas.station_phone(area)
    station = [SosContact("station", "派出所值班室", "Police station", phone)] if phone else []
    return [EMERGENCY, *station]


def _position(call: SosCall) -> SosPosition | None:
    if call.lon is None or call.lat is None or call.position_at is None:
        return None
    age_s = max(0, round((call.received_at - call.position_at).total_seconds()))
    return SosPosition(call.lon, call.lat, call.accuracy_m, call.position_at, age_s)


def _person(told: SosTold, names: dict[uuid.UUID, str], at: dt.datetime) -> SosPerson:
    return SosPerson(told.user_id, names.get(told.user_id, ""), told.role, at)
