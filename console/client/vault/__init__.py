"""Where tokens are kept: the system's keyring, or memory; alone here imports keyring.

May not touch: Qt, the network, the store, the screens.
"""
