"""The text of config.yaml -> Config: every fault with its place, all at once."""

import contextlib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

from filterdns import config, dname, endpoint, yamlfile
from filterdns.config import Config, ConfigError, Upstream, parse_upstream
from filterdns.yamlfile import Faults, Listing, Node, Reader

_MAX_BYTES = 1 << 20


def parse(content: bytes, source: Path) -> Config:
    """The bytes of a file -> Config. Raises ConfigError; a relative `state` is relative to the file."""
    if len(content) > _MAX_BYTES:
        raise ConfigError([f"{source}: larger than 1 MiB, which no configuration is"])
    try:
        tree = yamlfile.read(content)
    except yamlfile.YamlError as error:
        raise ConfigError([f"{source}:{error}"]) from None
    reader = _ConfigReader(Faults(str(source)))
    found = Config()
    with contextlib.suppress(yamlfile.EnoughFaults):
        found = reader.config(tree, source.absolute())
    if reader.faults.lines:
        raise ConfigError(reader.faults.lines)
    return found


class _ConfigReader(Reader):
    def config(self, tree: Node | None, source: Path) -> Config:
        default = Config()
        top = self.keys(tree, "", ("dns", "web", "state"))
        dns = self.keys(
            top.get("dns"), "dns", ("listen", "upstreams", "local_domains", "clients", "workers", "cache_mib")
        )
        web = self.keys(top.get("web"), "web", ("listen", "hosts", "proxy"))
        for key, place in ((dns, "dns.listen"), (dns, "dns.clients"), (web, "web.listen")):
            self._not_empty(key.get(place.partition(".")[2]), place)
        proxy = self.one(web.get("proxy"), "web.proxy", _address)
        state = self.one(top.get("state"), "state", _folder)
        return Config(
            listen=self.each(dns.get("listen"), "dns.listen", endpoint.parse) or default.listen,
            upstreams=self._upstreams(dns.get("upstreams")),
            local_domains=self._local_domains(dns.get("local_domains")),
            clients=self.each(dns.get("clients"), "dns.clients", _client) or default.clients,
            workers=self._workers(dns.get("workers")),
            cache_mib=self.number(dns.get("cache_mib"), "dns.cache_mib", 1, config.MAX_CACHE_MIB) or default.cache_mib,
            web_listen=self.each(web.get("listen"), "web.listen", endpoint.parse) or default.web_listen,
            web_hosts=self.each(web.get("hosts"), "web.hosts", _host),
            web_proxy=proxy[0] if proxy else default.web_proxy,
            state=source.parent / state[0] if state else default.state,
            source=source,
        )

    def _not_empty(self, node: Node | None, place: str) -> None:
        if isinstance(node, Listing) and not node.items:
            self.faults.add(node.line, place, "is empty; leave the key out for the default")

    def _upstreams(self, node: Node | None) -> Mapping[str, tuple[Upstream, ...]]:
        if node is None or isinstance(node, yamlfile.Mapping):
            given = self.keys(node, "dns.upstreams", tuple(config.UPSTREAMS))
            return {
                name: self._servers(given.get(name), f"dns.upstreams.{name}") or default
                for name, default in config.UPSTREAMS.items()
            }
        if isinstance(node, Listing):
            return {"all": self._servers(node, "dns.upstreams")}
        self.faults.add(node.line, "dns.upstreams", f"needs a list, or lists under family and open, not {node.what}")
        return config.UPSTREAMS

    def _servers(self, node: Node | None, place: str) -> tuple[Upstream, ...]:
        self._not_empty(node, place)
        return self.each(node, place, parse_upstream)

    def _local_domains(self, node: Node | None) -> Mapping[str, Upstream]:
        if node is None:
            return {}
        if not isinstance(node, yamlfile.Mapping):
            self.faults.add(
                node.line, "dns.local_domains", f"needs pairs such as lan: udp://192.168.1.1, not {node.what}"
            )
            return {}
        found = {}
        for key, value in node.items.items():
            place = f"dns.local_domains.{key}"
            try:
                name = dname.to_text(dname.from_text(key))
            except dname.DNameError as error:
                self.faults.add(node.lines[key], place, f"not a domain name: {error}")
                continue
            for server in self.one(value, place, parse_upstream):
                found[name] = server
        return found

    def _workers(self, node: Node | None) -> int | None:
        if isinstance(node, yamlfile.Scalar) and node.text == "auto":
            return None
        return self.number(node, "dns.workers", 1, config.MAX_WORKERS, "auto or ")


def _folder(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("is not the path of a folder")
    return text


def _client(text: str) -> str:
    if text == "lan":
        return text
    try:
        return str(ip_network(text))
    except ValueError as error:
        fault = str(error)
    if "host bits" in fault:
        raise ValueError(f'"{text}" is an address within {ip_network(text, strict=False)}: write the network')
    raise ValueError(f'"{text}" is neither lan nor a network such as 192.168.0.0/16')


def _address(text: str) -> str:
    return str(endpoint.parse_address(text))


def _host(text: str) -> str:
    try:
        return dname.to_text(dname.from_text(text))
    except dname.DNameError as error:
        raise ValueError(f'"{text}" is not a host name: {error}') from None
