"""Ways out: stored corrections become training signal in the shapes that trainers read.

May not touch: HTTP routes, the database, the ways in.
"""
