"""What both wings agree on: commands, events, views, errors, ids, roles and permissions.

May not touch: I/O, Qt, the web framework, the database, the clock.
"""
