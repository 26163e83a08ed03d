"""The desk's pure rules: word diff, drafts and their hunks, queue filter and order.

May not touch: anything but `console.contract`; no I/O, no clock, no Qt.
"""
