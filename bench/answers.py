"""Takes HTTP answers apart as strictly as a benchmark needs: a server that answers wrongly must not win."""

__all__ = ["WrongAnswer", "completeLength"]

_OK = b"HTTP/1.1 200 "


class WrongAnswer(Exception):
    """An answer that ends the benchmark; the message says what was wrong with it."""


def completeLength(data: bytes, needle: bytes, ending: bytes = b"Envelope>") -> int:
    """
    Check an answer.

    @param data: all that arrived since the request
    @param needle: what the body must hold
    @param ending: what it must end with, but for blanks
    @return: bytes still missing; 0 when it is complete and right
    @raise WrongAnswer: another status, no length, bytes too many, or the body is about something else
    """
    if not data.startswith(_OK[: len(data)]):
        raise WrongAnswer(f"not a 200: {data[:200]!r}")
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return 1
    size = _contentLength(head)
    if len(body) > size:
        raise WrongAnswer(f"{len(body) - size} bytes after the end of an answer")
    if len(body) < size:
        return size - len(body)
    if needle not in body or not body.rstrip().endswith(ending):
        raise WrongAnswer(f"no {needle!r} in {body[:2000]!r}")
    return 0


def _contentLength(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    raise WrongAnswer(f"no Content-Length in {head[:500]!r}")
