"""A vault that forgets everything when the program ends."""


class MemoryVault:
    """Keeps tokens for this session only; `note` says why."""

    def __init__(self, note: str | None = None) -> None:
        self._note = note
        self._tokens: dict[str, str] = {}

    @property
    def note(self) -> str | None:
        """What the person should know of where the token is kept."""
        return self._note

    async def token(self, server: str) -> str | None:
        """Return the token kept for a server."""
        return self._tokens.get(server)

    async def keep(self, server: str, token: str) -> None:
        """Keep the token for a server."""
        self._tokens[server] = token

    async def forget(self, server: str) -> None:
        """Forget the token for a server, if there is one."""
        self._tokens.pop(server, None)
