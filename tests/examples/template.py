"""What C{gma provider new} writes is examples/site: copied from there into the package, and never edited there.

C{python -m tests.examples.template} copies it.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from gma_twisted.command.packages import SUFFIX, TEMPLATES
from tests.readme import ROOT

__all__ = ["EXAMPLE", "copyExample", "exampleFiles"]

EXAMPLE = ROOT / "examples" / "site"

# What a reader who has tried it leaves behind.
_MADE = {"__pycache__", "dist", "state"}
_KINDS = {".md", ".py", ".toml", ".txt"}


def exampleFiles() -> Mapping[str, str]:
    """By path: the text of each file of the example."""
    found = (one for one in sorted(EXAMPLE.rglob("*")) if one.suffix in _KINDS and one.is_file())
    paths = (one.relative_to(EXAMPLE) for one in found)
    return {
        path.as_posix(): (EXAMPLE / path).read_text("utf-8")
        for path in paths
        if not _MADE.intersection(path.parts) and not path.parts[0].startswith("_trial")
    }


def copyExample(target: Path) -> None:
    """Have the files of the example, and no others, in a directory."""
    if target.exists():
        shutil.rmtree(target)
    for path, text in exampleFiles().items():
        file = target / f"{path}{SUFFIX}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    copyExample(TEMPLATES)
