"""Composes the backend: settings, lifespan, the server process, and the commands that work on the store.

The only room that sees all others of this wing.
"""
