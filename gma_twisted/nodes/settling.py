"""What the kind of a node makes of a configuration: what stands where the operator said nothing."""

import attrs

from gma_twisted.configuration import Draft, RIPSSection, SummariseSection
from gma_twisted.execution.setup import DEFAULT_GRACE
from gma_twisted.nodes.kind import Derives, NodeKind

__all__ = ["settled"]

# Of a summariser that is not told what to summarise.
_EVERY = "every"


def settled(kind: NodeKind, draft: Draft) -> Draft:
    """
    The same draft with the providers of the kind where it has none, and a producer no class of its own; with a grace
    for each provider, with what is copied of sources where their section does not say what; and a
    summariser that is told nothing counts events.

    C{grace_period} of C{[rips]} is in the sections of the providers then: who compares two settled configurations finds
    the providers that differ.
    """
    configuration = draft.configuration
    rips, grace = configuration.rips, DEFAULT_GRACE
    if kind.isRIPS:
        grace = rips.gracePeriod
        rips = attrs.evolve(rips, gracePeriod=RIPSSection().gracePeriod)
    isOwn = kind.produces and configuration.producer.implementation is not None
    standing = kind.providers if draft.reads(("providers",)) and not isOwn else {}
    providers = configuration.providers or standing
    summarise = configuration.summarise
    if kind.derives is Derives.SUMMARISE and not summarise and draft.reads(("summarise",)):
        summarise = {_EVERY: SummariseSection()}
    return attrs.evolve(
        draft,
        configuration=attrs.evolve(
            configuration,
            providers={
                name: one if one.grace is not None else attrs.evolve(one, grace=grace)
                for name, one in providers.items()
            },
            rips=rips,
            summarise=summarise,
            aggregate={
                name: one if one.names else attrs.evolve(one, names=tuple(kind.copied))
                for name, one in configuration.aggregate.items()
            },
        ),
    )
