"""Which network addresses may be connected to, looked at in the moment of connecting and never before.

A name on the allow-list may lead anywhere, and elsewhere a second later. So the address is checked where the socket is
made for it: what was checked is what is connected to. Metadata services are refused whatever a site allows.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import aiohttp

Address = IPv4Address | IPv6Address

_METADATA: Final = frozenset(
    map(ip_address, ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
) | frozenset(map(ip_address, ("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254")))
"""Where clouds hand their machines credentials, or rule them."""

_INSIDE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
"""Private networks, carrier-grade NAT (CGNAT) and unique local addresses."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFF_FFFF


class ForbiddenAddress(OSError):
    """The server's name leads to an address that may not be connected to; the message does not tell which."""

    def __init__(self) -> None:
        super().__init__("this address may not be connected to")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far connections may go: to public addresses, and to private ones or this machine where a site allows it."""

    private: bool = False
    loopback: bool = False

    def allows(self, address: Address) -> bool:
        """Whether that address may be connected to; for IPv6 that stands for IPv4, whether that one may."""
        meant = _meant(address)
        if meant in _METADATA or meant.is_multicast or meant.is_unspecified or meant.is_link_local:
            return False
        if meant.is_loopback:
            return self.loopback
        if any(meant in network for network in _INSIDE):
            return self.private
        return meant.is_global and not meant.is_reserved and not _is_site_local(meant)

    def socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for that address; raises ForbiddenAddress if it may not be connected to."""
        family, kind, protocol, _, where = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not self.allows(ip_address(str(where[0]).split("%")[0])):
            raise ForbiddenAddress
        return socket.socket(family, kind, protocol)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64); any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour or address


def _is_site_local(address: Address) -> bool:
    """Whether it is of the long abolished fec0::/10."""
    return isinstance(address, IPv6Address) and address.is_site_local


def is_forbidden(fault: BaseException) -> bool:
    """Whether a connection failed because every address of the name is forbidden."""
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, ForbiddenAddress) or isinstance(getattr(seen, "os_error", None), ForbiddenAddress):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
