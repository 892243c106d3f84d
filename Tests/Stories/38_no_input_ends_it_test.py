"""What an attacker found: a header, numbers, lists, texts, readers and watchers that hurt. Each gets a clear answer, and the others are served on."""

import resource
import sys
import threading
import time
import urllib.parse

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import ROOT, details
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc

sys.path.insert(0, str(ROOT / "Tests/Hostile"))
import clients

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc
from remit.type.v1.money_pb2 import Money

LARGEST = "10000000000000.00"


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("X-1")


def refusal(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    found = details(error.value)
    assert trailer_bytes(error.value) <= 8192, "clients refuse larger ones, now and then"
    return error.value.code().name, [v.field for v in found["BadRequest"].field_violations] if "BadRequest" in found else [], error.value.details()


def trailer_bytes(error):
    """As HTTP/2 counts them: names, values as they travel, and 32 for each."""
    sentence = len(urllib.parse.quote(error.details(), safe="".join(map(chr, range(0x20, 0x7F)))))
    values = {name: len(value) * 4 // 3 + 2 if isinstance(value, bytes) else len(value) for name, value in error.trailing_metadata()}
    return sentence + sum(len(name) + size + 32 for name, size in values.items()) + 4 * 64


def frames(received):
    """The frames received: stream, kind, and whether they end the stream."""
    while len(received) >= 9:
        length = int.from_bytes(received[:3], "big")
        yield int.from_bytes(received[5:9], "big"), received[3], bool(received[4] & clients.END_STREAM)
        received = received[9 + length:]


@pytest.mark.parametrize("timeout", ["-1S", "-9223372036854775808n", "+1S", "S", "1", "999999999S", "1.5S", "1Q", " 1S", "0x1S"])
@pytest.mark.parametrize("key", [True, False])
def test_a_grpc_timeout_that_is_none(installation, remitd, timeout, key):
    bad = clients.Bad(remitd.port)
    headers = clients.headers(installation.keys["nordwind"] if key else "", **{"grpc-timeout": timeout})
    bad.send(clients.frame(clients.HEADERS, clients.END_HEADERS, 1, headers), clients.frame(clients.DATA, clients.END_STREAM, 1, clients.message(b"")))
    bad.socket.settimeout(5)
    received = b""
    while (1, clients.HEADERS, True) not in list(frames(received)):
        some = bad.socket.recv(1 << 16)
        assert some, "closed without an answer"
        received += some
    assert remitd.process.poll() is None


@pytest.mark.parametrize("seconds", [2**63 - 1, -2**63, 253402300800, -62135596801])
def test_instants_outside_of_the_years_1_to_9999(installation, remitd, nordwind, customer, seconds):
    at = Timestamp(seconds=seconds)
    for method, request in [
            ("GetBalance", pb.GetBalanceRequest(customer_id=customer, known_at=at)), ("ListOpenItems", pb.ListOpenItemsRequest(known_at=at)),
            ("GetAgeing", pb.GetAgeingRequest(known_at=at)), ("GetTrialBalance", books.GetTrialBalanceRequest(known_at=at))]:
        assert refusal(lambda: nordwind.call(method, request))[:2] == ("INVALID_ARGUMENT", ["known_at.seconds"])
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        request = key_pb2.CreateKeyRequest(principal="x", roles=["clerk"], expires_at=at)
        assert refusal(lambda: keys.CreateKey(request, metadata=nordwind.metadata))[:2] == ("INVALID_ARGUMENT", ["expires_at.seconds"])


@pytest.mark.parametrize("more, field", [
    ({"terms": pb.PaymentTerms(net_days=30, discount_percent="999999999999999999", discount_days=10)}, "invoice.terms.discount_percent"),
    ({"terms": pb.PaymentTerms(net_days=-2**31, discount_percent="2", discount_days=2**31 - 1)}, "invoice.terms.net_days"),
    ({"instalments": [pb.Instalment(due_on=day(0), percent="10000000000000.01")] * 3}, "invoice.instalments[0].percent"),
    ({"taxes": [pb.TaxLine(rate_percent="999999999999999999", net=Money(currency="EUR", amount=LARGEST), tax=Money(currency="EUR", amount="1"))]},
     "invoice.taxes[0].rate_percent"),
    ({"issued_on": "9999-12-31"}, "invoice.issued_on"), ({"due_on": "0001-01-01"}, "invoice.due_on"),
    ({"taxes": [pb.TaxLine(rate_percent="1")] * 21}, "invoice.taxes"), ({"instalments": [pb.Instalment()] * 121}, "invoice.instalments"),
    ({"number": "x" * 65}, "invoice.number"), ({"number": "e" + "\u0301" * 2000}, "invoice.number"), ({"number": "x" * 5000}, "invoice.number"),
    ({"number": "a\0b"}, "invoice.number")])
def test_numbers_lists_and_texts_of_an_invoice(nordwind, customer, more, field):
    invoice = {"customer_id": customer, "number": "X", "amount": Money(currency="EUR", amount=LARGEST), "issued_on": day(-5)}
    if not {"terms", "instalments", "due_on"} & set(more):
        invoice["due_on"] = day(5)
    code, fields, message = refusal(lambda: nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(**(invoice | more)))))
    assert code == "INVALID_ARGUMENT" and field in fields and len(message) < 4096


