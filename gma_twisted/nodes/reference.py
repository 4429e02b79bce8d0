"""The pages that are made of the code, brought up to date: C{python -m gma_twisted.nodes.reference}."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from gma_twisted.nodes.errorpage import errorPage
from gma_twisted.nodes.operationpage import operationPage

__all__ = ["PAGES", "main"]

PAGES: Mapping[str, Callable[[], str]] = {
    "operations.md": operationPage,
    "errors.md": errorPage,
}
"""By the name of its file: what writes it."""


def main(directory: Path, out: IO[str]) -> None:
    """
    Write every page, and say so.

    @param directory: where the documentation is
    """
    for name, write in PAGES.items():
        (directory / name).write_text(write(), "utf-8")
        out.write(f"{directory / name}\n")


if __name__ == "__main__":
    main(Path("docs"), sys.stdout)
