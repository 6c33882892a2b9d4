"""Wire types of points, offers and vouchers."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from backend.areas.schemas import AreaRef
from backend.people.schemas import TeamRef

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class LineOut(msgspec.Struct):
    """One reason for points, with its parameters and as a whole sentence."""

    code: str
    points: int
    params: dict[str, Any]
    text_zh: str
    text_en: str


class PointsRow(msgspec.Struct):
    """One change of what a person can spend."""

    id: uuid.UUID
    seq: int
    at: dt.datetime
    amount: int
    balance_after: int
    code: str
    title_zh: str
    title_en: str
    lines: list[LineOut]
    reference_id: uuid.UUID | None
    reason: str | None


class ExpiringOut(msgspec.Struct):
    """Points that end on one day."""

    points: int
    expires_at: dt.datetime


class PointsOut(msgspec.Struct):
    """What a person can spend, when it ends (soonest first), and a page of how it came and went."""

    balance: int
    set_aside: int
    earned_total: int
    expiring: list[ExpiringOut]
    items: list[PointsRow]
    next: str | None


class MerchantRef(msgspec.Struct):
    id: uuid.UUID
    kind: str
    name_zh: str
    name_en: str
    address_zh: str
    address_en: str
    hours: str
    lon: float
    lat: float
    distance_m: int | None


class OfferOut(msgspec.Struct):
    id: uuid.UUID
    merchant: MerchantRef
    title_zh: str
    title_en: str
    terms_zh: str
    terms_en: str
    cost: int
    stock: int
    per_person_cap: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    hours: str
    voucher_days: int
    image_url: str | None
    is_new: bool
    state: str
    affordable: bool


class KindCount(msgspec.Struct):
    """How many offers there are of shops of one kind."""

    kind: str
    count: int


class OfferList(msgspec.Struct):
    items: list[OfferOut]
    balance: int
    kinds: list[KindCount]


class Purchase(msgspec.Struct, forbid_unknown_fields=True):
    """Buy one; the phone makes the voucher's id, so that a second try buys nothing more."""

    id: uuid.UUID


class VoucherOut(msgspec.Struct):
    """A voucher; the QR token is given to its holder only and changes every minute."""

    id: uuid.UUID
    state: str
    title_zh: str
    title_en: str
    terms_zh: str
    terms_en: str
    hours: str
    cost: int
    code: str
    merchant: MerchantRef
    issued_at: dt.datetime
    expires_at: dt.datetime
    redeemed_at: dt.datetime | None
    returned_at: dt.datetime | None
    return_reason: str | None
    qr_token: str | None
    qr_valid_until: dt.datetime | None


class Redemption(msgspec.Struct, forbid_unknown_fields=True):
    """What the till scanned (token) or typed (code), with an id the till makes, so that a repeat is harmless."""

    id: uuid.UUID
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    merchant_id: uuid.UUID | None = None
    branch_id: uuid.UUID | None = None


class RedeemedOut(msgspec.Struct):
    """What the till hands over; it can be taken back until `undo_until`."""

    redemption_id: uuid.UUID
    voucher_id: uuid.UUID
    title_zh: str
    title_en: str
    terms_zh: str
    terms_en: str
    cost: int
    code_end: str
    redeemed_at: dt.datetime
    undo_until: dt.datetime
    state: str
    staff_name: str
    branch_id: uuid.UUID | None


class UndoIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why a redemption is taken back."""

    reason: Reason
    merchant_id: uuid.UUID | None = None


class MerchantToday(msgspec.Struct):
    """What stands of today's redemptions, and how many were undone."""

    redeemed: int
    points: int
    undone: int


class BranchOut(msgspec.Struct):
    """Another shop of a merchant."""

    id: uuid.UUID
    name_zh: str
    name_en: str
    address_zh: str
    address_en: str
    hours: str
    lon: float
    lat: float
    open: bool


class MerchantHome(msgspec.Struct):
    """A shop for those who work there; whom the area reaches about it, for its owner only."""

    merchant: MerchantRef
    state: str
    role: str
    branches: list[BranchOut]
    offers: list[OfferOut]
    today: MerchantToday
    recent: list[RedeemedOut]
    contact_name: str | None = None
    contact_phone: str | None = None


Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class OfferIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    title_zh: Title
    cost: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    stock: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    title_en: Annotated[str, msgspec.Meta(max_length=120)] = ""
    terms_zh: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    terms_en: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    per_person_cap: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    hours: Annotated[str, msgspec.Meta(max_length=60)] = ""
    voucher_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    starts_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None
    ends_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


