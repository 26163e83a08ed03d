"""The one table of who may do what answers for every role and every permission."""

import pytest

from console.contract.permissions import ALLOWED, Permission, Role, is_allowed

TABLE = {
    Permission.READ: {Role.TIER1, Role.TIER2, Role.QA, Role.OWNER},
    Permission.CLAIM_TIER1: {Role.TIER1, Role.TIER2, Role.QA},
    Permission.CLAIM_TIER2: {Role.TIER2, Role.QA},
    Permission.CLAIM_UNQUEUED: {Role.QA},
    Permission.TAKE_BACK: {Role.TIER2, Role.QA},
    Permission.CORRECT: {Role.TIER1, Role.TIER2, Role.QA},
    Permission.CLOSE: {Role.TIER1, Role.TIER2, Role.QA},
}


def test_the_table_is_total() -> None:
    assert set(ALLOWED) == set(Role)
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_its_work_needs_and_no_more(role: Role, permission: Permission) -> None:
    assert is_allowed(role, permission) is (role in TABLE[permission])