def test_a_message_in_parts_is_no_way_round_a_bound(remitd, nordwind, customer):
    """The parts of a message are put together by whoever decodes it: a thousand times twenty taxes would be one invoice."""
    taxes = [pb.TaxLine(rate_percent="0", net=Money(currency="EUR", amount="0"), tax=Money(currency="EUR", amount=LARGEST))] * 20
    part = pb.PostInvoiceRequest(invoice=pb.Invoice(customer_id=customer, amount=Money(currency="EUR", amount=LARGEST), issued_on=day(-5), taxes=taxes))
    with remitd.channel() as channel:
        post = channel.unary_unary("/remit.ledger.v1.LedgerService/PostInvoice", request_serializer=bytes, response_deserializer=bytes)
        code, fields, _ = refusal(lambda: post(part.SerializeToString() * 1000, metadata=nordwind.metadata, timeout=60))
    assert (code, fields) == ("INVALID_ARGUMENT", ["invoice"]) and remitd.process.poll() is None


def test_lists_without_end_and_errors_without_end(nordwind, remitd):
    names = [pb.CustomerName(kind=str(n), name="Müller") for n in range(30_000)]
    assert refusal(lambda: nordwind.call("FindSimilarCustomers", pb.FindSimilarCustomersRequest(customer=pb.Customer(names=names))))[1] == ["customer.names"]
    assert refusal(lambda: nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=pb.Draft(version=2**32 - 1))))[1] == ["draft.version"]
    line = pb.AllocationLine(debit=pb.ItemChoice(number="x" * 60), credit=pb.ItemChoice(number="y"), amount=Money(currency="EUR", amount="z" * 500))
    assert refusal(lambda: nordwind.call("Allocate", pb.AllocateRequest(method="TOLD", lines=[line] * 2001)))[1] == ["lines"]
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        for permissions in (["ledger.*"] * 100_000, ["?" * 3000] * 400, ["统" * 1000] * 400):
            request = key_pb2.SaveRoleRequest(role=key_pb2.Role(name="large", permissions=permissions))
            code, fields, message = refusal(lambda: keys.SaveRole(request, metadata=nordwind.metadata))
            assert code == "INVALID_ARGUMENT" and len(fields) <= 51 and len(message) <= 603


def test_sums_of_many_of_the_largest_invoices_are_told_right(nordwind, installation):
    nordwind.load("customers", b"number,name\nX-2,Large\n")
    file = "customer,number,amount,date,due\n" + "".join(f"X-2,XL-{n},{LARGEST},{day(-40)},{day(-10)}\n" for n in range(12_000))
    assert nordwind.load("invoices", file.encode())[0].created == 12_000
    largest = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="X-2")).customers[0].id
    total = "120000000000000000.00"
    nordwind.call("FoldAgeing", books.FoldAgeingRequest())
    for request in ({}, {"by_customer": True, "page_size": 1000}, {"as_of": day(-1)}, {"basis": "DOCUMENT_DATE"}):
        ageing = nordwind.ageing(**request)
        assert next(l.balance.amount for l in [*ageing.customers, *ageing.totals] if l.currency == "EUR" and float(l.balance.amount) > 1e17) == total
    assert nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=largest)).base_amount.amount == total
    statement = nordwind.call("GetStatement", pb.GetStatementRequest(customer_id=largest, **{"from": day(-60)}))
    assert statement.accounts[0].closing.amount == total
    trial = nordwind.call("GetTrialBalance", books.GetTrialBalanceRequest())
    assert next(l for l in trial.lines if l.account.code == "1100").closing.amount == total
    begun = time.monotonic()
    assert nordwind.call("GetIndicators", books.GetIndicatorsRequest()).closing.amount == total
    assert time.monotonic() - begun < 10, "also where the tables grew just now"
    interest = nordwind.call("ProposeInterest", books.ProposeInterestRequest(annual_percent="999.999999", customer_id=largest))
    assert float(interest.lines[0].interest.amount) > 1e12
    books_agree(installation, 2)


