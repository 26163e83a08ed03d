"""The folders of a profile, made so that a power cut cannot take them away with all that is in them."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make what is missing of a folder, for its owner alone; it is on the disk when this returns. Raises OSError."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        # `parents=True` would leave the upper ones open to everybody
        missing.mkdir(mode=0o700, exist_ok=True)
        sync_folder(missing.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: a synced file is lost all the same where its name is. Raises OSError."""
    if os.name == "nt":  # where folders cannot be synced, and NTFS keeps their names in its own log
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
