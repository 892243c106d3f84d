"""A customer is written and read through every layer, and stays within its company."""

import hashlib
import signal
import subprocess

import grpc
import pytest
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc


@pytest.fixture(scope="module")
def ledger(remitd):
    with remitd.channel() as channel:
        yield rpc.LedgerServiceStub(channel)


def create(ledger, metadata, number, name="华东机械"):
    return ledger.CreateCustomer.with_call(
        pb.CreateCustomerRequest(customer=pb.Customer(number=number, name=name)), metadata=metadata, timeout=60)


def test_a_customer_is_written_in_one_round_trip_and_read_back(installation, ledger):
    customer, call = create(ledger, installation.key("huaxin"), "C-001")
    assert dict(call.trailing_metadata())["remit-round-trips"] == "1"
    assert (customer.number, customer.name, customer.version) == ("C-001", "华东机械", 1)
    assert customer.id[14] == "7", "an id is a UUIDv7"
    again = ledger.GetCustomer(pb.GetCustomerRequest(id=customer.id), metadata=installation.key("huaxin"), timeout=60)
    assert again.number == customer.number and again.name == customer.name
    # Postgres keeps microseconds.
    assert again.recorded_at.ToMicroseconds() == customer.recorded_at.ToMicroseconds()


def test_the_write_left_its_audit_row(installation, ledger):
    customer, _ = create(ledger, installation.key("huaxin"), "C-audit")
    row = installation.psql(f"SELECT tenant_id, principal, method FROM host.call WHERE resource = 'customer/{customer.id}'").stdout
    assert row.strip() == "1|owner|/remit.ledger.v1.LedgerService/CreateCustomer"


@pytest.mark.parametrize("authorization", [
    None, "Bearer ", "Basic abc", "Bearer remit_000000000000_" + "A" * 43, "wrong secret", "Bearer remit_x_y"])
def test_a_wrong_key_is_refused(installation, ledger, authorization):
    if authorization == "wrong secret":
        authorization = installation.key("huaxin")[0][1][:-4] + "AAAA"
    metadata = [("authorization", authorization)] if authorization else []
    with pytest.raises(grpc.RpcError) as error:
        ledger.GetCustomer(pb.GetCustomerRequest(id="x"), metadata=metadata, timeout=60)
    assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    assert "key" in error.value.details()


def test_the_database_holds_only_the_hash_of_a_key(installation):
    _, key_id, secret = installation.keys["huaxin"].split("_", 2)
    stored = installation.psql(f"SELECT encode(secret_sha256, 'hex') FROM host.api_key WHERE key_id = '{key_id}'").stdout.strip()
    assert stored == hashlib.sha256(secret.encode()).hexdigest()


def test_a_key_may_do_only_what_its_roles_permit(installation, ledger):
    customer, _ = create(ledger, installation.key("huaxin"), "C-permission")
    secret = "r" * 43
    installation.psql(
        "INSERT INTO host.role VALUES (1, 'reader', '{ledger.customer.get}');"
        "INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles) "
        f"VALUES ('reader', 1, '\\x{hashlib.sha256(secret.encode()).hexdigest()}', 'a reader', '{{reader}}')")
    reader = [("authorization", f"Bearer remit_reader_{secret}")]
    assert ledger.GetCustomer(pb.GetCustomerRequest(id=customer.id), metadata=reader, timeout=60).number == "C-permission"
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, reader, "C-forbidden")
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "a reader has no permission ledger.customer.create" in error.value.details()


def test_a_request_that_is_too_large_or_has_too_long_a_key_is_refused(installation, ledger):
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, installation.key("huaxin"), "C-large", "x" * (5 << 20))
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details(error.value)["ErrorInfo"].reason == "REQUEST_TOO_LARGE"
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, [*installation.key("huaxin"), ("idempotency-key", "k" * 129)], "C-key")
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_number_that_exists_is_refused_with_its_field(installation, ledger):
    create(ledger, installation.key("huaxin"), "C-twice")
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, installation.key("huaxin"), "C-twice")
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS
    found = details(error.value)
    assert found["ErrorInfo"].reason == "NUMBER_TAKEN" and found["ErrorInfo"].domain == "ledger.remit"
    assert found["BadRequest"].field_violations[0].field == "customer.number"
    assert "C-twice" in found["BadRequest"].field_violations[0].description
    # The refusal left nothing behind, and the other company may have the same number.
    assert installation.psql("SELECT count(*) FROM ledger.customer WHERE number = 'C-twice'").stdout.strip() == "1"
    create(ledger, installation.key("nordwind"), "C-twice", "Muster AG")


