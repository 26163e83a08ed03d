"""Which tool calls hand a conversation to a person."""

TRANSFER_TOOLS = frozenset({
    "connect_to_human",
    "escalate",
    "escalate_to_agent",
    "escalate_to_human",
    "hand_off",
    "hand_off_to_human",
    "handoff",
    "handoff_to_human",
    "handover",
    "handover_to_human",
    "request_human",
    "transfer_call",
    "transfer_to_agent",
    "transfer_to_human",
    "transfer_to_human_agent",
    "transfer_to_human_agents",
    "transfer_to_live_agent",
})  # fmt: skip
"""Names that agent platforms and public benchmarks give the tool, in snake case."""

SUMMARY_ARGUMENTS = ("summary", "reason", "message", "context", "notes")
"""The arguments that carry what the AI leaves behind, the first one present counts."""


def is_transfer(tool_name: str) -> bool:
    """Whether a tool of this name hands over to a person; case, and - for _, do not matter."""
    return tool_name.casefold().replace("-", "_") in TRANSFER_TOOLS
