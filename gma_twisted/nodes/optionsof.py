"""Options of a node of any kind, for who starts none."""

from gma_twisted.nodes.compoundoptions import compoundOptions
from gma_twisted.nodes.kind import NodeKind
from gma_twisted.nodes.options import NodeOptions, ProviderOptions
from gma_twisted.nodes.roleoptions import ConsumerOptions, ProducerOptions

__all__ = ["optionsOf"]


def optionsOf(kind: NodeKind, config: str | None, providers: str | None = None) -> NodeOptions:
    """
    Options as twistd would give them, of a node that has no others.

    @param config: name of the TOML file
    @param providers: name of the provider file; only of a kind that runs providers
    """
    if kind.isCompound:
        options = compoundOptions(kind)
    elif kind.consumes:
        options = ConsumerOptions()
    elif kind.produces:
        options = ProducerOptions()
    else:
        options = ProviderOptions() if kind.runsProviders else NodeOptions()
    options["config"] = config
    if providers is not None:
        options["providers"] = providers
    return options
