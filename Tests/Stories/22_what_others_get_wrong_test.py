"""What users of other systems suffer (features.md, section 2), as far as the ledger has a part in it: each shown not to happen here."""

import datetime
from decimal import Decimal

import grpc
import pytest
from companies import TODAY, books_agree, day, eventually
from conftest import details
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money


def eur(amount):
    return Money(currency="EUR", amount=amount)


def document(company, kind, customer, number, amount=None, **more):
    against = more.pop("against", None)
    return company.call("PostDocument", pb.PostDocumentRequest(
        against=pb.ItemChoice(number=against) if against else None,
        document=pb.Document(kind=kind, customer_id=customer, number=number, issued_on=day(-5), amount=eur(amount) if amount else None, **more))).document


def total(company, **request):
    return {t.currency: t.balance.amount for t in company.ageing(**request).totals}


def test_1_reconciling_rewrites_nothing(installation, nordwind):
    """erpnext#52447, #59014, #50505, #47652."""
    customer = nordwind.customer("W-1")
    nordwind.invoice(customer, "W-1-1", "100.00")
    receipt = nordwind.receipt(customer, "100.00")
    facts = lambda: installation.psql("""
        SELECT 'd', document_id, md5(d::text) FROM ledger.document d UNION ALL SELECT 'e', document_id, md5(e::text) FROM ledger.entry e
        UNION ALL SELECT 'a', allocation_id, md5(a::text) FROM ledger.allocation a UNION ALL SELECT 'm', movement_id, md5(m::text) FROM ledger.movement m""").stdout.splitlines()
    posted = set(facts())
    allocation = nordwind.allocate(credits=[receipt.number], debits=["W-1-1"]).allocations[0]
    allocated = set(facts())
    nordwind.undo(allocation.id)
    nordwind.allocate(credits=[receipt.number], debits=["W-1-1"])
    assert posted < allocated < set(facts())
    for table in ("document", "entry", "allocation", "movement"):
        done = installation.psql(f"SET ROLE remit_ledger; SET remit.tenant = 2; DELETE FROM ledger.{table}", check=False)
        assert "permission denied" in done.stderr


def test_2_ageing_of_a_past_day_stays_as_it_was_and_agrees_with_the_trial_balance(installation, nordwind):
    """OCA/account-financial-reporting#707, odoo PR#7539, erpnext#49262."""
    customer = nordwind.customer("W-2")
    nordwind.invoice(customer, "W-2-1", "300.00", issued=-100, due=-70)
    before = total(nordwind, as_of=day(-40))
    receipt = nordwind.receipt(customer, "300.00", received=-20)
    nordwind.allocate(credits=[receipt.number], debits=["W-2-1"])
    assert total(nordwind, as_of=day(-40)) == before
    for on in (-40, -20, 0):
        trial = nordwind.call("GetTrialBalance", books.GetTrialBalanceRequest(to=day(on)))
        receivable = next(line for line in trial.lines if line.account.code == "1100")
        assert receivable.closing.amount == total(nordwind, as_of=day(on)).get("EUR", "0.00")
    books_agree(installation, 2)


def test_3_matching_in_one_foreign_currency_at_one_rate_makes_no_exchange_difference(nordwind):
    """erpnext#34565, #40472, OCA/account-reconcile#692, #656, odoo#37469: also where thirds leave cents behind."""
    customer = nordwind.customer("W-3")
    fx = lambda: [l.closing.amount for l in nordwind.call("GetTrialBalance", books.GetTrialBalanceRequest()).lines if l.account.code == "6500"]
    before = fx()
    nordwind.invoice(customer, "W-3-1", "100.00", "USD", exchange_rate="0.333")
    for n in range(3):
        amount = "33.34" if n == 2 else "33.33"
        receipt = nordwind.receipt(customer, amount, "USD", exchange_rate="0.333")
        nordwind.allocate(credits=[receipt.number], debits=["W-3-1"])
    balance = nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    assert balance.base_amount.amount == "0.00"
    # Each receipt is rounded once; the cent that three roundings differ from one is the whole difference there is.
    cents = sum((Decimal(a) * Decimal("0.333")).quantize(Decimal("0.01")) for a in ("33.33", "33.33", "33.34")) - Decimal("33.30")
    assert sum(map(Decimal, fx())) - sum(map(Decimal, before)) in (cents, -cents) and abs(cents) <= Decimal("0.02")


