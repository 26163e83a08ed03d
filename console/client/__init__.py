"""The desktop program: what a person sits at.

May not touch: `console.server`. Rooms, inner to outer: domain, services, models | theme, ui | net | store | vault, app.
"""
