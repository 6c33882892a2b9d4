"""What `notify.service.send` and `recall` leave in the tables."""

import pytest

from backend.core import clock
from backend.core.db import atomic, row, rows
from backend.core.ids import uuid7
from backend.core.sessions import open_session
from backend.notify import service
from backend.notify.models import Message
from backend.people.models import Person


async def person(name: str = "甲") -> Person:
    return await Person.create(
        id=uuid7(), phone=str(uuid7().int)[-11:], name=name, password_hash="-", birth_year=1980, verified=True,
        on_duty=True, created_at=clock.now(),
    )  # fmt: skip


async def test_each_recipient_gets_one_row(database: object) -> None:
    """Naming someone twice tells them once; the order of numbers is the order of sending."""
    one, two = await person(), await person()
    task = uuid7()
    await service.send([one.id, two.id, one.id], "task.published", ("task", task), "新任务", "New task")
    await service.send([two.id], "task.changed", ("task", task), "任务有变", "Task changed")
    found = await Message.all().order_by("seq")
    assert [(message.user_id, message.kind) for message in found] in (
        [(one.id, "task.published"), (two.id, "task.published"), (two.id, "task.changed")],
        [(two.id, "task.published"), (one.id, "task.published"), (two.id, "task.changed")],
    )


async def test_a_failed_unit_of_work_tells_nobody(database: object) -> None:
    """A message belongs to the caller's transaction."""
    one = await person()

    @atomic
    async def work() -> None:
        await service.send([one.id], "task.published", ("task", uuid7()), "新任务", "New task", push=True)
        raise LookupError

    with pytest.raises(LookupError):
        await work()
    assert await Message.all().count() == 0


async def test_recall_takes_the_text_and_tells_each_once(database: object) -> None:
    """After a recall no text about the thing is left, and what is about another thing is untouched."""
    one = await person()
    alert, other = uuid7(), uuid7()
    await service.send([one.id], "alert.live", ("alert", alert), "标题", "Title", "正文", "Body")
    await service.send([one.id], "alert.live", ("alert", other), "另一条", "Other", "正文二", "Body two")
    await service.recall([one.id], ("alert", alert))
    kept = await Message.filter(ref_id=alert).order_by("seq")
    assert [(message.kind, message.title_zh, message.body_zh) for message in kept] == [
        ("alert.live", "已撤回", ""),
        ("alert.recall", "已撤回", ""),
    ]
    assert kept[0].recalled_at is not None
    assert kept[1].recalled_at is None
    assert (await Message.get(ref_id=other)).body_zh == "正文二"


async def test_push_is_enqueued_only_for_people_with_a_subscription(database: object) -> None:
    """No job is made for people whom no push service knows."""
    one, two = await person(), await person()
    session, _ = await open_session(two.id, device_name="", days=1)
    await service.PushSubscription.create(
        id=uuid7(), user_id=two.id, session_id=session.id, endpoint="https://push.invalid/1", p256dh="k", auth="a",
        device_name="", created_at=clock.now(),
    )  # fmt: skip
    await service.send(
        [one.id, two.id], "alert.live", ("alert", uuid7()), "标题", "Title", push=True, urgent=True
    )
    jobs = await rows("SELECT payload FROM job WHERE name = 'notify.push'")
    assert len(jobs) == 1
    message = await Message.get(user_id=two.id)
    assert str(message.id) in str(jobs[0]["payload"])
    await service.send([one.id], "alert.live", ("alert", uuid7()), "标题", "Title", push=True)
    counted = await row("SELECT COUNT(*) AS jobs FROM job WHERE name = 'notify.push'")
    assert counted is not None and counted["jobs"] == 1
