"""The backend wing: keeps conversations, claims and corrections, and serves them over HTTP.

May not touch: Qt, the desk.
"""
