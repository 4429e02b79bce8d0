"""URLs that shall be those of services and are only their nodes'."""

from urllib.parse import urlsplit

from gma_twisted.configuration.mistakes import quoted

__all__ = ["bareURL"]


def bareURL(url: str, path: str) -> tuple[str, str] | None:
    """
    What is wrong with the URL of a service that has no path.

    @param path: that of a service which is likely to be meant
    @return: a message and a cure; C{None} where it has one
    """
    if urlsplit(url).path not in ("", "/"):
        return None
    # A node has several services, and which it has is not known before it is asked.
    return f"{quoted(url)} is a node, not a service", f"write {quoted(url.rstrip('/') + path)}"
