"""Addresses of documents: the same page under one address, however a link to it is decorated.

Only parameters that say where a reader came from are removed, by name. Wider lists exist (`courlan` removes
all that begins with `ga`, `eid`, `source` and others); they would take two articles of a site for one.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

MAX_LENGTH: Final = 2_000
_TRACKING = re.compile(
    r"utm_.*|pk_.*|mtm_.*|matomo_.*|hsa_.*|oly_(?:anon|enc)_id|vero_(?:id|conv)|mc_[ce]id|_hs(?:enc|mi)|"
    r"(?:fb|g|dc|ms|y|tw|ttc|wbra|gbra|igsh|srslt|li_fat_|epik)?clid|gbraid|wbraid|igshid|msclkid|mkt_tok|"
    r"__twitter_impression|guce_referrer(?:_sig)?|guccounter|wt_mc|cmpid|ref_src|ref_url|_ga|_gl",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SIDE_DOORS = re.compile(r"^(?:www|m|mobile|amp)\.")


def plain_address(address: str, base: str | None = None) -> str:
    """An http(s) address without tracking parameters, fragment, default port and capital letters in its host.

    Args:
        address: as a feed or a page has it.
        base: what a relative address is relative to.

    Raises:
        ValueError: no http(s) address, or one with credentials.
    """
    text = "".join(address.split())
    if base is not None:
        text = urljoin(base, text)
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an address of {len(text)} characters")
    if not text.isprintable():
        raise ValueError("an address with a control character")
    parts = urlsplit(text)
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("no http address")
    if "@" in parts.netloc:
        raise ValueError("an address with credentials")
    kept = [
        pair for pair in parts.query.split("&") if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    ]
    return urlunsplit((parts.scheme.lower(), _host(parts), parts.path or "/", "&".join(kept), ""))


def canonical_address(address: str, declared: str | None) -> str:
    """Address of the document behind a page: what the page calls canonical, if it speaks of its own site.

    A page that names another site's page as its canonical form is not believed: it would write into that
    site's document.

    Args:
        address: where the page was found, after redirects.
        declared: the page's own word.
    """
    own = plain_address(address)
    if not declared:
        return own
    try:
        other = plain_address(declared, own)
    except ValueError:
        return own
    return other if _site(other) == _site(own) else own


def _host(parts: SplitResult) -> str:
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    port = parts.port  # a ValueError where it is no number
    return host if port in (None, _DEFAULT_PORTS[parts.scheme.lower()]) else f"{host}:{port}"


def _site(address: str) -> str:
    return _SIDE_DOORS.sub("", urlsplit(address).netloc)
