"""Why a correction, or a part of it, is not in an export."""

from enum import StrEnum


class LeftOut(StrEnum):
    """A reason in words that fit "left out because ..."."""

    MISFIT = "it does not fit the text of its conversation"
    LATE = "it was written under a lost claim and waits for review"
    CUSTOMER_ONLY = "its changes are for one customer only"
    NO_CHANGE = "it changes neither text nor tool calls"
    NO_ANSWER = "it takes the answer away and puts nothing in its place"
    NO_TRANSFER_TOOL = "no transfer tool is known in the conversation that should have been handed off"
    AFTER_CALL = "it follows a corrected tool call, whose result would have been another"
    UNWRITABLE = "it holds a value that no row can hold"
    NOT_AN_OBJECT = "a tool call's arguments are not the JSON object that the format needs"


class NoLesson(Exception):
    """There is nothing to export; `reason` says why."""

    def __init__(self, reason: LeftOut) -> None:
        super().__init__(reason.value)
        self.reason = reason
