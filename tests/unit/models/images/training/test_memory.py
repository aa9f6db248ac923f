import subprocess
import sys

import pytest

from tidemill.models.images.training import memory

STEPS = """
import ctypes
import resource
import runpy

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
if {kept}:
    runpy.run_path("{path}")["keep_freed_memory"]()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    tensor = ctypes.c_void_p(libc.malloc(50 << 20))
    libc.memset(tensor, 1, 50 << 20)
    libc.free(tensor)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
TAKEN_ONCE = (50 << 20) // 4096


def pages_asked_for(kept: bool) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", STEPS.format(kept=kept, path=memory.__file__)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives memory back so")
def test_memory_that_a_step_frees_is_there_for_the_next():
    assert pages_asked_for(kept=True) < 2 * TAKEN_ONCE
    assert pages_asked_for(kept=False) > 5 * TAKEN_ONCE
