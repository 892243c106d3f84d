"""A call that is repeated is done once, whatever happens between; one company's load does not stop another's."""

import concurrent.futures
import itertools
import random
import signal
import threading
import time

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import details

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.platform.v1 import key_pb2, key_pb2_grpc, tenant_pb2, tenant_pb2_grpc
from remit.type.v1.money_pb2 import Money


def invoice(customer, number, amount="10.00"):
    return pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number=number, amount=Money(currency="EUR", amount=amount), issued_on=day(-5), due_on=day(5)))


def test_two_clients_with_the_same_key_and_body_get_the_same_answer(installation, remitd, nordwind):
    customer = nordwind.customer("S-1")
    another = installation.serve()
    for round in range(10):
        metadata = nordwind.metadata + [("idempotency-key", f"at-once-{round}")]
        channels = [server.channel() for server in (remitd, another)]
        calls = [rpc.LedgerServiceStub(channel).PostInvoice.future(invoice(customer, f"S-{round}"), metadata=metadata, timeout=60)
                 for channel in channels * 2]
        assert len({call.result().id for call in calls}) == 1
        for channel in channels:
            channel.close()
    assert another.stop() == 0
    assert len(nordwind.items(customer_id=customer)) == 10


def test_two_receipts_with_the_same_key_settle_once(nordwind):
    """A write that reads first looks the key up as well."""
    customer = nordwind.customer("S-2")
    posted = nordwind.call("PostInvoice", invoice(customer, "S2-1"))
    request = pb.PostReceiptRequest(invoice_id=posted.id, receipt=pb.Receipt(
        customer_id=customer, amount=Money(currency="EUR", amount="4"), received_on=day(0)))
    metadata = nordwind.metadata + [("idempotency-key", "receipt-once")]
    calls = [nordwind.ledger.PostReceipt.future(request, metadata=metadata, timeout=60) for _ in range(6)]
    assert len({call.result().id for call in calls}) == 1
    assert [i.open.amount for i in nordwind.items(customer_id=customer)] == ["6.00"]


