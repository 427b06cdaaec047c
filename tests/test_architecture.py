"""The house rules that can be checked: which room imports which, what a worker holds, sizes and names of files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import filterdns

ROOT = Path(filterdns.__file__).parent
MODULES = sorted(
    str(path.relative_to(ROOT.parent)).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
)

PURE = {
    "filterdns.dname",
    "filterdns.native",
    "filterdns.blocklists.limits",
    "filterdns.blocklists.unpack",
    *(module for module in MODULES if module.startswith("filterdns.policy")),
    *(
        f"filterdns.dns.{name}"
        for name in (
            "wire",
            "message",
            "records",
            "answers",
            "memory",
            "rebinding",
            "local",
            "resolver",
            "safeforms",
            "tally",
            "extended",
            "waiting",
        )
    ),
}
IMPURE = {"asyncio", "datetime", "io", "logging", "mmap", "os", "pathlib", "random", "secrets", "select", "signal",
          "socket", "sqlite3", "subprocess", "tempfile", "threading", "time", "zoneinfo"}  # fmt: skip
SOCKETS = {
    f"filterdns.dns.{name}"
    for name in ("worker", "prefork", "loop", "stream", "upstream", "servers", "udp", "tcp", "tcp_upstream")
}
TOO_DEAR = (
    "asyncio",
    "dataclasses",
    "filterdns.policy.compile",
    "sqlite_utils",
    "sqlite3",
    "flask",
    "yaml",
    "dnslib",
    "click",
    "idna",
    "jinja2",
    "waitress",
)


def imports_of(module: str) -> set[str]:
    """Every module named in an import statement, those inside functions too."""
    path = ROOT.parent / (module.replace(".", "/") + ".py")
    tree = ast.parse((path if path.exists() else path.with_suffix("") / "__init__.py").read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_touch_nothing(module: str) -> None:
    assert not {name.partition(".")[0] for name in imports_of(module)} & IMPURE


@pytest.mark.parametrize("module", sorted(PURE - {"filterdns.dns.resolver", "filterdns.dns.waiting"}))
def test_pure_modules_import_only_pure_ones(module: str) -> None:
    own = {name for name in imports_of(module) if name in MODULES}
    assert own <= PURE | {"filterdns", "filterdns.policy", "filterdns.dns", "filterdns.blocklists"}


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name.startswith(("filterdns.policy", "filterdns.dname"))]
)
def test_the_core_knows_nothing_of_the_wire(module: str) -> None:
    assert not {name for name in imports_of(module) if name.startswith("filterdns.dns")}


@pytest.mark.parametrize("module", [name for name in MODULES if name not in SOCKETS])
def test_only_the_resolver_has_its_sockets(module: str) -> None:
    """Admin, updater and command line meet the workers at files, never at their sockets."""
    assert not imports_of(module) & SOCKETS


@pytest.mark.parametrize("module", [name for name in MODULES if name != "filterdns.blocklists.download"])
def test_there_is_one_way_to_the_web(module: str) -> None:
    assert not imports_of(module) & {"http.client", "urllib.request", "ftplib", "xmlrpc.client", "requests", "httpx"}


def test_a_worker_holds_nothing_dear() -> None:
    code = f"import sys, filterdns.dns.prefork; print([n for n in {TOO_DEAR!r} if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("module", [name for name in MODULES if name != "filterdns.__main__"])
def test_every_module_can_be_imported_alone(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


@pytest.mark.parametrize("module", MODULES)
def test_files_are_read_in_a_sitting_and_have_a_subject(module: str) -> None:
    path = ROOT.parent / (module.replace(".", "/") + ".py")
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    assert len(path.read_text().splitlines()) <= 330
    assert not {"util", "utils", "helper", "helpers", "manager", "common", "base", "misc"} & set(path.stem.split("_"))
