"""When other machines may be let in."""

from collections.abc import Iterator, Sequence

from gma_twisted.configuration import Configuration, Draft, Listen, Mistake
from gma_twisted.model.network import isLoopback

__all__ = ["exposed", "exposedLines", "whyClosed"]


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


def exposed(listens: Sequence[Listen], configuration: Configuration) -> Iterator[Mistake]:
    """Endpoints that let other machines in who may not be, and those that have no address to be known by."""
    node = configuration.node
    for index, one in enumerate(listens):
        path = ("node", "listen", index)
        why = "" if one.isLocal or one.kind == "systemd" else whyClosed(one, configuration)
        if why:
            loopback = r"\:\:1" if one.kind == "tcp6" else "127.0.0.1"
            yield Mistake(
                path,
                f'"{one.text}" lets other machines in, and {why}',
                f"say it under [access], or write interface={loopback}"
                if one.kind == "ssl"
                else f"write interface={loopback}, or spell out --insecure",
            )
        elif node.publicUrl is None and (one.isWildcard or one.port < 0):
            yield Mistake(
                path,
                f'"{one.text}" has no address of its own',
                'set public_url = "http://HOST:PORT" under [node], what handles begin with',
            )


def exposedLines(draft: Draft) -> Iterator[Mistake]:
    """
    Addresses at which other machines would send lines. What C{[access]} says helps nothing: whoever can send from an
    address, or forge one, is let in as anybody.
    """
    node, section = draft.configuration.node, draft.configuration.consumer
    areOthers = any(not one.is_loopback for one in section.listenFrom)
    if (
        node.insecure
        or section.listenInsecure
        or not areOthers
        or not (draft.reads(("node",)) and draft.reads(("consumer",)))
    ):
        return
    for index, url in enumerate(section.listen):
        if not isLoopback(url.host):
            yield Mistake(
                ("consumer", "listen", index),
                f'"{url}" lets other machines in, which listen_from names, and lines show no identity: nothing says '
                "that they come from where they seem to, and everybody on the way can read and change them",
                f"write {url.scheme}://127.0.0.1, leave listen_from out, or spell out listen_insecure = true",
            )
