"""An invoice is due by its terms or in instalments, pays less in time, and shows its taxes by rate."""

import datetime

import grpc
import pytest
from companies import books_agree, day, no_fault
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money


def eur(amount):
    return Money(currency="EUR", amount=amount)


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("T")


def post(company, customer, number, amount="100.00", issued="2026-01-05", **more):
    return company.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number=number, amount=eur(amount), issued_on=issued, **more)))


def items(company, number):
    history = company.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number=number))
    return [(i.due_on, i.open.amount) for i in history.items]


@pytest.mark.parametrize("issued, terms, due", [
    ("2026-01-05", dict(net_days=30), "2026-02-04"),
    ("2026-01-05", dict(), "2026-01-05"),
    ("2026-01-05", dict(net_days=30, end_of_month=True), "2026-02-28"),
    ("2026-01-31", dict(end_of_month=True), "2026-01-31"),
    ("2024-01-31", dict(net_days=10, end_of_month=True), "2024-02-29"),
    ("2026-01-05", dict(net_days=30, day_of_month=15), "2026-02-15"),
    ("2026-01-05", dict(net_days=30, day_of_month=4), "2026-02-04"),
    ("2026-01-05", dict(net_days=30, day_of_month=3), "2026-03-03"),
    ("2026-01-31", dict(day_of_month=31), "2026-01-31"),
    ("2026-02-01", dict(day_of_month=31), "2026-02-28"),
    ("2025-12-20", dict(day_of_month=10), "2026-01-10")])
def test_terms_give_the_due_date(nordwind, customer, issued, terms, due):
    number = f"T-{issued}-{terms}"[:64]
    invoice = post(nordwind, customer, number, issued=issued, terms=pb.PaymentTerms(**terms))
    assert invoice.due_on == due and items(nordwind, number) == [(due, "100.00")]


def test_instalments_are_items_of_their_own(nordwind, customer, installation):
    thirds = [pb.Instalment(due_on=due, percent=percent) for due, percent in [("2026-02-01", "33.33"), ("2026-03-01", "33.33"), ("2026-04-01", "33.34")]]
    post(nordwind, customer, "T-I1", "100.01", instalments=thirds)
    assert items(nordwind, "T-I1") == [("2026-02-01", "33.33"), ("2026-03-01", "33.33"), ("2026-04-01", "33.35")]
    posted = post(nordwind, customer, "T-I2", "100", instalments=[
        pb.Instalment(due_on="2026-02-01", amount=eur("60")), pb.Instalment(due_on="2026-03-01", amount=eur("40"))])
    # A receipt takes the first due first; so do imports, credit notes and allocation.
    nordwind.receipt(customer, "50", invoice=posted.id, received=-5)
    assert items(nordwind, "T-I2") == [("2026-02-01", "10.00"), ("2026-03-01", "40.00")]
    result, _ = nordwind.load("receipts", b"number,invoice,amount,received\nT-Z1,T-I2,15,2026-03-02\n")
    assert result.created == 1 and items(nordwind, "T-I2") == [("2026-02-01", "0.00"), ("2026-03-01", "35.00")]
    document = pb.Document(kind="credit_note", customer_id=customer, number="T-G1", amount=eur("40"), issued_on="2026-03-03")
    reply = nordwind.call("PostDocument", pb.PostDocumentRequest(document=document, against=pb.ItemChoice(number="T-I1")))
    assert [a.line.amount.amount for a in reply.allocations] == ["33.33", "6.67"]
    nordwind.receipt(customer, "100", number="T-Z2", received=-4)
    nordwind.allocate("LISTED", ["T-Z2"], ["T-I1", "T-I2"])
    assert [o for _, o in items(nordwind, "T-I1")] + [o for _, o in items(nordwind, "T-I2")] == ["0.00"] * 4 + ["0.00"]
    books_agree(installation, 2)


def test_each_instalment_ages_by_itself(nordwind, installation):
    one = nordwind.customer("T-age")
    post(nordwind, one, "T-A", instalments=[pb.Instalment(due_on=d, percent="50") for d in ("2026-02-01", "2026-04-01")])
    ageing = nordwind.ageing(as_of="2026-03-15", by_customer=True, page_size=1000)
    [line] = [line for line in ageing.customers if line.customer_number == "T-age"]
    assert [m.amount for m in line.buckets] == ["50.00", "0.00", "50.00", "0.00", "0.00"]