def test_every_fault_of_a_request_is_told_at_once(installation, ledger):
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, installation.key("huaxin"), "", "x\ny")
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [v.field for v in details(error.value)["BadRequest"].field_violations] == ["customer.number", "customer.name"]


def test_a_customer_of_the_other_company_is_not_found(installation, ledger):
    customer, _ = create(ledger, installation.key("huaxin"), "C-hidden")
    with pytest.raises(grpc.RpcError) as error:
        ledger.GetCustomer(pb.GetCustomerRequest(id=customer.id), metadata=installation.key("nordwind"), timeout=60)
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_malformed_request_is_refused(installation, remitd):
    with remitd.channel() as channel:
        method = channel.unary_unary("/remit.ledger.v1.LedgerService/GetCustomer")
        with pytest.raises(grpc.RpcError) as error:
            method(b"\x0a\xff", metadata=installation.key("huaxin"), timeout=60)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary("/remit.ledger.v1.LedgerService/Nothing")(b"", metadata=installation.key("huaxin"), timeout=60)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_same_request_with_the_same_key_is_answered_the_same(installation, ledger):
    metadata = [*installation.key("huaxin"), ("idempotency-key", "order-77")]
    first, _ = create(ledger, metadata, "C-once")
    second, _ = create(ledger, metadata, "C-once")
    assert first == second
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, metadata, "C-other")
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS
    assert details(error.value)["ErrorInfo"].reason == "REQUEST_ID_REUSED"


def test_the_module_role_sees_nothing_without_a_tenant_and_only_its_own_with_one(installation, ledger):
    create(ledger, installation.key("huaxin"), "C-rls")
    # As the server's role, which alone may become the module's.
    without = installation.psql("SET ROLE remit_ledger; SELECT count(*) FROM ledger.customer", role="remitd", check=False)
    assert without.returncode != 0 and "remit.tenant" in without.stderr
    other = installation.psql(
        "SELECT set_config('remit.tenant', '2', false); SET ROLE remit_ledger; "
        "SELECT count(*) FROM ledger.customer WHERE number = 'C-rls'", role="remitd")
    assert other.stdout.split() == ["2", "0"]
    own = installation.psql(
        "SELECT set_config('remit.tenant', '1', false); SET ROLE remit_ledger; "
        "SELECT count(*) FROM ledger.customer WHERE number = 'C-rls'", role="remitd")
    assert own.stdout.split() == ["1", "1"]
    escape = installation.psql(
        "SET ROLE remit_ledger; SELECT set_config('remit.tenant', '2', false)", role="remitd", check=False)
    assert escape.returncode != 0 and "permission denied" in escape.stderr


def test_a_broken_plugin_alone_ends_remitd_with_one_line(installation, tmp_path):
    garbage = tmp_path / "libBroken.so"
    garbage.write_bytes(b"this is no library" * 100)
    for path, why in [(tmp_path / "libMissing.so", "No such file"), (garbage, "invalid ELF header")]:
        result = installation.run(
            "remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--plugin", f"broken={path}", check=False)
        assert result.returncode == 1
        assert len(result.stderr.strip().splitlines()) == 1
        assert result.stderr.startswith("remitd: error: plugin broken: ") and why in result.stderr


def test_a_library_that_is_no_plugin_is_refused(installation):
    libc = subprocess.run(["sh", "-c", "ldconfig -p | awk '/libz.so.1 /{print $NF; exit}'"], capture_output=True, text=True).stdout.strip()
    result = installation.run(
        "remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--plugin", f"z={libc}", check=False)
    assert result.returncode == 1 and "exports no remit_plugin_main_v1" in result.stderr


