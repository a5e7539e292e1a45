"""Addresses of PostgreSQL databases. They may hold a password."""

from urllib.parse import urlsplit, urlunsplit


def with_database(url: str, name: str) -> str:
    """The same server and credentials, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def place(url: str) -> str:
    """`host:port/database` without credentials, for messages."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'local'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return "the URL given"
