"""Roles and where they hold: a grant covers its area and everything below it."""

import enum
import uuid

import msgspec


class Role(enum.StrEnum):
    """What a person may do in an area."""

    VOLUNTEER = "volunteer"
    LEADER = "leader"
    POSTER = "poster"
    OFFICER = "officer"
    APPROVER = "approver"
    MERCHANT = "merchant"
    ADMIN = "admin"


DESK_ROLES = (Role.OFFICER, Role.APPROVER, Role.POSTER, Role.ADMIN)
POLICE_ROLES = (Role.OFFICER, Role.APPROVER)
SECOND_FACTOR_ROLES = (Role.OFFICER, Role.APPROVER, Role.MERCHANT, Role.ADMIN)


class Grant(msgspec.Struct, frozen=True):
    """One role in one area; a merchant's grant also names the merchant."""

    role: Role
    area_id: uuid.UUID | None
    area_path: str
    merchant_id: uuid.UUID | None = None

    def covers(self, area_path: str) -> bool:
        """Whether the grant reaches `area_path` ("lewan" covers "lewan/rongqiao")."""
        return self.area_path in ("", area_path) or area_path.startswith(self.area_path + "/")
