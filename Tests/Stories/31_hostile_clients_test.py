"""Clients that send nonsense, floods, too much or nothing: each gets its clear error or loses its connection, and the others are served on."""

import concurrent.futures
import json
import os
import pathlib
import random
import resource
import socket
import subprocess
import sys
import threading
import time

import grpc
import pytest
from companies import Company, eventually
from conftest import BIN, ROOT, details
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

sys.path.insert(0, str(ROOT / "Tests/Hostile"))
import clients

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc

# A debug build takes ten times as long for what the transport does, so that times are compared with a release build only (make bench).
RELEASE = "release" in str(BIN)
CALLS = 300 if RELEASE else 100


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("H-1")


@pytest.fixture(scope="module", autouse=True)
def meanwhile(installation, remitd):
    """What only waits for its time goes on beside the other tests."""
    with concurrent.futures.ThreadPoolExecutor() as threads:
        yield {wait: threads.submit(wait, installation, remitd) for wait in (silent_connections, a_request_that_never_ends)}


def p99(company, customer, calls=CALLS):
    """Milliseconds of a well-behaved client's calls, one after the other with a pause, as people and integrations call."""
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        company.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
        times.append(time.perf_counter() - begun)
        time.sleep(0.002)
    return sorted(times)[int(calls * 0.99)] * 1000


def raw(channel, path, body, metadata=None, **more):
    return channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)(body, metadata=metadata, timeout=60, **more)


