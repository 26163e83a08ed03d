"""Correct in place: editor, word diff, labels and submit."""
