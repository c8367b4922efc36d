"""The spool and the outbox: whole slips or none, full disks, torn ends, and what a dead process left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cds.journal.outbox import HELD_BYTES, Outbox
from cds.journal.slips import ENCODE_SLIP, LOSS, Slip
from cds.journal.spool import Spool

MOST = 1_000_000


def slip(number: int, size: int = 10) -> Slip:
    """A slip of that size."""
    return Slip("decision", f"d{number}", number, b"x" * size)


def outbox(folder: Path, most: int = MOST) -> Outbox:
    """An outbox that spools into the folder."""
    return Outbox(folder, most, lambda: "fresh")


def everything(box: Outbox) -> list[str]:
    """The ids of all that waits, each taken."""
    found: list[str] = []
    while (load := box.load()) is not None:
        found += [each.id for each in load.slips]
        box.done(load)
    return found


def full(_file: int, _frame: bytes) -> int:
    """A disk that takes nothing."""
    raise OSError(28, "No space left on device")


def half(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A disk that takes half of it."""
    return lambda file, frame: write(file, frame[: len(frame) // 2])


def test_slips_come_out_as_they_went_in(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    for number in range(5):
        box.put(slip(number))
    assert everything(box) == ["d0", "d1", "d2", "d3", "d4"]
    assert box.waiting_bytes == 0


def test_an_emptied_spool_is_cut_back_and_removed_at_the_end(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.put(slip(1))
    (file,) = tmp_path.glob("*.spool")
    everything(box)
    assert file.stat().st_size == 0
    box.close()
    assert not file.exists()


def test_what_a_dead_process_left_is_adopted_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    dead, living = outbox(tmp_path), outbox(tmp_path)
    dead.put(slip(1))
    living.put(slip(2))
    dead.close()
    heir = outbox(tmp_path)
    heir.adopt()
    assert everything(heir) == ["d1"]
    assert everything(living) == ["d2"]


def test_a_torn_end_is_set_aside_and_what_came_before_it_is_read(tmp_path: Path) -> None:
    dead = outbox(tmp_path)
    dead.put(slip(1))
    dead.put(slip(2, 1000))
    dead.close()
    (file,) = tmp_path.glob("*.spool")
    os.truncate(file, file.stat().st_size - 10)
    heir = outbox(tmp_path)
    heir.adopt()
    assert everything(heir) == ["d1"]
    assert heir.torn == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".torn"]


@pytest.mark.parametrize("disk", [full, half(os.write)], ids=["nothing", "half"])
def test_what_a_full_disk_does_not_take_waits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Callable[[int, bytes], int]
) -> None:
    box = outbox(tmp_path)
    box.put(slip(1))
    with monkeypatch.context() as patched:
        patched.setattr("os.write", disk)
        box.put(slip(2))
    assert box.held == 1
    box.put(slip(3))
    assert everything(box) == ["d1", "d3", "d2"]
    assert (box.held, box.lost, box.waiting_bytes) == (0, 0, 0)


def test_a_spool_that_is_too_large_counts_as_a_full_disk(tmp_path: Path) -> None:
    box = outbox(tmp_path, most=500)
    for number in range(3):
        box.put(slip(number, 200))
    assert box.held == 2
    assert everything(box) == ["d0", "d1", "d2"]


def test_what_nothing_takes_is_counted_and_told(tmp_path: Path) -> None:
    box = outbox(tmp_path / "file" / "spool")
    (tmp_path / "file").write_text("no folder")
    for number in range(4):
        box.put(slip(number, HELD_BYTES // 2))
    assert (box.held, box.lost) == (2, 2)
    load = box.load()
    assert load is not None
    assert [each.kind for each in load.slips] == ["decision", "decision", LOSS]
    assert load.slips[-1].body == b'{"lost":2,"since":2,"until":3}'
    box.done(load)
    assert (box.held, box.waiting_bytes) == (0, 0)


def test_a_sync_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool.fresh(tmp_path, MOST)
    spool.append(ENCODE_SLIP(slip(1)))
    synced: list[int] = []

    def fails(file: int) -> None:
        synced.append(file)
        if len(synced) == 1:
            raise OSError(5, "input/output error")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(OSError, match="input/output"):
        spool.sync()
    spool.sync()
    spool.sync()
    assert len(synced) == 2
