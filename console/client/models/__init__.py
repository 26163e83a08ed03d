"""Qt item models over what the services project.

May not touch: widgets, the theme, files, the network.
"""