def test_beside_a_broken_plugin_the_others_serve(installation):
    server = installation.serve("--plugin", "ledger", "--plugin", "broken=/nowhere/libBroken.so")
    assert [line for line in server.lines if "plugin broken" in line]
    with server.channel() as channel:
        create(rpc.LedgerServiceStub(channel), installation.key("huaxin"), "C-beside")
    assert server.stop() == 0


def test_a_taken_port_a_missing_database_and_an_open_address_each_give_one_line(installation, remitd):
    for arguments, why in [
            (["--database", installation.url("remitd"), "--grpc", f"127.0.0.1:{remitd.port}"], "cannot listen on 127.0.0.1"),
            (["--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--metrics", f"127.0.0.1:{remitd.port}"], "metrics cannot listen on"),
            (["--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--metrics", "0.0.0.0:0"], "loopback only"),
            (["--database", "postgresql:///remit?host=/nowhere", "--grpc", "127.0.0.1:0"], "Postgres cannot be reached"),
            (["--database", installation.url("remitd"), "--grpc", "0.0.0.0:0"], "loopback only"),
            (["--database", installation.url("remitd"), "--grpc", "here"], "--grpc is an address and a port")]:
        result = installation.run("remitd", "serve", *arguments, check=False)
        assert result.returncode == 1 and why in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_remitd_goes_on_when_the_database_was_away(installation, ledger):
    installation.dev("stop", "immediate")
    with pytest.raises(grpc.RpcError) as error:
        create(ledger, installation.key("huaxin"), "C-away")
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert details(error.value)["RetryInfo"].retry_delay.seconds == 1
    installation.dev("start")
    create(ledger, installation.key("huaxin"), "C-away")


def test_remitd_refuses_a_database_that_is_behind(installation):
    installation.psql("UPDATE host.migration SET sha256 = 'x' || sha256 WHERE module = 'ledger' AND number = 1")
    result = installation.run("remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", check=False)
    installation.psql("UPDATE host.migration SET sha256 = substr(sha256, 2) WHERE module = 'ledger' AND number = 1")
    assert result.returncode == 1
    assert result.stderr.strip() == "remitd: the database lacks ledger/0001_customer; run remitd migrate"


def test_sigterm_lets_a_call_in_flight_finish_and_refuses_new_ones(installation):
    server = installation.serve()
    lock = installation.hold("LOCK TABLE ledger.customer")
    with server.channel() as channel:
        ledger = rpc.LedgerServiceStub(channel)
        in_flight = ledger.CreateCustomer.future(
            pb.CreateCustomerRequest(customer=pb.Customer(number="C-drain", name="Drain")),
            metadata=installation.key("huaxin"), timeout=60)
        while installation.psql("SELECT count(*) FROM pg_locks WHERE NOT granted").stdout.strip() == "0":
            assert not in_flight.done()
        server.process.send_signal(signal.SIGTERM)
        # Until the signal has arrived, a new call is still answered (here: it has no key).
        code = None
        while code != grpc.StatusCode.UNAVAILABLE:
            with server.channel() as late, pytest.raises(grpc.RpcError) as error:
                rpc.LedgerServiceStub(late).GetCustomer(pb.GetCustomerRequest(id="x"), timeout=60)
            code = error.value.code()
        lock.release()
        assert in_flight.result().number == "C-drain"
    assert server.process.wait(timeout=60) == 0
    assert installation.psql("SELECT count(*) FROM ledger.customer WHERE number = 'C-drain'").stdout.strip() == "1"


def test_a_deadline_ends_a_call_that_waits_and_nothing_is_written(installation, ledger):
    lock = installation.hold("LOCK TABLE ledger.customer")
    with pytest.raises(grpc.RpcError) as error:
        ledger.CreateCustomer(
            pb.CreateCustomerRequest(customer=pb.Customer(number="C-late", name="Late")),
            metadata=installation.key("huaxin"), timeout=0.5)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    # The database gives up as well: its statement timeout is the call's.
    while installation.psql("SELECT count(*) FROM pg_locks WHERE NOT granted").stdout.strip() != "0":
        pass
    lock.release()
    assert installation.psql("SELECT count(*) FROM ledger.customer WHERE number = 'C-late'").stdout.strip() == "0"
