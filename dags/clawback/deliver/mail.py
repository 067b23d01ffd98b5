"""Send mail over SMTP.

Invariants:
    The Message-ID hangs on release and subscription alone: a mail that is sent again after a crash is, to
    every mail system that looks, the same mail.
    Nothing from outside reaches a header unless it is one line of printable text.
"""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from clawback.deliver.render import CONTENT_TYPES
from clawback.deliver.wording import plain
from clawback.errors import ClawbackError
from clawback.settings import SmtpSettings

_MAX_SUBJECT: Final = 180


@dataclass(frozen=True)
class Letter:
    """A mail before it is one."""

    message_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    attachment: bytes
    attachment_name: str
    form: str
    release: str


def is_loopback(host: str) -> bool:
    """Whether a mail server is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def message_id(release: str, subscription: str, sender: str) -> str:
    """Give the Message-ID of a release's mail to a subscription."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    if not domain or not all(letter.isalnum() or letter in ".-" for letter in domain):
        domain = "localhost"
    return f"<clawback.{release}.{subscription}@{domain}>"


def compose(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """Compose the mail: text for a person, the rows as an attachment."""
    name, address = parseaddr(sender)
    if not address or not sender.isprintable():
        raise ClawbackError(
            f"{sender!r} is no sender", where="setting smtp.sender", remedy="write name@example.org"
        )
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{plain(name)} <{address}>" if name else address
    message["To"] = ", ".join(letter.to)
    message["Subject"] = plain(letter.subject, _MAX_SUBJECT)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Clawback-Release"] = letter.release
    message.set_content(letter.text, cte="quoted-printable")
    main, _, sub = CONTENT_TYPES[letter.form].partition("/")
    message.add_attachment(letter.attachment, maintype=main, subtype=sub, filename=letter.attachment_name)
    return message


def send(message: EmailMessage, smtp: SmtpSettings) -> tuple[str, ...]:
    """Send a mail and give the recipients that the server refused.

    Raises:
        ClawbackError: The server could not be reached, or took the mail for nobody.
    """
    if smtp.host is None:
        raise ClawbackError(
            "no mail server is set", where="setting smtp.host", remedy="set it, or use channel: drop"
        )
    if smtp.username is not None and not smtp.starttls and not is_loopback(smtp.host):
        raise ClawbackError(
            "a password would cross the network in the clear",
            where="setting smtp.starttls",
            remedy="set smtp.starttls = true, or send without a login",
        )
    try:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=smtp.timeout_seconds) as server:
            if smtp.starttls:
                server.starttls(context=ssl.create_default_context())
            if smtp.username is not None:
                if smtp.password is None:
                    raise ClawbackError(
                        "the mail server wants a password",
                        where="setting smtp.username",
                        remedy="set CLAWBACK_SMTP__PASSWORD in the environment",
                    )
                server.login(smtp.username, smtp.password.get_secret_value())
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        # The server's answer may quote what was sent, so it is not passed on.
        raise ClawbackError(
            "the mail server refused the login",
            where=f"{smtp.host}:{smtp.port}",
            remedy="check user and password",
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise ClawbackError(
            "the mail could not be sent",
            where=f"{smtp.host}:{smtp.port}",
            cause=plain(str(error)),
            remedy="run the delivery again, it goes on where it stopped",
        ) from error
    return tuple(sorted(refused))
