"""A home network of its own for one thread and what it starts: the box, and a phone, a console and a router beside it.

phone --- box     each in a network namespace; nothing leaves them
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BOX, BOX6, PHONE, CONSOLE, ROUTER = "198.51.100.2", "fd00:77::2", "198.51.100.20", "198.51.100.30", "198.51.100.1"
PHONE_MAC, CONSOLE_MAC = "00:03:93:00:00:20", "00:09:bf:00:00:30"
"""Of Apple and of Nintendo."""

_NEW_MOUNTS, _NEW_NETWORK = 0x20000, 0x40000000  # CLONE_NEWNS, CLONE_NEWNET; unshare(2)
_LIBC = ctypes.CDLL(None, use_errno=True)


class Network:
    """Made in a thread that ends with it. Needs root."""

    def __init__(self, folder: Path) -> None:
        _checked(_LIBC.unshare(_NEW_MOUNTS | _NEW_NETWORK))
        _run("mount --make-rprivate /")
        resolvers = folder / "resolv.conf"
        resolvers.write_text(f"nameserver {BOX}\n")
        _run(f"mount --bind {resolvers} /etc/resolv.conf")
        self._box = _own_namespace()
        _checked(_LIBC.unshare(_NEW_NETWORK))
        self._phone = _own_namespace()
        _run(f"ip link add eth0 address {PHONE_MAC} type veth peer name eth0 netns /proc/{os.getpid()}/fd/{self._box}",
             "ip link set lo up", "ip link set eth0 up", f"ip address add {PHONE}/24 dev eth0",
             "ip address add fd00:77::20/64 dev eth0 nodad")  # fmt: skip
        with self.on_box():
            _run("ip link set lo up", "ip link set eth0 up", f"ip address add {BOX}/24 dev eth0",
                 f"ip address add {BOX6}/64 dev eth0 nodad", f"ip route add default via {ROUTER}",
                 f"ip neighbour add {CONSOLE} lladdr {CONSOLE_MAC} dev eth0 nud permanent")  # fmt: skip

    @contextmanager
    def on_box(self) -> Iterator[None]:
        """What is started or opened meanwhile is on the box; before and after, on the phone."""
        _checked(_LIBC.setns(self._box, _NEW_NETWORK))
        try:
            yield
        finally:
            _checked(_LIBC.setns(self._phone, _NEW_NETWORK))

    def close(self) -> None:
        os.close(self._box)
        os.close(self._phone)


def _own_namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _run(*commands: str) -> None:
    for command in commands:
        subprocess.run(command.split(), check=True)


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
