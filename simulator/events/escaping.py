"""JSON text as Shopify's Ruby writes it: "/" as "\\/", "&", "<" and ">" as \\uXXXX, everything else raw UTF-8.

None of the four occurs in JSON outside strings, so the finished text can be rewritten as a whole, once.
"""


def escaped(text: bytes) -> bytes:
    """Compact JSON with Shopify's escapes. Parses to the same value; re-serialising it gives other bytes."""
    return text.replace(b"/", rb"\/").replace(b"&", rb"\u0026").replace(b"<", rb"\u003c").replace(b">", rb"\u003e")
