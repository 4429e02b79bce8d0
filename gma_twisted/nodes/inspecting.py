"""Every class a configuration names, looked at one after the other."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import attrs

from gma_twisted.configuration import Draft, LimitsSection
from gma_twisted.nodes.installing import Installer, Known, nothingKnown
from gma_twisted.nodes.kind import NodeKind
from gma_twisted.nodes.ownclasses import OwnClasses
from gma_twisted.nodes.remembering import NOTHING, Remembered
from gma_twisted.nodes.servicekinds import KindInstaller
from gma_twisted.nodes.settling import settled
from gma_twisted.processes import ProviderRuntime

__all__ = ["Inspector", "reading"]

S = TypeVar("S")


@attrs.frozen(slots=True, eq=False)
class Inspector:
    """
    Has all of them checked, each once: by who does it in one go, or by who lets others have the reactor between two.

    @ivar kind: of the node
    @ivar draft: what was read, L{settled}
    @ivar providers: checks C{[providers.NAME]}
    @ivar kinds: checks C{[factory.NAME]}
    @ivar own: checks C{[store]}, C{[query.NAME]}, C{[services.NAME]} and the server class of C{[producer]} and its like
    """

    kind: NodeKind
    draft: Draft
    providers: Installer
    kinds: KindInstaller
    own: OwnClasses

    @classmethod
    def of(
        cls,
        kind: NodeKind,
        draft: Draft,
        runtime: ProviderRuntime,
        searched: str,
        known: Known = nothingKnown,
        remembered: Remembered = NOTHING,
    ) -> "Inspector":
        """
        Begin; nothing is checked yet.

        @param draft: what was read
        @param runtime: for classes that ask for it
        @param searched: where modules are looked for, in words
        @param known: providers that were checked before
        @param remembered: classes of other sections that were
        """
        draft = settled(kind, draft)
        source = draft.source
        limits = draft.configuration.limits if draft.reads(("limits",)) else LimitsSection()
        return cls(
            kind,
            draft,
            Installer(source, runtime, searched, known),
            KindInstaller(source, runtime, searched, remembered.kind),
            OwnClasses(source, runtime, limits, searched, remembered.own),
        )

    def steps(self) -> Iterator[None]:
        """Check the class of one section, and then of the next; those that do not read well are left out."""
        draft, configuration = self.draft, self.draft.configuration
        for name, provider in reading(draft, "providers", configuration.providers).items():
            self.providers.check(name, provider)
            yield
        for name, factory in reading(draft, "factory", configuration.factory).items():
            self.kinds.check(name, factory)
            yield
        if draft.reads(("store",)):
            self.own.checkStore(configuration.store)
            yield
        for name, query in reading(draft, "query", configuration.query).items():
            self.own.checkLanguage(name, query)
            yield
        kind = self.kind.serverSection
        if kind and draft.reads((kind,)):
            self.own.checkServer(self.kind, getattr(configuration, kind))
            yield
        for name, service in reading(draft, "services", configuration.services).items():
            self.own.checkService(name, service, self.kind)
            yield


def reading(draft: Draft, kind: str, sections: Mapping[str, S]) -> Mapping[str, S]:
    """Those sections of a kind that read well."""
    return {name: one for name, one in sections.items() if draft.reads((kind, name))}
