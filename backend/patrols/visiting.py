"""Showing that one was there: a scanned code, a tag, a photo, or the leader's word; each visit says how sure it is."""

import uuid
from collections.abc import AsyncIterator

from backend.areas import service as areas
from backend.core import clock, media, uploads
from backend.core.db import atomic
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.patrols import codes, presence
from backend.patrols.looking import require_persons
from backend.patrols.measuring import enqueue_match, locked_patrol
from backend.patrols.models import Checkpoint, Fix, Patrol, PatrolMember, Visit
from backend.patrols.refusals import NotLeader, PatrolOver
from backend.patrols.schemas import VisitIn, VisitList, VisitOut
from backend.people import service as people
from backend.tasks import service as tasks
from routing.track import Point, StopPlace

UNKNOWN_CODE = "This is no checkpoint code of this district, or it was renewed; take a photo instead"


@atomic
async def visit(actor: Actor, patrol_id: uuid.UUID, wanted: VisitIn) -> VisitOut:
    """Keep a visit; the same id again answers the same.

    Raises `InvalidFields` for unknown codes and missing fields, `NotLeader` for an attestation by anybody else, and
    `PatrolOver` for what happened after the walk.
    """
    patrol = await locked_patrol(patrol_id)
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if patrol is None or member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    there = await Visit.filter(id=wanted.id).first()
    if there is not None:
        if there.patrol_id != patrol_id or actor.user_id not in (there.user_id, there.attested_by):
            raise Conflict("This id belongs to another visit; make a new one", field="id")
        return (await _visits_out([there]))[0]
    _check_time(patrol, member, wanted)
    if wanted.method == "attested":
        made = await _attested(actor, patrol, member, wanted)
    elif wanted.method == "photo":
        made = _new(patrol, actor.user_id, wanted, "photo", await _checkpoint_named(patrol, wanted))
    else:
        made = await _scanned(patrol, actor.user_id, wanted)
    await _judge(made, patrol)
    await made.save()
    return (await _visits_out([made]))[0]


def _check_time(patrol: Patrol, member: PatrolMember, wanted: VisitIn) -> None:
    over = member.finished_at or patrol.finished_at
    if over is not None and (wanted.at - over).total_seconds() > 60:
        raise PatrolOver(state=patrol.state)
    if wanted.at < patrol.started_at or (wanted.at - clock.now()).total_seconds() > 300:
        raise InvalidFields(
            [FieldError("at", "out-of-range", "A visit lies within its patrol", wanted.at.isoformat())]
        )


def _new(
    patrol: Patrol,
    user_id: uuid.UUID,
    wanted: VisitIn,
    method: presence.Method,
    checkpoint: Checkpoint | None,
) -> Visit:
    if checkpoint is None and wanted.stop_order is None and wanted.lon is None:
        raise InvalidFields([FieldError("stop_order", "missing", "Say at which stop or place you are")])
    return Visit(
        id=wanted.id, patrol_id=patrol.id, user_id=user_id, at=wanted.at, method=method,
        checkpoint_id=checkpoint.id if checkpoint else None, stop_order=wanted.stop_order, lon=wanted.lon,
        lat=wanted.lat, accuracy_m=wanted.accuracy_m, received_at=clock.now(),
    )  # fmt: skip


async def _scanned(patrol: Patrol, user_id: uuid.UUID, wanted: VisitIn) -> Visit:
    code = codes.read_checkpoint_code(wanted.code or "")
    checkpoint = await Checkpoint.filter(id=code.checkpoint_id).first() if code else None
    area = await areas.get(checkpoint.area_id) if checkpoint else None
    own = await areas.get(patrol.area_id)
    if (
        code is None
        or checkpoint is None
        or area is None
        or areas.district_slug(area.path) != areas.district_slug(own.path)
        or code.serial != checkpoint.serial
    ):
        raise InvalidFields(
            [FieldError("code", "checkpoint-code-unknown", UNKNOWN_CODE, (wanted.code or "")[:60])]
        )
    method: presence.Method = code.kind
    if code.shown_at is not None and abs(wanted.at - code.shown_at) > presence.SCREEN_HOLDS:
        method = "qr"  # a photograph of a screen says no more than a printed code
    return _new(patrol, user_id, wanted, method, checkpoint)


async def _attested(actor: Actor, patrol: Patrol, member: PatrolMember, wanted: VisitIn) -> Visit:
    if not member.leader:
        raise NotLeader
    mate = wanted.for_user_id
    if (
        mate is None
        or mate == actor.user_id
        or not await PatrolMember.filter(patrol_id=patrol.id, user_id=mate).exists()
    ):
        raise InvalidFields(
            [
                FieldError(
                    "for_user_id", "unknown", "Choose a mate who walks with you", str(mate) if mate else None
                )
            ]
        )
    made = _new(patrol, mate, wanted, "attested", await _checkpoint_named(patrol, wanted))
    made.attested_by = actor.user_id
    return made


async def _checkpoint_named(patrol: Patrol, wanted: VisitIn) -> Checkpoint | None:
    if wanted.checkpoint_id is None:
        return None
    found = await Checkpoint.filter(id=wanted.checkpoint_id).first()
    if found is not None:
        own, its = await areas.get(patrol.area_id), await areas.get(found.area_id)
        if areas.district_slug(own.path) == areas.district_slug(its.path):
            return found
    raise InvalidFields(
        [
            FieldError(
                "checkpoint_id", "unknown", "There is no such checkpoint here", str(wanted.checkpoint_id)
            )
        ]
    )


