"""A small shop with both Admin APIs on a port of its own, for clients that are not ours. It prints the port.

Run as `python -m tests.contract.shopify_libraries.live_shop`.
"""

import time

from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.api.rest import RestApi, is_rest
from stockstorm.simulator.clock import WallPair
from tests.admin_calls import TOKEN
from tests.small_world import buy, small_config, small_world

ORDERS = 7


def main() -> None:
    world, config = small_world(), small_config()
    wall = WallPair(time.monotonic_ns(), time.time_ns())
    world.opening(wall.monotonic_ns)
    for key in range(1, ORDERS + 1):
        world.apply(buy(key, "online", (key % 4, 1)), wall.monotonic_ns + key)
    serial = RequestSerial()
    admin = AdminApi(world, config, TOKEN, wall, serial=serial)
    rest = RestApi(world, config, wall, admin.state, serial=serial)

    def handle(request: ApiRequest) -> ApiReply:
        api = rest if is_rest(request.path) else admin
        return api.handle(request, time.monotonic_ns())

    server = make_server("", 0, handle)
    server.start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
