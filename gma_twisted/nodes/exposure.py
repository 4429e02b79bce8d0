"""When other machines may be let in."""

from gma_twisted.configuration import Configuration, Listen

__all__ = ["whyClosed"]


def whyClosed(listen: Listen, configuration: Configuration) -> str:
    """
    Why other machines may not be let in at an endpoint; empty when they may.

    TLS says that nobody else listens, and who somebody is; it does not say who may do what.
    """
    if configuration.node.insecure:
        return ""
    isGuarded = configuration.access.isGiven
    if listen.kind != "ssl":
        return "there is no TLS" if isGuarded else "there is neither TLS nor authentication"
    return "" if isGuarded else "nothing says who may do what"
