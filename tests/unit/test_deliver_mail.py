"""Mail reaches a real server once, and nothing hostile reaches its headers."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from clawback.deliver.mail import Letter, compose, message_id
from clawback.deliver.step import deliver_release
from clawback.errors import ClawbackError
from tests.conftest import free_port
from tests.deliver_lake import NOW, Desk
from tests.deliver_marts import claim, status_row

pytestmark = pytest.mark.slow

FIRST, SECOND = "2020-11-12-aaaaaaa", "2020-11-13-bbbbbbb"


class Inbox:
    """Takes mail; refuses whom it is told to, or everything."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refused: set[str] = set()
        self.down = False

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.down:
            return "451 try later"
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            cast(EmailMessage, email.message_from_bytes(cast(bytes, envelope.content), policy=default))
            for envelope in self.envelopes
        ]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.port = controller.port  # type: ignore[attr-defined] # handed to the desk below
    yield inbox
    controller.stop()


@pytest.fixture
def desk(tmp_path: Path, inbox: Inbox) -> Desk:
    desk = Desk(tmp_path, smtp={"host": "127.0.0.1", "port": inbox.port, "timeout_seconds": 5})  # type: ignore[attr-defined] # set above
    desk.release(FIRST, {"rpt_recovery_status_daily": pa.Table.from_pylist([status_row(date(2020, 11, 12))])})
    return desk


def subscribe(desk: Desk, **more: str) -> None:
    desk.subscribe("desk", **({"channel": "mail", "mail": "{to: [a@example.org, b@example.org]}"} | more))


def test_a_mail_arrives_once_with_table_and_attachment(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    assert [delivery.state for delivery in deliver_release(desk.context, FIRST)] == ["sent"]
    assert [delivery.state for delivery in deliver_release(desk.context, FIRST)] == ["already"]
    (mail,) = inbox.mails
    assert inbox.envelopes[0].rcpt_tos == ["a@example.org", "b@example.org"]
    assert mail["From"] == "clawback <robot@example.org>"
    assert mail["Message-ID"] == f"<clawback.{FIRST}.desk@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (
        mail["Subject"] == "[clawback] rpt recovery status daily 2020-11-12: first release, for Recovery desk"
    )
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Reported loss, highest          281,000,000.00" in text
    assert "  Mixed                           4,520,000.00  15.8%" in text
    assert "1 of 7 chains" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == f"rpt_recovery_status_daily_{FIRST}.csv"
    assert attachment.get_content_type() == "text/csv"
    assert "4520000.00" in attachment.get_content()


