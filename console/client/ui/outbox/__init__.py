"""The outbox: everything of one's own that is not plainly stored, and every way out of it."""
