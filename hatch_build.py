"""A build hook of hatchling's that compiles the path of a query with mypyc, into a wheel for this machine.

It is off unless HATCH_BUILD_HOOK_ENABLE_CUSTOM is set, as `make install` does where there is a C compiler. The same
source runs either way. Nothing is written beside the sources, and an editable install is never compiled: code that
was compiled yesterday must not run instead of what stands there today.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledHook(BuildHookInterface[Any]):
    """Adds extension modules for the modules that pyproject.toml names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the install is editable. Raises SystemExit or a compiler's error."""
        if version == "editable":
            return
        from mypyc.build import mypycify  # noqa: PLC0415 - only here once it is asked for
        from setuptools import Distribution  # noqa: PLC0415 - as above

        self._made = tempfile.TemporaryDirectory()
        made = Path(self._made.name)
        os.chdir(self.root)  # mypyc names modules by their paths from here
        extensions = mypycify(
            ["--config-file=", "--ignore-missing-imports", f"--cache-dir={made / 'cache'}", *self.config["modules"]],
            target_dir=str(made / "c"),
            group_name="filterdns",
        )
        build = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
        build.build_lib, build.build_temp = str(made / "lib"), str(made / "objects")
        build.ensure_finalized()
        build.run()
        built = (made / "lib").rglob("*.so")
        build_data["force_include"] |= {str(path): str(path.relative_to(made / "lib")) for path in built}
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """Clear away what the wheel now holds."""
        if version != "editable":
            self._made.cleanup()
