"""The one way a use case says no."""

from console.contract.permissions import Permission, is_allowed
from console.contract.problems import ProblemCode
from console.contract.views import Claim
from console.server.services.identity import Identity


class Refused(Exception):
    """A definite no, with the problem code a client acts on. `detail` never repeats what the caller sent."""

    def __init__(self, code: ProblemCode, detail: str, claim: Claim | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.claim = claim


def require(caller: Identity, permission: Permission) -> None:
    """Raise Refused unless the caller's role holds the permission."""
    if not is_allowed(caller.role, permission):
        raise Refused(ProblemCode.FORBIDDEN, f"The role {caller.role} may not do this.")
