"""What the desk and its embedded backend tell each other over the child's pipes: one JSON line each way."""

from console.contract.base import Line, Many, Model
from console.contract.ids import UserId
from console.contract.permissions import Role


class Chair(Model):
    """A seat in the embedded workspace and the token that speaks for it; it lives as long as the child."""

    token: Line
    user_id: UserId
    name: Line
    role: Role


class EmbeddedStart(Model):
    """Parent to child, first line of its standard input. End of that input means: stop."""

    chairs: Many[Chair]


class EmbeddedReady(Model):
    """Child to parent, first line of its standard output, once it accepts connections on loopback."""

    url: Line
