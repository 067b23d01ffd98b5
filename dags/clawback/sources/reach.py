"""Where requests may go: public addresses only, unless the settings name the host.

A feed's answer can redirect anywhere; without this a hostile one could make us read cloud metadata or a
database on the inside. The address that was checked is the address that is connected to, so a name that
resolves differently a moment later gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clawback.errors import ClawbackError

if TYPE_CHECKING:
    # Only for its types: processes that bring a transport of their own start without it.
    import httpx

USER_AGENT: Final = "clawback/0.1 (daily warehouse of stolen crypto)"

_CARRIERS: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
_LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
"""RFC 8215: translates inside a network, by a prefix length that only that network knows."""

Resolver = Callable[[str, int], list[str]]


class Unreachable(ClawbackError):
    """The address may not be asked, or its name does not resolve."""


@dataclass(frozen=True)
class Target:
    """A checked URL: what to connect to, and the name to show and to verify."""

    url: httpx.URL
    host: str
    address: str


def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of a name, in the resolver's order."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def shown(url: httpx.URL) -> str:
    """A URL as errors and records may hold it: keys of paid services travel in queries and in paths."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}"


def check_target(url: httpx.URL, allow_hosts: Collection[str], resolver: Resolver = resolve_host) -> Target:
    """Decide whether a URL may be asked, and at which address.

    Args:
        url: where a request would go.
        allow_hosts: hosts that may be private, as the settings name them.
        resolver: gives the addresses of a name.

    Raises:
        Unreachable: no http(s), user data in the URL, a private address, or no address at all.
    """
    where = shown(url)
    if url.scheme not in ("http", "https") or not url.host:
        raise Unreachable("only http and https addresses are asked", where=where)
    if url.userinfo:
        raise Unreachable("credentials in a URL are refused", where=url.host)
    port = url.port or (443 if url.scheme == "https" else 80)
    return Target(url, url.host, check_host(url.host, port, allow_hosts, where, resolver))


def check_host(
    host: str, port: int, allow_hosts: Collection[str], where: str, resolver: Resolver = resolve_host
) -> str:
    """The address to connect to for a name.

    Args:
        host: the name.
        port: where it listens.
        allow_hosts: hosts that may be private, as the settings name them.
        where: what an error may show.
        resolver: gives the addresses of a name.

    Raises:
        Unreachable: a private address, or none at all.
    """
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"the name {host} does not resolve", where=where, cause=str(error), remedy="check the network"
        ) from error
    if not addresses:
        raise Unreachable(f"the name {host} has no address", where=where)
    if host not in allow_hosts:
        for address in addresses:
            if not is_public(address):
                raise Unreachable(
                    f"{host} leads to an inside address",
                    where=where,
                    cause=f"{address} is not a public address",
                    remedy="if that is meant, name the host in the source's option allow_hosts",
                )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address lies on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # Addresses that carry an IPv4 one inside lead to that one.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _LOCAL_NAT64:
            return False
        if inner is None and any(ip in network for network in _CARRIERS):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
