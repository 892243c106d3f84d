"""Invoices and receipts are posted; what is open, how old it is, and what the books say, are one and the same."""

import decimal
import uuid

import grpc
import pytest
from companies import books_agree, day
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money

def test_an_invoice_opens_an_item_and_a_receipt_settles_it_in_part_and_then_in_full(nordwind):
    customer = nordwind.customer("K-1")
    invoice = nordwind.invoice(customer, "R-1", "119.00", tax=Money(currency="EUR", amount="19"))
    assert invoice.tax.amount == "19.00"
    [item] = nordwind.items(customer_id=customer)
    assert (item.kind, item.number, item.customer_number, item.open.amount, item.due_on) == ("invoice", "R-1", "K-1", "119.00", day(-30))

    first = nordwind.receipt(customer, "100", received=-20, invoice=invoice.id)
    assert [(a.invoice_id, a.amount.amount, a.effective_on) for a in first.allocations] == [(invoice.id, "100.00", day(-20))]
    assert first.unapplied.amount == "0.00"
    assert [i.open.amount for i in nordwind.items(customer_id=customer)] == ["19.00"]

    second = nordwind.receipt(customer, "30", received=-10, invoice=invoice.id)
    assert (second.allocations[0].amount.amount, second.unapplied.amount) == ("19.00", "11.00")
    [credit] = nordwind.items(customer_id=customer)
    assert (credit.kind, credit.amount.amount, credit.open.amount) == ("receipt", "-30.00", "-11.00")
    # A third finds nothing open and stays a credit.
    third = nordwind.receipt(customer, "5.5", invoice=invoice.id)
    assert not third.allocations and third.unapplied.amount == "5.50"

    balance = nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    assert [(m.currency, m.amount) for m in balance.balances] == [("EUR", "-16.50")]
    as_of = lambda offset: [m.amount for m in nordwind.call(
        "GetBalance", pb.GetBalanceRequest(customer_id=customer, as_of=day(offset))).balances]
    assert as_of(-61) == [] and as_of(-60) == ["119.00"] and as_of(-20) == ["19.00"]
    assert [i.open.amount for i in nordwind.items(customer_id=customer, as_of=day(-20))] == ["19.00"]


def test_ageing_puts_what_is_owed_in_buckets_and_credits_beside_them(nordwind):
    before = {line.currency: line for line in nordwind.ageing().totals}
    customer = nordwind.customer("K-2")
    for number, due, amount in [("R-20", 5, "1"), ("R-21", 0, "2"), ("R-22", -1, "4"), ("R-23", -30, "8"), ("R-24", -31, "16"), ("R-25", -91, "32")]:
        nordwind.invoice(customer, number, amount, issued=-100, due=due)
    nordwind.receipt(customer, "0.75")
    ageing = nordwind.ageing(by_customer=True, page_size=1000)
    line = next(line for line in ageing.customers if line.customer_number == "K-2")
    assert [m.amount for m in line.buckets] == ["3.00", "12.00", "16.00", "0.00", "32.00"]
    assert (line.credits.amount, line.balance.amount) == ("-0.75", "62.25")
    total = next(line for line in ageing.totals if line.currency == "EUR")
    assert decimal.Decimal(total.balance.amount) - decimal.Decimal(before["EUR"].balance.amount) == decimal.Decimal("62.25")
    edges = nordwind.ageing(by_customer=True, edges=[1, 91], page_size=1000)
    line = next(line for line in edges.customers if line.customer_number == "K-2")
    assert [m.amount for m in line.buckets] == ["3.00", "28.00", "32.00"]


def test_a_foreign_currency_needs_a_rate_and_its_difference_is_posted(nordwind, installation):
    customer = nordwind.customer("K-3")
    with pytest.raises(grpc.RpcError) as error:
        nordwind.invoice(customer, "R-30", "100.00", "USD")
    assert "invoice.exchange_rate must be given" in error.value.details()
    invoice = nordwind.invoice(customer, "R-30", "100.00", "USD", exchange_rate="0.9012")
    nordwind.receipt(customer, "40.00", "USD", invoice=invoice.id, exchange_rate="0.95")
    balance = nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    # 90.12 - 36.05, the share of the invoice's base amount that 40 of 100 take.
    assert [m.amount for m in balance.balances] == ["60.00"] and balance.base_amount.amount == "54.08"
    [usd] = [line for line in nordwind.ageing().totals if line.currency == "USD"]
    assert usd.balance.amount == "60.00"
    fx = installation.psql("SELECT debit, credit, amount_minor, base_minor FROM ledger.entry WHERE '6500' IN (debit, credit)").stdout
    assert fx.strip() == "1100|6500|0|196"


def test_pages_hold_every_item_once_in_the_order_of_due_dates(nordwind):
    customer = nordwind.customer("K-4")
    for number in range(25):
        nordwind.invoice(customer, f"R-4{number:02}", "10", issued=-50, due=-number % 7)
    whole = nordwind.items(customer_id=customer, page_size=100)
    for size in (1, 7, 25):
        assert [i.id for i in nordwind.items(customer_id=customer, page_size=size)] == [i.id for i in whole]
        assert [i.id for i in nordwind.items(customer_id=customer, page_size=size, as_of=day(-1))] == [i.id for i in whole]
    assert len({i.id for i in whole}) == 25 and [i.due_on for i in whole] == sorted(i.due_on for i in whole)
    everything = nordwind.items(page_size=10)
    assert {i.id for i in whole} <= {i.id for i in everything}


