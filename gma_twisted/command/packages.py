"""The files that C{gma provider new} writes: those of examples/site, under another name.

They are kept in C{example} beside this file, each with C{.txt} behind its name, so that no tool takes them for modules
of ours. Nobody edits them there: C{python -m tests.examples.template} copies them from examples/site.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

__all__ = ["NAME", "PARTS", "SUFFIX", "TEMPLATES", "filesOf"]

NAME = "gridsite"
"""What the example is called."""

TEMPLATES = Path(__file__).with_name("example")
"""Where its files are."""

SUFFIX = ".txt"
"""Behind the name of each of them."""

PARTS: Mapping[str, Collection[str]] = {
    "provider": ("provider",),
    "handler": ("provider", "handler"),
    "service": ("service",),
    "store": ("store",),
}
"""By name: what is written for a part. A handler takes what a provider gives."""

# A path, or a dotted name, says which part a line speaks of.
_PART = re.compile(rf"\b{NAME}[./]({'|'.join(PARTS)})\b")
_FILE = re.compile(rf"{NAME}/(?:test/test_)?({'|'.join(PARTS)})\.py|(queues)\.txt")
# A section of README.md, or a table of TOML.
_SECTION = re.compile(r"^(?=## |\[)", re.MULTILINE)


def filesOf(name: str, parts: Collection[str] = tuple(PARTS)) -> Mapping[str, str]:
    """
    By path: the text of each file.

    @param name: of the package, in the place of L{NAME}
    @param parts: those of L{PARTS} that it shall have
    """
    wanted = {one for part in parts for one in PARTS[part]}
    unwanted = PARTS.keys() - wanted
    files: dict[str, str] = {}
    for file in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        path = file.relative_to(TEMPLATES).as_posix().removesuffix(SUFFIX)
        if _partOfFile(path) in unwanted:
            continue
        text = file.read_text("utf-8")
        if path.endswith((".md", ".toml")):
            text = _without(unwanted, text)
        if path == "pyproject.toml":
            text = text.replace(f'name = "{NAME}"', f'name = "{_distribution(name)}"')
        files[path.replace(NAME, name)] = text.replace(NAME, name)
    return files


def _partOfFile(path: str) -> str:
    found = _FILE.fullmatch(path)
    if found is None:
        return ""
    return found[1] or "provider"


def _without(parts: Collection[str], text: str) -> str:
    """A text whose sections, and lines of them, speak of none of the parts. A section is of the part named first."""
    kept = [
        line
        for section in _SECTION.split(text)
        if _named(section) not in parts
        for line in section.splitlines(keepends=True)
        if _named(line) not in parts
    ]
    return "".join(kept).rstrip("\n") + "\n"


def _named(text: str) -> str:
    found = _PART.search(text)
    return "" if found is None else found[1]


def _distribution(name: str) -> str:
    return name.strip("_").replace("_", "-")
