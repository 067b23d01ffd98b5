"""Whether and how fast a site wants to be asked: robots.txt (RFC 9309), pauses between requests."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from clawback.errors import ClawbackError
from clawback.sources.http import Asked, HttpClient, HttpFailure

ROBOT: Final = "clawback"
"""Our name in a robots.txt; the user agent begins with it."""

LONGEST_PAUSE: Final = 60.0
_MAX_ROBOTS: Final = 512_000  # RFC 9309 asks for at least 500 KiB
_REFUSES: Final = "User-agent: *\nDisallow: /\n"


class Manners:
    """Knows the rules of every site that was asked in this run; `before` goes into each request."""

    def __init__(self, http: HttpClient, pause: float) -> None:
        self._http = http
        self._pause = pause
        self._rules: dict[str, tuple[Protego, str]] = {}
        self._asked: dict[str, float] = {}

    def before(self, address: str) -> None:
        """Wait until the site may be asked again.

        Raises:
            HttpFailure: robots.txt does not allow this address, or asks for pauses that no run can keep.
        """
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        rules, source = self._rules_of(site)
        if not rules.can_fetch(address, ROBOT):
            raise HttpFailure(f"robots.txt does not allow it{source}", where=site)
        pause = self._pause_of(rules)
        if not pause <= LONGEST_PAUSE:
            raise HttpFailure(f"robots.txt asks for pauses longer than {LONGEST_PAUSE:.0f} s", where=site)
        if site in self._asked:
            left = self._asked[site] + pause - self._http.moment()
            if left > 0:
                self._http.wait(left)
        self._asked[site] = self._http.moment()

    def _pause_of(self, rules: Protego) -> float:
        pauses = [self._pause]
        if (delay := rules.crawl_delay(ROBOT)) is not None:
            pauses.append(float(delay))
        if (rate := rules.request_rate(ROBOT)) is not None and rate.requests > 0:
            pauses.append(rate.seconds / rate.requests)
        return max(pauses)

    def _rules_of(self, site: str) -> tuple[Protego, str]:
        if site not in self._rules:
            text, source = self._robots(f"{site}/robots.txt")
            self._rules[site] = (Protego.parse(text), source)
            self._asked[site] = self._http.moment()
        return self._rules[site]

    def _robots(self, address: str) -> tuple[str, str]:
        try:
            answer = self._http.get(address, Asked(accept="text/plain, */*;q=0.5", max_bytes=_MAX_ROBOTS))
        except HttpFailure as failure:
            # A site without the file has no rules; one that cannot say what it wants is left alone.
            if failure.status is not None and 400 <= failure.status < 500:
                return "", ""
            return _REFUSES, f": it cannot be read ({failure.problem})"
        except ClawbackError as failure:
            return _REFUSES, f": it cannot be read ({failure.problem})"
        return answer.body.decode("utf-8", "replace"), ""
