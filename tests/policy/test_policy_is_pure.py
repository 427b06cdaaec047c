"""The decision core touches nothing: no files, clock, logging, randomness."""

import ast
from pathlib import Path

import pytest

import filterdns.policy

MODULES = sorted(Path(filterdns.policy.__path__[0]).glob("*.py"))
MAY_IMPORT = {
    "bisect", "collections.abc", "dataclasses", "enum", "functools", "hashlib", "ipaddress", "itertools", "json",
    "operator", "re", "struct", "types", "typing", "filterdns",
}  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in imported if name not in MAY_IMPORT and not name.startswith("filterdns.policy")} <= {
        "filterdns.dname",
        "filterdns.native",
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_calls(path: Path) -> None:
    calls = {node.func.id for node in ast.walk(ast.parse(path.read_text()))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert not calls & {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