def refusal(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    found = details(error.value) if error.value.code() != grpc.StatusCode.UNIMPLEMENTED else {}
    return error.value.code().name, found["ErrorInfo"].reason if "ErrorInfo" in found else "", error.value.details()


def memory(server):
    """Resident megabytes."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def test_keys_that_are_none(installation, remitd, nordwind, customer):
    operator = installation.key("operator")
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)

        def key(expires="", roles=("clerk",)):
            request = key_pb2.CreateKeyRequest(tenant="nordwind", principal=f"k{random.random()}", roles=roles)
            if expires:
                request.expires_at.FromJsonString(expires)
            return keys.CreateKey(request, metadata=operator, timeout=60)

        revoked, soon = key(), key(expires=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)))
        keys.RevokeKey(key_pb2.RevokeKeyRequest(tenant="nordwind", id=revoked.key.id), metadata=operator, timeout=60)
        time.sleep(2.5)
        genuine = installation.keys["nordwind"]
        wrong = [None, "", "Bearer", "Bearer ", "Basic " + genuine, genuine, f"Bearer {genuine}x", f"Bearer {genuine[:-1]}",
                 f"Bearer {genuine[:-1]}{'a' if genuine[-1] != 'a' else 'b'}", f"Bearer {genuine} ", f"Bearer {'x' * 7000}",
                 f"Bearer {genuine},{genuine}", f"Bearer {revoked.secret}", f"Bearer {soon.secret}"]
        for authorization in wrong:
            metadata = [("authorization", authorization)] if authorization is not None else []
            code, reason, message = refusal(lambda: raw(channel, clients.METHOD, b"", metadata))
            assert (code, reason) in {("UNAUTHENTICATED", "NO_KEY"), ("UNAUTHENTICATED", "KEY_REFUSED")}, (authorization, code, reason, message)
            assert genuine not in message
        # The key of another company finds nothing of this one.
        assert refusal(lambda: raw(channel, "/remit.ledger.v1.LedgerService/GetCustomer", pb.GetCustomerRequest(id=customer).SerializeToString(),
                                   installation.key("huaxin")))[0] == "NOT_FOUND"
        # A clerk's key may not do what is for operators, nor what its roles do not allow.
        clerk = [("authorization", f"Bearer {key(roles=['auditor']).secret}")]
        assert refusal(lambda: keys.CreateKey(key_pb2.CreateKeyRequest(tenant="nordwind", principal="more", roles=["owner"]), metadata=clerk, timeout=60))[:2] == (
            "PERMISSION_DENIED", "NO_PERMISSION")
        assert refusal(lambda: raw(channel, "/remit.ledger.v1.LedgerService/PostInvoice", b"", clerk))[:2] == ("PERMISSION_DENIED", "NO_PERMISSION")
        for path in ("/remit.ledger.v1.LedgerService/Nothing", "/nothing.v1.Nothing/Nothing", "/x", "/remit.ledger.v1.LedgerService/", "//"):
            assert refusal(lambda: raw(channel, path, b"", clerk))[0] == "UNIMPLEMENTED"


def test_bytes_that_are_no_message_at_every_method(installation, remitd, nordwind):
    """Whatever the bytes are, the answer is one of a client's errors, and never an internal one."""
    randomness = random.Random(7)
    with remitd.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        methods = [method for service in database.get_services() if service.startswith("remit.")
                   for method in pool.FindServiceByName(service).methods if not method.client_streaming]
        assert len(methods) > 50
        for method in methods:
            path = f"/{method.containing_service.full_name}/{method.name}"
            for body in [b"\xff" * 20, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a" * 5000, b"\x0b" * 5000, randomness.randbytes(300), b"\x0a\x02\xc3\x28"]:
                begin = channel.unary_stream if method.server_streaming else channel.unary_unary
                # Without a right to change the company itself: random bytes could be a request to delete it.
                metadata = installation.key("nordwind")
                try:
                    call = begin(path, request_serializer=bytes, response_deserializer=bytes)(body, metadata=metadata, timeout=60)
                    list(call)
                    code, message = grpc.StatusCode.OK, ""
                except grpc.RpcError as error:
                    code, message = error.code(), error.details()
                assert code.name in {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "FAILED_PRECONDITION"}, (path, body[:20], code, message)
                if body[:1] in b"\xff\x0b" or body == b"\x0a\xff\xff\xff\xff\x0f":
                    assert code.name in {"INVALID_ARGUMENT", "PERMISSION_DENIED"}, (path, body[:20], code)


def test_requests_that_are_too_large(installation, remitd, nordwind, customer):
    before = memory(remitd)
    body = bytes(100 << 20)
    for metadata in (installation.key("nordwind"), [("authorization", "Bearer rk_wrong")]):
        for _ in range(3):
            with remitd.channel() as channel:
                code = refusal_code(channel, body, metadata)
                assert code in {"RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "UNAVAILABLE", "CANCELLED"}, code
    with remitd.channel() as channel:
        assert refusal(lambda: raw(channel, clients.METHOD, bytes(5 << 20), installation.key("nordwind")))[:2] == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")
        # Nobody's request is read at all.
        assert refusal(lambda: raw(channel, clients.METHOD, bytes(60 << 20), [("authorization", "Bearer rk_wrong")]))[0] == "UNAUTHENTICATED"
    assert p99(nordwind, customer, 50) < 2000
    assert memory(remitd) < before + 400, f"{before} MB before, {memory(remitd)} MB after"


def refusal_code(channel, body, metadata):
    with pytest.raises(grpc.RpcError) as error:
        raw(channel, clients.METHOD, body, metadata)
    return error.value.code().name


@pytest.fixture(scope="module")
def idle(nordwind, customer):
    p99(nordwind, customer)
    return p99(nordwind, customer)


@pytest.mark.parametrize("kind", [kind.__name__ for kind in clients.KINDS])
def test_connections_that_break_the_protocol(kind, installation, remitd, nordwind, customer, idle):
    attacker = subprocess.Popen(
        ["nice", sys.executable, ROOT / "Tests/Hostile/clients.py", kind, str(remitd.port), installation.keys["huaxin"], "3" if RELEASE else "1.5"],
        stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    under = p99(nordwind, customer)
    ends = json.loads(attacker.communicate(timeout=60)[0])
    print(f"{kind}: p99 {under:.1f} ms, {under / idle:.1f} times idle; {ends}")
    assert sum(ends.values()) > 0
    assert {end.split()[0] for end in ends} == {"closed" if kind in clients.BREAKS else "open"}, ends
    assert remitd.process.poll() is None
    eventually(lambda: p99(nordwind, customer, 30) <= 3 * idle, "as fast as before")
    assert under <= (3 * idle if RELEASE else 2000)


def test_thousands_of_silent_connections(installation, remitd, nordwind, customer, idle):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(10_000 if RELEASE else 2_000, hard // 2 - 500)
    before = memory(remitd)
    sockets = [socket.create_connection(("127.0.0.1", remitd.port), timeout=60) for _ in range(count)]
    try:
        for index, connection in enumerate(sockets):
            if index % 2:
                connection.sendall(clients.PREFACE + clients.frame(clients.SETTINGS, 0, 0))
        wait_until_at_rest(remitd)
        under = p99(nordwind, customer)
        print(f"{count} silent connections: p99 {under:.1f} ms, {under / idle:.1f} times idle; {memory(remitd) - before} MB")
        assert under <= (3 * idle if RELEASE else 2000)
        with remitd.channel() as channel:
            assert Company(installation, channel, "nordwind").call("GetBalance", pb.GetBalanceRequest(customer_id=customer)).customer_id == customer
    finally:
        for connection in sockets:
            connection.close()
    eventually(lambda: len(os.listdir(f"/proc/{remitd.process.pid}/fd")) < 200, "the connections are closed")


def silent_connections(installation, remitd):
    server = installation.serve("--connection-idle", "1")
    silent = [clients.Bad(server.port), clients.Bad(server.port, b""), clients.half_frame(server.port, "x")]
    return {bad.end(seconds=40).split()[0] for bad in silent}, server.stop()


def test_silent_connections_are_closed_after_a_while(meanwhile):
    assert meanwhile[silent_connections].result() == ({"closed"}, 0)


def test_more_connections_than_files(installation):
    """remitd that may open no more files serves those that are connected, does not spin, and takes new ones when there is room again."""
    server = installation.serve()
    open_now = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    with server.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.items()
        subprocess.run(["prlimit", f"--pid={server.process.pid}", f"--nofile={open_now + 50}"], check=True)
        sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(120)]
        time.sleep(0.5)
        before = cpu(server)
        time.sleep(1)
        assert cpu(server) - before < 0.2, "it spins"
        company.items()
        for connection in sockets:
            connection.close()
        with server.channel() as another:
            eventually(lambda: Company(installation, another, "nordwind").items() is not None, "new clients are served")
    assert server.stop() == 0


def wait_until_at_rest(server):
    def at_rest():
        before = cpu(server)
        time.sleep(0.5)
        return cpu(server) - before < 0.05
    eventually(at_rest, "remitd is at rest")


def cpu(server):
    """Seconds of processor time."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def a_request_that_never_ends(installation, remitd):
    never = threading.Event()

    def nothing():
        never.wait(60)
        yield b""

    with remitd.channel() as channel:
        begun = time.monotonic()
        call = channel.stream_unary(clients.METHOD, request_serializer=bytes, response_deserializer=bytes)
        told = refusal(lambda: call(nothing(), metadata=installation.key("nordwind")))
        never.set()
        return told[:2], time.monotonic() - begun


def test_a_request_that_never_ends_gets_the_deadline(meanwhile):
    """A client that begins a request and sends no more keeps a place of its own company only, and only until the deadline."""
    told, seconds = meanwhile[a_request_that_never_ends].result()
    assert told == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED") and 25 < seconds < 35
