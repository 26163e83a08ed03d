"""Roles, tiers, and the one table of who may do what: the server enforces it, the client only hides or disables."""

from enum import IntEnum, StrEnum


class Role(StrEnum):
    """The chair a person sits in."""

    TIER1 = "tier1"
    TIER2 = "tier2"
    QA = "qa"
    OWNER = "owner"


class Tier(IntEnum):
    """The tier of people a conversation waits for."""

    AGENT = 1
    SPECIALIST = 2


class Permission(StrEnum):
    """One thing a person may or may not do."""

    READ = "read"
    CLAIM_TIER1 = "claim_tier1"
    CLAIM_TIER2 = "claim_tier2"
    CLAIM_UNQUEUED = "claim_unqueued"
    TAKE_BACK = "take_back"
    CORRECT = "correct"
    CLOSE = "close"


ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.TIER1: frozenset({Permission.READ, Permission.CLAIM_TIER1, Permission.CORRECT, Permission.CLOSE}),
    Role.TIER2: frozenset({
        Permission.READ,
        Permission.CLAIM_TIER1,
        Permission.CLAIM_TIER2,
        Permission.TAKE_BACK,
        Permission.CORRECT,
        Permission.CLOSE,
    }),
    Role.QA: frozenset({
        Permission.READ,
        Permission.CLAIM_TIER1,
        Permission.CLAIM_TIER2,
        Permission.CLAIM_UNQUEUED,
        Permission.TAKE_BACK,
        Permission.CORRECT,
        Permission.CLOSE,
    }),
    Role.OWNER: frozenset({Permission.READ}),
}  # fmt: skip


def claim_permission(tier: Tier, *, handed_off: bool) -> Permission:
    """Return what a role needs to claim a conversation of this tier, or one that the AI did not hand off."""
    if not handed_off:
        return Permission.CLAIM_UNQUEUED
    return Permission.CLAIM_TIER2 if tier is Tier.SPECIALIST else Permission.CLAIM_TIER1


def is_allowed(role: Role, permission: Permission) -> bool:
    """Say whether a role holds a permission."""
    return permission in ALLOWED[role]
