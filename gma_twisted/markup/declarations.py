"""What the gate refuses before anything is parsed: document type declarations and processing instructions.

In XML a C{<} begins markup, but for those within comments, CDATA sections, instructions and document type declarations:
in text and attributes none may stand. So comments and sections are passed over, from the first to the last; if there is
an instruction or a DOCTYPE, the first of them is the first C{<?} or C{<!} beside them, and a document with another
C{<!} there is not well-formed. Where there is none libxml2 alone judges what is well-formed: a second opinion, on which
characters names may have, made a document with a comment another one than without.
"""

import re

from gma_twisted.errors import ParameterError, cut

__all__ = ["refuseDeclarations"]

_COMMENT, _SECTION, _DOCTYPE = b"<!--", b"<![CDATA[", b"<!DOCTYPE"
_COMMENT_END, _SECTION_END = b"-->", b"]]>"
_END = 3
_TARGET = re.compile(rb"<\?([^\s?<>]+)")


def refuseDeclarations(data: bytes, start: int, what: str) -> None:
    """
    Refuse what begins with C{<!} or C{<?} and is neither a comment nor a CDATA section.

    Nothing is looked at twice, however often it nearly begins or ends.

    @param data: the document in UTF-8
    @param start: where it begins behind byte order mark and XML declaration
    @param what: how error messages name it
    @raise ParameterError: there is one; the first is named, or, when it is none that XML knows, its place
    """
    question = data.find(b"<?", start)
    at = data.find(b"<!", start)
    while at >= 0 and not 0 <= question < at:
        if data.startswith(_COMMENT, at):
            end = data.find(_COMMENT_END, at + len(_COMMENT))
        elif data.startswith(_SECTION, at):
            end = data.find(_SECTION_END, at + len(_SECTION))
        else:
            end = -1
        if end < 0:
            if data.startswith(_DOCTYPE, at):
                raise ParameterError(
                    f"{what} has a DOCTYPE; document type declarations are not accepted"
                )
            raise _malformed(data, at, what)
        end += _END
        if 0 <= question < end:
            question = data.find(b"<?", end)
        at = data.find(b"<!", end)
    if question < 0:
        return
    found = _TARGET.match(data, question)
    # That name is reserved: a declaration that is not at the start is no instruction.
    if found is None or found[1].lower() == b"xml":
        raise _malformed(data, question, what)
    target = cut(found[1].decode("utf-8", "replace"), 40)
    raise ParameterError(f"{what} has a processing instruction <?{target}?>; none are accepted")


def _malformed(data: bytes, at: int, what: str) -> ParameterError:
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    return ParameterError(f"{what} is not well-formed XML: line {line}, column {column}")
