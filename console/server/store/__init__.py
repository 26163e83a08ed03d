"""The backend's database behind the services' ports: tables, repositories, units of work, migrations.

May not touch: HTTP, signal, connect. SQL lives here and nowhere else.
"""
