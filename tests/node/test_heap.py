"""Threads share one heap, as far as the C library lets them; garbage is looked for rarely."""

import gc
import platform
import subprocess
import sys

import pytest

from fedlab.node.heap import collect_rarely

COUNT_HEAPS = """
import ctypes, os, threading
from fedlab.node.heap import share_one_heap
{share}
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
threads = [threading.Thread(target=libc.malloc, args=(1000,)) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
file = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, file)
libc.fflush(file)
"""


def heaps(share: str) -> int:
    script = COUNT_HEAPS.format(share=share)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return done.stdout.count(b"<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has several heaps")
def test_threads_share_one_heap() -> None:
    assert heaps("share_one_heap()") == 1
    assert heaps("") > 1  # so the count sees heaps


def test_garbage_is_looked_for_rarely() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold()[0] >= 50 * 700 and gc.isenabled()
    finally:
        gc.set_threshold(*before)
