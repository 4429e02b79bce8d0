"""The tables of the documentation, made of the declarations: C{python -m gma_twisted.configuration.tables}."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gma_twisted.configuration.access import AccessRuleSection
from gma_twisted.configuration.declaration import Key, keys
from gma_twisted.configuration.reader import NAMED, SERVICE_DATA, SINGLE
from gma_twisted.configuration.registry import MembershipRuleSection
from gma_twisted.configuration.servicedata import ServiceDataSection

__all__ = ["fillTables", "table"]

_SECTIONS = {
    **SINGLE,
    **NAMED,
    SERVICE_DATA: ServiceDataSection,
    "registry.membership_rules": MembershipRuleSection,
    "access.rules": AccessRuleSection,
}


def table(section: type) -> str:
    """The keys of a section as a Markdown table."""
    rows = [
        f"| `{one.name}` | {one.kind.what} | {_default(one)} | {one.doc} |" for one in keys(section)
    ]
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows])


def fillTables(page: str) -> str:
    """
    Put today's tables into a page of the documentation.

    @param page: a table comes after the line C{<!-- keys: SECTION -->}, between empty lines
    @return: the page with the tables in their places
    """
    return "\n".join(_filled(page.split("\n")))


def _filled(lines: list[str]) -> Iterator[str]:
    inTable = False
    for line in lines:
        if inTable and (not line or line.startswith("|")):
            continue
        inTable = line.startswith("<!-- keys: ")
        yield line
        if inTable:
            section = line.removeprefix("<!-- keys: ").removesuffix(" -->")
            yield from ("", table(_SECTIONS[section]), "")


def _default(one: Key) -> str:
    if one.shown:
        return one.shown
    return "-" if one.default is None else f"`{one.kind.write(one.default)}`"


def main(page: Path, out: IO[str]) -> None:
    """Bring one page of the documentation up to date, and say so."""
    page.write_text(fillTables(page.read_text("utf-8")), "utf-8")
    out.write(f"{page}\n")


if __name__ == "__main__":
    main(Path("docs/configuration.md"), sys.stdout)
