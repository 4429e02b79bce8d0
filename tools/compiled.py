"""
Build hook: modules that are faster compiled, where there is a C compiler.

Without one the package is the same in Python alone, and so it is with C{HATCH_BUILD_NO_HOOKS=true}. An editable install
has the modules beside their sources.
"""

import shutil
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

__all__ = ["CompiledHook"]

_MODULES = ("gma_twisted.netlogger._plainreader", "gma_twisted.netlogger._plainwriter")


class CompiledHook(BuildHookInterface[Any]):
    """Compiles into C{build/compiled}, where the C sources stay too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """@param version: C{editable} or C{standard}"""
        try:
            made = _compile(Path(self.root))
        except (BaseError, CCompilerError) as error:
            self.app.display_warning(f"nothing is compiled, Python does the same slower: {error}")
            return
        if version == "editable":
            for place, file in made.items():
                shutil.copy2(file, Path(self.root) / place)
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update({str(file): place for place, file in made.items()})


def _compile(root: Path) -> dict[str, Path]:
    """
    Compile all.

    @return: the files by their places in the package
    @raise BaseError: no compiler, or no headers of Python
    @raise CCompilerError: the same, of older releases of setuptools
    """
    # Relative, as the backend runs in the root: of absolute paths setuptools makes whole trees.
    scratch = Path("build", "compiled")
    extensions = [
        Extension(name, [f"{name.replace('.', '/')}.pyx"], extra_compile_args=["-O2", "-g0"])
        for name in _MODULES
    ]
    command = build_ext(
        Distribution(
            {"ext_modules": cythonize(extensions, build_dir=str(scratch), force=True, quiet=True)}
        )
    )
    command.build_lib, command.build_temp = str(scratch), "."
    command.ensure_finalized()
    command.run()
    return {
        command.get_ext_filename(name): root / scratch / command.get_ext_filename(name)
        for name in _MODULES
    }
