"""An administrator gives remitd a certificate; clients show theirs, which can stand for a key. Without one remitd listens on loopback only."""

import subprocess
import time

import grpc
import pytest
from certificates import Authority
from conftest import BIN, details

from remit.ledger.v1 import ledger_pb2, ledger_pb2_grpc


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def server_files(authority):
    return authority.issue("server")


@pytest.fixture(scope="module")
def secure(installation, server_files):
    certificate, key = server_files
    return installation.serve("--certificate", certificate, "--private-key", key, host="0.0.0.0")


@pytest.fixture(scope="module")
def mutual(installation, authority, server_files):
    certificate, key = server_files
    return installation.serve("--certificate", certificate, "--private-key", key, "--client-ca", authority.folder / "authority.pem")


def channel(server, authority, client=None):
    files = [path.read_bytes() for path in client] if client else [None, None]
    return grpc.secure_channel(
        f"127.0.0.1:{server.port}", grpc.ssl_channel_credentials((authority.folder / "authority.pem").read_bytes(), files[1], files[0]))


def customers(channel, metadata=()):
    return ledger_pb2_grpc.LedgerServiceStub(channel).ListCustomers(ledger_pb2.ListCustomersRequest(), metadata=metadata, timeout=60)


def test_without_a_certificate_only_loopback_is_served(installation):
    refused = installation.run("remitd", "serve", "--database", installation.url("remitd"), "--grpc", "0.0.0.0:0", check=False)
    assert refused.returncode == 1 and "loopback only" in refused.stderr and refused.stderr.count("\n") == 1


def test_a_client_that_trusts_the_authority_calls_over_tls(installation, secure, authority):
    with channel(secure, authority) as secured:
        assert customers(secured, installation.key("nordwind")) is not None
        with pytest.raises(grpc.RpcError) as refused:
            customers(secured)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
    with secure.channel() as plain, pytest.raises(grpc.RpcError) as refused:
        customers(plain, installation.key("nordwind"))
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_client_that_does_not_trust_it_goes_away(installation, secure, folder):
    other = Authority(folder, "stranger")
    strange = grpc.secure_channel(f"127.0.0.1:{secure.port}", grpc.ssl_channel_credentials((folder / "stranger.pem").read_bytes()))
    with strange, pytest.raises(grpc.RpcError) as refused:
        customers(strange, installation.key("nordwind"))
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE and other


def remit(server, *arguments, check=True):
    return subprocess.run([BIN / "remit", *map(str, arguments), "--address", f"https://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=60, check=check)


def test_the_command_line_over_tls(installation, secure, authority):
    ca = authority.folder / "authority.pem"
    assert "number" in remit(secure, "customers", "--key", installation.keys["nordwind"], "--ca", ca).stdout
    refused = remit(secure, "customers", "--key", installation.keys["nordwind"], check=False)
    assert refused.returncode == 69  # not issued by whom the system trusts
    assert "cannot be read" in remit(secure, "customers", "--key", "k", "--ca", "nothing.pem", check=False).stderr


def test_mutual_tls_refuses_clients_without_a_certificate_of_the_authority(installation, mutual, authority, folder):
    with channel(mutual, authority, authority.issue("anna")) as known:
        assert customers(known, installation.key("nordwind")) is not None
    stranger = Authority(folder, "stranger2").issue("eve")
    for client in (None, stranger):
        with channel(mutual, authority, client) as unknown, pytest.raises(grpc.RpcError) as refused:
            customers(unknown, installation.key("nordwind"))
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_certificate_stands_for_a_key(installation, mutual, authority, remitd):
    feed = authority.issue("bank-feed")
    made = installation.remit(remitd, "nordwind", "key", "create", "bank-feed", "--role", "clerk", "--certificate", feed[0])
    fingerprint = authority.openssl("x509", "-in", feed[0], "-noout", "-fingerprint", "-sha256").split("=")[1].strip().replace(":", "").lower()
    assert fingerprint in made.stdout and "remit_" not in made.stdout
    with channel(mutual, authority, feed) as known:
        assert customers(known) is not None
        with pytest.raises(grpc.RpcError) as refused:
            ledger_pb2_grpc.LedgerServiceStub(known).CreateCustomer(ledger_pb2.CreateCustomerRequest(), timeout=60)
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED and "bank-feed has no permission" in refused.value.details()
    # The command line shows it too, without a key.
    assert remit(mutual, "customers", "--ca", authority.folder / "authority.pem", "--client-certificate", feed[0], "--client-key", feed[1]).returncode == 0
    # Another certificate of the same authority stands for nothing.
    with channel(mutual, authority, authority.issue("mallory")) as unknown, pytest.raises(grpc.RpcError) as refused:
        customers(unknown)
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED and "stands for no valid key" in refused.value.details()
    # It cannot stand for two, and is revoked like any key.
    twice = installation.remit(remitd, "nordwind", "key", "create", "two", "--role", "clerk", "--certificate", feed[0], check=False)
    assert "another key already" in twice.stderr
    listed = installation.remit(remitd, "nordwind", "key", "list", "--output", "csv").stdout
    key = next(line.split(",")[0] for line in listed.splitlines() if ",bank-feed," in line)
    installation.remit(remitd, "nordwind", "key", "revoke", key)
    with channel(mutual, authority, feed) as known:

        time.sleep(5.5)  # what another server believed
        with pytest.raises(grpc.RpcError) as refused:
            customers(known)
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_certificates_that_cannot_be_used_are_told_in_one_line(installation, authority, server_files, tmp_path, remitd):
    certificate, key = server_files
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing")
    for arguments, message in [
            (("--certificate", tmp_path / "none.pem", "--private-key", key), "none.pem cannot be read"),
            (("--certificate", bad, "--private-key", key), "bad.pem is not a certificate in PEM"),
            (("--certificate", certificate, "--private-key", tmp_path / "none.key"), "none.key cannot be read"),
            (("--certificate", certificate, "--private-key", bad), "cannot listen"),
            (("--certificate", certificate, "--private-key", key, "--client-ca", bad), "bad.pem is not a certificate in PEM"),
            (("--certificate", certificate, "--private-key", authority.issue("other")[1]), "cannot listen")]:
        refused = installation.run("remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", *map(str, arguments), check=False)
        assert refused.returncode == 1 and message in refused.stderr, (arguments, refused.stderr)
    expired = authority.issue("old", days=0)
    refused = installation.run("remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--certificate", expired[0], "--private-key", expired[1], check=False)
    assert "has expired" in refused.stderr
    assert installation.remit(remitd, "nordwind", "key", "create", "x", "--role", "clerk", "--certificate", bad, check=False).stderr.startswith("remit: --certificate must be a certificate in PEM")
