"""The desk's use cases: the only way its state changes, and the ports they reach the world through.

May not touch: Qt, httpx, sqlite3, keyring; nothing here blocks the event loop.
"""