def test_4_a_receipt_does_not_settle_an_invoice_whose_number_only_begins_alike_and_ties_are_left(nordwind):
    """invoiceninja#11903 (INV-10 settles INV-1), erpnext#46725."""
    customer = nordwind.customer("W-4")
    nordwind.invoice(customer, "INV-1", "50.00")
    nordwind.invoice(customer, "INV-10", "70.00")
    receipt = nordwind.receipt(customer, "70.00")
    nordwind.allocate("LISTED", [receipt.number], ["INV-10"])
    assert nordwind.open("INV-1", "INV-10") == ["50.00", "0"]
    nordwind.invoice(customer, "INV-11", "50.00")
    nordwind.receipt(customer, "50.00")
    nordwind.call("AllocateUnapplied", pb.AllocateUnappliedRequest(rule="EXACT", customer_id=customer))
    assert nordwind.open("INV-1", "INV-11") == ["50.00", "50.00"], "two invoices of 50.00: which one, a person says"


def test_5_one_receipt_settles_a_thousand_invoices_of_many_customers(nordwind):
    """invoiceninja#9602, #8987, erpnext#47386 (head office pays 1,000+ invoices), #54823."""
    head = nordwind.customer("W-5")
    for n in range(10):
        nordwind.customer(f"W-5-{n}", payer=head)
    file = "customer,invoice,amount,date,due date\n" + "".join(f"W-5-{n % 10},W-5-{n},1.25,{day(-60)},{day(-30)}\n" for n in range(1200))
    assert nordwind.load("invoices", file.encode())[0].created == 1200
    receipt = nordwind.receipt(head, "1500.00")
    reply = nordwind.allocate(credits=[receipt.number], customer_id=head)
    assert len(reply.allocations) == 1200
    assert {b.amount for b in nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=head)).balances} == {"0.00"}
    assert [l for l in nordwind.ageing(by_payer=True, page_size=1000).customers if l.customer_number == "W-5" and float(l.balance.amount)] == []


def test_6_a_cent_that_is_left_does_not_stay_overdue(nordwind):
    """alyf-de/banking#106, OCA/account-financial-tools#2263, erpnext#8058."""
    customer = nordwind.customer("W-6")
    nordwind.invoice(customer, "W-6-1", "100.00", due=-30)
    receipt = nordwind.receipt(customer, "99.99")
    nordwind.allocate(credits=[receipt.number], debits=["W-6-1"], tolerance=eur("0.05"))
    assert nordwind.items(customer_id=customer) == []
    nordwind.invoice(customer, "W-6-2", "99.98", due=-30)
    nordwind.allocate(credits=[nordwind.receipt(customer, "100.00").number], debits=["W-6-2"], tolerance=eur("0.05"))
    assert nordwind.items(customer_id=customer) == [], "nor does one that is over"


def test_7_interest_is_proposed_for_each_day_once(nordwind):
    """erpnext#58220 (interest vanished), invoiceninja#2330 (charged hourly): from the last day charged on, however often it is asked."""
    customer = nordwind.customer("W-7")
    nordwind.invoice(customer, "W-7-1", "3650.00", issued=-60, due=-50)
    ask = lambda **days: [line.interest.amount for line in nordwind.call("ProposeInterest", books.ProposeInterestRequest(
        annual_percent="10", customer_id=customer, **days)).lines]
    assert ask(to=day(-20)) == ask(to=day(-20)) == ["30.00"]
    assert ask(after=day(-20)) == ["20.00"] and ask() == ["50.00"]