def test_what_is_the_host_s_is_refused_as_an_idempotency_key(nordwind):
    for key in ("job/ledger/fold_ageing/1", "via/0123", "operator/0123"):
        with pytest.raises(grpc.RpcError) as error:
            nordwind.ledger.CreateCustomer(pb.CreateCustomerRequest(), metadata=nordwind.metadata + [("idempotency-key", key)], timeout=60)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "Remit's own" in error.value.details()


def test_readers_that_do_not_read_hold_no_connection(installation, remitd, nordwind, huaxin):
    installation.psql("UPDATE ledger.document SET recorded_at = recorded_at - interval '1 hour'")
    exports, channels = [], []
    for company in (nordwind, huaxin):
        for _ in range(8):
            channels.append(grpc.insecure_channel(f"127.0.0.1:{remitd.port}"))
            stub = Company(installation, channels[-1], "nordwind" if company is nordwind else "huaxin")
            exports.append(stub.books.ExportJournal(books.ExportJournalRequest(), metadata=stub.metadata, timeout=60))
    try:
        time.sleep(1)
        begun = time.monotonic()
        nordwind.customer("X-3")
        huaxin.customer("X-3")
        assert time.monotonic() - begun < 15
        held = installation.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND state = 'idle in transaction'").stdout.strip()
        assert held == "0"
    finally:
        for export in exports:
            export.cancel()
        for channel in channels:
            channel.close()


def cpu(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_two_thousand_who_watch_the_health_cost_nothing(installation, remitd):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    channels = [grpc.insecure_channel(f"127.0.0.1:{remitd.port}", options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(20)]
    watches = [health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60) for channel in channels for _ in range(99)]
    try:
        assert all(next(watch).status == health_pb2.HealthCheckResponse.SERVING for watch in watches)
        before = cpu(remitd)
        time.sleep(2)
        assert cpu(remitd) - before < 0.3
    finally:
        for watch in watches:
            watch.cancel()
        for channel in channels:
            channel.close()


def test_short_honest_deadlines_are_no_misbehaviour(installation, remitd, nordwind, customer):
    """A client that gives up after some milliseconds, again and again, is served at once when it connects anew."""
    held = installation.hold("LOCK TABLE ledger.movement")
    with remitd.channel() as channel:
        company = Company(installation, channel, "nordwind")
        end = time.monotonic() + 6
        while time.monotonic() < end:
            with pytest.raises(grpc.RpcError):
                company.call("GetBalance", pb.GetBalanceRequest(customer_id=customer), timeout=0.02)
    held.release()
    begun = time.monotonic()
    with remitd.channel() as channel:
        Company(installation, channel, "nordwind").call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    assert time.monotonic() - begun < 0.9


def test_a_message_of_health_that_is_none_or_two(remitd):
    with remitd.channel() as channel:
        check = channel.stream_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
        for messages in ([], [b"", b""]):
            with pytest.raises(grpc.RpcError) as error:
                check(iter(messages), timeout=5)
            assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_revaluation_of_more_than_any_document_may_be_is_no_fault_of_the_server(huaxin, installation):
    customer = huaxin.customer("X-9")
    for n in range(3):
        huaxin.invoice(customer, f"X-9-{n}", LARGEST, "USD", issued=-20, due=0, exchange_rate="0.5")
    huaxin.call("SaveExchangeRates", books.SaveExchangeRatesRequest(source="S", rates=[books.ExchangeRate(currency="USD", valid_on=day(-10), rate="1")]))
    huaxin.call("SetRatePolicy", books.SetRatePolicyRequest(policy=books.RatePolicy(source="S", days_max=30)))
    huaxin.call("Revalue", books.RevalueRequest(on=day(-5)))
    ids = installation.psql("SELECT document_id FROM ledger.document WHERE kind = 'revaluation' AND base_minor > 1000000000000000").stdout.split()
    assert ids
    for id in ids:
        assert huaxin.call("GetDocument", pb.GetDocumentRequest(id=id)).document.base_amount.amount == "15000000000000.00"
        code, _, message = refusal(lambda: huaxin.call("CopyDocument", pb.CopyDocumentRequest(id=id)))
        assert code == "FAILED_PRECONDITION" and "a revaluation cannot be posted by itself" in message
