"""What a client may ask for beside reading; a submitted correction is the contract's Correction itself."""

from typing import Annotated

from pydantic import Field

from console.contract.base import Model


class HeldClaim(Model):
    """The claim a client says it holds, when it renews it or gives it back."""

    epoch: Annotated[int, Field(ge=0)]
