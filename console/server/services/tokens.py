"""Issues access tokens and says whom one speaks for. Only hashes are stored."""

import secrets

from console.contract.base import content_sha256
from console.contract.problems import ProblemCode
from console.server.domain.audit import OPERATOR, AuditAction, AuditEntry
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import Clock, StorePort
from console.server.services.refusals import Refused


async def issue_token(store: StorePort, clock: Clock, account: Identity) -> str:
    """Store the account, or its new name and role, and return a fresh token: 256 random bits, shown this once."""
    token = "rl_" + secrets.token_urlsafe(32)
    sha256, now = content_sha256(token), clock()
    async with store.writing() as unit:
        role = await unit.accounts.put(account)
        await unit.accounts.add_token(sha256, account.user_id, now)
        if role is not account.role:
            put = {"role": account.role, "was": role}
            await unit.audit.append(AuditEntry(now, OPERATOR, AuditAction.ACCOUNT_PUT, account.user_id, put))
        issued = {"sha256": sha256, "role": account.role}
        await unit.audit.append(AuditEntry(now, OPERATOR, AuditAction.TOKEN_ISSUED, account.user_id, issued))
    return token


async def identify(backend: Backend, token: str) -> Identity:
    """Return whom a token speaks for; Refused (unauthenticated) where it speaks for nobody."""
    sha256 = content_sha256(token)
    if chair := backend.chairs.get(sha256):
        return chair
    async with backend.store.reading() as unit:
        account = await unit.accounts.by_token(sha256)
    if account is None:
        raise Refused(ProblemCode.UNAUTHENTICATED, "This token is not known here; ask for a new one.")
    return account
