"""The settings of the machine: the file's (or the built-in ones), with the command line's laid over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from filterdns import endpoint
from filterdns.endpoint import Endpoint

PATH = Path("/etc/filterdns/config.yaml")
MAX_WORKERS = 16
MAX_CACHE_MIB = 1024
_ENCRYPTED = "encrypted upstreams (tls://, https://) come with a later version; use udp:// or tcp:// meanwhile"


class ConfigError(Exception):
    """The configuration is not right; `lines` has one line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Upstream(NamedTuple):
    """A server that answers what we do not know; as text "udp://9.9.9.9:53"."""

    scheme: str  # "udp" or "tcp"
    server: Endpoint

    def __str__(self) -> str:
        return f"{self.scheme}://{self.server}"


def _udp(*addresses: str) -> tuple[Upstream, ...]:
    return tuple(Upstream("udp", Endpoint(address, endpoint.DNS_PORT)) for address in addresses)


UPSTREAMS: Mapping[str, tuple[Upstream, ...]] = {
    "family": _udp("1.1.1.3", "1.0.0.3", "2606:4700:4700::1113"),
    "open": _udp("9.9.9.9", "149.112.112.112"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """The machine's settings. The defaults here are those of keys that a file leaves out."""

    listen: tuple[Endpoint, ...] = (Endpoint("0.0.0.0", 53), Endpoint("::", 53))  # noqa: S104 - it serves a home
    upstreams: Mapping[str, tuple[Upstream, ...]] = field(default_factory=lambda: UPSTREAMS)  # family, open; or all
    local_domains: Mapping[str, Upstream] = field(default_factory=dict)
    clients: tuple[str, ...] = ("lan",)
    workers: int | None = None  # None: one per core, at most 4
    cache_mib: int = 16
    web_listen: tuple[Endpoint, ...] = (Endpoint("0.0.0.0", 8053),)  # noqa: S104 - it serves a home
    web_hosts: tuple[str, ...] = ()
    web_proxy: str = ""  # address of the web server that may say who asks, and that they do so by https; "": none
    state: Path = Path("/var/lib/filterdns")
    source: Path | None = None  # the file; None: the built-in defaults


BUILT_IN = Config(
    listen=(Endpoint("127.0.0.1", 5354),), web_listen=(Endpoint("127.0.0.1", 8053),), state=Path("var").absolute()
)
"""What holds without any file: ports that need no rights, addresses that nobody else reaches."""


def load(
    path: Path | None = None, *, dns: tuple[str, ...] = (), web: tuple[str, ...] = (), state: Path | None = None
) -> Config:
    """Read the file (None: PATH if it is there, else BUILT_IN) and lay the command line's wishes over it.

    Raises ConfigError with every fault; a relative `state` in the file is relative to the file.
    """
    if path is None and PATH.exists():
        path = PATH
    config = BUILT_IN if path is None else _load_file(path)
    faults: list[str] = []
    listen = _options("--dns", dns, faults) or config.listen
    web_listen = _options("--web", web, faults) or config.web_listen
    config = replace(config, listen=listen, web_listen=web_listen, state=state.absolute() if state else config.state)
    for place, upstream in [*_upstream_places(config)]:
        if _is_ourselves(upstream, config.listen):
            faults.append(f"{config.source or 'filterdns'}: {place}: {upstream} is this filter itself")
    faults += [
        f"{config.source or 'filterdns'}: web.listen: {taken} is where DNS is answered already"
        for taken in config.web_listen
        if taken in config.listen
    ]
    if faults:
        raise ConfigError(faults)
    return config


def parse_upstream(text: str) -> Upstream:
    """`udp://addr[:port]` or `tcp://addr[:port]`, IPv6 in brackets. Raises ValueError."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("tls", "https"):
        raise ValueError(_ENCRYPTED)
    if not separator or scheme not in ("udp", "tcp"):
        raise ValueError(f'"{text}" is not a server such as udp://192.168.1.1 or tcp://[2001:db8::1]:53')
    server = endpoint.parse(rest, default_port=endpoint.DNS_PORT)
    address = endpoint.parse_address(server.host)
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"{server.host} is not the address of a server")
    return Upstream(scheme, server)


def _load_file(path: Path) -> Config:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: {(getattr(error, 'strerror', None) or str(error)).lower()}"]) from None
    from filterdns import configfile  # noqa: PLC0415 - YAML, which a start without a file can do without

    return configfile.parse(content, path)


def _options(option: str, texts: tuple[str, ...], faults: list[str]) -> tuple[Endpoint, ...]:
    found = []
    for text in texts:
        try:
            found.append(endpoint.parse(text))
        except ValueError as error:
            faults.append(f"filterdns: {option}: {error}")
    return tuple(found)


def _upstream_places(config: Config) -> list[tuple[str, Upstream]]:
    places = []
    for name, servers in config.upstreams.items():
        key = "dns.upstreams" if name == "all" else f"dns.upstreams.{name}"
        places += [(f"{key}[{index}]", server) for index, server in enumerate(servers)]
    return places + [(f"dns.local_domains.{name}", server) for name, server in config.local_domains.items()]


def _is_ourselves(upstream: Upstream, listen: tuple[Endpoint, ...]) -> bool:
    address = endpoint.parse_address(upstream.server.host)
    for own in listen:
        own_address = endpoint.parse_address(own.host)
        if own.port != upstream.server.port or own_address.version != address.version:
            continue
        if own_address == address or (own_address.is_unspecified and endpoint.is_own_address(address)):
            return True
    return False
