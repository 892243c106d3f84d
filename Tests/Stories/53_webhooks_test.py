"""As a company with an ERP of its own: it is told of events by HTTP, signed, in order, none lost; what a receiver does hurts nobody else."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
import pytest
from companies import Company, eventually
from conftest import BIN, ROOT, details
from remit.platform.v1 import event_pb2, event_pb2_grpc, key_pb2, key_pb2_grpc, webhook_pb2 as pb, webhook_pb2_grpc
from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """An HTTP server that keeps what it is sent, and answers as it is told."""

    def __init__(self):
        receiver = self
        self.got, self.status, self.answer, self.connections = [], 200, lambda handler: None, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.status(json.loads(body)) if callable(receiver.status) else receiver.status
                receiver.got.append((status, dict((k.lower(), v) for k, v in self.headers.items()), body))
                if receiver.answer(self) is None:
                    self.send_response(status)
                    self.send_header("content-length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def get_request(self):
                receiver.connections += 1
                return super().get_request()

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/remit?a=b"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self):
        return [json.loads(body) for status, _, body in self.got if status < 300]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--webhook-host", "127.0.0.1")
    yield server
    assert server.stop() == 0


class Hooks:
    def __init__(self, installation, server, company):
        self.channel = server.channel()
        self.company = Company(installation, self.channel, company)
        self.stub, self.events = webhook_pb2_grpc.WebhookServiceStub(self.channel), event_pb2_grpc.EventServiceStub(self.channel)
        self.metadata = self.company.metadata

    def __call__(self, verb, /, of="Webhook", **fields):
        return getattr(self.stub, f"{verb}{of}")(getattr(pb, f"{verb}{of}Request")(**fields), metadata=self.metadata, timeout=60)

    def create(self, name, url, *types, **more):
        return self("Create", name=name, url=url, types=types or ["CustomerChanged", "DocumentPosted"], **more)

    def refused(self, *arguments, **fields):
        with pytest.raises(grpc.RpcError) as error:
            self(*arguments, **fields)
        found = details(error.value)
        return found["ErrorInfo"].reason, [(v.field, v.description) for v in found["BadRequest"].field_violations] if "BadRequest" in found else error.value.details()


@pytest.fixture
def hooks(installation, server):
    hooks = Hooks(installation, server, "nordwind")
    yield hooks
    for webhook in hooks("List", of="Webhooks").webhooks:
        hooks("Delete", name=webhook.name)
    hooks.channel.close()


count = iter(range(1000))


def test_a_receiver_verifies_what_it_is_told_with_any_library_of_the_scheme(hooks, receiver, installation, server):
    made = hooks.create("erp", receiver.url)
    assert made.webhook.types == ["remit.ledger.v1.CustomerChanged", "remit.ledger.v1.DocumentPosted"] and made.webhook.created_by == "owner"
    customer = hooks.company.customer("W-1")
    posted = hooks.company.invoice(customer, "W-R1", "119.00")
    eventually(lambda: len(receiver.got) == 2, "both are told")
    for _, headers, body in receiver.got:
        message = Webhook(made.secret).verify(body, headers)
        assert headers["webhook-id"] == f"evt_nordwind_{message['sequence']}" and message["tenant"] == "nordwind"
        assert headers["content-type"] == "application/json"
        # A whole number has no fraction: readers that know types take it as it is.
        json.loads(body, parse_float=lambda text: pytest.fail(f"{text} in {body}"))
        with pytest.raises(WebhookVerificationError):
            Webhook(made.secret).verify(body.replace(b"nordwind", b"westwind"), headers)
    first, second = receiver.taken()
    assert first["type"] == "remit.ledger.v1.CustomerChanged" and first["aggregate"] == f"customer/{customer}"
    assert second["type"] == "remit.ledger.v1.DocumentPosted" and second["data"]["number"] == "W-R1" and second["data"]["id"] == posted.id
    assert int(second["sequence"]) > int(first["sequence"]) and second["timestamp"].endswith("Z")
    eventually(lambda: hooks("Get", name="erp").delivered >= int(second["sequence"]), "its place is kept")
    shown = hooks("Get", name="erp")
    assert shown.HasField("delivered_at") and not shown.HasField("failing_since") and shown.error == ""
    assert hooks.refused("Create", name="erp", url=receiver.url, types=["DocumentPosted"])[0] == "NAME_TAKEN"
    listed = installation.remit(server, "nordwind", "webhook", "list").stdout
    assert "erp" in listed and "127.0.0.1" in listed


def test_only_the_types_it_wants_are_sent_and_changes_need_the_version(hooks, receiver):
    hooks.create("erp", receiver.url, "DocumentPosted")
    customer = hooks.company.customer(f"W-t{next(count)}")
    hooks.company.invoice(customer, "W-T1", "1.00")
    eventually(lambda: len(receiver.got) == 1, "the invoice is told")
    assert hooks.refused("Update", webhook=pb.Webhook(name="erp", types=["CustomerChanged"]))[0] == "CHANGED_MEANWHILE"
    changed = hooks("Update", webhook=pb.Webhook(name="erp", types=["CustomerChanged"], version=1))
    assert (changed.version, changed.types, changed.url) == (2, ["remit.ledger.v1.CustomerChanged"], receiver.url)
    hooks.company.customer(f"W-t{next(count)}")
    eventually(lambda: len(receiver.got) == 2, "the customer is told")
    assert receiver.taken()[1]["type"] == "remit.ledger.v1.CustomerChanged"


def test_a_filter_says_which_events_are_wanted(hooks, receiver):
    hooks.create("erp", receiver.url, "DocumentPosted", filter="it.kind == 'invoice' && it.amount.amount > decimal(100)")
    customer = hooks.company.customer(f"W-t{next(count)}")
    for n, amount in enumerate(["100.00", "100.01", "7.00", "500.00"]):
        hooks.company.invoice(customer, f"W-F{n}", amount)
    hooks.company.receipt(customer, "500.00")
    eventually(lambda: len(receiver.got) == 2, "the large ones are told")
    last = hooks.company.invoice(customer, "W-F9", "900.00")
    eventually(lambda: len(receiver.got) == 3, "and nothing between")
    assert [m["data"]["number"] for m in receiver.taken()] == ["W-F1", "W-F3", "W-F9"]
    for filter, said in [("it.amnt == 1", "has no field 'amnt'"), ("it.number", "bool"), ("(", "syntax"), ("it.amount.amount > 1 ||", "")]:
        reason, faults = hooks.refused("Create", name="other", url=receiver.url, types=["DocumentPosted"], filter=filter)
        assert faults[0][0] == "filter" and (said in faults[0][1] or said == "syntax"), faults
    assert "CustomerChanged" in str(hooks.refused("Update", webhook=pb.Webhook(name="erp", version=1, types=["CustomerChanged"]))[1])
    assert hooks("Update", webhook=pb.Webhook(name="erp", version=1, filter="true")).filter == ""
    hooks.company.invoice(customer, "W-F10", "1.00")
    eventually(lambda: [m["data"]["number"] for m in receiver.taken()][-1] == "W-F10", "without a filter all are told")
    assert last.number == "W-F9"


def test_what_cannot_be_delivered_waits_and_comes_in_order_with_its_own_id(hooks, receiver):
    receiver.status = 503
    hooks.create("erp", receiver.url)
    customer = hooks.company.customer(f"W-w{next(count)}")
    for n in range(3):
        hooks.company.invoice(customer, f"W-W{n}", "1.00")
    eventually(lambda: len(receiver.got) >= 2, "it is tried again")
    eventually(lambda: hooks("Get", name="erp").HasField("failing_since"), "it is said to fail")
    assert hooks("Get", name="erp").error == "the receiver answered 503"
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1, "the others wait"
    receiver.status = 200
    eventually(lambda: len(receiver.taken()) == 4, "all come")
    assert [m["data"].get("number") for m in receiver.taken()][1:] == ["W-W0", "W-W1", "W-W2"]
    first = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert first[0] == first[1]
    eventually(lambda: not hooks("Get", name="erp").HasField("failing_since"), "it fails no more")


def test_one_that_a_receiver_refuses_waits_alone_and_is_repeated_by_hand(hooks, receiver, installation, server):
    bad = hooks.company.customer(f"W-b{next(count)}")
    good = hooks.company.customer(f"W-g{next(count)}")
    receiver.status = lambda message: 422 if bad in message["aggregate"] else 200
    hooks.create("erp", receiver.url, "CustomerChanged")
    for customer in (bad, good):
        now = hooks.company.call("GetCustomer", ledger().GetCustomerRequest(id=customer))
        now.name += " AG"
        hooks.company.call("UpdateCustomer", ledger().UpdateCustomerRequest(customer=now, update_mask={"paths": ["name"]}))
    eventually(lambda: len(receiver.taken()) == 1, "the other is told")
    waiting = lambda: hooks.events.ListDeliveries(event_pb2.ListDeliveriesRequest(), metadata=hooks.metadata, timeout=60).deliveries
    eventually(lambda: [(d.subscriber, d.error) for d in waiting()] == [("webhook/erp", "the receiver answered 422")], "it is listed")
    receiver.status = 200
    installation.remit(server, "nordwind", "event", "retry", "--subscriber", "webhook/erp", "--sequence", str(waiting()[0].sequence), check=False)  # it may be on its way by itself
    eventually(lambda: len(receiver.taken()) == 2 and not waiting(), "it is told")


def ledger():
    from remit.ledger.v1 import ledger_pb2
    return ledger_pb2


def test_a_receiver_that_wants_no_more_is_switched_off_and_the_company_is_told(hooks, receiver):
    receiver.status = 410
    hooks.create("erp", receiver.url)
    hooks.company.customer(f"W-o{next(count)}")
    eventually(lambda: hooks("Get", name="erp").HasField("switched_off_at"), "it is switched off")
    assert hooks("Get", name="erp").switched_off_because == "the receiver answered 410: it wants no more"
    told = lambda: [(e.aggregate, e.content["because"]) for e in hooks.events.ListEvents(
        event_pb2.ListEventsRequest(type="WebhookSwitchedOff"), metadata=hooks.metadata, timeout=60).events]
    eventually(lambda: told()[-1:] == [("webhook/erp", "the receiver answered 410: it wants no more")], "it is told")
    assert hooks.refused("Test", name="erp")[0] == "SWITCHED_OFF"
    receiver.status, sent = 200, len(receiver.got)
    hooks.company.customer(f"W-o{next(count)}")
    time.sleep(1.5)
    assert len(receiver.got) == sent
    assert not hooks("Resume", name="erp").HasField("switched_off_at")
    eventually(lambda: len(receiver.taken()) == 2, "what it missed is told")


def test_one_that_fails_for_days_is_switched_off(hooks, receiver, installation):
    receiver.status = 500
    hooks.create("erp", receiver.url)
    hooks.company.customer(f"W-d{next(count)}")
    eventually(lambda: hooks("Get", name="erp").HasField("failing_since"), "it fails")
    installation.psql("UPDATE host.webhook SET failing_since = now() - interval '73 hours'")
    eventually(lambda: hooks("Get", name="erp").HasField("switched_off_at"), "it is switched off")
    assert hooks("Get", name="erp").switched_off_because == "it failed for 3 days: the receiver answered 500"


def test_it_is_tried_suspended_and_replayed(hooks, receiver, installation):
    other = Receiver()
    hooks.create("erp", receiver.url)
    hooks.create("other", other.url)
    hooks("Test", name="erp")
    eventually(lambda: [m["type"] for m in receiver.taken()] == ["remit.platform.v1.WebhookTested"], "the test arrives")
    assert receiver.taken()[0]["data"] == {"name": "erp", "by": "owner"}
    eventually(lambda: hooks("Get", name="erp").delivered >= int(receiver.taken()[0]["sequence"]), "its place is kept")
    hooks("Suspend", name="erp")
    before = hooks("Get", name="erp").delivered
    hooks.company.customer(f"W-s{next(count)}")
    eventually(lambda: len(other.taken()) == 1, "the other is told")
    assert len(receiver.got) == 1
    hooks("Resume", name="erp")
    eventually(lambda: len(receiver.got) == 2, "what came meanwhile is told")
    eventually(lambda: hooks("Get", name="erp").delivered > before, "its place is kept")
    hooks("Replay", name="erp", after=before)
    eventually(lambda: len(receiver.got) == 3, "it is told again")
    assert receiver.got[1][1]["webhook-id"] == receiver.got[2][1]["webhook-id"] and other.connections == 1
    other.close()


def test_a_secret_is_changed_without_losing_any(hooks, receiver):
    first = hooks.create("erp", receiver.url).secret
    second = hooks("Rotate", of="WebhookSecret", name="erp").secret
    hooks.company.customer(f"W-r{next(count)}")
    eventually(lambda: receiver.got, "it is told")
    _, headers, body = receiver.got[0]
    assert first != second and Webhook(first).verify(body, headers) == Webhook(second).verify(body, headers)
    third = hooks("Rotate", of="WebhookSecret", name="erp").secret
    hooks.company.customer(f"W-r{next(count)}")
    eventually(lambda: len(receiver.got) == 2, "it is told")
    _, headers, body = receiver.got[1]
    assert Webhook(second).verify(body, headers) == Webhook(third).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(body, headers)


@pytest.mark.parametrize("url, why", [
    ("http://example.com/", "must begin with https://"), ("ftp://example.com/", "must begin with https://"), ("https://", "must be like"),
    ("https://user:pw@example.com/", "must have neither user"), ("https://example.com/#x", "must have neither user"), ("nonsense", "must be like"),
    ("https://10.0.0.1/", "must be public"), ("https://192.168.1.1:8443/", "must be public"), ("https://169.254.169.254/latest/meta-data", "must be public"),
    ("https://[::1]/", "must be public"), ("https://[::ffff:10.0.0.1]/", "must be public"), ("https://[fd00::1]/", "must be public"),
    ("https://[64:ff9b::a00:1]/", "must be public"), ("https://[2002:a00:1::]/", "must be public"), ("https://100.64.0.1/", "must be public"),
    ("https://0.0.0.0/", "must be public"), ("https://example.com:99999/", "must"), ("https://exa mple.com/", "must be like"), ("https://例え.jp/", "must be like"),
    ("https://" + "a" * 2050 + ".com/", "must be like"), ("https://localhost\r\nX: y/", "must be like")])
def test_no_way_into_the_operators_network_is_written_down(hooks, url, why):
    reason, fields = hooks.refused("Create", name="bad", url=url, types=["DocumentPosted"])
    assert reason == "INVALID" and fields[0][0] == "url" and why in fields[0][1], fields


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_nor_by_a_name_that_leads_there(hooks, host, installation):
    """A name can lead elsewhere later: what counts is the address that is connected to."""
    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.settimeout(0.1)
        reached = []
        try:
            hooks.create("bad", f"https://{host}:{inner.getsockname()[1]}/", "CustomerChanged")
        except grpc.RpcError as error:
            assert details(error)["ErrorInfo"].reason == "INVALID"
            return
        hooks.company.customer(f"W-n{next(count)}")
        eventually(lambda: "is not public" in hooks("Get", name="bad").error or "is not found" in hooks("Get", name="bad").error, "it is refused")
        with pytest.raises(TimeoutError):
            reached.append(inner.accept())


def test_a_receiver_that_redirects_hangs_or_never_ends_hurts_nobody(hooks, receiver, installation, server):
    target, hanging, endless = Receiver(), Receiver(), Receiver()

    def redirect(handler):
        handler.send_response(307)
        handler.send_header("location", target.url)
        handler.send_header("content-length", "0")
        handler.end_headers()
        return True

    def hang(handler):
        time.sleep(40)
        return True

    def never_end(handler):
        handler.send_response(200)
        handler.send_header("content-length", str(10 << 30))
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return True

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n")
        try:
            for _ in range(60):
                handler.wfile.write(b"x")
                time.sleep(1)
        except OSError:
            pass
        return True

    redirecting, hanging.answer, endless.answer, dripping = Receiver(), hang, never_end, Receiver()
    dripping.answer = drip
    redirecting.answer = redirect
    memory = lambda: int(next(line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmRSS")).split()[1]) // 1024
    others = Hooks(installation, server, "huaxin")
    others.create("fine", receiver.url, "CustomerChanged")
    for name, bad in (("a", hanging), ("b", hanging), ("c", redirecting), ("d", endless), ("e", dripping)):
        hooks.create(name, bad.url, "CustomerChanged")
    before = memory()
    hooks.company.customer(f"W-h{next(count)}")
    eventually(lambda: hanging.got, "it hangs")
    others.company.customer(f"W-h{next(count)}")
    eventually(lambda: receiver.taken(), "another company is told meanwhile", seconds=10)
    eventually(lambda: "answered 307" in hooks("Get", name="c").error, "a redirect is not followed")
    eventually(lambda: all(hooks("Get", name=name).HasField("delivered_at") for name in "de"), "what answers 200 took it, whatever follows")
    eventually(lambda: hooks("Get", name="a").error == "no answer within 15 seconds", "who hangs is let go")
    assert target.connections == 0 and memory() < before + 100
    others("Delete", name="fine")
    others.channel.close()


def test_each_company_has_its_own_and_nobody_hears_what_he_may_not_see(hooks, receiver, installation, server):
    hooks.create("erp", receiver.url)
    others = Hooks(installation, server, "huaxin")
    assert others.refused("Get", name="erp")[0] == "NO_WEBHOOK" and others("List", of="Webhooks").webhooks == []
    assert others.refused("Get", name="erp", tenant="nordwind")[0] == "OTHER_TENANT"
    keys = key_pb2_grpc.KeyServiceStub(hooks.channel)
    keys.SaveRole(key_pb2.SaveRoleRequest(role=key_pb2.Role(name="hooks", permissions=["platform.webhook.*", "ledger.customer.get"])), metadata=hooks.metadata, timeout=60)
    key = keys.CreateKey(key_pb2.CreateKeyRequest(principal="it", roles=["hooks"]), metadata=hooks.metadata, timeout=60).secret
    clerk = Hooks(installation, server, "nordwind")
    clerk.metadata = [("authorization", f"Bearer {key}")]
    reason, fields = clerk.refused("Create", name="spy", url=receiver.url, types=["DocumentPosted"])
    assert reason == "INVALID" and fields[0][0] == "types[0]" and "CustomerChanged" in fields[0][1] and "DocumentPosted" not in fields[0][1]
    for verb, fields in (("Update", {"webhook": pb.Webhook(name="erp", url=receiver.url + "&spy", version=1)}), ("Replay", {"name": "erp"}), ("Resume", {"name": "erp"})):
        assert clerk.refused(verb, **fields)[0] == "EVENTS"
    assert clerk.refused("Rotate", "WebhookSecret", name="erp")[0] == "EVENTS"
    assert clerk.refused("Create", name="X", url=receiver.url, types=["CustomerChanged"])[1][0][0] == "name"
    assert clerk.refused("Create", name="x", url=receiver.url)[1][0][0] == "types"
    for n in range(19):
        hooks.create(f"h{n}", receiver.url)
    assert hooks.refused("Create", name="more", url=receiver.url, types=["DocumentPosted"])[0] == "TOO_MANY"
    for channel in (others.channel, clerk.channel):
        channel.close()


def test_what_is_deleted_or_changed_while_it_is_told_hears_no_more(hooks, receiver):
    other = Receiver()
    receiver.answer = lambda handler: time.sleep(0.3)
    hooks.create("erp", receiver.url, "CustomerChanged")
    for _ in range(12):
        hooks.company.customer(f"W-x{next(count)}")
    eventually(lambda: len(receiver.got) >= 2, "the first come")
    hooks("Update", webhook=pb.Webhook(name="erp", url=other.url, version=1))
    told = len(receiver.got)
    eventually(lambda: len(other.got) >= 12 - told - 2, "the rest go to the other address")
    assert len(receiver.got) <= told + 1
    hooks("Replay", name="erp", after=0)
    other.answer = receiver.answer
    told = len(other.got)
    eventually(lambda: len(other.got) >= told + 2, "all again")
    hooks("Delete", name="erp")
    told = len(other.got)
    time.sleep(1.5)
    assert len(other.got) <= told + 1
    other.close()


def test_the_database_goes_away_while_they_are_told(hooks, receiver, installation, server):
    receiver.answer = lambda handler: time.sleep(0.1)
    hooks.create("erp", receiver.url, "CustomerChanged")
    customers = [hooks.company.customer(f"W-y{next(count)}") for _ in range(20)]
    eventually(lambda: len(receiver.got) >= 2, "the first come")
    installation.dev("stop", "immediate")
    time.sleep(1)
    installation.dev("start")
    eventually(lambda: {m["aggregate"] for m in receiver.taken()} >= {f"customer/{c}" for c in customers}, "all are told")
    assert server.process.poll() is None


def test_nothing_is_lost_when_servers_are_killed(hooks, receiver, installation, server):
    hooks.create("erp", receiver.url, "CustomerChanged")
    second = installation.serve("--webhook-host", "127.0.0.1")
    receiver.answer = lambda handler: time.sleep(0.02)
    customers = []
    for n in range(60):
        customers.append(hooks.company.customer(f"W-k{next(count)}"))
        if n in (20, 40):
            second.process.send_signal(signal.SIGKILL)
            second.process.wait(timeout=60)
            second = installation.serve("--webhook-host", "127.0.0.1")
    told = lambda: {m["aggregate"] for m in receiver.taken()}
    eventually(lambda: told() >= {f"customer/{c}" for c in customers}, "all are told")
    assert second.stop() == 0
    by_id = {}
    for _, headers, body in receiver.got:
        assert by_id.setdefault(headers["webhook-id"], body) == body, "one id is always one message"


def test_secrets_do_not_travel_with_a_company(hooks, receiver, installation, server, tmp_path):
    hooks.create("erp", receiver.url, "CustomerChanged")
    archive = tmp_path / "nordwind.archive"
    installation.remit(server, "operator", "tenant", "export", "nordwind", archive)
    assert b"whsec" not in archive.read_bytes()
    installation.keys["copy"] = installation.remit(server, "operator", "tenant", "import", archive, "--slug", "copy").stdout.split()[-1]
    made = key_pb2_grpc.KeyServiceStub(hooks.channel).CreateKey(
        key_pb2.CreateKeyRequest(tenant="copy", principal="owner", roles=["owner"]), metadata=installation.key("operator"), timeout=60)
    installation.keys["copy"] = made.secret
    copy = Hooks(installation, server, "copy")
    copy.company.customer(f"W-c{next(count)}")
    assert copy.refused("Resume", name="erp")[0] == "NO_SECRET"
    time.sleep(1.5)
    assert receiver.connections == 0
    secret = copy("Rotate", of="WebhookSecret", name="erp").secret
    copy("Resume", name="erp")
    eventually(lambda: receiver.got, "it is told")
    assert Webhook(secret).verify(receiver.got[0][2], receiver.got[0][1])["tenant"] == "copy"
    copy.channel.close()


def test_every_command_of_the_page_runs(hooks, installation, server, tmp_path):
    environment = os.environ | {
        "REMIT_ADDRESS": f"127.0.0.1:{server.port}", "REMIT_KEY": installation.keys["nordwind"], "PATH": f"{BIN}:{os.environ['PATH']}"}
    commands = "".join(re.findall(r"```sh\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.S)).splitlines()
    for command in commands:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert len(commands) == 9


def test_the_receiver_of_the_page_takes_what_it_is_told(hooks, installation, tmp_path):
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.S)[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = hooks.create("page", f"http://127.0.0.1:{port}/")
    (tmp_path / "receiver.py").write_text(code.replace("whsec_...", made.secret).replace("8088", str(port)))
    receiver = subprocess.Popen([sys.executable, "-u", tmp_path / "receiver.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        customer = hooks.company.customer("PG-1")
        assert receiver.stdout.readline().startswith(f"remit.ledger.v1.CustomerChanged customer/{customer} ")
        hooks("Replay", name="page", after=0)
        hooks.company.customer("PG-2")
        while "PG-2" not in receiver.stdout.readline():
            pass
    finally:
        receiver.kill()
        receiver.wait()
