"""The tables of this package as Tortoise sees them; sql/ creates them and holds their invariants."""

from tortoise import fields
from tortoise.models import Model


class PointsAccount(Model):
    """Who holds points: a person, team or merchant, or one of the accounts points come from and go to."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=10)
    owner_id = fields.UUIDField(null=True)
    area_id = fields.UUIDField(null=True)
    may_overdraw = fields.BooleanField(default=False)
    debits_posted: fields.Field[int] = fields.BigIntField(default=0)
    debits_pending: fields.Field[int] = fields.BigIntField(default=0)
    credits_posted: fields.Field[int] = fields.BigIntField(default=0)
    credits_pending: fields.Field[int] = fields.BigIntField(default=0)
    last_seq: fields.Field[int] = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "points_account"


class PointsTransfer(Model):
    """One row of the journal, never changed after it is stored."""

    seq: fields.Field[int] = fields.BigIntField(primary_key=True, generated=True)
    id = fields.UUIDField(unique=True)
    debit_account_id = fields.UUIDField()
    credit_account_id = fields.UUIDField()
    amount: fields.Field[int] = fields.BigIntField()
    kind = fields.CharField(max_length=8)
    pending_id = fields.UUIDField(null=True)
    reverses_id = fields.UUIDField(null=True)
    code = fields.CharField(max_length=40)
    reference_id = fields.UUIDField(null=True)
    explanation = fields.TextField()
    reason = fields.TextField(null=True)
    timeout_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "points_transfer"


class PointsOffer(Model):
    """What a merchant gives for points; `stock` is what is left."""

    id = fields.UUIDField(primary_key=True)
    merchant_id = fields.UUIDField()
    area_id = fields.UUIDField(null=True)
    title_zh = fields.CharField(max_length=80)
    title_en = fields.CharField(max_length=120)
    terms_zh = fields.TextField()
    terms_en = fields.TextField()
    cost: fields.Field[int] = fields.BigIntField()
    stock: fields.Field[int] = fields.BigIntField()
    per_person_cap = fields.IntField(null=True)
    voucher_days = fields.IntField(default=30)
    hours = fields.CharField(max_length=60, default="")
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=8, default="open")
    image_key = fields.CharField(max_length=120, null=True)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "points_offer"


class PointsVoucher(Model):
    """One bought thing: issued, then redeemed, expired or refunded."""

    id = fields.UUIDField(primary_key=True)
    offer_id = fields.UUIDField()
    merchant_id = fields.UUIDField()
    user_id = fields.UUIDField()
    transfer_id = fields.UUIDField(unique=True)
    title_zh = fields.CharField(max_length=80)
    title_en = fields.CharField(max_length=120)
    terms_zh = fields.TextField()
    terms_en = fields.TextField()
    hours = fields.CharField(max_length=60, default="")
    cost: fields.Field[int] = fields.BigIntField()
    state = fields.CharField(max_length=8, default="issued")
    code = fields.CharField(max_length=8)
    issued_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    redeemed_at = fields.DatetimeField(null=True)
    redeemed_by = fields.UUIDField(null=True)
    redemption_id = fields.UUIDField(null=True)
    returned_at = fields.DatetimeField(null=True)
    return_reason = fields.CharField(max_length=200, null=True)

    class Meta(Model.Meta):
        table = "points_voucher"


class PointsRedemption(Model):
    """One use of a voucher at a till; undone within five minutes, or for ever."""

    id = fields.UUIDField(primary_key=True)
    voucher_id = fields.UUIDField()
    merchant_id = fields.UUIDField()
    branch_id = fields.UUIDField(null=True)
    staff_id = fields.UUIDField()
    user_id = fields.UUIDField()
    transfer_id = fields.UUIDField(unique=True)
    redeemed_at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True)
    undone_by = fields.UUIDField(null=True)
    undo_reason = fields.CharField(max_length=200, null=True)

    class Meta(Model.Meta):
        table = "points_redemption"


class PointsBlock(Model):
    """Transfers sealed together; never changed."""

    number: fields.Field[int] = fields.BigIntField(primary_key=True, generated=False)
    first_seq: fields.Field[int] = fields.BigIntField()
    last_seq: fields.Field[int] = fields.BigIntField()
    transfers = fields.IntField()
    row_digests = fields.BinaryField()
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)
    sealed_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "points_block"


class PointsAudit(Model):
    """What one audit found."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    ok = fields.BooleanField()
    accounts: fields.Field[int] = fields.BigIntField()
    transfers: fields.Field[int] = fields.BigIntField()
    vouchers: fields.Field[int] = fields.BigIntField()
    blocks: fields.Field[int] = fields.BigIntField()
    head_hash = fields.CharField(max_length=64)
    wrong_what = fields.CharField(max_length=20, null=True)
    wrong_id = fields.CharField(max_length=40, null=True)
    problem = fields.TextField(null=True)
    seconds = fields.FloatField()

    class Meta(Model.Meta):
        table = "points_audit"


class PointsSettlement(Model):
    """What a merchant is owed for a month; the sum of its lines."""

    id = fields.UUIDField(primary_key=True)
    merchant_id = fields.UUIDField()
    area_id = fields.UUIDField()
    period = fields.CharField(max_length=7)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    state = fields.CharField(max_length=10, default="frozen")
    frozen_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    confirmed_by = fields.UUIDField(null=True)
    paid_at = fields.DatetimeField(null=True)
    paid_by = fields.UUIDField(null=True)
    payment_reference = fields.CharField(max_length=80, null=True)
    payment_cents: fields.Field[int | None] = fields.BigIntField(null=True)

    class Meta(Model.Meta):
        table = "points_settlement"


class PointsSettlementLine(Model):
    """One transfer of a merchant's account, and what is disputed about it."""

    transfer_id = fields.UUIDField(primary_key=True)
    settlement_id = fields.UUIDField()
    kind = fields.CharField(max_length=10)
    voucher_id = fields.UUIDField(null=True)
    points: fields.Field[int] = fields.BigIntField()
    at = fields.DatetimeField()
    dispute = fields.CharField(max_length=10, null=True)
    dispute_note = fields.CharField(max_length=200, null=True)
    dispute_answer = fields.CharField(max_length=200, null=True)

    class Meta(Model.Meta):
        table = "points_settlement_line"


class PointsRules(Model):
    """One version of a district's rules."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    version = fields.IntField()
    figures = fields.TextField()
    note = fields.CharField(max_length=200)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    switched_on_at = fields.DatetimeField(null=True)
    switched_on_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "points_rules"


class PointsEarning(Model):
    """What a person did, as it was judged, and what it earned."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    kind = fields.CharField(max_length=20)
    reference_id = fields.UUIDField()
    user_id = fields.UUIDField()
    reviewer_id = fields.UUIDField()
    facts = fields.TextField()
    at = fields.DatetimeField()
    rules_version = fields.IntField()
    points: fields.Field[int] = fields.BigIntField()

    class Meta(Model.Meta):
        table = "points_earning"


class PointsBudget(Model):
    """Points that a funder gives a district for a period."""

    id = fields.UUIDField(primary_key=True)
    area_id = fields.UUIDField()
    funder = fields.CharField(max_length=60)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    points: fields.Field[int] = fields.BigIntField()
    kept_for_posted: fields.Field[int] = fields.BigIntField(default=0)
    used: fields.Field[int] = fields.BigIntField(default=0)
    note = fields.CharField(max_length=200, default="")
    told_percent = fields.IntField(default=0)
    told_end = fields.BooleanField(default=False)
    created_by = fields.UUIDField()
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "points_budget"
