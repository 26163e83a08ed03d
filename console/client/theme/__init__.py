"""Design tokens, palette, stylesheet, fonts and icons: the one door to resources/.

May not touch: services, models, any screen.
"""
