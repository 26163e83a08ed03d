"""The HTTP API: routes, the event stream, refusals as problem documents.

May not touch: the database, files, the clock. A route parses, calls one use case and answers.
"""