@pytest.mark.parametrize("change, field, words", [
    (dict(amount="119,00"), "invoice.amount", "decimal number"),
    (dict(amount="1.005"), "invoice.amount", "2 decimals"),
    (dict(amount="-5"), "invoice.amount", "not be negative"),
    (dict(amount="99999999999999999.00"), "invoice.amount", "decimal number"),
    (dict(amount="10000000000000.01"), "invoice.amount", "larger than"),
    (dict(currency="EURO"), "invoice.amount", "ISO 4217"),
    (dict(currency="JPY", amount="1.5", exchange_rate="0.006"), "invoice.amount", "none"),
    (dict(issued=1, due=2), "invoice.issued_on", "after today"),
    (dict(issued=-5, due=-6), "invoice.due_on", "before"),
    (dict(number="R\tS"), "invoice.number", "control"),
    (dict(number=""), "invoice.number", "must be given"),
    (dict(exchange_rate="1"), "invoice.exchange_rate", "must not be given"),
    (dict(tax=Money(currency="EUR", amount="120")), "invoice.tax", "more than the amount"),
    (dict(tax=Money(currency="USD", amount="1")), "invoice.tax", "another currency"),
    (dict(customer="x"), "invoice.customer_id", "UUID")])
def test_a_bad_invoice_is_refused_with_its_field(nordwind, change, field, words):
    good = dict(customer=str(uuid.uuid4()), number="R-bad", amount="119.00")
    with pytest.raises(grpc.RpcError) as error:
        nordwind.invoice(**(good | change))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    violations = {v.field: v.description for v in details(error.value)["BadRequest"].field_violations}
    assert words in violations[field]


def test_taken_numbers_unknown_customers_and_other_companies_are_refused(nordwind, huaxin, installation):
    customer = nordwind.customer("K-5")
    invoice = nordwind.invoice(customer, "R-50", "10", external_id="erp-50")
    before = installation.psql("SELECT count(*) FROM ledger.document").stdout

    def refused(code, reason, call):
        with pytest.raises(grpc.RpcError) as error:
            call()
        assert error.value.code() == code and details(error.value)["ErrorInfo"].reason == reason

    code = grpc.StatusCode
    refused(code.ALREADY_EXISTS, "NUMBER_TAKEN", lambda: nordwind.invoice(customer, "R-50", "10"))
    refused(code.ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", lambda: nordwind.invoice(customer, "R-51", "10", external_id="erp-50"))
    refused(code.FAILED_PRECONDITION, "NO_CUSTOMER", lambda: nordwind.invoice(str(uuid.uuid4()), "R-52", "10"))
    refused(code.FAILED_PRECONDITION, "NO_CUSTOMER", lambda: huaxin.invoice(customer, "R-52", "10", "CNY"))
    refused(code.NOT_FOUND, "NO_INVOICE", lambda: nordwind.receipt(customer, "10", invoice=str(uuid.uuid4())))
    other = nordwind.customer("K-6")
    refused(code.FAILED_PRECONDITION, "OTHER_CUSTOMER", lambda: nordwind.receipt(other, "10", invoice=invoice.id))
    refused(code.FAILED_PRECONDITION, "OTHER_CURRENCY", lambda: nordwind.receipt(customer, "10", "USD", invoice=invoice.id, exchange_rate="0.9"))
    refused(code.INVALID_ARGUMENT, "INVALID", lambda: nordwind.call(
        "ListOpenItems", pb.ListOpenItemsRequest(page_token="bm9uc2Vuc2U=")))
    refused(code.INVALID_ARGUMENT, "INVALID", lambda: nordwind.ageing(edges=[31, 1]))
    assert installation.psql("SELECT count(*) FROM ledger.document").stdout == before
    # The other company's books begin empty, with accounts.
    assert huaxin.items() == [] and not huaxin.ageing().totals
    assert huaxin.invoice(huaxin.customer("K-5"), "R-50", "10", "CNY").number == "R-50"


def test_two_receipts_at_once_settle_an_invoice_once(nordwind):
    customer = nordwind.customer("K-7")
    invoice = nordwind.invoice(customer, "R-70", "100")
    calls = [nordwind.ledger.PostReceipt.future(
        pb.PostReceiptRequest(invoice_id=invoice.id, receipt=pb.Receipt(
            customer_id=customer, amount=Money(currency="EUR", amount="30"), received_on=day(0))),
        metadata=nordwind.metadata, timeout=60) for _ in range(8)]
    settled = [sum(decimal.Decimal(a.amount.amount) for a in call.result().allocations) for call in calls]
    assert sum(settled) == 100 and sorted(settled)[-3:] == [30, 30, 30]
    balance = nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    assert balance.balances[0].amount == "-140.00"


def test_the_books_agree_with_themselves(installation):
    assert set(books_agree(installation, 1)) == {"CNY"} and set(books_agree(installation, 2)) == {"EUR", "USD"}
