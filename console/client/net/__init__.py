"""The backend over HTTP and server-sent events; alone here imports httpx.

May not touch: Qt, the store, the screens.
"""
