"""What a client may ask for beside reading; a submitted correction is the contract's Correction itself."""

from console.contract.base import Count, Model


class HeldClaim(Model):
    """The claim a client says it holds, when it renews it or gives it back."""

    epoch: Count
