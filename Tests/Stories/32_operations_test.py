"""What an administrator watches and does: metrics, readiness, logs, traces, several remitd, a restart, a database that is slow, gone or full."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import ROOT, Installation, details, free_port
from prometheus_client.parser import text_string_to_metric_families

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money

LEDGER = "remit.ledger.v1.LedgerService"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def samples(server):
    """Value by name and labels, as Prometheus reads them."""
    status, text = server.http("/metrics")
    assert status == 200
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def value(found, name, **labels):
    return found.get((name, frozenset(labels.items())), 0)


def failure(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return error.value


def test_metrics_count_every_call(installation, tmp_path):
    broken = tmp_path / "libBroken.so"
    broken.write_bytes(b"no library")
    server = installation.serve("--plugin", "ledger", "--plugin", f"broken={broken}")
    with server.channel() as channel:
        company = Company(installation, channel, "nordwind")
        customer = company.customer("M-1")
        for number in range(5):
            company.invoice(customer, f"M-{number}", "10")
        failure(lambda: company.invoice(customer, "M-0", "11"))
        failure(lambda: company.ledger.PostInvoice(pb.PostInvoiceRequest(), metadata=[("authorization", "Bearer x")], timeout=60))
    found = samples(server)
    method = {"service": LEDGER, "method": "PostInvoice"}
    assert value(found, "remit_calls_total", code="OK", **method) == 5
    assert value(found, "remit_calls_total", code="ALREADY_EXISTS", **method) == 1
    assert value(found, "remit_calls_total", code="UNAUTHENTICATED", **method) == 1
    assert value(found, "remit_call_duration_seconds_count", **method) == 7
    assert value(found, "remit_call_duration_seconds_bucket", le="+Inf", **method) == 7
    assert 0 < value(found, "remit_call_duration_seconds_sum", **method) < 5
    buckets = [value(found, "remit_call_duration_seconds_bucket", le=le, **method) for le in ("0.001", "0.01", "0.1", "1.0", "30.0")]
    assert buckets == sorted(buckets)
    assert value(found, "remit_call_round_trips_total", **method) >= 6
    assert value(found, "remit_calls_in_flight") == 0
    assert value(found, "remit_pool_connections") == 12 and value(found, "remit_pool_waiting") == 0
    assert value(found, "remit_database_reached") == 1
    assert value(found, "remit_plugin_up", plugin="broken", version="") == 0
    assert [v for (name, labels), v in found.items() if name == "remit_plugin_up" and ("plugin", "ledger") in labels] == [1]
    assert value(found, "process_resident_memory_bytes") > 1e7 and value(found, "process_open_fds") > 10
    assert abs(value(found, "process_start_time_seconds") - time.time()) < 120
    text = server.http("/metrics")[1]
    assert "nordwind" not in text and "huaxin" not in text
    assert server.http("/healthz") == (200, "alive\n")
    status, text = server.http("/readyz")
    assert status == 200 and re.fullmatch(r"ready\nplugin broken cannot be used: .*\n", text)
    assert server.http("/")[0] == 404 and server.http("/metrics?x=1")[0] == 200
    assert server.stop() == 0


def test_jobs_are_counted(installation):
    installation.psql("UPDATE host.job SET due_at = now() - interval '1 min', lease_until = '-infinity'")
    server = installation.serve()
    eventually(lambda: any(name == "remit_jobs_total" and ("outcome", "done") in labels for name, labels in samples(server)), "a job ran")
    assert server.stop() == 0


def test_each_call_is_a_line_of_json_with_its_company_request_and_trace(installation):
    server = installation.serve("--log", "json", "--log-level", "debug")
    with server.channel() as channel:
        stub = rpc.LedgerServiceStub(channel)
        metadata = installation.key("nordwind") + [("traceparent", PARENT), ("idempotency-key", "logged-1")]
        stub.ListCustomers(pb.ListCustomersRequest(), metadata=metadata, timeout=60)
        failure(lambda: stub.GetCustomer(pb.GetCustomerRequest(id="x"), metadata=metadata[:1] + [("traceparent", "00-nonsense")], timeout=60))
    assert server.stop() == 0
    records = [json.loads(line) for line in server.lines]
    done = next(record for record in records if record.get("request") == "logged-1")
    assert done["tenant"] == "nordwind" and done["trace"] == TRACE and done["code"] == "OK"
    assert done["method"] == f"/{LEDGER}/ListCustomers" and done["round_trips"] == "1" and int(done["ms"]) >= 0
    failed = next(record for record in records if record.get("method") == f"/{LEDGER}/GetCustomer")
    assert failed["code"] == "INVALID_ARGUMENT" and "trace" not in failed and failed["reason"]
    assert {"time", "level", "message"} <= failed.keys()
    assert installation.keys["nordwind"] not in "\n".join(server.lines)


def test_a_sampled_trace_is_found_in_the_database(installation, remitd):
    """While a statement waits, pg_stat_activity shows the trace it belongs to; without the sampling flag statements stay as they are."""
    with remitd.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.customer("T-1")
        for traceparent, seen in [(PARENT, True), (PARENT[:-2] + "00", False), ("00-" + "0" * 32 + "-b7ad6b7169203331-01", False),
                                  (PARENT.replace("b7ad6b7169203331", "*/SELECT 1--xyz/"), False)]:
            held = installation.hold("LOCK TABLE ledger.customer")
            call = company.ledger.ListCustomers.future(
                pb.ListCustomersRequest(), metadata=company.metadata + [("traceparent", traceparent)], timeout=60)
            waiting = "SELECT query FROM pg_stat_activity WHERE usename = 'remitd' AND wait_event_type = 'Lock'"
            eventually(lambda: installation.psql(waiting).stdout.strip(), "the statement waits")
            query = installation.psql(waiting).stdout
            held.release()
            call.result()
            assert query.rstrip().endswith(f"/*traceparent='{PARENT}'*/") == seen, query
            assert "--xyz" not in query


RETRY = json.dumps({
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [{"name": [{}], "retryPolicy": {
        "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})



def test_a_rolling_restart_fails_no_call(installation):
    """Two remitd on one database are restarted one after the other, again and again, while four clients post."""
    ports = [free_port(), free_port()]
    start = lambda port: installation.serve("--grpc", f"127.0.0.1:{port}")
    servers = [start(port) for port in ports]
    backoff = [(f"grpc.{which}_reconnect_backoff_ms", 100) for which in ("initial", "min", "max")]
    channel = grpc.insecure_channel(f"ipv4:127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}", options=[("grpc.service_config", RETRY), *backoff])
    company = Company(installation, channel, "huaxin")
    customer = company.customer("R-1")
    stop = threading.Event()

    def post(client):
        posted = 0
        while not stop.is_set():
            request = pb.PostInvoiceRequest(invoice=pb.Invoice(
                customer_id=customer, number=f"R-{client}-{posted}", amount=Money(currency="CNY", amount="1"), issued_on=day(-5), due_on=day(5)))
            company.ledger.PostInvoice(request, metadata=company.metadata + [("idempotency-key", f"r-{client}-{posted}")], timeout=60)
            posted += 1
        return posted

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(post, client) for client in range(4)]
        for round in range(2):
            for index, port in enumerate(ports):
                time.sleep(1)  # clients have found the other again
                assert servers[index].stop() == 0
                servers[index] = start(port)
        time.sleep(0.5)
        stop.set()
        posted = sum(client.result() for client in clients)
    assert posted > 100
    assert len(company.items(customer_id=customer)) == posted
    books_agree(installation, 1)
    channel.close()
    for server in servers:
        assert server.stop() == 0


def test_a_server_that_shuts_down_is_not_ready(installation):
    """What is in flight is finished; readiness says meanwhile that no more clients should come."""
    server = installation.serve()
    with server.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.items()
        held = installation.hold("LOCK TABLE ledger.customer")
        call = company.ledger.ListCustomers.future(pb.ListCustomersRequest(), metadata=company.metadata, timeout=60)
        eventually(lambda: value(samples(server), "remit_calls_in_flight") == 1, "the call is in flight")
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: server.http("/readyz") == (503, "shutting down\n"), "it is not ready")
        held.release()
        assert call.result() is not None
    assert server.process.wait(timeout=60) == 0


def test_a_database_that_is_gone_and_comes_back(installation, remitd):
    with remitd.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.items()
        installation.dev("stop", "immediate")
        begun = time.monotonic()
        error = failure(lambda: company.items())
        assert error.code() == grpc.StatusCode.UNAVAILABLE and details(error)["ErrorInfo"].reason == "DATABASE_UNAVAILABLE"
        assert details(error)["RetryInfo"].retry_delay.seconds >= 1 and time.monotonic() - begun < 15
        eventually(lambda: remitd.http("/readyz") == (503, "the database cannot be reached\n"), "it is not ready")
        assert remitd.http("/healthz")[0] == 200 and value(samples(remitd), "remit_database_reached") == 0
        installation.dev("start")
        eventually(lambda: remitd.http("/readyz")[0] == 200, "it is ready")
        assert company.items() is not None


def test_a_database_that_is_frozen(installation, remitd):
    """Calls get their deadline, readiness tells, and all goes on when the database does."""
    backend = installation.psql("SELECT pg_backend_pid(), pid FROM pg_stat_activity WHERE usename = 'remitd' LIMIT 1").stdout.strip().split("|")[1]
    postmaster = pathlib.Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1]

    def send(number):
        os.kill(int(postmaster), number)
        for process in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), number)

    with remitd.channel() as channel:
        company = Company(installation, channel, "nordwind")
        company.items()
        try:
            send(signal.SIGSTOP)
            for _ in range(10):
                error = failure(lambda: company.call("ListCustomers", pb.ListCustomersRequest(), timeout=0.5))
                assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            eventually(lambda: remitd.http("/readyz")[0] == 503, "it is not ready")
        finally:
            send(signal.SIGCONT)
        eventually(lambda: remitd.http("/readyz")[0] == 200, "it is ready")
        assert company.items() is not None


@pytest.fixture
def small_disk(tmp_path):
    """A folder whose cluster is on a disk of 300 MB, and where that is."""
    url = subprocess.run([ROOT / "deploy/dev-postgres", "url", tmp_path], check=True, capture_output=True, text=True).stdout
    home = pathlib.Path(urllib.parse.unquote(re.search("host=([^&]+)", url)[1]))
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", home], capture_output=True).returncode:
        pytest.skip("only root can make a small disk")
    try:
        yield tmp_path, home
    finally:
        subprocess.run(["umount", "-l", home], check=True)
        shutil.rmtree(home)


def test_a_full_disk_refuses_clearly_and_loses_nothing(small_disk):
    folder, home = small_disk
    installation = Installation(folder)
    server = installation.serve()
    channel = server.channel()
    company = Company(installation, channel, "nordwind")
    customer = company.customer("F-1")
    posted, codes = set(), set()

    def post(number):
        try:
            company.invoice(customer, number, "10", external_id=number + "x" * 80)
            posted.add(number)
            return True
        except grpc.RpcError as error:
            codes.add((error.code().name, details(error)["ErrorInfo"].reason))
            return False

    assert post("F-0")
    filler = home / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 20))
        except OSError:
            pass
    number = 0
    failed = 0
    while failed < 50 and number < 20_000:
        number += 1
        failed += not post(f"F-{number}")
    assert failed == 50 and codes <= {("UNAVAILABLE", "DATABASE_OVERLOADED"), ("UNAVAILABLE", "DATABASE_UNAVAILABLE")}, codes
    assert server.process.poll() is None
    filler.unlink()
    installation.dev("start")  # where Postgres itself gave up
    eventually(lambda: post("F-last"), "there is room again")
    assert {item.number for item in company.items(customer_id=customer)} == posted
    books_agree(installation, 2)
    channel.close()
    assert server.stop() == 0
    installation.dev("stop")
