"""The served shop over HTTPS: an authority made here, and a proxy for clients that insist on the shop's own domain."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import httpx
import pytest
from cryptography import x509
from gevent.threadpool import ThreadPool

from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.https.proxy import HEAD_MAX_BYTES, make_proxy
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.errors import BackingError

DOMAIN = "stockstorm-demo.myshopify.com"
WITHIN_S = 60.0


def answer(request: ApiRequest) -> ApiReply:
    return ApiReply(200, (), f"{request.method} {request.path} at {request.headers['host']}".encode(), [], [])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def https(authority: Authority) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, answer, tls=authority.server_context((DOMAIN,)))
    server.start()
    yield server.server_port
    server.stop(0.0)


@pytest.fixture
def proxy(https: int) -> Iterator[int]:
    server = make_proxy("127.0.0.1", 0, DOMAIN, https)
    server.start()
    yield server.server_port
    server.stop(0.0)


def fetched(url: str, **options: Any) -> httpx.Response:
    """In a thread, while the servers run here."""

    def fetch() -> httpx.Response:
        with httpx.Client(timeout=WITHIN_S, trust_env=False, **options) as client:
            return client.get(url)

    pool = ThreadPool(1)
    try:
        found: httpx.Response = pool.spawn(fetch).get(timeout=WITHIN_S)
        return found
    finally:
        pool.kill()


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


def test_a_client_that_trusts_the_authority_reaches_the_shop_by_localhost_and_by_address(
    authority: Authority, https: int
) -> None:
    for host in ("localhost", "127.0.0.1"):
        found = fetched(f"https://{host}:{https}/admin", verify=trusting(authority))
        assert found.text == f"GET /admin at {host}:{https}"


def test_a_client_that_does_not_trust_it_is_stopped(https: int) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        fetched(f"https://localhost:{https}/")


def test_the_authority_can_certify_no_other_site(authority: Authority) -> None:
    """Whoever steals its key, or is served by mistake, is not believed elsewhere."""
    server = make_server("127.0.0.1", 0, answer, tls=authority.server_context(("bank.example",)))
    proxy = make_proxy("127.0.0.1", 0, "bank.example", server.server_port)
    server.start()
    proxy.start()
    try:
        with pytest.raises(httpx.ConnectError, match="permitted subtree violation"):
            fetched("https://bank.example/", verify=trusting(authority), proxy=f"http://127.0.0.1:{proxy.server_port}")
    finally:
        proxy.stop(0.0)
        server.stop(0.0)


def test_the_proxy_leads_the_shops_own_domain_to_it(authority: Authority, proxy: int) -> None:
    found = fetched(f"https://{DOMAIN}/admin", verify=trusting(authority), proxy=f"http://127.0.0.1:{proxy}")
    assert found.text == f"GET /admin at {DOMAIN}"


def test_the_proxy_leads_nowhere_else(authority: Authority, proxy: int) -> None:
    with pytest.raises(httpx.ProxyError, match="403"):
        fetched("https://another.example/", verify=trusting(authority), proxy=f"http://127.0.0.1:{proxy}")


def test_an_endless_head_is_not_read(proxy: int) -> None:
    with gevent.socket.create_connection(("127.0.0.1", proxy), timeout=WITHIN_S) as client:
        client.sendall(b"CONNECT " + b"x" * 2 * HEAD_MAX_BYTES)
        assert client.recv(100).startswith(b"HTTP/1.1 403")


def test_the_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    first = Authority(folder).certificate.read_bytes()
    assert Authority(folder).certificate.read_bytes() == first
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["ca.key", "ca.pem"]
    own = x509.load_pem_x509_certificate(first)
    assert own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_damaged_authority_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    Authority(folder)
    (folder / "ca.pem").write_text("no certificate")
    with pytest.raises(BackingError, match=r"cannot be used.*\n.*--authority"):
        Authority(folder)
