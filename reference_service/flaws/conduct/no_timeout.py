"""A call is waited for without a bound, so one that is never answered is waited for until the end of the process."""

import random

import aiohttp
from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The client library has no timeout unless it is asked for one."""

    def admin(session: aiohttp.ClientSession, url: str, token: str, rng: random.Random) -> AdminApi:
        _without_timeout(session)
        return seams.make_admin(session, url, token, rng)

    def marketplace(session: aiohttp.ClientSession, url: str, channel: str, token: str) -> Marketplace:
        _without_timeout(session)
        return seams.make_marketplace(session, url, channel, token)

    return replace(seams, make_admin=admin, make_marketplace=marketplace)


def _without_timeout(session: aiohttp.ClientSession) -> None:
    session._timeout = aiohttp.ClientTimeout(total=None)  # it is set at its birth only
