"""Pages that show pieces of examples: filled from the files, so that a page cannot differ from what is tested.

C{python -m tests.examples.page} writes docs/testing.md anew.
"""

import ast
import re
from pathlib import Path

from tests.readme import ROOT

__all__ = ["PAGE", "fillExamples", "pieceOf"]

PAGE = ROOT / "docs" / "testing.md"

# Below the line <!-- from examples/FILE: NAME, NAME --> stands a block with these pieces of the file; of a file that
# is no Python, all of it.
_SHOWN = re.compile(
    r"^<!-- from (?P<file>examples/[\w./]+)(?:: (?P<names>[\w, ]+))? -->\n\n```(?P<kind>\w*)\n.*?^```$",
    re.MULTILINE | re.DOTALL,
)


def pieceOf(file: Path, name: str) -> str:
    """A class or a function of a file, as it stands there, with its decorators."""
    text = file.read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno]) + "\n"
    raise AssertionError(f"{file} has no {name}")


def fillExamples(page: str) -> str:
    """A page with every block that comes from an example as the example is now."""
    return _SHOWN.sub(_block, page)


def _block(found: re.Match[str]) -> str:
    file, names = ROOT / found["file"], found["names"]
    if names is None:
        text = file.read_text("utf-8")
    else:
        text = "\n\n".join(pieceOf(file, name.strip()) for name in names.split(","))
    start = found[0].partition("\n")[0]
    return f"{start}\n\n```{found['kind']}\n{text}```"


if __name__ == "__main__":
    PAGE.write_text(fillExamples(PAGE.read_text("utf-8")), "utf-8")