class OfferPatch(msgspec.Struct, forbid_unknown_fields=True):
    title_zh: Title | UnsetType = UNSET
    title_en: Annotated[str, msgspec.Meta(max_length=120)] | UnsetType = UNSET
    terms_zh: Annotated[str, msgspec.Meta(max_length=1000)] | UnsetType = UNSET
    terms_en: Annotated[str, msgspec.Meta(max_length=1000)] | UnsetType = UNSET
    cost: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | UnsetType = UNSET
    stock: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | UnsetType = UNSET
    state: Literal["open", "paused", "closed"] | UnsetType = UNSET
    per_person_cap: Annotated[int, msgspec.Meta(ge=1, le=1000)] | UnsetType | None = UNSET
    hours: Annotated[str, msgspec.Meta(max_length=60)] | UnsetType = UNSET
    voucher_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | UnsetType = UNSET
    starts_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | UnsetType = UNSET
    ends_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | UnsetType | None = UNSET


# --- merchants ------------------------------------------------------------------------------------------------------

Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Phone = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]{5,15}$", description="Digits, with an optional +")]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=200)]
ShopName = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
Hours = Annotated[str, msgspec.Meta(max_length=60)]
Kind = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{2,30}$")]
EnglishName = Annotated[str, msgspec.Meta(max_length=80)]
EnglishAddress = Annotated[str, msgspec.Meta(max_length=120)]
BirthYear = Annotated[int, msgspec.Meta(ge=1900, le=2100)]


class LoginIn(msgspec.Struct, forbid_unknown_fields=True):
    """The login of somebody who has none yet."""

    phone: Phone
    name: ShopName
    password: Password
    birth_year: BirthYear


class MerchantApply(msgspec.Struct, forbid_unknown_fields=True):
    """A shop asks to join; `account` is for those who are not signed in."""

    id: uuid.UUID
    licence_no: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{8,40}$")]
    kind: Kind
    name_zh: ShopName
    address_zh: Address
    lon: Longitude
    lat: Latitude
    contact_name: ShopName
    contact_phone: Phone
    name_en: EnglishName = ""
    address_en: EnglishAddress = ""
    hours: Hours = ""
    account: LoginIn | None = None


class ApplicationOut(msgspec.Struct):
    """What became of asking; `totp_uri` is for the authenticator app, and given once."""

    id: uuid.UUID
    state: str
    area: AreaRef
    totp_uri: str | None


class MyMerchant(msgspec.Struct):
    """A shop one works for, or has asked to join with."""

    id: uuid.UUID
    name_zh: str
    name_en: str
    state: str
    state_reason: str | None
    role: str
    branch_id: uuid.UUID | None


class MerchantAdminOut(msgspec.Struct):
    """A merchant as its administrators see it; `owed` in points."""

    merchant: MerchantRef
    state: str
    state_reason: str | None
    licence_no: str | None
    contact_name: str
    contact_phone: str
    branches: list[BranchOut]
    applied_at: dt.datetime | None
    offers: int
    open_vouchers: int
    owed: int


class MerchantChange(msgspec.Struct, forbid_unknown_fields=True):
    """What an owner may change."""

    kind: Kind | None = None
    hours: Hours | None = None
    address_zh: Address | None = None
    address_en: EnglishAddress | None = None
    contact_name: ShopName | None = None
    contact_phone: Phone | None = None


class WhyIn(msgspec.Struct, forbid_unknown_fields=True):
    """The reason of a step."""

    reason: Reason


class Refunded(msgspec.Struct):
    """How many vouchers were refunded."""

    refunded: int


