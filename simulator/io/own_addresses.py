"""Which addresses are this machine's. Nobody else gets load without having been asked."""

import ipaddress

import psutil


def is_own_address(address: str) -> bool:
    """Whether an IP address is one of this machine."""
    plain = address.partition("%")[0]
    if ipaddress.ip_address(plain).is_loopback:
        return True
    return any(entry.address.partition("%")[0] == plain for each in psutil.net_if_addrs().values() for entry in each)
