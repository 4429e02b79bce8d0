"""A configuration of two files: what one says is added to what the other says, and nothing is said twice."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.mistakes import Mistake, Mistakes, Source
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.reader import MAX_NAMED, NAMED

__all__ = ["JoinedSource", "join"]


@attrs.frozen(slots=False)
class JoinedSource(Source):
    """
    A L{Source} of one file, and of another for some sections.

    @ivar further: the other
    @ivar theirs: the first two parts of the paths that stand there
    """

    further: Source = attrs.field(factory=Source, kw_only=True)
    theirs: frozenset[Path] = attrs.field(default=frozenset(), kw_only=True)

    def where(self, path: Path, atKey: bool = False) -> str:
        """See L{Source.where}."""
        if path[:2] in self.theirs:
            return self.further.where(path, atKey)
        return super().where(path, atKey)

    def said(self, mistake: Mistake) -> str:
        """See L{Source.said}."""
        if mistake.path[:2] in self.theirs:
            return self.further.said(mistake)
        return super().said(mistake)

    def refuse(self, mistakes: Iterable[Mistake]) -> Mistakes:
        """See L{Source.refuse}; one file after the other."""
        mine: list[Mistake] = []
        others: list[Mistake] = []
        for one in mistakes:
            (others if one.path[:2] in self.theirs else mine).append(one)
        return Mistakes([*super().refuse(mine).lines, *self.further.refuse(others).lines])


def join(draft: Draft, further: Draft) -> Draft:
    """
    Add the named sections of another file: providers, what is aggregated, where to register.

    @param draft: wins where both have a section of the same name, which is a mistake
    @param further: has nothing but such sections, and no options
    @return: both, with the mistakes and doubts of both
    """
    changed: dict[str, Any] = {}
    clashes: list[Mistake] = []
    for kind in NAMED:
        ours: Mapping[str, Any] = getattr(draft.configuration, kind)
        theirs: Mapping[str, Any] = getattr(further.configuration, kind)
        if theirs:
            added = {name: section for name, section in theirs.items() if name not in ours}
            changed[kind] = {**ours, **added}
            clashes.extend(_clashes(kind, ours, theirs, draft.source, further.source))
    paths = {(kind, name) for kind in NAMED for name in getattr(further.configuration, kind)}
    told = {one.path[:2] for one in further.mistakes}
    kept = {(kind, name) for kind in NAMED for name in getattr(draft.configuration, kind)}
    base = draft.source
    source = JoinedSource(
        base.name,
        base.text,
        base.options,
        further=further.source,
        theirs=frozenset((paths | told) - kept),
    )
    return Draft(
        attrs.evolve(draft.configuration, **changed),
        source,
        [*_lines(draft), *_lines(further), *clashes],
        [*draft.doubts, *further.doubts],
    )


def _lines(draft: Draft) -> Iterator[Mistake]:
    # Each as its own file tells it: after joining, one name may stand for two places.
    for one in draft.mistakes:
        yield attrs.evolve(one, message=draft.source.said(one), isLine=True)


def _clashes(
    kind: str,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    source: Source,
    further: Source,
) -> Iterator[Mistake]:
    for name in theirs:
        if name in ours:
            path = (kind, name)
            other = source.where(path, atKey=True)
            clash = Mistake(path, f"the same name as {other}", "give one of them another")
            yield attrs.evolve(clash, message=further.said(clash), isLine=True)
    if len({**ours, **theirs}) > MAX_NAMED:
        total = len({**ours, **theirs})
        message = f"{kind}: {total} sections, of both files together, are more than {MAX_NAMED}"
        cure = "leave some of them to another node"
        yield Mistake((kind,), f"{further.name}: {message}", cure, isLine=True)
