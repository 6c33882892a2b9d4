"""What the police do about a sighting, step by step with its clock: read, instructed, acknowledged, arrived, outcome."""

import uuid

from tortoise.exceptions import IntegrityError

from backend.alerts.models import Alert, Sighting, SightingStep
from backend.alerts.publishing import note_go_on, note_stand_down
from backend.alerts.schemas import SightingOut, SightingStepIn
from backend.alerts.sightings import desk_view, sighting_at_desk
from backend.alerts.wording import wording_errors
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import Conflict, FieldError, InvalidFields
from backend.core.sessions import Actor
from backend.notify import service as notify

STEPS = ("read", "instructed", "acknowledged", "arrived", "outcome")


class SightingStepTaken(Conflict):
    """The step, or a later one, was taken already."""

    code, title = "sighting-step", "This was noted already; look again"


class SightingMerged(Conflict):
    """The sighting belongs to another one."""

    code, title = "sighting-merged", "This sighting was merged with another; go on with that one"


async def take_step(actor: Actor, sighting_id: uuid.UUID, taken: SightingStepIn) -> SightingOut:
    """Note the next step about a sighting, for the police of its area.

    Steps may be left out, but none is taken twice or after a later one. When the police arrive, everyone who has the
    alert is told to stop looking; when it was a mistake, to go on. The reporter hears that it was read, and is thanked
    at the end, without details.
    """
    sighting, alert, area = await sighting_at_desk(actor, sighting_id)
    if sighting.merged_into is not None:
        raise SightingMerged(into=str(sighting.merged_into))
    _require_whole(taken)
    try:
        await _take(actor, sighting, alert, area, taken)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise SightingStepTaken(step=taken.step) from None
    return await desk_view(sighting, alert)


def _require_whole(taken: SightingStepIn) -> None:
    errors: list[FieldError] = []
    if (taken.step == "outcome") != (taken.outcome is not None):
        errors.append(
            FieldError("outcome", "needed-at-the-end", "Say what came of it, with the last step only", taken.outcome)
        )  # fmt: skip
    if taken.step == "instructed" and not taken.text_zh.strip():
        errors.append(FieldError("text_zh", "missing", "Say who is to do what", taken.text_zh))
    errors += wording_errors({"text_zh": taken.text_zh}) if taken.step == "instructed" else []
    if errors:
        raise InvalidFields(errors)


@atomic
async def _take(actor: Actor, sighting: Sighting, alert: Alert, area: Area, taken: SightingStepIn) -> None:
    # The row itself is locked by writing it: two officers' steps come one after the other.
    await Sighting.filter(id=sighting.id).update(state="read")
    done = {step.step for step in await SightingStep.filter(sighting_id=sighting.id)}
    if any(each in done for each in STEPS[STEPS.index(taken.step) :]):
        raise SightingStepTaken(step=taken.step)
    await SightingStep.create(
        id=uuid7(), sighting_id=sighting.id, step=taken.step, at=clock.now(), made_by=actor.user_id,
        text_zh=taken.text_zh.strip(), outcome=taken.outcome,
    )  # fmt: skip
    await audit.record(
        actor, f"sighting.{taken.step}", "sighting", sighting.id, area_id=area.id, details={"outcome": taken.outcome}
    )  # fmt: skip
    if not done:
        await _tell_reporter(sighting, "民警已看到你的发现", "The police have read your sighting")
    if taken.step == "arrived":
        await note_stand_down(actor, alert)
    if taken.step == "outcome":
        await _tell_reporter(sighting, "你的发现已办理，谢谢你", "Your sighting was dealt with. Thank you")
        if taken.outcome in ("mistaken", "gone") and "arrived" in done:
            await note_go_on(actor, alert)


async def _tell_reporter(sighting: Sighting, title_zh: str, title_en: str) -> None:
    await notify.send(
        [sighting.user_id], "sighting.answered", ("alert", sighting.alert_id), title_zh, title_en,
        "请保持距离，注意安全。", "Keep your distance and stay safe.",
    )  # fmt: skip


@atomic
async def merge(actor: Actor, sighting_id: uuid.UUID, into: uuid.UUID) -> SightingOut:
    """Note that a sighting is the same as another of its alert; what had been merged into it goes along."""
    sighting, alert, area = await sighting_at_desk(actor, sighting_id)
    target = await Sighting.filter(id=into, alert_id=alert.id).first()
    if target is None or target.id == sighting.id:
        raise InvalidFields(
            [FieldError("into", "unknown", "Choose another sighting of this alert", str(into))]
        )
    if target.merged_into is not None:
        raise SightingMerged(into=str(target.merged_into))
    moved = await Sighting.filter(id=sighting_id, merged_into__isnull=True).update(merged_into=into)
    if moved == 0:
        await sighting.refresh_from_db()
        raise SightingMerged(into=str(sighting.merged_into))
    await Sighting.filter(merged_into=sighting_id).update(merged_into=into)
    await sighting.refresh_from_db()
    await audit.record(
        actor, "sighting.merge", "sighting", sighting_id, area_id=area.id, details={"into": str(into)}
    )
    return await desk_view(sighting, alert)
