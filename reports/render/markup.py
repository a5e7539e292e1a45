"""HTML that is safe by construction: plain text is always escaped, only `Markup` goes in as it stands."""

import html
from collections.abc import Iterable

VOID = frozenset({"meta", "br", "hr"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(text: object) -> Markup:
    """Any text made harmless, in content and in attribute values."""
    return text if isinstance(text, Markup) else Markup(html.escape(str(text), quote=True))


def join(parts: Iterable[str]) -> Markup:
    """Parts one after another, each escaped unless it is markup."""
    return Markup("".join(escape(part) for part in parts))


def tag(name: str, /, *children: str, **attributes: str) -> Markup:
    """One element. `class_` stands for class and underscores for hyphens, as in `aria_label`."""
    spelled = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{spelled}>")
    return Markup(f"<{name}{spelled}>{join(children)}</{name}>")


def table(head: Iterable[str], rows: Iterable[Iterable[str]], class_: str = "") -> Markup:
    """A table with one header row, in a box that scrolls sideways on narrow screens."""
    header = tag("tr", *(tag("th", cell, scope="col") for cell in head))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", header), tag("tbody", *body), class_=class_), class_="scroll")
