"""Who works at a merchant's tills, each with a login of their own, and its branches."""

import uuid

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.rewards.models import Merchant, MerchantBranch, MerchantStaff
from backend.rewards.schemas import BranchChange, BranchIn, BranchOut, NewStaff, StaffIn, StaffOut
from backend.rewards.shops import branch_out, hire, my_own_shop

BRANCHES_MAX = 50
STAFF_MAX = 100


@atomic
async def add_branch(actor: Actor, wanted: BranchIn, merchant_id: uuid.UUID | None) -> BranchOut:
    """Add a shop of the same merchant; the same id again returns what is there."""
    shop = await my_own_shop(actor, merchant_id)
    stored = await MerchantBranch.filter(id=wanted.id).first()
    if stored is None:
        if await MerchantBranch.filter(merchant_id=shop.id).count() >= BRANCHES_MAX:
            message = f"A merchant has at most {BRANCHES_MAX} branches"
            raise InvalidFields([FieldError("id", "too-many", message)])
        stored = await MerchantBranch.create(
            id=wanted.id,
            merchant_id=shop.id,
            name_zh=wanted.name_zh,
            name_en=wanted.name_en or wanted.name_zh,
            address_zh=wanted.address_zh,
            address_en=wanted.address_en or wanted.address_zh,
            hours=wanted.hours,
            lon=wanted.lon,
            lat=wanted.lat,
        )
        await audit.record(actor, "merchant.branch", "merchant", shop.id, area_id=shop.area_id)
    if stored.merchant_id != shop.id:
        raise InvalidFields([FieldError("id", "taken", "Use a new id; this one is taken", str(wanted.id))])
    return branch_out(stored)


@atomic
async def change_branch(
    actor: Actor, branch_id: uuid.UUID, change: BranchChange, merchant_id: uuid.UUID | None
) -> BranchOut:
    """Change a branch, or close it; a closed one is not shown as near anybody."""
    shop = await my_own_shop(actor, merchant_id)
    branch = await MerchantBranch.filter(id=branch_id, merchant_id=shop.id).first()
    if branch is None:
        raise NotFound(kind="branch", id=str(branch_id))
    for name in ("name_zh", "name_en", "address_zh", "address_en", "hours"):
        if (value := getattr(change, name)) is not None:
            setattr(branch, name, value)
    if change.open is not None:
        branch.is_open = change.open
    await branch.save()
    await audit.record(actor, "merchant.branch", "merchant", shop.id, area_id=shop.area_id)
    return branch_out(branch)


async def staff(actor: Actor, merchant_id: uuid.UUID | None) -> list[StaffOut]:
    """Everybody who works for one's shop."""
    shop = await my_own_shop(actor, merchant_id)
    posts = await MerchantStaff.filter(merchant_id=shop.id, until__isnull=True).order_by("since", "id")
    return await _staff_out(posts)


async def _staff_out(posts: list[MerchantStaff]) -> list[StaffOut]:
    known = await people.contacts({post.user_id for post in posts})
    return [
        StaffOut(
            id=post.id,
            user_id=post.user_id,
            name=known[post.user_id][0],
            phone_masked=known[post.user_id][1],
            owner=post.owner,
            branch_id=post.branch_id,
            since=post.since,
        )
        for post in posts
    ]


async def add_staff(actor: Actor, wanted: StaffIn, merchant_id: uuid.UUID | None) -> NewStaff:
    """Give somebody a login for the till; the address for their authenticator is shown once.

    Raises `Conflict` when the phone number has an account of another person.
    """
    shop = await my_own_shop(actor, merchant_id)
    await _check_branch(shop, wanted.branch_id)
    area = await areas.get(shop.area_id)
    user_id, totp_uri = await people.open_login(
        phone=wanted.phone,
        name=wanted.name,
        password=wanted.password,
        birth_year=wanted.birth_year,
        area=area,
    )
    return NewStaff(staff=await _add_post(actor, shop, area.path, wanted, user_id), totp_uri=totp_uri)


async def _check_branch(shop: Merchant, branch_id: uuid.UUID | None) -> None:
    if branch_id is not None and not await MerchantBranch.filter(id=branch_id, merchant_id=shop.id).exists():
        raise InvalidFields(
            [FieldError("branch_id", "unknown", "Choose one of the shop's branches", str(branch_id))]
        )


@atomic
async def _add_post(
    actor: Actor, shop: Merchant, area_path: str, wanted: StaffIn, user_id: uuid.UUID
) -> StaffOut:
    taken = await MerchantStaff.filter(id=wanted.id).first()
    if taken is not None and (taken.merchant_id, taken.user_id, taken.until) != (shop.id, user_id, None):
        raise InvalidFields([FieldError("id", "taken", "Use a new id; this one is taken", str(wanted.id))])
    if await MerchantStaff.filter(merchant_id=shop.id, until__isnull=True).count() >= STAFF_MAX:
        raise InvalidFields([FieldError("id", "too-many", f"A merchant has at most {STAFF_MAX} staff")])
    post = await hire(
        user_id,
        shop,
        area_path=area_path,
        owner=False,
        post_id=wanted.id,
        branch_id=wanted.branch_id,
        granted_by=actor.user_id,
    )
    await audit.record(
        actor, "merchant.hire", "merchant", shop.id, area_id=shop.area_id, details={"user_id": str(user_id)}
    )
    return (await _staff_out([post]))[0]


@atomic
async def remove_staff(actor: Actor, post_id: uuid.UUID, merchant_id: uuid.UUID | None) -> None:
    """End somebody's work at the till, from their next request on. The owner stays."""
    shop = await my_own_shop(actor, merchant_id)
    post = await MerchantStaff.filter(id=post_id, merchant_id=shop.id, until__isnull=True).first()
    if post is None or post.owner:
        raise NotFound(kind="staff", id=str(post_id))
    post.until = clock.now()
    await post.save(update_fields=["until"])
    await sessions.revoke_role(post.user_id, Role.MERCHANT, merchant_id=shop.id)
    await audit.record(
        actor,
        "merchant.dismiss",
        "merchant",
        shop.id,
        area_id=shop.area_id,
        details={"user_id": str(post.user_id)},
    )