def test_of_several_at_once_with_one_key_all_get_the_answer_of_the_one(installation, remitd, nordwind):
    """Also where the second cannot be done any more: there is nothing left to reverse, or to delete."""
    customer, operator = nordwind.customer("S-once"), installation.key("operator")
    with remitd.channel() as channel:
        keys, tenants = key_pb2_grpc.KeyServiceStub(channel), tenant_pb2_grpc.TenantServiceStub(channel)
        for round in range(3):
            posted = nordwind.call("PostInvoice", invoice(customer, f"S-once-{round}"))
            role = key_pb2.Role(name=f"once-{round}", permissions=["ledger.customer.list"])
            key = keys.CreateKey(key_pb2.CreateKeyRequest(principal="once", roles=["clerk"], tenant="nordwind"), metadata=operator).key
            for name, method, request, metadata in [
                    ("reverse", nordwind.ledger.ReverseDocument, pb.ReverseDocumentRequest(id=posted.id, reason="wrong"), nordwind.metadata),
                    ("save", keys.SaveRole, key_pb2.SaveRoleRequest(tenant="nordwind", role=role), operator),
                    ("delete", keys.DeleteRole, key_pb2.DeleteRoleRequest(tenant="nordwind", name=role.name), operator),
                    ("key", keys.CreateKey, key_pb2.CreateKeyRequest(tenant="nordwind", principal="robot", roles=["clerk"]), operator),
                    ("revoke", keys.RevokeKey, key_pb2.RevokeKeyRequest(tenant="nordwind", id=key.id), operator),
                    ("tenant", tenants.CreateTenant, tenant_pb2.CreateTenantRequest(tenant=tenant_pb2.Tenant(
                        slug=f"once{round}", name="Once", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE")), operator)]:
                calls = [method.future(request, metadata=metadata + [("idempotency-key", f"once-{name}-{round}")], timeout=60) for _ in range(4)]
                answers = [call.result() for call in calls if call.exception() is None or call.code() != grpc.StatusCode.ABORTED]
                for answer in answers:
                    if name == "key":
                        answer.secret = ""  # told once
                assert answers and all(answer == answers[0] for answer in answers), name


def test_another_body_with_the_same_key_is_refused(nordwind):
    customer = nordwind.customer("S-3")
    metadata = nordwind.metadata + [("idempotency-key", "other-body")]
    nordwind.ledger.PostInvoice(invoice(customer, "S3-1"), metadata=metadata, timeout=60)
    with pytest.raises(grpc.RpcError) as error:
        nordwind.ledger.PostInvoice(invoice(customer, "S3-1", "11.00"), metadata=metadata, timeout=60)
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS and details(error.value)["ErrorInfo"].reason == "REQUEST_ID_REUSED"


def test_after_kill_9_between_commit_and_answer_the_repeat_gets_the_answer(installation, nordwind):
    customer = nordwind.customer("S-4")
    server = installation.serve()
    metadata = nordwind.metadata + [("idempotency-key", "killed")]
    # The commit itself takes a second: time to kill the one that waits for it.
    installation.psql("""
        CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON host.call DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.request_id = 'killed') EXECUTE FUNCTION public.slow()""")
    with server.channel() as channel:
        call = rpc.LedgerServiceStub(channel).PostInvoice.future(invoice(customer, "S4-1"), metadata=metadata, timeout=60)
        eventually(lambda: installation.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").stdout.strip() == "1", "the commit waits")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(timeout=60)
        assert call.code() == grpc.StatusCode.UNAVAILABLE, "the caller does not know whether it was done"
    eventually(lambda: installation.psql("SELECT count(*) FROM host.call WHERE request_id = 'killed'").stdout.strip() == "1", "the commit")
    installation.psql("DROP TRIGGER slow ON host.call; DROP FUNCTION public.slow()")
    again = nordwind.ledger.PostInvoice(invoice(customer, "S4-1"), metadata=metadata, timeout=60)
    [item] = nordwind.items(customer_id=customer)
    assert item.document_id == again.id and item.number == "S4-1"


def test_a_company_with_too_many_calls_in_flight_is_refused_and_the_other_is_served(installation):
    server = installation.serve("--calls-per-tenant", "4")
    with server.channel() as channel:
        huaxin, nordwind = (Company(installation, channel, slug) for slug in ("huaxin", "nordwind"))
        customer = nordwind.customer("S-5")
        posted = nordwind.call("PostInvoice", invoice(customer, "S5-1"))
        receipt = pb.PostReceiptRequest(invoice_id=posted.id, receipt=pb.Receipt(
            customer_id=customer, amount=Money(currency="EUR", amount="1"), received_on=day(0)))
        holder = installation.hold("SELECT 1 FROM ledger.item WHERE document_id = '%s' FOR UPDATE" % posted.id)
        waiting = [nordwind.ledger.PostReceipt.future(receipt, metadata=nordwind.metadata, timeout=60) for _ in range(4)]
        eventually(lambda: installation.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").stdout.strip() == "4", "four calls wait")
        with pytest.raises(grpc.RpcError) as error:
            nordwind.items()
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "4 calls in flight" in error.value.details() and details(error.value)["RetryInfo"].retry_delay.ToMilliseconds() == 500
        assert huaxin.items() == []
        holder.release()
        assert [call.result().allocations[0].amount.amount for call in waiting] == ["1.00"] * 4
        eventually(lambda: nordwind.items(customer_id=customer), "places are free again")
    assert server.stop() == 0


def test_heavy_reports_of_a_company_wait_for_each_other_and_nobody_else_waits(installation, remitd):
    """Eight reports are asked for at once; the table they read is locked, so that each that runs is seen waiting in the database."""
    with remitd.channel() as channel:
        one, other = Company(installation, channel, "huaxin"), Company(installation, channel, "nordwind")
        ask = lambda timeout: one.books.GetTrialBalance.future(books.GetTrialBalanceRequest(), metadata=one.metadata, timeout=timeout)
        held = installation.hold("LOCK TABLE ledger.entry")
        reports = [ask(20) for _ in range(8)]
        waiting = lambda: installation.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND wait_event_type = 'Lock'").stdout.strip()
        eventually(lambda: waiting() == "1", "one runs")
        late = ask(1)
        with pytest.raises(grpc.RpcError) as error:
            late.result()
        assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        cancelled = ask(20)
        cancelled.cancel()
        assert waiting() == "1"
        begun = time.monotonic()
        other.customer("H-others")
        assert time.monotonic() - begun < 15
        held.release()
        assert all(report.result() is not None for report in reports)
        assert ask(20).result() is not None


def test_random_postings_from_many_clients_and_a_crash_leave_books_that_agree(installation, nordwind):
    """Also each customer's ageing adds up to the total that comes from the deltas, at any edges."""
    customers = [nordwind.customer(f"S6-{n}") for n in range(4)]
    server = installation.serve()
    stop, done = threading.Event(), []

    def client(seed):
        chance, invoices = random.Random(seed), []
        with server.channel() as channel:
            company = Company(installation, channel, "nordwind")
            for step in itertools.count():
                customer = chance.choice(customers)
                amount = f"{chance.randint(1, 99999) / 100:.2f}"
                try:
                    if not invoices or chance.random() < 0.5:
                        foreign = chance.random() < 0.3
                        posted = company.invoice(
                            customer, f"S6-{seed}-{step}", amount, "USD" if foreign else "EUR", issued=-100, due=chance.randint(-99, 30),
                            **({"exchange_rate": f"0.9{chance.randint(0, 99)}"} if foreign else {}))
                        invoices.append((posted.id, customer, posted.amount.currency))
                    else:
                        invoice_id, customer, currency = chance.choice(invoices)
                        company.receipt(
                            customer, amount, currency, received=-chance.randint(0, 99), invoice=invoice_id,
                            **({"exchange_rate": f"0.9{chance.randint(0, 99)}"} if currency == "USD" else {}))
                    done.append(step)
                except grpc.RpcError as error:
                    assert error.code() == grpc.StatusCode.UNAVAILABLE and stop.is_set(), error
                    break

    with concurrent.futures.ThreadPoolExecutor(6) as clients:
        running = [clients.submit(client, seed) for seed in range(6)]
        eventually(lambda: len(done) > 200, "two hundred postings")
        stop.set()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(timeout=60)
        for call in running:
            call.result()
    eventually(lambda: installation.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND state <> 'idle'").stdout.strip() == "0", "the backends end")
    assert set(books_agree(installation, 2)) == {"EUR", "USD"}
    for edges in ([1, 31, 61, 91], [-10, 5, 50]):
        ageing = nordwind.ageing(edges=edges, by_customer=True, page_size=1000)
        for total in ageing.totals:
            lines = [line for line in ageing.customers if line.currency == total.currency]
            cents = lambda money: round(float(money.amount) * 100)
            assert [cents(m) for m in total.buckets] == [sum(map(cents, column)) for column in zip(*(line.buckets for line in lines))]
            assert cents(total.credits) == sum(cents(line.credits) for line in lines)
    open_sum = {}
    for item in nordwind.items(page_size=1000):
        open_sum[item.open.currency] = open_sum.get(item.open.currency, 0) + round(float(item.open.amount) * 100)
    assert open_sum == {total.currency: round(float(total.balance.amount) * 100) for total in nordwind.ageing().totals}


def many_invoices(prefix, rows):
    return "customer,invoice,amount,date,due date\n".encode() + b"".join(
        f"S-7,{prefix}-{n},1.00,2024-01-05,2024-02-04\n".encode() for n in range(rows))


def test_an_import_that_is_cancelled_or_killed_while_it_writes_leaves_nothing(installation, nordwind):
    nordwind.customer("S-7")
    count = lambda: int(installation.psql("SELECT count(*) FROM ledger.document WHERE number LIKE 'S7%'").stdout)
    file = many_invoices("S7", 8_000)
    server = installation.serve()
    for end in ("cancel", "kill"):
        with server.channel() as channel:
            call = rpc.LedgerServiceStub(channel).ImportInvoices(pb.ImportRequest(file=file), metadata=nordwind.metadata, timeout=60)
            for update in call:
                if update.progress.phase == pb.ImportProgress.WRITING and update.progress.rows_done > 0:
                    break
            if end == "cancel":
                call.cancel()
            else:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait(timeout=60)
        eventually(lambda: installation.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND state <> 'idle'").stdout.strip() == "0", "the transaction ends")
        assert count() == 0
    result, _ = nordwind.load("invoices", file)
    assert (result.created, count()) == (8_000, 8_000)


def test_an_import_with_an_idempotency_key_is_answered_the_same_again(nordwind):
    metadata = nordwind.metadata + [("idempotency-key", "an import")]
    request = pb.ImportRequest(file=many_invoices("S8", 10))
    first, again = (list(nordwind.ledger.ImportInvoices(request, metadata=metadata, timeout=60)) for _ in range(2))
    assert first[-1].result.created == 10 and again[-1] == first[-1]