def test_a_crash_between_taking_and_noting_sends_the_same_mail_again(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    deliver_release(desk.context, FIRST)
    desk.lake.put(
        f"deliveries/{FIRST}/desk.json",
        desk.lake.read(f"deliveries/{FIRST}/desk.json").replace(b'"state":"sent"', b'"state":"sending"'),
    )
    moved = Desk(desk.folder, smtp={**desk.smtp, "sender": "robot@elsewhere.example"})
    assert [delivery.state for delivery in deliver_release(moved.context, FIRST)] == ["sent"]
    assert [mail["Message-ID"] for mail in inbox.mails] == [f"<clawback.{FIRST}.desk@example.org>"] * 2
    deliver_release(desk.context, FIRST)
    assert len(inbox.mails) == 2


def test_a_server_that_fails_is_asked_again(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    inbox.down = True
    with pytest.raises(ClawbackError, match=r"1 of 1 deliveries"):
        deliver_release(desk.context, FIRST)
    inbox.down = False
    assert [delivery.state for delivery in deliver_release(desk.context, FIRST)] == ["sent"]
    assert len(inbox.mails) == 1


def test_refused_recipients_are_named_and_the_others_get_no_second_mail(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    inbox.refused = {"b@example.org"}
    with pytest.raises(ClawbackError) as caught:
        deliver_release(desk.context, FIRST)
    assert "refused: b@example.org" in str(caught.value)
    assert [delivery.state for delivery in deliver_release(desk.context, FIRST)] == ["already"]
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [["a@example.org"]]


def test_a_day_without_change_says_so(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    rows = pa.Table.from_pylist([status_row(date(2020, 11, 13))])
    desk.release(SECOND, {"rpt_recovery_status_daily": rows}, previous=FIRST)
    deliver_release(desk.context, SECOND)
    (mail,) = inbox.mails
    assert "no change" in mail["Subject"]
    assert f"No change since {FIRST}." in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr] # there is a body


def test_other_tables_are_readable_and_hostile_text_is_tamed(desk: Desk, inbox: Inbox) -> None:
    hostile = claim(
        "loss", "5", "USD", "=cmd|' /C calc'!A0", "line\r\n.\r\nQUIT", asserted_by="a\u202eb\x1b[2J"
    )
    rows = pa.Table.from_pylist([hostile | {"value": Decimal(5)}])
    desk.release(SECOND, {"fct_claims": rows}, previous=FIRST)
    subscribe(desk, table="fct_claims", filter="{}", who='"=HYPERLINK(1) <x>"')
    deliver_release(desk.context, SECOND)
    (mail,) = inbox.mails
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr] # there is a body
    assert "\x1b" not in text
    assert "claim id" in text
    (attachment,) = mail.iter_attachments()
    assert "line" in attachment.get_content()
    assert "QUIT" in attachment.get_content()


def test_without_login_a_password_is_never_sent_and_never_told(desk: Desk) -> None:
    subscribe(desk)
    desk.smtp |= {"username": "robot", "password": "hunter2-secret"}
    with pytest.raises(ClawbackError) as caught:
        deliver_release(desk.context, FIRST)
    assert "hunter2-secret" not in str(caught.value)


def test_tls_is_demanded_where_it_is_set(desk: Desk, inbox: Inbox) -> None:
    subscribe(desk)
    desk.smtp |= {"starttls": True}
    with pytest.raises(ClawbackError, match="1 of 1"):
        deliver_release(desk.context, FIRST)
    assert inbox.mails == []


def test_headers_hold_one_line_each() -> None:
    letter = Letter(
        message_id("2020-11-13-bbbbbbb", "desk", "a@example.org"),
        ("b@example.org",),
        "news\r\nBcc: everyone@example.org\x00\u202e" + "x" * 500,
        "text",
        b"a",
        "a.csv",
        "csv",
        "2020-11-13-bbbbbbb",
    )
    mail = email.message_from_bytes(compose(letter, '"A, B" <a@example.org>', NOW).as_bytes(), policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("news  Bcc: everyone@example.org[U+0000][U+202E]")
    with pytest.raises(ClawbackError, match="no sender"):
        compose(letter, "a@example.org\r\nBcc: x@example.org", NOW)


@pytest.mark.parametrize("sender", ["nobody", "a@b>c", "a@", "a@exa mple"])
def test_a_message_id_is_well_formed_whatever_the_sender(sender: str) -> None:
    assert message_id("r", "s", sender).count("@") == 1
    assert ">" not in message_id("r", "s", sender)[:-1]


def test_a_password_never_crosses_the_network_in_the_clear(desk: Desk) -> None:
    subscribe(desk)
    desk.smtp |= {"host": "mail.invalid", "username": "robot", "password": "right"}
    with pytest.raises(ClawbackError) as caught:
        deliver_release(desk.context, FIRST)
    assert "in the clear" in str(caught.value)
    assert "smtp.starttls" in str(caught.value)


def test_login_over_tls(desk: Desk, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = _certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    seen: list[Any] = []

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    controller = Controller(
        inbox,
        hostname="localhost",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=check,
    )
    controller.start()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        subscribe(desk)
        desk.smtp |= {"host": "localhost", "port": controller.port, "starttls": True, "username": "robot"}
        with pytest.raises(ClawbackError, match="1 of 1"):
            deliver_release(desk.context, FIRST)
        desk.smtp |= {"password": "wrong"}
        with pytest.raises(ClawbackError) as caught:
            deliver_release(desk.context, FIRST)
        assert "refused the login" in str(caught.value), str(caught.value)
        assert "wrong" not in str(caught.value)
        desk.smtp |= {"password": "right"}
        assert [delivery.state for delivery in deliver_release(desk.context, FIRST)] == ["sent"]
    finally:
        controller.stop()
    # The client offers a wrong password once by each way of logging in.
    assert list(dict.fromkeys(seen)) == [(b"robot", b"wrong"), (b"robot", b"right")]
    assert len(inbox.mails) == 1


def _certificate(folder: Path) -> tuple[Path, Path]:
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    from clawback.context import utc_now

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, key