def test_a_discount_is_taken_in_time_and_not_later(nordwind, installation):
    payer = nordwind.customer("T-discount")
    terms = pb.PaymentTerms(net_days=30, discount_percent="2.5", discount_days=10)
    for number in range(3):
        issued = (datetime.date.fromisoformat(day(-40))).isoformat()
        post(nordwind, payer, f"T-D{number}", "200", issued=issued, terms=terms)
    [item] = [i for i in nordwind.items(customer_id=payer) if i.number == "T-D0"]
    assert (item.discount.amount, item.discount_until) == ("5.00", day(-30))
    for number, amount, received in [(0, "195", -30), (1, "195", -29), (2, "194.99", -31)]:
        nordwind.receipt(payer, amount, number=f"T-DZ{number}", received=received)
        nordwind.allocate(credits=[f"T-DZ{number}"], debits=[f"T-D{number}"], take_discount=True)
    # In time; a day late; a cent short.
    assert nordwind.open("T-D0", "T-D1", "T-D2") == ["0", "5.00", "5.01"]
    [allocation] = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="T-D0")).allocations
    assert (allocation.line.amount.amount, allocation.line.discount.amount) == ("195.00", "5.00")
    books_agree(installation, 2)


def test_taxes_by_rate_are_kept_and_must_add_up(nordwind, customer):
    taxes = [pb.TaxLine(rate_percent="19", net=eur("100"), tax=eur("19")), pb.TaxLine(rate_percent="7", net=eur("50"), tax=eur("3.50"))]
    invoice = post(nordwind, customer, "T-tax", "172.50", terms=pb.PaymentTerms(net_days=10), taxes=taxes)
    assert invoice.tax.amount == "22.50"
    history = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="T-tax"))
    assert [(t.rate_percent, t.net.amount, t.tax.amount) for t in history.taxes] == [("19", "100.00", "19.00"), ("7", "50.00", "3.50")]
    assert [(e.credit, e.amount.amount) for e in history.entries] == [("2200", "19.00"), ("2200", "3.50"), ("4000", "150.00")]


def instalments(*parts):
    return [pb.Instalment(due_on=due, **({"percent": share} if isinstance(share, str) else {"amount": eur(str(share))})) for due, share in parts]


@pytest.mark.parametrize("more, field, words", [
    (dict(), "invoice.due_on", "must be given, or terms"),
    (dict(due_on="2026-02-01", terms=pb.PaymentTerms()), "invoice.due_on", "exclude each other"),
    (dict(terms=pb.PaymentTerms(net_days=-1)), "invoice.terms.net_days", "0 to 3650"),
    (dict(terms=pb.PaymentTerms(day_of_month=32)), "invoice.terms.day_of_month", "1 to 31"),
    (dict(terms=pb.PaymentTerms(day_of_month=5, end_of_month=True)), "invoice.terms.day_of_month", "exclude"),
    (dict(terms=pb.PaymentTerms(net_days=10, discount_percent="100", discount_days=5)), "invoice.terms.discount_percent", "under 100"),
    (dict(terms=pb.PaymentTerms(net_days=10, discount_percent="2", discount_days=11)), "invoice.terms.discount_days", "0 to net_days"),
    (dict(instalments=instalments(("2026-02-01", "50"), ("2026-03-01", "49"))), "invoice.instalments", "not 100 together"),
    (dict(instalments=instalments(("2026-02-01", 50), ("2026-03-01", 49))), "invoice.instalments", "not the amount"),
    (dict(instalments=instalments(("2026-02-01", "50"), ("2026-03-01", 50))), "invoice.instalments[1]", "as the first one has"),
    (dict(instalments=instalments(("2026-03-01", "50"), ("2026-02-01", "50"))), "invoice.instalments", "in the order"),
    (dict(instalments=instalments(("2026-01-04", "100"))), "invoice.due_on", "before the invoice"),
    (dict(instalments=instalments(("2026-02-01", 100), ("2026-03-01", 0))), "invoice.instalments", "more than 0"),
    (dict(due_on="2026-02-01", taxes=[pb.TaxLine(rate_percent="19", net=eur("84.03"), tax=eur("15.95"))]), "invoice.taxes[0].tax", "15.97"),
    (dict(due_on="2026-02-01", taxes=[pb.TaxLine(rate_percent="19", net=eur("80"), tax=eur("15.20"))]), "invoice.taxes", "not the amount"),
    (dict(due_on="2026-02-01", tax=eur("15"), taxes=[pb.TaxLine(rate_percent="19", net=eur("84.03"), tax=eur("15.97"))]), "invoice.taxes", "not the tax")])
def test_what_does_not_add_up_is_refused_with_its_field(nordwind, customer, more, field, words):
    with pytest.raises(grpc.RpcError) as error:
        post(nordwind, customer, "T-bad", **more)
    violations = [(v.field, v.description) for v in details(error.value)["BadRequest"].field_violations]
    assert any(f == field and words in d for f, d in violations), violations


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
