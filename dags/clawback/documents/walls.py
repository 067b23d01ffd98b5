"""Pages that answer 200 and are no article: consent walls, paywalls, bot checks, errors, nothing."""

from __future__ import annotations

import re
from typing import Final

LEAST_TEXT: Final = 200
"""Characters below which there is no article to read: about two sentences."""

_WALL_TEXT: Final = 3_000
"""A longer text that mentions cookies is an article about them, or has a notice at its end."""

_TEASER: Final = 800
"""An invitation to subscribe stands at the end of a text this short, not below a whole article."""

_BOT = re.compile(
    r"just a moment|attention required|access denied|are you (?:a |not a )?(?:human|robot)|"
    r"verify you are human|enable javascript and cookies|checking your browser|unusual traffic|captcha|"
    r"pardon our interruption",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(?:error )?(?:40[0-9]|50[0-9])\b|(?:page|article) not found|not found$|bad gateway|service unavailable|"
    r"(?:internal )?server error|maintenance|something went wrong",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"cookies?\b|consent|your privacy|personal data|legitimate interest|our partners|accept all|reject all|"
    r"manage (?:options|preferences|settings)|datenschutz|einwilligung|confidentialité|consentement|"
    r"privacidad",
    re.IGNORECASE,
)
_PAY = re.compile(
    r"subscribe (?:now|today|to (?:read|continue|unlock))|to continue reading|already a subscriber|"
    r"subscribers only|for subscribers|unlock this article|sign in to (?:read|continue)|"
    r"create a(?:n| free)? account to (?:read|continue)|this (?:article|content) is (?:for|reserved)",
    re.IGNORECASE,
)


def why_no_article(title: str, text: str, *, free: bool = True) -> str | None:
    """Why a page is no article, or None.

    Args:
        title: the page's title.
        text: its main text.
        free: False where the page says that it is not free to read (schema.org isAccessibleForFree).
    """
    short = len(text) < _WALL_TEXT
    if not free and short:
        return "paywalled: the page says that it is not free to read"
    if short and (_BOT.search(title) or (len(text) < LEAST_TEXT and _BOT.search(text))):
        return "a check for robots in place of the article"
    if short and _ERROR.match(title):
        return f"an error page: '{title[:60]}'"
    if short and _mostly(_CONSENT, text):
        return "a consent page in place of the article"
    if len(text) < _TEASER and _PAY.search(text):
        return "paywalled: the text ends in an invitation to subscribe"
    if len(text) < LEAST_TEXT:
        return f"no main text: {len(text)} characters"
    return None


def _mostly(words: re.Pattern[str], text: str) -> bool:
    """Whether half of a text, by length of its lines, is about something, and in three different words."""
    lines = text.split("\n")
    about = sum(len(line) for line in lines if words.search(line))
    return 2 * about >= len(text) and len({found.lower() for found in words.findall(text)}) >= 3
