"""PyPI's connectrpc, as it comes: protobuf and JSON, packed, GET for reads, streams, and refusals with their details, for every method there is."""

import gzip
import json
import struct
import urllib.error
import urllib.request

import grpc
import pytest
from companies import day
from conftest import details
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

connectrpc = pytest.importorskip("connectrpc", reason="the Connect client is not there: pip install -r Tests/requirements.txt")
from connectrpc.client import ConnectClientSync  # noqa: E402
from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec  # noqa: E402
from connectrpc.errors import ConnectError  # noqa: E402
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType  # noqa: E402


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def methods(server):
    with server.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        yield [method for name in database.get_services() if name.startswith("remit.") for method in pool.FindServiceByName(name).methods]


@pytest.fixture(scope="module", params=["proto", "json"])
def client(server, request):
    codec = google_protobuf_binary_codec() if request.param == "proto" else google_protobuf_json_codec()
    with ConnectClientSync(f"http://127.0.0.1:{server.http_port}", codec=codec, timeout_ms=60_000) as client:
        yield client


def info(method, reads=False):
    made = message_factory.GetMessageClass
    return MethodInfo(
        name=method.name, service_name=method.containing_service.full_name, input=made(method.input_type), output=made(method.output_type),
        idempotency_level=IdempotencyLevel.NO_SIDE_EFFECTS if reads else IdempotencyLevel.UNKNOWN,
        stream_type=StreamType.SERVER_STREAM if method.server_streaming else StreamType.UNARY)


def ledger(name, **options):
    return info(pb.DESCRIPTOR.services_by_name["LedgerService"].methods_by_name[name], **options)


def test_a_morning_by_connect(client, installation, request):
    key = dict(installation.key("nordwind"))
    mark = request.node.callspec.params["client"].upper()
    customer = client.execute_unary(
        request=pb.CreateCustomerRequest(customer=pb.Customer(number=f"CN-{mark}", name="Connect & Söhne 公司")), method=ledger("CreateCustomer"), headers=key)
    wish = pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer.id, number=f"CN-{mark}-1", amount=Money(currency="EUR", amount="119.00"), issued_on=day(-20), due_on=day(10)))
    posted = client.execute_unary(request=wish, method=ledger("PostInvoice"), headers=key | {"Idempotency-Key": f"connect-{mark}"})
    again = client.execute_unary(request=wish, method=ledger("PostInvoice"), headers=key | {"Idempotency-Key": f"connect-{mark}"})
    assert posted == again and posted.amount.amount == "119.00"
    items = client.execute_unary(request=pb.ListOpenItemsRequest(customer_id=customer.id), method=ledger("ListOpenItems", reads=True), headers=key, use_get=True)
    assert [item.open.amount for item in items.items] == ["119.00"]
    wish.invoice.amount.amount = "twelve"
    with pytest.raises(ConnectError) as refused:
        client.execute_unary(request=wish, method=ledger("PostInvoice"), headers=key)
    assert refused.value.code.value == "invalid_argument"
    assert [detail.type_name for detail in refused.value.details][0] == "google.rpc.ErrorInfo"


def test_a_stream_packed_both_ways(client, installation, request):
    mark = request.node.callspec.params["client"].upper()
    rows = "number;name\n" + "".join(f"ST-{mark}-{row};Gläubiger & Söhne {row} 公司\n" for row in range(40)) + "".join(f"ST-{mark}-{row};twice\n" for row in range(40))
    imports = ledger("ImportCustomers")
    updates = list(client.execute_server_stream(
        request=imports.input(file=rows.encode(), skip_refused=True), method=imports, headers=dict(installation.key("nordwind"))))
    result = updates[-1].result
    assert all(update.HasField("progress") for update in updates[:-1])
    assert (result.created, result.refused) == (40, 40) and len(result.SerializeToString()) > 1000


def test_every_method_answers_as_by_grpc(server, client, installation, methods):
    """The same empty request, and the same answer or the same refusal."""
    key = installation.key("nordwind")
    told = {}
    with server.channel() as channel:
        for method in methods:
            if method.client_streaming:
                continue
            made = info(method)
            kind = channel.unary_stream if method.server_streaming else channel.unary_unary
            by_grpc = kind(f"/{made.service_name}/{made.name}", request_serializer=made.input.SerializeToString, response_deserializer=made.output.FromString)

            def call(what):
                try:
                    return what(), None
                except grpc.RpcError as error:
                    info = details(error).get("ErrorInfo")
                    return None, (error.code().name.lower(), error.details(), info.reason if info else "")
                except ConnectError as error:
                    reason = next((d.message_bytes for d in error.details if d.type_name == "google.rpc.ErrorInfo"), b"")
                    return None, (error.code.value.replace("canceled", "cancelled"), error.message, reason)

            empty = made.input()
            grpc_answer = call(lambda: list(by_grpc(empty, metadata=key, timeout=60)) if method.server_streaming else by_grpc(empty, metadata=key, timeout=60))
            run = client.execute_server_stream if method.server_streaming else client.execute_unary
            connect_answer = call(lambda: list(run(request=empty, method=made, headers=dict(key))) if method.server_streaming
                                  else run(request=empty, method=made, headers=dict(key)))
            if grpc_answer[1]:
                assert connect_answer[1], method.full_name
                assert connect_answer[1][:2] == grpc_answer[1][:2] and grpc_answer[1][2].encode() in connect_answer[1][2], method.full_name
            else:
                assert connect_answer[1] is None, (method.full_name, connect_answer[1])
                assert type(connect_answer[0]) is type(grpc_answer[0])
            told[method.full_name] = bool(grpc_answer[1])
    assert len(told) > 100 and sum(told.values()) > 40 and not all(told.values())


@pytest.mark.parametrize("flags, body, encoding, code", [
    (1, b"no gzip", "gzip", "invalid_argument"), (1, gzip.compress(b"{}", mtime=0)[:-4], "gzip", "invalid_argument"), (4, b"{}", "gzip", "invalid_argument"),
    (3, gzip.compress(b"{}", mtime=0), "gzip", "invalid_argument"), (1, gzip.compress(b" " * (256 << 20)), "gzip", "resource_exhausted"), (0, b"{}", "br", "unimplemented")])
def test_envelopes_that_nobody_sends(server, installation, flags, body, encoding, code):
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http_port}/remit.ledger.v1.LedgerService/ImportCustomers", data=struct.pack(">BI", flags, len(body)) + body,
        headers=dict([installation.key("nordwind")[0]]) | {"content-type": "application/connect+json", "connect-content-encoding": encoding})
    with urllib.request.urlopen(request, timeout=60) as answer:
        end = answer.read()
    assert end[0] == 2 and json.loads(end[5:])["error"]["code"] == code