async def _judge(made: Visit, patrol: Patrol) -> None:
    """Set how sure the visit is by the positions that are there now."""
    place = await place_of(made, patrol)
    around = await Fix.filter(
        patrol_id=patrol.id,
        user_id=made.user_id,
        at__gte=made.at - presence.NEAR_IN_TIME,
        at__lte=made.at + presence.NEAR_IN_TIME,
    )
    points = [Point(fix.at, fix.lon, fix.lat, fix.accuracy_m) for fix in around]
    judged = presence.judge(_method(made), place, presence.nearest_in_time(points, made.at))
    made.sureness, made.why = judged.sureness, list(judged.why)


def _method(made: Visit) -> presence.Method:
    method: presence.Method = made.method  # type: ignore[assignment]
    return method


async def place_of(made: Visit, patrol: Patrol) -> StopPlace | None:
    """Where the visit says that it was: its checkpoint, else its stop."""
    if made.checkpoint_id is not None:
        checkpoint = await Checkpoint.get(id=made.checkpoint_id)
        return StopPlace(checkpoint.lon, checkpoint.lat, 0.0)
    if made.stop_order is not None and patrol.task_id is not None:
        task = await tasks.task(patrol.task_id)
        for stop in task.stops:
            if stop.order == made.stop_order:
                return StopPlace(stop.lon, stop.lat, stop.dwell_s)
    return None


async def judge_again(patrol: Patrol) -> list[Visit]:
    """Judge every visit by all positions that came since; returns them in order of time."""
    visits = await Visit.filter(patrol_id=patrol.id).order_by("at", "id")
    for made in visits:
        before = (made.sureness, list(made.why))
        await _judge(made, patrol)
        if (made.sureness, list(made.why)) != before:
            await made.save(update_fields=["sureness", "why"])
    return visits


async def visits_of(actor: Actor, patrol_id: uuid.UUID) -> VisitList:
    """The visits of a patrol, for its members and the police of its area: a visit names who was where."""
    await require_persons(actor, patrol_id)
    return VisitList(items=await _visits_out(await Visit.filter(patrol_id=patrol_id).order_by("at", "id")))


async def photo_progress(actor: Actor, patrol_id: uuid.UUID, visit_id: uuid.UUID) -> uploads.Progress:
    """How much of one's own visit's photo has arrived."""
    made = await _own_visit(actor, patrol_id, visit_id)
    return await _finished(made, await uploads.progress(visit_id))


async def add_photo_piece(
    actor: Actor, patrol_id: uuid.UUID, visit_id: uuid.UUID, piece: uploads.Piece, body: AsyncIterator[bytes]
) -> uploads.Progress:
    """Keep the next bytes of a visit's photo (JPEG, PNG or WebP); with the last ones the visit has it.

    The first whole photo stays: sending again changes nothing. Raises what `uploads.receive` and `media.store_photo` do; a
    file that is no photo is forgotten, so that another may follow. `PhotosNotAgreed` before a byte is kept.
    """
    made = await _own_visit(actor, patrol_id, visit_id)
    await people.require_photo_consent(actor.user_id)
    if made.photo_key is not None:
        async for _ in body:
            pass
        return uploads.Progress(piece.length, piece.length)
    return await _finished(made, await uploads.receive(visit_id, piece, body, media.BYTES_MAX))


async def _finished(made: Visit, arrived: uploads.Progress) -> uploads.Progress:
    """Make the visit's photo of a file that is whole; also of one that a killed server had not come to."""
    if made.photo_key is not None or not arrived.complete:
        return arrived
    try:
        photo = await media.store_photo(await uploads.content(made.id))
    except media.REFUSALS:
        await uploads.forget(made.id)
        raise
    await _give_photo(made, photo.key)
    return arrived


@atomic
async def _give_photo(made: Visit, key: str) -> None:
    if not await Visit.filter(id=made.id, photo_key__isnull=True).update(photo_key=key):
        await media.delete(key)
    await uploads.forget(made.id)
    if await Patrol.filter(id=made.patrol_id, state="awaiting_review").exists():
        await enqueue_match(made.patrol_id)  # it came after the walk was looked at


async def _own_visit(actor: Actor, patrol_id: uuid.UUID, visit_id: uuid.UUID) -> Visit:
    made = await Visit.filter(id=visit_id, patrol_id=patrol_id, user_id=actor.user_id).first()
    if made is None:
        raise NotFound(kind="visit", id=str(visit_id))
    return made


async def photo_of(actor: Actor, patrol_id: uuid.UUID, visit_id: uuid.UUID) -> bytes:
    """The photo's bytes (WebP), for the walkers and the police of the area."""
    await require_persons(actor, patrol_id)
    made = await Visit.filter(id=visit_id, patrol_id=patrol_id).first()
    if made is None or made.photo_key is None:
        raise NotFound(kind="photo", id=str(visit_id))
    return await media.read(made.photo_key)


async def _visits_out(visits: list[Visit]) -> list[VisitOut]:
    names = await people.names({made.user_id for made in visits})
    return [
        VisitOut(
            id=made.id,
            at=made.at,
            method=made.method,
            checkpoint_id=made.checkpoint_id,
            stop_order=made.stop_order,
            user_id=made.user_id,
            name=names.get(made.user_id, ""),
            sureness=made.sureness,
            why=list(made.why),
            photo=made.photo_key is not None,
        )
        for made in visits
    ]
