"""How this process takes memory from the system and gives it back."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8  # glibc, malloc.h
# Objects made before Python looks for those that only hold each other: some ten megabytes. We make
# few of those, and at the default of 700 a seventh of the time of indexing went into the looking.
_OBJECTS_BETWEEN: Final = 50_000


def share_one_heap() -> None:
    """Let all threads to come take their memory from one heap; elsewhere than on glibc, do nothing.

    glibc gives each thread a heap of its own, and what one gave back no other can use: a seventh of
    a node's memory. Threads that wait for the interpreter anyway lose nothing by sharing.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def collect_rarely() -> None:
    """Look for garbage that holds itself after every fifty thousand objects."""
    gc.set_threshold(_OBJECTS_BETWEEN)
