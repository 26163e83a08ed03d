"""The disk of the power-cut machine loses what no sync made certain, and nothing else."""

from pathlib import Path
from random import Random

from tests.faults.disk import SECTOR, Disk, Kept
from tests.faults.strace import Call

FOLDER = Path("/profiles")
FILE = FOLDER / "profile.db"


def call(name: str, *texts: Path | bytes, flags: str = "", number: int = 0, result: int = 0) -> Call:
    return Call(
        1, name, tuple(text if isinstance(text, bytes) else str(text).encode() for text in texts), flags, number, result
    )


def write(data: bytes, offset: int = 0, file: Path = FILE) -> Call:
    return call("pwrite64", file, data, number=offset, result=len(data))


def disk(*calls: Call, content: bytes = b"") -> Disk:
    made = Disk(FOLDER, {FILE: content})
    for each in calls:
        made.do(each)
    return made


def left(cut: Disk, kept: Kept) -> set[bytes | None]:
    """What the file may hold after a cut, over many chances; None where it is not there."""
    return {cut.after_cut(kept, Random(seed)).get(FILE) for seed in range(100)}


def test_what_was_synced_is_kept_whatever_the_rest() -> None:
    cut = disk(write(b"one"), call("fdatasync", FILE), write(b"two"))
    assert left(cut, Kept.NONE) == {b"one"}
    assert left(cut, Kept.SUBSET) == {b"one", b"two"}
    assert left(cut, Kept.ALL) == {b"two"}


def test_a_later_write_may_overtake_an_earlier_one() -> None:
    assert b"a-c" in left(disk(write(b"b", 1), write(b"c", 2), content=b"a--"), Kept.SUBSET)


def test_a_write_is_torn_at_sectors_and_nowhere_else() -> None:
    states = left(disk(write(b"x" * 3 * SECTOR), content=b"-" * 3 * SECTOR), Kept.TORN)
    assert b"x" * SECTOR + b"-" * SECTOR + b"x" * SECTOR in states
    for state in states:
        assert state is not None
        assert all(len(set(state[at : at + SECTOR])) == 1 for at in range(0, len(state), SECTOR))


def test_what_was_pending_when_a_sync_failed_stays_uncertain() -> None:
    failed = call("fsync", FILE, result=-1)
    cut = disk(write(b"one"), failed, write(b"t", 4), call("fsync", FILE))
    assert left(cut, Kept.NONE) == {b"\0\0\0\0t"}


def test_a_new_file_is_lost_until_its_folder_is_synced() -> None:
    new = FOLDER / "new.db"
    made = [call("openat", new, flags="O_RDWR|O_CREAT", result=3), write(b"one", file=new), call("fsync", new)]
    assert new not in disk(*made).after_cut(Kept.NONE, Random(1))
    assert disk(*made, call("fsync", FOLDER)).after_cut(Kept.NONE, Random(1))[new] == b"one"


def test_a_file_in_a_folder_that_is_lost_is_lost() -> None:
    inner, new = FOLDER / "new", FOLDER / "new" / "profile.db"
    made = [call("mkdir", inner), call("openat", new, flags="O_CREAT", result=3), call("fsync", inner)]
    assert new not in disk(*made).after_cut(Kept.NONE, Random(1))
    assert new in disk(*made, call("fsync", FOLDER)).after_cut(Kept.NONE, Random(1))


def test_a_file_is_lost_with_any_folder_above_it() -> None:
    outer, inner, new = FOLDER / "new", FOLDER / "new" / "desk", FOLDER / "new" / "desk" / "profile.db"
    made = [call("mkdir", outer), call("mkdir", inner), call("openat", new, flags="O_CREAT", result=3)]
    made += [call("fsync", inner), call("fsync", outer)]
    assert new not in disk(*made).after_cut(Kept.NONE, Random(1))
    assert new in disk(*made, call("fsync", FOLDER)).after_cut(Kept.NONE, Random(1))


def test_a_renamed_file_has_either_name_and_never_both() -> None:
    other = FOLDER / "other.db"
    cut = disk(call("rename", FILE, other), content=b"one")
    states = [cut.after_cut(kept, Random(1)) for kept in Kept]
    assert {tuple(state) for state in states} == {(FILE,), (other,)}
