"""What this computer keeps: drafts, outbox, deliveries and copies of what was read; alone here imports sqlite3.

May not touch: Qt, the network, the screens.
"""
