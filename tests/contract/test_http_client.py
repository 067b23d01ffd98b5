"""The way out: retries, limits, and addresses that must not be asked."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clawback.sources.http import HttpClient, HttpFailure
from clawback.sources.reach import Unreachable, check_target, is_public
from tests.contract.loopback import LoopbackServer, Scripted

OK = Scripted(b'{"fine": true}')


class Sleeper:
    """Counts instead of sleeping."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def client(sleeper: Sleeper | None = None, **options: object) -> HttpClient:
    return HttpClient(allow_hosts=["127.0.0.1"], sleep=sleeper or Sleeper(), **options)  # type: ignore[arg-type]  # keyword bag


def test_an_answer_comes_whole_and_the_agent_says_who_asks() -> None:
    with LoopbackServer(OK) as server, client(contact="ops@example.org") as http:
        answer = http.get(f"{server.url}/hacks")
        assert (answer.status, answer.body) == (200, OK.body)
        _, path, headers = server.requests[0]
        assert path == "/hacks"
        assert headers["user-agent"].startswith("clawback/")
        assert "ops@example.org" in headers["user-agent"]
        assert headers["host"] == server.url.removeprefix("http://")


def test_retry_after_is_obeyed() -> None:
    sleeper = Sleeper()
    with (
        LoopbackServer(Scripted(status=429, headers={"Retry-After": "7"}), OK) as server,
        client(sleeper) as http,
    ):
        assert http.get(server.url).body == OK.body
    assert sleeper.waits == [7.0]


def test_retry_after_may_be_a_date() -> None:
    sleeper = Sleeper()
    later = Scripted(status=503, headers={"Retry-After": "Tue, 15 Sep 2026 12:00:30 GMT"})
    now = datetime(2026, 9, 15, 12, tzinfo=UTC)
    with LoopbackServer(later, OK) as server, client(sleeper, clock=lambda: now) as http:
        assert http.get(server.url).body == OK.body
    assert sleeper.waits == [30.0]


def test_a_wait_without_end_is_not_waited() -> None:
    sleeper = Sleeper()
    with (
        LoopbackServer(Scripted(status=429, headers={"Retry-After": "86400"})) as server,
        client(sleeper) as http,
    ):
        with pytest.raises(HttpFailure, match="did not answer"):
            http.get(server.url)
        assert len(server.requests) == 1
    assert sleeper.waits == []


def test_server_errors_are_tried_again_a_few_times() -> None:
    sleeper = Sleeper()
    with LoopbackServer(Scripted(status=500)) as server, client(sleeper) as http:
        with pytest.raises(HttpFailure) as caught:
            http.get(server.url)
        assert len(server.requests) == 4
    assert sleeper.waits == [1.0, 2.0, 4.0]
    assert "status 500" in str(caught.value)


def test_a_refusal_is_not_tried_again() -> None:
    with LoopbackServer(Scripted(status=403)) as server, client() as http:
        with pytest.raises(HttpFailure, match="status 403"):
            http.get(server.url)
        assert len(server.requests) == 1


def test_gzip_is_inflated_and_a_truncated_one_is_no_answer() -> None:
    packed = gzip.compress(OK.body * 100)
    good = Scripted(packed, headers={"Content-Encoding": "gzip"})
    cut = Scripted(packed[:-9], headers={"Content-Encoding": "gzip"})
    with LoopbackServer(cut, good) as server, client() as http:
        assert http.get(server.url).body == OK.body * 100
        assert len(server.requests) == 2
    with LoopbackServer(cut) as server, client() as http, pytest.raises(HttpFailure) as caught:
        http.get(server.url)
    assert "ends too early" in str(caught.value)


def test_a_connection_that_breaks_off_is_no_answer() -> None:
    broken = Scripted(b"[1,2", length=400)
    with LoopbackServer(broken) as server, client() as http, pytest.raises(HttpFailure, match="not answer"):
        http.get(server.url)