class BranchIn(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    name_zh: ShopName
    address_zh: Address
    lon: Longitude
    lat: Latitude
    name_en: EnglishName = ""
    address_en: EnglishAddress = ""
    hours: Hours = ""


class BranchChange(msgspec.Struct, forbid_unknown_fields=True):
    name_zh: ShopName | None = None
    name_en: EnglishName | None = None
    address_zh: Address | None = None
    address_en: EnglishAddress | None = None
    hours: Hours | None = None
    open: bool | None = None


class StaffIn(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody for the till, with a login of their own."""

    id: uuid.UUID
    name: ShopName
    phone: Phone
    password: Password
    birth_year: BirthYear
    branch_id: uuid.UUID | None = None


class StaffOut(msgspec.Struct):
    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    phone_masked: str
    owner: bool
    branch_id: uuid.UUID | None
    since: dt.datetime


class NewStaff(msgspec.Struct):
    """Somebody new, and the address for their authenticator app, given once."""

    staff: StaffOut
    totp_uri: str | None


# --- the ledger's health --------------------------------------------------------------------------------------------


class LedgerFinding(msgspec.Struct):
    """The first wrong thing: what it is (transfer, account, voucher, block), which one, and what is wrong."""

    what: str
    id: str
    problem: str


class LedgerAudit(msgspec.Struct):
    """What an audit of the ledger found."""

    at: dt.datetime
    ok: bool
    accounts: int
    transfers: int
    vouchers: int
    blocks: int
    head_hash: str
    seconds: float
    first_wrong: LedgerFinding | None


class LedgerHealth(msgspec.Struct):
    """The latest audit, if there was one."""

    last: LedgerAudit | None


# --- settlement -----------------------------------------------------------------------------------------------------


class PaymentOut(msgspec.Struct):
    """How a statement was paid outside; the amount in cents, where money was paid."""

    reference: str
    amount_cents: int | None


class SettlementOut(msgspec.Struct):
    """A merchant's month; `total` in points is the sum of its lines."""

    id: uuid.UUID
    merchant: MerchantRef
    period: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    total: int
    redeemed: int
    lines_count: int
    disputed: int
    frozen_at: dt.datetime
    confirmed_at: dt.datetime | None
    paid_at: dt.datetime | None
    payment: PaymentOut | None


class DisputeOut(msgspec.Struct):
    """What the merchant says of a line, and the answer."""

    state: str
    note: str
    answer: str | None


class SettlementLineOut(msgspec.Struct):
    """One redemption, or what was taken back; nothing of it tells who the volunteer is."""

    id: uuid.UUID
    at: dt.datetime
    kind: str
    title_zh: str
    title_en: str
    voucher_end: str
    points: int
    dispute: DisputeOut | None


class SettlementDetail(msgspec.Struct):
    """A statement with its lines."""

    settlement: SettlementOut
    lines: list[SettlementLineOut]


class OpenMonth(msgspec.Struct):
    """What has come in since the last statement, in points."""

    period: str
    total: int
    redeemed: int


class DisputedLine(msgspec.Struct, forbid_unknown_fields=True):
    id: uuid.UUID
    note: Reason


class DisputeIn(msgspec.Struct, forbid_unknown_fields=True):
    """The lines that the merchant sees otherwise."""

    lines: Annotated[list[DisputedLine], msgspec.Meta(min_length=1, max_length=200)]


class ResolveIn(msgspec.Struct, forbid_unknown_fields=True):
    """The line stands, or its points go back to the person."""

    decision: Literal["stands", "corrected"]
    note: Reason


class PaidIn(msgspec.Struct, forbid_unknown_fields=True):
    """The payment's reference outside, and its amount in cents where money was paid."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"\S")]
    amount_cents: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)] | None = None


class FreezeIn(msgspec.Struct, forbid_unknown_fields=True):
    """Freeze a month, such as "2026-10"."""

    area_id: uuid.UUID
    period: Annotated[str, msgspec.Meta(max_length=7)]


# --- rules ----------------------------------------------------------------------------------------------------------

RulesFigures = dict[str, Annotated[int, msgspec.Meta(ge=0, le=10_000)]]


class RuleVersion(msgspec.Struct):
    """One version of the rules; `state` is draft, on or past."""

    version: int
    state: str
    figures: dict[str, int]
    note: str
    created_at: dt.datetime | None
    switched_on_at: dt.datetime | None


class RulesOut(msgspec.Struct):
    """The version that holds, and all there are, newest first."""

    current: RuleVersion
    versions: list[RuleVersion]


class RulesDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A new version with every figure, and why."""

    id: uuid.UUID
    area_id: uuid.UUID
    figures: RulesFigures
    note: Reason


class RulesTry(msgspec.Struct, forbid_unknown_fields=True):
    """Figures to try on last month."""

    area_id: uuid.UUID
    figures: RulesFigures


class KindPreview(msgspec.Struct):
    kind: str
    points_now: int
    points_then: int


class RulesPreview(msgspec.Struct):
    """What last month earned, and what it would have earned; how many people get more, less or the same."""

    since: dt.datetime
    until: dt.datetime
    credits: int
    people: int
    points_now: int
    points_then: int
    more: int
    fewer: int
    same: int
    kinds: list[KindPreview]


class RuleLine(msgspec.Struct):
    """What earns what, in words."""

    code: str
    points: int
    text_zh: str
    text_en: str


class RulesInWords(msgspec.Struct):
    """What earns what in one's district."""

    version: int
    since: dt.datetime | None
    lines: list[RuleLine]


class ShareIn(msgspec.Struct, forbid_unknown_fields=True):
    """A person's part, by weight, as the team agreed."""

    user_id: uuid.UUID
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


type DeedKind = Literal["handled_matter", "mediation", "talk"]


class DeedIn(msgspec.Struct, forbid_unknown_fields=True):
    """Something done apart from a patrol, and who shares its thanks."""

    id: uuid.UUID
    area_id: uuid.UUID
    kind: DeedKind
    title_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"\S")]
    shares: Annotated[list[ShareIn], msgspec.Meta(min_length=1, max_length=50)]
    title_en: Annotated[str, msgspec.Meta(max_length=120)] = ""


class DeedShareOut(msgspec.Struct):
    """What one person was given; nothing where the day's cap was full."""

    user_id: uuid.UUID
    name: str
    points: int


class DeedOut(msgspec.Struct):
    """What was thanked for, by whom, and what each person was given."""

    id: uuid.UUID
    kind: DeedKind
    title_zh: str
    title_en: str
    at: dt.datetime
    by_name: str
    items: list[DeedShareOut]


class DeedPerson(msgspec.Struct):
    """Somebody to thank, told from namesakes by team and masked phone number."""

    user_id: uuid.UUID
    name: str
    phone: str
    team: TeamRef | None
