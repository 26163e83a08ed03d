"""Hides what would reach a customer: e-mail addresses and phone numbers, as far as telling them apart allows."""

from console.contract.conversations import Customer

HIDDEN = "•••••"
"""Five dots whatever was hidden, so that its length is hidden too."""


def mask_email(address: str) -> str:
    """Return `m•••••@•••••.se` for `maria@mail.se`; all dots where the text is no address."""
    name, at, domain = address.rpartition("@")
    if not at or not name:
        return HIDDEN
    _, dot, ending = domain.rpartition(".")
    return f"{name[0]}{HIDDEN}@{HIDDEN}{dot}{ending if dot else ''}"


def mask_phone(number: str) -> str:
    """Return the last two digits behind dots; all dots where there are fewer than six digits."""
    digits = [char for char in number if char.isdigit()]
    return HIDDEN + "".join(digits[-2:]) if len(digits) >= 6 else HIDDEN


def mask_customer(customer: Customer) -> Customer:
    """Return the customer with e-mail and phone hidden."""
    return customer.model_copy(
        update={
            "email": None if customer.email is None else mask_email(customer.email),
            "phone": None if customer.phone is None else mask_phone(customer.phone),
        }
    )
