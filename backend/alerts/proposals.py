"""Warnings from other systems: each waits for an officer, who makes a draft of it or puts it aside."""

import datetime as dt
import uuid
from typing import cast

import msgspec

from backend.alerts.cap_reading import CapMessage, read_cap
from backend.alerts.models import AlertProposal
from backend.alerts.schemas import ProposalOut, ProposalReceipt, ProposalState
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor, people_with
from backend.integrations import service as integrations
from backend.notify import service as notify

SHOWN_FOR = dt.timedelta(days=2)
KEPT = dt.timedelta(days=30)
LIST_MAX = 100


class ProposalDecided(Conflict):
    """Someone has decided on it, or its sender took it back."""

    code, title = "proposal-decided", "This warning was decided on already; look again"


async def receive(machine: integrations.Machine, data: bytes) -> ProposalReceipt:
    """Take in a Common Alerting Protocol document; the same message again changes nothing.

    An Update takes the place of the messages it names, a Cancel takes them back; what an officer has made of them
    stays, and the officer is told. Raises `InvalidFields` naming what is wrong.
    """
    message = read_cap(data)
    area = await areas.get(machine.area_id)
    await _require_inside(message, area)
    return await _keep(machine, area, message)


async def _require_inside(message: CapMessage, area: Area) -> None:
    if message.lon is None or message.lat is None:
        return
    district = await areas.district_of(area)
    if not (
        district.west <= message.lon <= district.east and district.south <= message.lat <= district.north
    ):
        given = f"{message.lat},{message.lon}"
        wrong = (
            f"This lies outside {district.name_en} ({district.name_zh}); is the order latitude, longitude?"
        )
        raise InvalidFields([FieldError("alert.info.area", "outside-area", wrong, given)])


@atomic
async def _keep(machine: integrations.Machine, area: Area, message: CapMessage) -> ProposalReceipt:
    now = clock.now()
    known = await AlertProposal.filter(
        key_id=machine.key_id, sender=message.sender, identifier=message.identifier
    ).first()
    if known is not None:
        return ProposalReceipt(known.id, cast(ProposalState, known.state))
    await _settle_earlier(machine, message)
    cancels = message.message_type == "Cancel"
    proposal = await AlertProposal.create(
        id=uuid7(), area_id=area.id, key_id=machine.key_id, received_at=now,
        state="cancelled" if cancels else "waiting",
        **{
            name: value
            for name, value in msgspec.structs.asdict(message).items()
            if name not in ("message_type", "references", "rings")
        },
        audience_area_id=await _community_drawn(message, area),
    )  # fmt: skip
    details = {"sender": message.sender, "identifier": message.identifier, "type": message.message_type}
    await audit.record(
        None, "alert.proposal", "alert_proposal", proposal.id, area_id=area.id, details=details
    )
    if not cancels:
        await notify.send(
            await people_with(Role.OFFICER, area.path), "review.waiting", ("alert_proposal", proposal.id),
            f"{machine.name} 转来预警", f"A warning from {machine.name}",
            proposal.headline or proposal.event, proposal.headline or proposal.event,
            push=not message.exercise, urgent=not message.exercise,
        )  # fmt: skip
    return ProposalReceipt(proposal.id, cast(ProposalState, proposal.state))


async def _community_drawn(message: CapMessage, area: Area) -> uuid.UUID | None:
    """The community that the warning's outline is drawn around, if it is one: its people are then proposed."""
    if not message.rings:
        return None
    communities = [each for each in await areas.within(area.path) if each.kind == "community"]
    drawn = areas.same_ground(communities, message.rings)
    return drawn.id if drawn else None


async def _settle_earlier(machine: integrations.Machine, message: CapMessage) -> None:
    earlier = AlertProposal.filter(
        key_id=machine.key_id, sender=message.sender, identifier__in=list(message.references)
    )
    over = "cancelled" if message.message_type == "Cancel" else "replaced"
    for proposal in await earlier.filter(state="used"):
        assert proposal.decided_by is not None and proposal.alert_id is not None
        what = ("来源已撤销", "was taken back") if over == "cancelled" else ("来源有更新", "was updated")
        await notify.send(
            [proposal.decided_by], "review.waiting", ("alert", proposal.alert_id),
            f"{machine.name}：{what[0]}", f"{machine.name}: the warning {what[1]}",
            proposal.headline, proposal.headline, push=True, urgent=True,
        )  # fmt: skip
    await earlier.filter(state="waiting").update(state=over)


async def listed(actor: Actor, area_id: uuid.UUID) -> list[ProposalOut]:
    """The warnings of the last two days that reach the area, those that wait first; for its officers."""
    area = await areas.visible(actor, area_id)
    actor.require_any((Role.OFFICER, Role.APPROVER), area.path)
    found = await AlertProposal.filter(
        area_id__in=await areas.ids_within(area.path), received_at__gt=clock.now() - SHOWN_FOR
    ).order_by("-received_at", "-id").limit(LIST_MAX)  # fmt: skip
    shown = [each for each in found if each.event]
    return sorted(map(_out, shown), key=lambda each: each.state != "waiting")


@atomic
async def dismiss(actor: Actor, proposal_id: uuid.UUID) -> ProposalOut:
    """Put a warning aside; nobody is alerted by it."""
    proposal = await _deciding(actor, proposal_id, "dismissed", None)
    return _out(proposal)


async def use(actor: Actor, proposal_id: uuid.UUID, alert_id: uuid.UUID) -> None:
    """Note, in the caller's unit of work, that a draft was made of a warning."""
    await _deciding(actor, proposal_id, "used", alert_id)


async def _deciding(
    actor: Actor, proposal_id: uuid.UUID, state: str, alert_id: uuid.UUID | None
) -> AlertProposal:
    proposal = await AlertProposal.filter(id=proposal_id).first()
    if proposal is None:
        raise NotFound(kind="proposal", id=str(proposal_id))
    area = await areas.visible(actor, proposal.area_id)
    actor.require(Role.OFFICER, area.path)
    moved = await AlertProposal.filter(id=proposal_id, state="waiting").update(
        state=state, alert_id=alert_id, decided_by=actor.user_id, decided_at=clock.now()
    )
    if moved == 0:
        raise ProposalDecided(state=proposal.state)
    await proposal.refresh_from_db()
    await audit.record(actor, f"alert.proposal_{state}", "alert_proposal", proposal_id, area_id=area.id)
    return proposal


@atomic
async def forget_old() -> int:
    """Delete warnings a month after they came; returns how many."""
    return await execute("DELETE FROM alert_proposal WHERE received_at < ?", clock.now() - KEPT)


def _out(each: AlertProposal) -> ProposalOut:
    return ProposalOut(
        each.id, each.area_id, cast(ProposalState, each.state), each.sender, each.exercise, each.event, each.headline,
        each.description, each.place, each.contact, each.severity, each.sent_at, each.received_at, each.expires_at,
        each.lon, each.lat, each.radius_m, each.alert_id, each.audience_area_id,
    )  # fmt: skip
