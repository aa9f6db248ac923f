"""Memory that one step of a training frees and the next one takes again."""

import ctypes
from contextlib import suppress

# From malloc.h.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Have this process keep what it frees.

    The C library gives tensors of megabytes back to the system and asks for them again with each step, or does not, as
    it comes: up to an eighth of a training's processor time on a CPU was spent on pages that the system had to clear.
    Nothing is changed where there is no glibc.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, NEVER)
