"""An app installs itself with the package ShopifyAPI: permission URL, check of the callback, token.

Its addresses are https; they are opened as http. Nothing else of the library is changed.
"""

import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import shopify

BACK = "https://app.example/auth/callback"
STATE = "a nonce & 100%"


class Plain(urllib.request.HTTPSHandler):
    """Opens https addresses as http."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(http.client.HTTPConnection, req)


class Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, so that its address can be read."""

    def redirect_request(self, *_: object) -> None:
        return None


def redirected(url: str) -> str:
    try:
        urllib.request.build_opener(Plain, Stays).open(url)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"] or ""
    return ""


port, client_id, secret = sys.argv[1:4]
urllib.request.install_opener(urllib.request.build_opener(Plain))
shopify.Session.setup(api_key=client_id, secret=secret, protocol="http", myshopify_domain="0.0.1", port=port)
session = shopify.Session("127", "2026-10")
location = redirected(session.create_permission_url(["read_orders"], BACK, STATE))
given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
token = session.request_token(given)
found = {
    "back": location.startswith(BACK),
    "state": given["state"],
    "genuine": shopify.Session.validate_params(given),
    "forged": shopify.Session.validate_params({**given, "shop": "other.myshopify.com"}),
    "token": token,
    "scopes": str(session.access_scopes),
}
print(json.dumps(found))
