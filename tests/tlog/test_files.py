"""What is written out takes the place of a file, and of nothing else: ``--out /dev/null`` by root once took the device away."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from foodtrace.certificate.pdf import _writing
from foodtrace.errors import Storage
from foodtrace.keeping.keylists import save_list
from foodtrace.tlog.files import publish


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_pipe_is_written_to_and_stays_a_pipe(pipe: Path) -> None:
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    publish(pipe, b"words")
    reader.join(10)
    assert read == [b"words"]
    assert pipe.is_fifo()


def _label(path: Path) -> None:
    with _writing(path) as file:
        file.write(b"label")


@pytest.mark.parametrize("write", [lambda path: save_list(path, b"list"), _label], ids=["key list", "label"])
def test_what_has_to_be_a_file_takes_the_place_of_no_pipe(pipe: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(Storage):
        write(pipe)
    assert pipe.is_fifo()
    assert list(pipe.parent.iterdir()) == [pipe]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    publish(tmp_path / "file", b"after")
    assert (tmp_path / "file").read_bytes() == b"after"
