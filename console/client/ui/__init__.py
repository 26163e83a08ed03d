"""The screens, one room each. They show what the services project and ask the services for every change.

May not touch: the network, the database, the keyring, the Qt event loop's asyncio side.
"""
