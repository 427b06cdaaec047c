"""config.yaml and the command line's wishes become a Config, or faults with their places."""

from pathlib import Path

import pytest

from filterdns import config, yamlfile
from filterdns.config import Config, ConfigError
from filterdns.endpoint import Endpoint

ROOT = Path(__file__).parents[1]


def read(folder: Path, text: str | bytes) -> Config:
    path = folder / "config.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return config.load(path)


def faults(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [line.replace(f"{folder}/", "") for line in caught.value.lines]


def test_the_example_shows_every_key_with_its_default() -> None:
    path = ROOT / "config.example.yaml"
    loaded = config.load(path)
    assert loaded == Config(source=path)
    tree = yamlfile.read(path.read_bytes())
    assert isinstance(tree, yamlfile.Mapping)
    assert list(tree.items) == ["dns", "web", "state"]
    dns, web = tree.items["dns"], tree.items["web"]
    assert isinstance(dns, yamlfile.Mapping)
    assert isinstance(web, yamlfile.Mapping)
    assert list(dns.items) == ["listen", "upstreams", "local_domains", "clients", "workers", "cache_mib"]
    assert list(web.items) == ["listen", "hosts", "proxy"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "dns:\nweb:\nstate:\n", "dns: {}\n", "\ufeffweb: {}\n"])
def test_every_key_is_optional(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Config(source=tmp_path / "config.yaml")


def test_without_a_file_the_built_in_settings_need_no_rights() -> None:
    found = config.load()
    assert found.listen == (Endpoint("127.0.0.1", 5354),)
    assert found.web_listen == (Endpoint("127.0.0.1", 8053),)
    assert found.state == Path.cwd() / "var"
    assert [str(server) for server in found.upstreams["family"]] == [
        "udp://1.1.1.3:53",
        "udp://1.0.0.3:53",
        "udp://[2606:4700:4700::1113]:53",
    ]


def test_a_full_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """\
dns:
  listen: ["127.0.0.1:5300", "[::1]:5300"]
  upstreams: [udp://192.0.2.1, "tcp://[2001:DB8::53]:5353"]
  local_domains: {LAN.: udp://192.168.1.1, 168.192.in-addr.arpa: "udp://192.168.1.1:5353"}
  clients: [lan, 203.0.113.0/24, 2001:db8::/48]
  workers: 3
  cache_mib: 64
web:
  listen: ["127.0.0.1:8080"]
  hosts: [Filter.Home]
  proxy: "::0001"
state: data
""",
    )
    assert found == Config(
        listen=(Endpoint("127.0.0.1", 5300), Endpoint("::1", 5300)),
        upstreams={
            "all": (
                config.Upstream("udp", Endpoint("192.0.2.1", 53)),
                config.Upstream("tcp", Endpoint("2001:db8::53", 5353)),
            )
        },
        local_domains={
            "lan": config.Upstream("udp", Endpoint("192.168.1.1", 53)),
            "168.192.in-addr.arpa": config.Upstream("udp", Endpoint("192.168.1.1", 5353)),
        },
        clients=("lan", "203.0.113.0/24", "2001:db8::/48"),
        workers=3,
        cache_mib=64,
        web_listen=(Endpoint("127.0.0.1", 8080),),
        web_hosts=("filter.home",),
        web_proxy="::1",
        state=tmp_path / "data",
        source=tmp_path / "config.yaml",
    )


