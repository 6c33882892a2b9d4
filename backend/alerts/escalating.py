"""When nothing comes back from a phone: the next way to its owner, and what those who got it that way are told at the end.

Everyone hears in the app and by notification at once. Where a phone stays silent, the area's work groups are told once
that there is something; then whoever is still unheard of and on duty gets a text message, where there is a gateway.
"""

import datetime as dt
import uuid

from backend.alerts.access import ends_at
from backend.alerts.kinds import KEEP_AWAY_ZH, titles
from backend.alerts.models import Alert, Delivery
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock
from backend.core.db import atomic, rows
from backend.core.ids import uuid7
from backend.core.jobs import enqueue
from backend.notify import service as notify
from backend.people import service as people
from backend.settings import current

GROUPS_AFTER = dt.timedelta(seconds=45)
TEXTS_AFTER = dt.timedelta(seconds=120)
SMS_JOB = "alerts.text"


async def escalate_due() -> int:
    """Go one way further for every live alert that someone has not heard of; returns for how many alerts."""
    now = clock.now()
    live = await Alert.filter(state="live", live_at__lte=now - GROUPS_AFTER).order_by("live_at")
    return sum([await _escalate(alert) for alert in live if ends_at(alert) > now])


@atomic
async def _escalate(alert: Alert) -> bool:
    unheard = await _unheard(alert.id)
    if not unheard:
        return False
    now = clock.now()
    went = False
    if await Alert.filter(id=alert.id, state="live", groups_told_at__isnull=True).update(groups_told_at=now):
        area = await areas.get(alert.area_id)
        went = await notify.tell_groups(area, ("alert", alert.id), _line(alert, area)) > 0
        if not went:  # no group is connected (yet)
            await Alert.filter(id=alert.id).update(groups_told_at=None)
    assert alert.live_at is not None, "it is live"
    if notify.can_text() and now >= alert.live_at + TEXTS_AFTER:
        went = await _text(alert, unheard) or went
    return went


async def _unheard(alert_id: uuid.UUID) -> set[uuid.UUID]:
    """Those sent it of whom no phone has said that it has arrived, and who were not texted."""
    found = await rows(
        "SELECT user_id FROM delivery WHERE alert_id = ? GROUP BY user_id"
        " HAVING COUNT(delivered_at) = 0 AND COUNT(CASE WHEN channel = 'sms' THEN 1 END) = 0",
        alert_id,
    )
    return {
        each["user_id"] if isinstance(each["user_id"], uuid.UUID) else uuid.UUID(each["user_id"])
        for each in found
    }


async def _text(alert: Alert, unheard: set[uuid.UUID]) -> bool:
    on_duty = await people.on_duty_among(unheard)
    for user_id in sorted(on_duty):
        delivery = await Delivery.create(id=uuid7(), alert_id=alert.id, user_id=user_id, channel="sms")
        await enqueue(SMS_JOB, {"delivery_id": delivery.id, "recall": False})
    return bool(on_duty)


async def recall(alert: Alert) -> None:
    """In the caller's unit of work: groups and texted people are told that it was taken back."""
    area = await areas.get(alert.area_id)
    if alert.groups_told_at is not None:
        title_zh, _ = titles(alert.kind, exercise=alert.exercise)
        text = f"【{title_zh}】{area.name_zh}的协查已撤回，请不要再转述。"
        await notify.tell_groups(area, ("alert", alert.id), text)
    for delivery in await Delivery.filter(alert_id=alert.id, channel="sms", sent_at__isnull=False):
        await enqueue(SMS_JOB, {"delivery_id": delivery.id, "recall": True})


async def text_one(delivery_id: uuid.UUID, *, recall: bool) -> None:
    """Send one text that is due; nothing for someone who went off duty or has heard of it meanwhile."""
    delivery = await Delivery.get(id=delivery_id)
    alert = await Alert.get(id=delivery.alert_id)
    if not recall and not await _still_wanted(alert, delivery):
        return
    phones = await people.phones({delivery.user_id})
    if delivery.user_id not in phones:
        return
    area = await areas.get(alert.area_id)
    title_zh, _ = titles(alert.kind, exercise=alert.exercise)
    text = f"【{title_zh}】已撤回，请不要再转述。" if recall else _line(alert, area)
    await notify.text(f"{delivery.id}{'.recall' if recall else ''}", phones[delivery.user_id], text)
    if not recall:
        await Delivery.filter(id=delivery.id, sent_at__isnull=True).update(sent_at=clock.now())


async def _still_wanted(alert: Alert, delivery: Delivery) -> bool:
    if alert.state != "live" or ends_at(alert) <= clock.now() or delivery.sent_at is not None:
        return False
    heard = await Delivery.filter(
        alert_id=alert.id, user_id=delivery.user_id, delivered_at__isnull=False
    ).exists()
    return not heard and bool(await people.on_duty_among({delivery.user_id}))


def _line(alert: Alert, area: Area) -> str:
    """What groups and text messages say: that there is something and where to read it, no name and no description."""
    title_zh, _ = titles(alert.kind, exercise=alert.exercise)
    return (
        f"【{title_zh}】{area.name_zh}有一条协查。{KEEP_AWAY_ZH}"
        f"值勤的志愿者请登录查看：{current().origin()}/alerts/{alert.id}"
    )
