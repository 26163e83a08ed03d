"""The queue: tabs, filter and list."""