def test_one_class_given_leaves_the_other_its_default(tmp_path: Path) -> None:
    found = read(tmp_path, "dns: {upstreams: {open: [udp://192.0.2.1]}}")
    assert [str(server) for server in found.upstreams["open"]] == ["udp://192.0.2.1:53"]
    assert found.upstreams["family"] == config.UPSTREAMS["family"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("dsn: {}", "config.yaml:1: dsn:", 'unknown key (did you mean "dns"?)'),
        ("dns:\n  lisen: []", "config.yaml:2: dns.lisen:", 'did you mean "listen"?'),
        ("a: 1", "config.yaml:1: a:", "unknown key"),
        ("[1, 2]", "config.yaml:1: ", "needs keys"),
        ("dns: 5", "config.yaml:1: dns:", "needs keys"),
        ("dns:\n  listen: 5354", "config.yaml:2: dns.listen:", "needs a list"),
        ("dns:\n  listen: []", "config.yaml:2: dns.listen:", "is empty"),
        ("dns:\n  listen: [5354]", "config.yaml:2: dns.listen[0]:", '"5354" is not an IPv4 address'),
        ("dns:\n  listen: [[1]]", "config.yaml:2: dns.listen[0]:", "needs one text"),
        ("dns:\n  listen: ['127.0.0.1']", "config.yaml:2: dns.listen[0]:", "has no port: write it as 127.0.0.1:53"),
        ("dns:\n  listen: ['127.0.0.1:0']", "config.yaml:2: dns.listen[0]:", '"0" is not a port'),
        ("dns:\n  listen: ['127.0.0.1:65536']", "config.yaml:2: dns.listen[0]:", '"65536" is not a port'),
        ("dns:\n  listen: ['::1:53']", "config.yaml:2: dns.listen[0]:", "brackets"),
        ("dns:\n  listen: ['[::1]']", "config.yaml:2: dns.listen[0]:", "no port"),
        ("dns:\n  listen: ['[::1']", "config.yaml:2: dns.listen[0]:", "is not an address and port"),
        ("dns:\n  listen: ['[127.0.0.1]:53']", "config.yaml:2: dns.listen[0]:", "not an IPv6 address"),
        ("dns:\n  listen: ['localhost:53']", "config.yaml:2: dns.listen[0]:", "write 127.0.0.1"),
        ("dns:\n  upstreams: 9.9.9.9", "config.yaml:2: dns.upstreams:", "needs a list"),
        ("dns:\n  upstreams: []", "config.yaml:2: dns.upstreams:", "is empty"),
        ("dns:\n  upstreams:\n  - udp://9.9.9.9\n  - 9.9.9", "config.yaml:4: dns.upstreams[1]:", "is not a server"),
        ("dns:\n  upstreams: [udp://dns.example]", "config.yaml:2: dns.upstreams[0]:", "not an IPv4 address"),
        ("dns:\n  upstreams: [udp://0.0.0.0]", "config.yaml:2: dns.upstreams[0]:", "not the address of a server"),
        ("dns:\n  upstreams: [udp://224.0.0.1]", "config.yaml:2: dns.upstreams[0]:", "not the address of a server"),
        ("dns:\n  upstreams: [tls://d@1.1.1.1]", "config.yaml:2: dns.upstreams[0]:", "later version; use udp://"),
        ("dns:\n  upstreams: [https://d/q@1.1.1.1]", "config.yaml:2: dns.upstreams[0]:", "later version; use udp://"),
        ("dns:\n  upstreams: {familly: []}", "config.yaml:2: dns.upstreams.familly:", 'did you mean "family"?'),
        ("dns:\n  upstreams: {open: []}", "config.yaml:2: dns.upstreams.open:", "is empty"),
        ("dns:\n  local_domains: [lan]", "config.yaml:2: dns.local_domains:", "needs pairs"),
        (
            "dns:\n  local_domains: {a..b: udp://192.0.2.1}",
            "config.yaml:2: dns.local_domains.a..b:",
            "not a domain name",
        ),
        ("dns:\n  local_domains: {lan: 192.0.2.1}", "config.yaml:2: dns.local_domains.lan:", "is not a server"),
        ("dns:\n  clients: [wan]", "config.yaml:2: dns.clients[0]:", "neither lan nor a network"),
        ("dns:\n  clients: [10.1.2.3/8]", "config.yaml:2: dns.clients[0]:", "within 10.0.0.0/8"),
        ("dns:\n  workers: 0", "config.yaml:2: dns.workers:", "auto or a number from 1 to 16"),
        ("dns:\n  workers: 17", "config.yaml:2: dns.workers:", "auto or a number from 1 to 16"),
        ("dns:\n  workers: two", "config.yaml:2: dns.workers:", "auto or a number from 1 to 16"),
        ("dns:\n  workers: true", "config.yaml:2: dns.workers:", "auto or a number from 1 to 16"),
        ("dns:\n  cache_mib: 1025", "config.yaml:2: dns.cache_mib:", "a number from 1 to 1024"),
        ("dns:\n  cache_mib: '16'", "config.yaml:2: dns.cache_mib:", "a number from 1 to 1024"),
        ("dns:\n  cache_mib: [16]", "config.yaml:2: dns.cache_mib:", "a number from 1 to 1024"),
        ("web:\n  hosts: ['a b..c']", "config.yaml:2: web.hosts[0]:", "not a host name"),
        ("web:\n  proxy: localhost", "config.yaml:2: web.proxy:", "(write 127.0.0.1)"),
        ("web:\n  proxy: [127.0.0.1]", "config.yaml:2: web.proxy:", "needs one text"),
        ("state: [a]", "config.yaml:1: state:", "needs one text"),
        ("dns: {listen: ['127.0.0.1:53'], upstreams: [udp://127.0.0.1]}", "dns.upstreams[0]:", "this filter itself"),
        ("dns: {upstreams: {open: [udp://127.0.0.1]}}", "dns.upstreams.open[0]:", "this filter itself"),
        ("dns: {local_domains: {lan: 'udp://[::1]'}}", "dns.local_domains.lan:", "this filter itself"),
        ("dns: {listen: ['127.0.0.1:53']}\nweb: {listen: ['127.0.0.1:53']}", "web.listen:", "DNS is answered already"),
        ("a: [", "config.yaml:", "not YAML"),
        ("state: a\nstate: b", "config.yaml:2: ", 'the key "state" is there twice'),
        ("a: &b 1\nc: *b", "config.yaml:1: ", "aliases"),
        ("!!python/object:os.system x", "config.yaml:1: ", "tags"),
        ("? [a]\n: b", "config.yaml:1: ", "a key must be a word"),
        ("a: 1\n---\nb: 1", "config.yaml:", "second document"),
        ("state: a\n# \x07", "config.yaml:2: ", "control character"),
        (b"\n\xff", "config.yaml:2: ", "not UTF-8"),
        ("[" * 100_000, "config.yaml:1: ", "nest"),
        ("#" * (1 << 20) + "#", "config.yaml: ", "larger than 1 MiB"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, text: str | bytes, place: str, words: str) -> None:
    (line,) = faults(tmp_path, text)
    assert place in line
    assert words in line


def test_all_faults_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, "dns:\n  listen: [x, y]\n  workers: 99\n  foo: 1\nweb: 3\nstate: {}\n")
    assert [line.split(": ")[0] for line in found] == [f"config.yaml:{number}" for number in (2, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize("own", ["127.0.0.1:5354", "0.0.0.0:5354"])
def test_an_upstream_on_another_port_of_this_machine_is_fine(tmp_path: Path, own: str) -> None:
    found = read(tmp_path, f"dns: {{listen: ['{own}'], upstreams: ['udp://127.0.0.1:5300']}}")
    assert str(found.upstreams["all"][0]) == "udp://127.0.0.1:5300"


def test_the_command_line_is_laid_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("dns: {listen: ['192.0.2.1:53'], cache_mib: 5}\nstate: here\n")
    found = config.load(path, dns=("127.0.0.1:1", "[::1]:2"), web=("127.0.0.1:3",), state=Path("there"))
    assert found.listen == (Endpoint("127.0.0.1", 1), Endpoint("::1", 2))
    assert found.web_listen == (Endpoint("127.0.0.1", 3),)
    assert found.state == Path.cwd() / "there"
    assert found.cache_mib == 5


def test_faults_of_the_command_line_name_the_option() -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(dns=("5354",), web=("nowhere:1",))
    assert [line.split(": ")[1] for line in caught.value.lines] == ["--dns", "--web"]


@pytest.mark.parametrize(("name", "words"), [("missing.yaml", "no such file"), ("", "is a directory")])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config.load(tmp_path / name)
