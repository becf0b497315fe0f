"""Whatever goes wrong is one sentence, a way out, and an exit code."""

import errno
import os

import pytest

from fedlab.node.errors import Exit, explain
from fedlab.node.store.errors import StoreError
from fedlab.protocol.errors import RemoteProtocolError


@pytest.mark.parametrize(
    ("number", "code", "exit_code"),
    [
        (errno.ENOSPC, "disk_full", Exit.TRY_LATER),
        (errno.EDQUOT, "disk_full", Exit.TRY_LATER),
        (errno.EROFS, "read_only", Exit.CONFIGURATION),
        (errno.EACCES, "no_permission", Exit.CONFIGURATION),
        (errno.ENOENT, "not_found", Exit.REFUSED),
        (errno.EISDIR, "usage", Exit.USAGE),
        (errno.EMFILE, "try_later", Exit.TRY_LATER),
    ],
)
def test_what_the_system_refuses_names_the_file_and_the_way_out(
    number: int, code: str, exit_code: Exit
) -> None:
    error = explain(OSError(number, os.strerror(number), "/media/usb/tools.csv"))
    assert (error.code, error.exit_code) == (code, exit_code)
    assert error.hint
    assert number == errno.EMFILE or "/media/usb/tools.csv" in error.message


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("disk_full", Exit.TRY_LATER),
        ("read_only", Exit.CONFIGURATION),
        ("no_lab", Exit.CONFIGURATION),
        ("corrupt", Exit.REFUSED),
    ],
)
def test_what_the_store_refuses_keeps_its_words(code: str, exit_code: Exit) -> None:
    error = explain(StoreError(code, "what", "way out"))
    assert (error.code, error.message, error.hint, error.exit_code) == (
        code,
        "what",
        "way out",
        exit_code,
    )


def test_what_the_protocol_refuses_keeps_its_hint() -> None:
    error = explain(RemoteProtocolError("a wrong root", "ask another peer"))
    assert (error.message, error.hint, error.exit_code) == ("a wrong root", "ask another peer", 1)


def test_a_defect_of_ours_says_so_and_how_to_report_it() -> None:
    error = explain(ZeroDivisionError("division by zero"))
    assert error.code == "defect"
    assert "FEDLAB_DEBUG=1" in error.hint
