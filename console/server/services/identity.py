"""Who a request speaks for."""

from dataclasses import dataclass

from console.contract.ids import UserId
from console.contract.permissions import Role


@dataclass(frozen=True)
class Identity:
    """A user in a role, as a token proves it."""

    user_id: UserId
    name: str
    role: Role
