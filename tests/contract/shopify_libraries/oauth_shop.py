"""The OAuth endpoints of a played shop on a port of their own, which is printed."""

import sys
import time

from stockstorm.simulator.api.exchange import RequestSerial
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.api.oauth.api import OAuthApi
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import AppConfig
from stockstorm.simulator.shop.app import App

if __name__ == "__main__":
    app = App(AppConfig(scopes=("read_orders",)))
    app.have(sys.argv[1].encode())
    wall = WallPair(time.monotonic_ns(), time.time_ns())
    api = OAuthApi(app, "stockstorm-demo.myshopify.com", wall, (), RequestSerial())
    server = make_server("127.0.0.1", 0, lambda request: api.handle(request, time.monotonic_ns()))
    server.start()
    print(server.server_port, flush=True)
    server.serve_forever()
