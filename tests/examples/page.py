"""Pages that show pieces of examples: filled from the files, so that a page cannot differ from what is tested.

C{python -m tests.examples.page} writes docs/testing.md and docs/topologies.md anew.
"""

import ast
import re
from pathlib import Path
from textwrap import dedent

from tests.readme import ROOT

__all__ = ["PAGE", "TOPOLOGIES", "fillExamples", "pieceOf"]

PAGE = ROOT / "docs" / "testing.md"
TOPOLOGIES = ROOT / "docs" / "topologies.md"

# Below the line <!-- from examples/FILE: NAME, NAME --> stands a block with these pieces of the file; of a file that
# is no Python, all of it.
_SHOWN = re.compile(
    r"^<!-- from (?P<file>examples/[\w./]+)(?:: (?P<names>[\w., ]+))? -->\n\n```(?P<kind>\w*)\n.*?^```$",
    re.MULTILINE | re.DOTALL,
)


def pieceOf(file: Path, name: str) -> str:
    """
    A class or a function of a file, as it stands there, with its decorators.

    @param name: a method's is C{Class.method}; it is shown without the indentation
    """
    text = file.read_text("utf-8")
    piece: ast.AST = ast.parse(text)
    for word in name.split("."):
        piece = _named(piece, word, file)
    assert isinstance(piece, ast.ClassDef | ast.FunctionDef)
    first = min([piece.lineno, *(one.lineno for one in piece.decorator_list)])
    return dedent("\n".join(text.splitlines()[first - 1 : piece.end_lineno])) + "\n"


def _named(inside: ast.AST, name: str, file: Path) -> ast.AST:
    for node in ast.iter_child_nodes(inside):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
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
    for page in (PAGE, TOPOLOGIES):
        page.write_text(fillExamples(page.read_text("utf-8")), "utf-8")
