"""Reading a document: XML into elements, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


class TwimlError(Exception):
    """The document cannot be run: `code` and text for the debugger."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(slots=True, frozen=True)
class Element:
    """One verb or noun. `text` is all text inside, white space collapsed."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple[Element, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true`/`false`; anything else leaves the default."""
        return {"true": True, "false": False}.get(self.get(name).lower(), default)

    def number(self, name: str, default: int) -> int:
        """A whole number of seconds or things; anything else leaves the default."""
        text = self.get(name).strip()
        return int(text) if text.isascii() and text.isdigit() else default

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        """A list separated by spaces."""
        return tuple(self.get(name, default).split())

    def method(self, name: str = "method", default: str = "POST") -> str:
        given = self.get(name).upper()
        return given if given in ("GET", "POST") else default

    def nested(self, name: str) -> tuple[Element, ...]:
        return tuple(child for child in self.children if child.name == name)


def parse_twiml(body: bytes | str) -> tuple[Element, ...]:
    """The verbs of a document; raises TwimlError 12100 or 12102."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise TwimlError(12100, f"Error parsing the document: {error}") from error
    if root.tag != "Response":
        raise TwimlError(12102, f"The root element is <{root.tag}>")
    return tuple(_element(child) for child in root)


def _element(node: Any) -> Element:
    return Element(
        name=str(node.tag),
        attributes={str(k): str(v) for k, v in node.attrib.items()},
        text=" ".join("".join(node.itertext()).split()),
        children=tuple(_element(child) for child in node),
    )
