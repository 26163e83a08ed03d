"""The conversation: header, handoff card and turns."""
