"""Runs a command that ends with its parent process: `python die_with_parent.py PARENT_PID COMMAND ...`.

On Linux the kernel kills the command when its parent is gone, however that ended. Elsewhere this only runs the command.
It is a program of its own, run by its path and without the package, because code between fork and exec may lock up in
a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Turns this process into the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
        # The parent may have ended before prctl took effect.
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