def test_8_a_job_is_done_once_and_what_was_missed_is_caught_up_once(installation, remitd, nordwind):
    """killbill#2297, #782, Dolibarr#25197, invoiceninja#637."""
    customer = nordwind.customer("W-8")
    for n in range(3):
        nordwind.invoice(customer, f"W-8-{n}", "1.00")
    count = lambda: int(installation.psql("SELECT count(*) FROM host.call WHERE tenant_id = 2 AND method LIKE '%/FoldAgeing'").stdout)
    before = count()
    installation.psql("UPDATE host.job SET due_at = now() - interval '3 days', lease_until = '-infinity' WHERE tenant_id = 2")
    eventually(lambda: installation.psql("SELECT due_at > now() FROM host.job WHERE tenant_id = 2").stdout.strip() == "t", "the job was done")
    assert count() == before + 1


def test_9_credits_are_shown_beside_what_is_owed_and_one_taken_back_is_not(nordwind):
    """OCA/credit-control#211, #562."""
    customer = nordwind.customer("W-9")
    nordwind.invoice(customer, "W-9-1", "100.00", due=-30)
    note = document(nordwind, "credit_note", customer, "W-9-2", "40.00")
    line = lambda: next(l for l in nordwind.ageing(by_customer=True, page_size=1000).customers if l.customer_number == "W-9")
    assert (line().credits.amount, line().balance.amount, sum(Decimal(b.amount) for b in line().buckets)) == ("-40.00", "60.00", 100)
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=note.id, reason="wrong"))
    assert (line().credits.amount, line().balance.amount) == ("0.00", "100.00")


def test_13_what_daughters_owe_is_seen_at_the_one_who_pays(nordwind):
    """erpnext#16422, #52965, OCA/account-financial-reporting#721."""
    head = nordwind.customer("W-13")
    daughters = [nordwind.customer(f"W-13-{n}", payer=head) for n in range(2)]
    for n, customer in enumerate([head, *daughters]):
        nordwind.invoice(customer, f"W-13-{n}", f"{n + 1}0.00", due=-30)
    by_payer = {l.customer_number: l.balance.amount for l in nordwind.ageing(by_payer=True, page_size=1000).customers}
    assert by_payer["W-13"] == "60.00" and "W-13-0" not in by_payer


@pytest.mark.parametrize("edges", [[1], [1, 31], [-30, 1, 15, 46, 76, 106, 136, 181, 366], list(range(1, 25))])
def test_15_ageing_has_any_buckets_by_due_or_document_date(nordwind, edges):
    """erpnext#39924 (nine slabs), #45830."""
    for basis in ("DUE_DATE", "DOCUMENT_DATE"):
        for item in nordwind.ageing(edges=edges, basis=basis).totals:
            assert len(item.buckets) == len(edges) + 1
        assert total(nordwind, edges=edges, basis=basis) == total(nordwind)


def test_15_ageing_of_a_hundred_thousand_invoices_is_shown_at_once(huaxin, installation, remitd):
    """erpnext#37561. Five files of 20,000; today's summary then takes as long as with none of them."""
    huaxin.customer("W-15")
    for part in range(5):
        file = "customer,invoice,amount,date,due date\n" + "".join(
            f"W-15,W-15-{part}-{n},1.00,{day(-400 + n % 365)},{day(-370 + n % 365)}\n" for n in range(20_000))
        request = pb.ImportRequest(file=file.encode())
        updates = list(huaxin.ledger.ImportInvoices(request, metadata=huaxin.metadata, timeout=120))
        assert updates[-1].result.created == 20_000
    begin = datetime.datetime.now()
    assert sum(Decimal(b.amount) for t in huaxin.ageing().totals for b in t.buckets) == 100_000
    assert datetime.datetime.now() - begin < datetime.timedelta(seconds=5)
    begin = datetime.datetime.now()
    assert "huaxin: all is well" in installation.remit(remitd, "operator", "db", "check", "huaxin").stdout
    assert datetime.datetime.now() - begin < datetime.timedelta(seconds=25), "its checks are not quadratic"
