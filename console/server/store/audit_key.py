"""The audit log's key: a file outside the database, made once and never overwritten."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from console.server.services.ports import Database, StoreError
from console.server.store.engine import sqlite_file, sync_folder

KEY_FILE = "audit.key"
KEY_FILE_VARIABLE = "REDLINE_AUDIT_KEY_FILE"
KEY_BYTES = 32


def find_key_file(database: Database) -> Path:
    """Return where the key is by default: beside a database that is a file, else where the environment says.

    Raises StoreError where it does not.
    """
    if file := sqlite_file(database):
        return file.with_name(KEY_FILE)
    if named := os.environ.get(KEY_FILE_VARIABLE):
        return Path(named)
    raise StoreError(
        "the audit log needs a key that is not in the database; name its file by --audit-key-file "
        f"or {KEY_FILE_VARIABLE}, the same key for every replica"
    )


def read_key(file: Path) -> bytes:
    """Return the key. Raises StoreError where it is missing, unreadable or no key."""
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise StoreError(
            f"the audit log's key is not at {file}; put back the file that the log was begun with"
        ) from None
    except OSError as error:
        raise StoreError(f"the audit log's key at {file} cannot be read: {error.strerror}") from error
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"{file} holds no key of an audit log: that is {KEY_BYTES} bytes in hexadecimal digits")
    return key


def make_key(file: Path) -> bytes:
    """Make a key for the user alone, on the disk, unless there is one; return what is there then. Raises StoreError."""
    if not file.exists():
        try:
            _make(file)
        except OSError as error:
            raise StoreError(f"the audit log's key cannot be made at {file}: {error.strerror}") from error
    return read_key(file)


def _make(file: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # its mode is 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # another was faster; renaming would overwrite theirs
            file.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_folder(file.parent)
