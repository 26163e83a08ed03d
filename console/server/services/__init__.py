"""The backend's use cases, one async function each, and the ports they reach the world through.

May not touch: the web framework, SQL, files.
"""
