"""Values for evaluators, and ways to look at what they answer."""

from typing import Any

from hypothesis import strategies as st
from lxml import etree

from gma_twisted.markup import Element, XMLGate, valueFromTree, writeValue
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI, PREFIXES, XSD, XSI
from gma_twisted.model import (
    FOREVER,
    ElementKey,
    Freshness,
    Language,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)

__all__ = [
    "EXPRESSIONS",
    "HOST",
    "LIFETIMES",
    "NAMES",
    "ORIGINATORS",
    "SELECTORS",
    "Result",
    "documents",
    "elements",
    "givenBy",
    "made",
    "question",
    "read",
]

Result = str | tuple[str, str, str | None]
"""An element in canonical form, or the type and text of something else, and of which attribute it is."""

HOST = QName(GLUE, "Host")
NAMES = (HOST, QName("urn:a", "Host"), QName("urn:a", "b"), QName("", "b"))
ORIGINATORS = ("http://a/s", "http://a/s\x7f", "http://b/s", "")
AROUND = (
    f'<r xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"'
    ' xmlns:sd="urn:sd">'
).encode()

EXPRESSIONS = st.sampled_from(
    (
        *(".", "*", "//*", "q:Load", "//q:Load[@v]", "//glue:Load", "//glue:*/@*", "/glue:Host"),
        *("/*/*[1]", "//@v", "//@q:v", "//text()", "@gma:originator", "@ogsi:goodUntil", "@gma:*"),
        *("count(//*)", "sum(//@v)", "1 div count(*)", "string(.)", "string(//@w)", "name()"),
        *(
            "boolean(*)",
            "@gma:freshness = 'stale'",
            "//@v > 1",
            "self::*[q:Load]",
            "//b | //@v | /",
        ),
        *("ancestor-or-self::*", "//*[. = 'x'][last()]", "//comment()", "local-name(*)"),
        *("//*[@v >= 5]/@v", "self::*[.//q:Load/@w = 'x']", "//b[. < 5.5 or @q:v = '1']"),
    )
)
_TEXTS = st.sampled_from(["", "x", "1", "5.5", "a & <b> \"'", "é"])
_TAGS = st.sampled_from(["Host", "Load", "q:Load", "b", "q:b"])
_ATTRIBUTES = st.dictionaries(st.sampled_from(["v", "w", "q:v"]), _TEXTS, max_size=2)
LIFETIMES = (
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, 8.0, float("inf")]), min_size=3, max_size=3)
    .map(sorted)
    .filter(lambda times: times[0] < 8.0)
    .map(lambda times: Lifetime(*times))
)


def made(
    document: str | bytes,
    name: QName = HOST,
    originator: str = "http://a/s",
    key: str = "",
    lifetime: Lifetime = FOREVER,
    **more: Any,
) -> ServiceDataElement:
    """A value with that content."""
    content = document if isinstance(document, bytes) else document.encode()
    root = XMLGate().parse(content)
    return valueFromTree(root, ElementKey(name, originator, key), lifetime, **more)


@st.composite
def documents(draw: st.DrawFn, depth: int = 2) -> str:
    """Small trees whose names repeat, in and out of namespaces."""
    tag = draw(_TAGS)
    declared = ' xmlns:q="urn:q"'
    if depth == 2 and draw(st.booleans()):
        declared += f' xmlns="{GLUE}"'
    attributes = "".join(
        f' {name}="{text.replace("&", "&amp;").replace("<", "&lt;").replace(chr(34), "&quot;")}"'
        for name, text in draw(_ATTRIBUTES).items()
    )
    text = draw(_TEXTS).replace("&", "&amp;").replace("<", "&lt;")
    inner = ""
    if depth:
        inner = "".join(draw(st.lists(documents(depth - 1), max_size=3)))
    return f"<{tag}{declared}{attributes}>{text}{inner}</{tag}>"


@st.composite
def elements(
    draw: st.DrawFn, lifetimes: st.SearchStrategy[Lifetime] = LIFETIMES
) -> ServiceDataElement:
    """Values of few keys."""
    return made(
        draw(documents(1)),
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(ORIGINATORS)),
        draw(st.sampled_from(["", "k", "l"])),
        draw(lifetimes),
        sequence=draw(st.integers(0, 2)),
    )


SELECTORS = st.lists(
    st.builds(
        NameSelector,
        st.sampled_from((*NAMES, QName("urn:a", "*"), QName("*", "Host"), QName("*", "*"))),
        st.none() | st.sampled_from(ORIGINATORS),
        st.none() | st.sampled_from(["", "k"]),
    ),
    max_size=3,
).map(tuple)


def question(
    text: str,
    *names: NameSelector,
    freshness: Freshness = Freshness.ANY,
    namespaces: tuple[tuple[str, str], ...] = (("q", "urn:q"),),
) -> Question:
    """A question in XPath."""
    return Question(Language.XPATH, text, names, namespaces, freshness)


def givenBy(
    text: str, element: ServiceDataElement, now: float, offset: float, uri: str = "urn:q"
) -> list[Result]:
    """What lxml gives for an expression and one value, without the code that evaluators use."""
    value = XMLGate().parse(AROUND + writeValue(element, now, offset) + b"</r>")[0]
    root = etree.fromstring(etree.tostring(value, with_tail=False))
    found = etree.XPath(text, namespaces={**PREFIXES, "q": uri}, regexp=False)(root)
    if isinstance(found, list):
        return [
            ("xsd:string", str(one), getattr(one, "attrname", None))
            if isinstance(one, str)
            else _canonical(one)
            for one in found
        ]
    if isinstance(found, bool):
        return [("xsd:boolean", "true" if found else "false", None)]
    if isinstance(found, float):
        # The shortest decimal that reads back as the same number.
        shortest = repr(found).removesuffix(".0").replace("inf", "INF").replace("nan", "NaN")
        return [("xsd:double", shortest, None)]
    return [("xsd:string", str(found), None)]


def _canonical(node: Element) -> str:
    return str(etree.canonicalize(etree.tostring(node, with_tail=False).decode()))


def read(body: bytes, name: str = f"{{{OGSI}}}XPathQueryResults") -> list[Result]:
    """The results of an answer."""
    root = XMLGate().parse(AROUND + body + b"</r>")[0]
    assert (root.tag, root.get("resultCount")) == (name, str(len(root)))
    return [
        (one.get(f"{{{XSI}}}type", ""), one.text or "", one.get(f"{{{GMA}}}attribute"))
        if one.tag == f"{{{GMA}}}result"
        else _canonical(one)
        for one in root
    ]
