"""The main window: rail, panes, status bar, and the hands that join screens to services."""
