"""
Build hook: modules that are faster compiled, where there is a C compiler.

Without one the package is the same in Python alone, and so it is with C{HATCH_BUILD_NO_HOOKS=true}. An editable install
has the modules beside their sources, and the C sources in C{build/compiled}.
"""

import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["CompiledHook"]

_MODULES = ("gma_twisted.netlogger._plainreader", "gma_twisted.netlogger._plainwriter")


class CompiledHook(BuildHookInterface[Any]):
    """Compiles all or nothing."""

    _scratch: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """@param version: C{editable} or C{standard}"""
        root = Path(self.root)
        isEditable = version == "editable"
        if isEditable:
            scratch = root / "build" / "compiled"
        else:
            # The tree may be one that is only read.
            scratch = self._scratch = Path(tempfile.mkdtemp(prefix="gma-compiled-"))
        made, why = _compiled(scratch)
        if why:
            self.app.display_warning(f"nothing is compiled, Python does the same slower: {why}")
        if isEditable:
            _replace(root, made)
        elif made:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["force_include"].update({str(file): place for place, file in made.items()})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """What was made has its copy in the wheel."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def _replace(root: Path, made: dict[str, Path]) -> None:
    """Put modules beside their sources; those of which none was made go."""
    for place in _places():
        target = root / place
        if place not in made:
            target.unlink(missing_ok=True)
            continue
        # Processes that run from here keep the file they have: written to, it would end them.
        fresh = target.with_name(f"{target.name}.fresh")
        shutil.copyfile(made[place], fresh)
        os.replace(fresh, target)


def _places() -> list[str]:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return [f"{name.replace('.', '/')}{suffix}" for name in _MODULES]


def _compiled(scratch: Path) -> tuple[dict[str, Path], str]:
    """@return: the files by their places in the package, and why there are none"""
    try:
        # Where a packager builds with what is there, they may not be.
        from Cython.Build import cythonize  # noqa: PLC0415
        from setuptools import Distribution, Extension  # noqa: PLC0415
        from setuptools.command.build_ext import build_ext  # noqa: PLC0415
        from setuptools.errors import BaseError, CCompilerError  # noqa: PLC0415
    except ImportError as error:
        return {}, str(error)
    extensions = [
        Extension(name, [f"{name.replace('.', '/')}.pyx"], extra_compile_args=["-O2", "-g0"])
        for name in _MODULES
    ]
    try:
        sources = cythonize(extensions, build_dir=str(scratch), force=True, quiet=True)
        command = build_ext(Distribution({"ext_modules": sources}))
        command.build_lib, command.build_temp = str(scratch), str(scratch / "objects")
        command.ensure_finalized()
        command.run()
    except (BaseError, CCompilerError) as error:
        return {}, str(error)
    return {place: scratch / place for place in _places()}, ""
