"""A stock client knows only the address: by reflection it finds every method and calls it; health checks tell whether it may come."""

import signal

import grpc
import pytest
from conftest import details
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


class Explorer:
    """What grpcurl and its like do, with grpcio-reflection and a descriptor pool of its own."""

    def __init__(self, channel):
        self.channel = channel
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def services(self):
        return sorted(self.database.get_services())

    def methods(self):
        return [method for service in self.services() for method in self.pool.FindServiceByName(service).methods]

    def call(self, name, request, metadata=(), timeout=60):
        """"remit.ledger.v1.LedgerService/GetBalance" with JSON's dict; a list of dicts."""
        service, method = name.rsplit("/", 1)
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        message = ParseDict(request, message_factory.GetMessageClass(found.input_type)(), descriptor_pool=self.pool)
        call = getattr(self.channel, ("stream" if found.client_streaming else "unary") + ("_stream" if found.server_streaming else "_unary"))(
            f"/{name}", request_serializer=lambda m: m.SerializeToString(), response_deserializer=message_factory.GetMessageClass(found.output_type).FromString)
        answer = call(iter([message]) if found.client_streaming else message, metadata=metadata, timeout=timeout)
        return [MessageToDict(m, descriptor_pool=self.pool) for m in (answer if found.server_streaming else [answer])]


@pytest.fixture(scope="module")
def explorer(remitd):
    with remitd.channel() as channel:
        yield Explorer(channel)


def test_every_service_is_listed_and_every_message_described(explorer):
    services = explorer.services()
    assert {"remit.ledger.v1.LedgerService", "remit.ledger.v1.BooksService", "remit.platform.v1.TenantService", "remit.platform.v1.KeyService",
            "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"} <= set(services)
    methods = explorer.methods()
    assert len(methods) > 60
    for method in methods:
        assert method.input_type.full_name and method.output_type.full_name


def test_every_method_is_found_and_called_by_reflection_alone(explorer, installation):
    """An empty request to each: an answer, or Remit's own refusal of an empty request; nothing unimplemented, nothing that broke."""
    for method in explorer.methods():
        name = f"{method.containing_service.full_name}/{method.name}"
        if name.startswith("grpc."):
            continue
        operators = method.GetOptions().SerializeToString().find(b" \x01") >= 0
        metadata = installation.key("operator" if name.startswith("remit.platform.") and operators else "nordwind")
        try:
            explorer.call(name, {}, metadata)
        except grpc.RpcError as refused:
            assert refused.code().name in ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"), (name, refused.code(), refused.details())
            assert details(refused)["ErrorInfo"].reason, name


def test_a_real_call_by_reflection(explorer, installation):
    made = explorer.call("remit.ledger.v1.LedgerService/CreateCustomer", {"customer": {"number": "R-1", "name": "By reflection"}}, installation.key("nordwind"))
    listed = explorer.call("remit.ledger.v1.LedgerService/ListCustomers", {"number": "R-1"}, installation.key("nordwind"))
    assert listed[0]["customers"][0]["id"] == made[0]["id"]


def test_permissions_and_limits_are_in_the_descriptors(explorer):
    options = explorer.pool.FindMethodByName("remit.ledger.v1.LedgerService.PostInvoice").GetOptions().SerializeToString()
    assert b"ledger.invoice.post" in options
    numbers = list(ask(explorer.channel, all_extension_numbers_of_type="google.protobuf.MethodOptions").all_extension_numbers_response.extension_number)
    assert numbers == [50001]
    found = ask(explorer.channel, file_containing_extension={"containing_type": "google.protobuf.MethodOptions", "extension_number": 50001})
    assert any(b"remit/api/v1/options.proto" in file for file in found.file_descriptor_response.file_descriptor_proto)


def ask(channel, **question):
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    return next(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**question)]), timeout=60))


@pytest.mark.parametrize("question", [
    {"file_by_filename": "nothing.proto"}, {"file_containing_symbol": "remit.Nothing"}, {"all_extension_numbers_of_type": "remit.Nothing"},
    {"file_containing_extension": {"containing_type": "google.protobuf.MethodOptions", "extension_number": 1}}, {}])
def test_what_is_not_there_is_told(explorer, question):
    error = ask(explorer.channel, **question).error_response
    assert error.error_code in (3, 5) and error.error_message


def test_v1_is_served_as_v1alpha_is(explorer):
    call = explorer.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", request_serializer=lambda m: m.SerializeToString(),
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
    questions = [reflection_pb2.ServerReflectionRequest(list_services="*"), reflection_pb2.ServerReflectionRequest(file_containing_symbol="remit.type.v1.Money")]
    services, money = list(call(iter(questions), timeout=60))
    assert len(services.list_services_response.service) >= 9 and money.original_request == questions[1]
    assert b"remit/type/v1/money.proto" in money.file_descriptor_response.file_descriptor_proto[0]


# ---- health -------------------------------------------------------------------------------------

SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3


def test_health_of_the_whole_and_of_each_service(explorer):
    health = health_pb2_grpc.HealthStub(explorer.channel)
    check = lambda service: health.Check(health_pb2.HealthCheckRequest(service=service), timeout=60).status
    assert all(check(service) == SERVING for service in ["", *explorer.services()])
    with pytest.raises(grpc.RpcError) as unknown:
        check("remit.nothing.v1.Nothing")
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
    assert next(iter(health.Watch(health_pb2.HealthCheckRequest(service="remit.nothing.v1.Nothing"), timeout=60))).status == SERVICE_UNKNOWN


def test_a_watcher_hears_that_the_database_went_and_came_back(installation, remitd):
    with remitd.channel() as channel:
        statuses = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(statuses).status == SERVING
        installation.dev("stop")
        assert next(statuses).status == NOT_SERVING
        installation.dev("start")
        assert next(statuses).status == SERVING
        statuses.cancel()


def test_a_watcher_hears_that_the_server_shuts_down(installation):
    server = installation.serve()
    with server.channel() as channel:
        statuses = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(statuses).status == SERVING
        server.process.send_signal(signal.SIGTERM)
        assert [status.status for status in statuses] == [NOT_SERVING]
    assert server.process.wait(timeout=60) == 0


# ---- deadlines and limits -----------------------------------------------------------------------


def test_a_request_that_is_too_large_is_told_its_limit(explorer, installation):
    customer = {"customer": {"number": "L-1", "name": "x" * (5 << 20)}}
    with pytest.raises(grpc.RpcError) as refused:
        explorer.call("remit.ledger.v1.LedgerService/CreateCustomer", customer, installation.key("nordwind"))
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "takes 4194304" in refused.value.details() and details(refused.value)["ErrorInfo"].reason == "REQUEST_TOO_LARGE"
