"""A network of its own with a bridge "lan", in which a program sees what a test made there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LAN = "ip link set lo up && ip link add lan type bridge && ip link set lan up"


def run_in_namespace(program: str, *commands: str) -> str:
    """The output of a Python program after these lines of `ip -batch`; skips the test where that cannot be."""
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or not shutil.which("ip") or not unshare:
        pytest.skip("needs root, iproute2 and unshare for a network namespace")
    trial = subprocess.run([unshare, "-n", "sh", "-c", _LAN], capture_output=True, check=False)
    if trial.returncode:
        pytest.skip(f"no network namespace here: {trial.stderr.decode().strip()}")
    script = f'{_LAN} && ip -batch - && exec "$@"'
    done = subprocess.run(
        [unshare, "-n", "sh", "-c", script, "sh", sys.executable, "-c", program],
        input="".join(f"{command}\n" for command in commands).encode(), capture_output=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return done.stdout.decode()
