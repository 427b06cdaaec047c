"""Does a program of ours still run?"""

import os
from pathlib import Path


def runs(pid: int) -> bool:
    """Is it a process of ours? A number may belong to another program after a restart of the machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    try:
        return b"filterdns" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True
