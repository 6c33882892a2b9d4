"""The daily audit: its result is on the administrators' page, and they are called when something is wrong."""

import datetime as dt
from types import ModuleType

from backend.core.db import sql
from backend.core.roles import Role
from backend.notify.models import Message
from backend.rewards import jobs
from tests.support.evening import Evening, person_behind
from tests.support.shop import spender


async def test_administrators_see_the_latest_audit(evening: Evening) -> None:
    """None at first, then that of the daily job or of the button; volunteers see nothing."""
    admin, area = await evening.browser(Role.ADMIN), {"area_id": str(evening.district.district.id)}
    assert (await admin.get("/api/ledger", params=area)).json() == {"last": None}
    browser = await spender(evening, 12)
    await jobs.audit_ledger({})
    last = (await admin.get("/api/ledger", params=area)).json()["last"]
    assert (last["ok"], last["transfers"], last["blocks"], last["first_wrong"]) == (True, 1, 1, None)
    assert len(last["head_hash"]) == 64
    again = (await admin.post("/api/ledger/audit", params=area)).json()["last"]
    assert again["head_hash"] == last["head_hash"]
    for refused in (
        await browser.get("/api/ledger", params=area),
        await browser.post("/api/ledger/audit", params=area),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")


async def test_a_wrong_ledger_calls_the_administrators(evening: Evening, raw_sql) -> None:
    """The message and the page name what is wrong."""
    admin, area = await evening.browser(Role.ADMIN), {"area_id": str(evening.district.district.id)}
    await spender(evening, 12)
    for statement in sql(
        sqlite="DROP TRIGGER points_account_totals_from_transfers",
        postgres="ALTER TABLE points_account DISABLE TRIGGER ALL",
    ).split(";"):
        await raw_sql(statement)
    await raw_sql(
        "UPDATE points_account SET credits_posted = credits_posted + 1, last_seq = last_seq WHERE kind = 'person'"
    )
    await jobs.audit_ledger({})
    last = (await admin.get("/api/ledger", params=area)).json()["last"]
    assert last["ok"] is False and last["first_wrong"]["what"] == "account"
    assert await Message.filter(kind="ledger.wrong", user_id=(await person_behind(admin)).id).count() == 1


async def test_points_that_end_are_announced_and_shown(evening: Evening, clock: ModuleType) -> None:
    """The purse says from the first day when they end; a month before a message does; then they are gone."""
    browser = await spender(evening, 12)
    (soon,) = (await browser.get("/api/me/points")).json()["expiring"]
    assert soon["points"] == 12
    clock.freeze(dt.datetime.fromisoformat(soon["expires_at"]) - dt.timedelta(days=20))
    await jobs.end_points({})
    assert await Message.filter(kind="points.expiring").count() == 1
    clock.freeze(dt.datetime.fromisoformat(soon["expires_at"]) + dt.timedelta(hours=1))
    await jobs.end_points({})
    from points import ledger

    person = await Message.get(kind="points.expiring")
    assert (await ledger.balance(ledger.account_id("person", person.user_id))).available == 0