@pytest.mark.parametrize("packed", [False, True])
def test_an_oversize_answer_stops_while_it_streams(packed: bool) -> None:
    body = b"0" * 3_000_000
    answer = Scripted(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if packed else Scripted(body)
    http = client(max_bytes=1_000_000)
    with (
        http,
        LoopbackServer(answer) as server,
        pytest.raises(HttpFailure, match="larger than 1000000"),
    ):
        http.get(server.url)


def test_loopback_is_refused_unless_the_settings_name_it() -> None:
    with LoopbackServer(OK) as server, HttpClient(sleep=Sleeper()) as http:
        with pytest.raises(Unreachable, match="inside address"):
            http.get(server.url)
        assert server.requests == []


def test_a_redirect_to_an_inside_address_is_refused() -> None:
    with LoopbackServer(OK) as inside:
        port = inside.url.rpartition(":")[2]
        elsewhere = Scripted(status=302, headers={"Location": f"http://localhost:{port}/secret"})
        refused = pytest.raises(Unreachable, match="localhost leads to an inside address")
        with LoopbackServer(elsewhere) as server, client() as http, refused:
            http.get(server.url)
        assert inside.requests == []


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever() -> None:
    moved = Scripted(status=301, headers={"Location": "/new"})
    with LoopbackServer(moved, OK) as server, client() as http:
        assert http.get(f"{server.url}/old").body == OK.body
        assert [path for _, path, _ in server.requests] == ["/old", "/new"]
    with LoopbackServer(moved) as server, client() as http, pytest.raises(HttpFailure, match="redirects"):
        http.get(server.url)


def test_a_post_is_never_redirected() -> None:
    moved = Scripted(status=307, headers={"Location": "/new"})
    with LoopbackServer(moved) as server, client() as http, pytest.raises(HttpFailure, match="redirects"):
        http.post_json(server.url, b"[]")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "http://user:pw@example.org/"])
def test_other_schemes_and_credentials_are_refused(url: str) -> None:
    with client() as http, pytest.raises(Unreachable):
        http.get(url)


def test_the_checked_address_is_the_one_that_is_connected_to() -> None:
    # The name resolves to a public address first and to loopback afterwards: rebinding must gain nothing.
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    target = check_target(httpx.URL("http://rebind.example/x"), [], lambda host, port: next(answers))
    assert target.address == "93.184.215.14"
    with pytest.raises(Unreachable, match="inside address"):
        check_target(httpx.URL("http://rebind.example/x"), [], lambda host, port: next(answers))


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Unreachable):
        check_target(httpx.URL("https://x.example"), [], lambda host, port: ["8.8.8.8", "10.0.0.1"])


def test_a_name_that_no_resolver_takes_is_told() -> None:
    with pytest.raises(Unreachable, match="does not resolve"):
        check_target(httpx.URL(f"http://{'a' * 80}.example/"), [])


def test_a_slow_drip_ends_at_the_deadline() -> None:
    def drip(stop: threading.Event, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            while not stop.wait(0.05):
                connection.sendall(b"x")

    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, client(deadline=0.5, timeout=5.0) as http:
        server = threading.Thread(target=drip, args=(stop, listener), daemon=True)
        server.start()
        started = monotonic()
        with pytest.raises(HttpFailure, match="too long"):
            http.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        took = monotonic() - started
        stop.set()
        server.join()
    assert took < 20


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to be refused
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("64:ff9b:1::7f00:1", False),
    ],
)
def test_inside_addresses_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_an_error_shows_neither_query_nor_path() -> None:
    with (
        LoopbackServer(Scripted(status=404)) as server,
        client() as http,
        pytest.raises(HttpFailure) as caught,
    ):
        http.get(f"{server.url}/key-in-path/hacks?api_key=secret")
    assert server.url in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "key-in-path" not in str(caught.value)


def test_a_refused_address_shows_no_path() -> None:
    with pytest.raises(Unreachable) as caught:
        check_target(httpx.URL("http://10.0.0.1:8545/key-in-path?api_key=secret"), [])
    assert "http://10.0.0.1:8545" in str(caught.value)
    assert "key-in-path" not in str(caught.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for feed.example, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feed.example")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("feed.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "feed.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "answered"),
    [("feed.example", True, True), ("other.example", True, False), ("feed.example", False, False)],
)
def test_tls_is_verified_against_the_name_though_an_address_is_asked(
    certificate: Path, host: str, trusted: bool, answered: bool
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate)) if trusted else None
    with (
        LoopbackServer(OK, tls=served) as server,
        HttpClient(
            allow_hosts=[host], sleep=Sleeper(), resolver=lambda name, port: ["127.0.0.1"], tls=trust
        ) as http,
    ):
        url = f"https://{host}:{server.port}/"
        if answered:
            assert http.get(url).body == OK.body
            assert server.requests[0][2]["host"] == f"{host}:{server.port}"
        else:
            with pytest.raises(HttpFailure) as caught:
                http.get(url)
            assert "certificate verify failed" in str(caught.value).lower()
            assert server.requests == []
