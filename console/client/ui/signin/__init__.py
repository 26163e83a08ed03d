"""Signing in at a server."""
