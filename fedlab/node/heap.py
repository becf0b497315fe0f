"""How this process asks the system for memory."""

import ctypes
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8  # glibc, malloc.h


def share_one_heap() -> None:
    """Let all threads to come take their memory from one heap; elsewhere than on glibc, do nothing.

    glibc gives each thread a heap of its own, and what one gave back no other can use: a seventh of
    a node's memory. Threads that wait for the interpreter anyway lose nothing by sharing.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
