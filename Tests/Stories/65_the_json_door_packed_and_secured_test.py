"""The JSON door as browsers and proxies use it: packed both ways, HTTP/1.1 and HTTP/2 over TLS, and what broken or hostile clients send there."""

import gzip
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from certificates import Authority
from companies import eventually

from remit.ledger.v1 import ledger_pb2, ledger_pb2_grpc

LEDGER = "/remit.ledger.v1.LedgerService"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="module")
def plain(installation):
    server = installation.serve("--http", "127.0.0.1:0")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def secure(installation, authority):
    certificate, key = authority.issue("server")
    server = installation.serve("--http", "127.0.0.1:0", "--certificate", certificate, "--private-key", key)
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def key(installation):
    return installation.key("nordwind")


def post(server, key, method, body, **headers):
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http_port}{LEDGER}/{method}", data=body,
        headers={"content-type": "application/json", key[0][0]: key[0][1]} | {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_answers_and_requests_are_packed_where_both_want_it(plain, key):
    for number in range(20):
        made = post(plain, key, "CreateCustomer", gzip.compress(json.dumps({"customer": {"number": f"Z-{number}", "name": "Gepackt 压缩"}}).encode()), content_encoding="gzip")
        assert made[0] == 200 and json.loads(made[2])["name"] == "Gepackt 压缩" and "content-encoding" not in made[1]
    _, whole, text = post(plain, key, "ListCustomers", b"{}")
    _, packed, body = post(plain, key, "ListCustomers", b"{}", accept_encoding="br;q=1.0, GZIP ;q=0.5")
    assert "content-encoding" not in whole and packed["content-encoding"] == "gzip" and packed["vary"] == "accept-encoding"
    assert gzip.decompress(body) == text and len(body) < len(text) / 3
    for refused in ("gzip;q=0", "identity", "br", "", "gzip" * 300):
        assert "content-encoding" not in post(plain, key, "ListCustomers", b"{}", accept_encoding=refused)[1], refused


def test_what_is_no_gzip_or_unpacks_without_end_is_refused(plain, key):
    whole = gzip.compress(b'{"customer": {"number": "Z-x", "name": "x"}}')
    for body in (b"", b"{}", whole[:-3], whole[:5], whole + b"x", whole + whole, b"\x1f\x8b\x08" + bytes(40), whole[:12] + b"\xff" + whole[13:]):
        status, _, text = post(plain, key, "CreateCustomer", body, content_encoding="gzip")
        assert status == 400 and json.loads(text)["code"] == "invalid_argument", body
    bomb = gzip.compress(bytes(1 << 30))
    begun = time.monotonic()
    status, _, text = post(plain, key, "CreateCustomer", bomb, content_encoding="gzip")
    assert status == 429 and "unpacked" in json.loads(text)["message"] and time.monotonic() - begun < 20
    assert post(plain, key, "ListCustomers", b"{}", content_encoding="gzip, gzip")[0] == 501


def curl(secure, authority, *arguments):
    return subprocess.run(
        ["curl", "-s", "-m", "60", "--cacert", authority.folder / "authority.pem", "-w", "\n%{http_version} %{http_code}", *arguments],
        capture_output=True, text=True, check=True).stdout.rsplit("\n", 1)


@pytest.mark.parametrize("version, option", [("2", "--http2"), ("1.1", "--http1.1")])
def test_tls_speaks_both_versions(secure, authority, key, version, option):
    url = f"https://localhost:{secure.http_port}{LEDGER}/ListCustomers"
    header = f"{key[0][0]}: {key[0][1]}"
    body, told = curl(secure, authority, option, "--compressed", url, "-H", header, "-H", "content-type: application/json", "-d", "{}")
    assert told == f"{version} 200" and "customers" in json.loads(body)
    body, told = curl(secure, authority, option, url, "-H", "content-type: application/json", "-d", "{}")
    assert told == f"{version} 401" and json.loads(body)["code"] == "unauthenticated"
    # Many streams of one connection.
    several = [part for _ in range(50) for part in (url, "-o", "/dev/null")]
    told = curl(secure, authority, option, "-Z", "--parallel-max", "20", "-H", header, "-H", "content-type: application/json", "-d", "{}", *several)
    assert " ".join(told).split().count("200") == 50
    # Live, too.
    listened = subprocess.run(
        ["curl", "-sN", "-m", "2", option, "--cacert", authority.folder / "authority.pem", f"https://localhost:{secure.http_port}/events", "-H", header],
        capture_output=True, text=True)
    assert listened.stdout.startswith(": events of")


def test_without_tls_there_is_nothing_on_its_port(secure):
    with socket.create_connection(("127.0.0.1", secure.http_port), timeout=30) as connection:
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200" not in connection.recv(4096)


def test_hostile_clients_over_tls_end_nothing(secure, authority, key):
    context = ssl.create_default_context(cafile=authority.folder / "authority.pem")
    context.set_alpn_protocols(["h2"])
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    frames = [
        b"\0\0\x05\1\x05\0\0\0\1" + b"\xff" * 5,                               # headers that are none
        (1 << 14).to_bytes(3, "big") + b"\1\5\0\0\0\1" + b"\x40\x01a\x7f" + bytes(1 << 14),  # a header without an end
        b"\0\0\4\3\0\0\0\0\1\0\0\0\0" * 200,                                    # resets of what never was
        b"\0\0\x08\6\0\0\0\0\0" + bytes(8),                                     # a ping
        b"\xff\xff\xff\0\0\0\0\0\1",                                            # data longer than any frame
        b"\0\0\0\x09\4\0\0\0\1" * 1000,                                         # continuations of nothing
    ]
    for frame in frames:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", secure.http_port), timeout=30), server_hostname="localhost") as connection:
            assert connection.selected_alpn_protocol() == "h2"
            try:
                connection.sendall(preface + frame)
                connection.settimeout(2)
                connection.recv(65536)
            except OSError:
                pass
    long = "x" * 100_000
    for option in ("--http2", "--http1.1"):
        subprocess.run(["curl", "-s", "-m", "20", option, "-k", f"https://localhost:{secure.http_port}/openapi.json", "-H", f"x-long: {long}"], capture_output=True)
    body, told = curl(secure, authority, "--http2", f"https://localhost:{secure.http_port}/openapi.json")
    assert told == "2 200" and json.loads(body)["openapi"] == "3.1.0"


def served(server, key):
    try:
        return post(server, key, "ListCustomers", b"{}")[0] == 200
    except OSError:
        return False


def test_silent_connections_leave_files_for_others(installation, key):
    """More connections than it may have files: who comes later is turned away, and what is served goes on."""
    server = installation.serve("--http", "127.0.0.1:0")
    post(server, key, "ListCustomers", b"{}")
    open_now = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    subprocess.run(["prlimit", f"--pid={server.process.pid}", f"--nofile={open_now + 100}"], check=True)
    with server.channel() as channel:
        ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
        ledger.ListCustomers(ledger_pb2.ListCustomersRequest(), metadata=key, timeout=60)
        silent = [socket.create_connection(("127.0.0.1", server.http_port), timeout=30) for _ in range(300)]
        time.sleep(2)
        ledger.ListCustomers(ledger_pb2.ListCustomersRequest(), metadata=key, timeout=60)
        assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < open_now + 100
        for connection in silent:
            connection.close()
        eventually(lambda: served(server, key), "those who come later are served when the silent ones are gone")
    assert server.http("/healthz")[0] == 200 and server.stop() == 0
