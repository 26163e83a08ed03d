"""The `redline` command: one small module a sub-command, which loads only its own wing, and only when it runs.

No logic. The only room that sees both wings.
"""
