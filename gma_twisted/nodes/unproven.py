"""What of C{[identity]} and C{[access]} is without effect as the node listens; its callers would be anonymous."""

from collections.abc import Iterator

from gma_twisted.configuration import Clients, Configuration, Draft

__all__ = ["unproven"]

_KIND = "ssl"


def unproven(draft: Draft) -> Iterator[str]:
    """
    Doubt what cannot show who somebody is, and rules for those whom nothing can show.

    @return: a line each
    """
    configuration = draft.configuration
    isGiven = draft.reads(("tls",)) and draft.reads(("node",))
    for key, why in _unproven(configuration) if isGiven else ():
        yield f"{draft.source.where(key)}: warning: {why}"
    if configuration.identity or not draft.reads(("access",)):
        return
    for rule in configuration.access.rules:
        if "*" in rule.who:
            where = draft.source.where(("access", "rules", rule.name, "who"))
            yield (
                f'{where}: warning: "*" is whoever has shown who it is, and nobody can: there is no [identity.NAME]; '
                'who shows nothing is "anonymous"'
            )


def _unproven(configuration: Configuration) -> Iterator[tuple[tuple[str, ...], str]]:
    isSecure = any(one.kind == _KIND for one in configuration.node.listen)
    areAsked = configuration.tls.clients is not Clients.NONE
    for name, one in configuration.identity.items():
        if one.passwordFile is not None and not isSecure:
            yield (
                ("identity", name, "password_file"),
                "a password is taken over TLS only, and no endpoint of listen is ssl",
            )
        if one.certificates and not (isSecure and areAsked):
            why = (
                'nobody is asked for one: write clients = "optional" or "required" under [tls]'
                if isSecure
                else "who shows one does so over TLS, and no endpoint of listen is ssl"
            )
            yield ("identity", name, "certificates"), why
