"""A power cut under SQLite: the disk as it may be, and the site's own writes on it."""

import shutil
from random import Random

import pytest

from drills import power_loss
from drills.disk_image import Disk, Step, read_trace

pytestmark = pytest.mark.once


def images(disk: Disk) -> set[bytes]:
    random = Random(1)
    return {disk.after_cut(random)["db"] for _ in range(400)}


def test_what_was_synced_is_in_every_image_and_the_rest_in_any_part():
    disk = Disk({"db": b"", "wal": b""})
    disk.apply(Step("write", "db", 0, b"aa"))
    disk.apply(Step("sync", "db"))
    disk.apply(Step("write", "db", 2, b"bb"))
    disk.apply(Step("write", "db", 4, b"cc"))
    assert images(disk) == {b"aa", b"aabb", b"aa\0\0cc", b"aabbcc"}


def test_a_sync_of_one_file_says_nothing_of_another():
    disk = Disk({"db": b"", "wal": b""})
    disk.apply(Step("write", "db", 0, b"aa"))
    disk.apply(Step("sync", "wal"))
    assert images(disk) == {b"", b"aa"}


def test_a_write_tears_at_the_sectors_of_the_disk():
    disk = Disk({"db": bytes(1024)})
    disk.apply(Step("write", "db", 510, b"1234"))
    zeros = bytes(510)
    halves = {zeros + b"12" + bytes(512), bytes(512) + b"34" + zeros}
    assert images(disk) == {bytes(1024), zeros + b"1234" + zeros, *halves}


def test_a_file_that_was_cut_short_may_still_be_long():
    disk = Disk({"db": b"abcd"})
    disk.apply(Step("size", "db", 2))
    assert images(disk) == {b"ab", b"abcd"}


def test_a_trace_is_read_call_by_call(tmp_path):
    def hexed(text: str) -> str:
        return "".join(f"\\x{ord(letter):02x}" for letter in text)

    (tmp_path / "calls").write_text(
        f'pwrite64(4<{hexed("/a")}>, "{hexed("xy")}", 2, 512) = 2\n'
        f'write(5<{hexed("/other")}>, "{hexed("z")}", 1) = 1\n'
        f"fdatasync(4<{hexed('/a')}>) = 0\n"
        f"ftruncate(4<{hexed('/a')}>, 3) = 0\n"
    )
    steps = list(read_trace(tmp_path / "calls", {b"/a": "db"}))
    assert steps == [Step("write", "db", 512, b"xy"), Step("sync", "db"), Step("size", "db", 3)]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_answered_request_is_lost_by_a_power_cut(tmp_path):
    trace = {"images": 20, "requests": 12, "seed": 1}
    found = {level: power_loss.drill(tmp_path, level, **trace) for level in ("full", "normal")}
    assert power_loss.verdict(found) == []
