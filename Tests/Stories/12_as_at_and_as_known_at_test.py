"""Reports of any past day, as known at any past instant; the statement of a customer; ageing by document date and by payer."""

import datetime

import grpc
import pytest
from companies import books_agree, day
from conftest import details
from google.protobuf.timestamp_pb2 import Timestamp

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money


def a_day_passes(installation):
    """What was recorded so far was recorded a day earlier: the clock of the books, moved by their administrator."""
    for table in ("document", "allocation", "movement"):
        installation.psql(f"UPDATE ledger.{table} SET recorded_at = recorded_at - interval '1 day'")


def ago(**delta):
    stamp = Timestamp()
    stamp.FromDatetime(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**delta))
    return stamp


def balance(company, customer, **more):
    return [m.amount for m in company.call("GetBalance", pb.GetBalanceRequest(customer_id=customer, **more)).balances]


def total(company, **more):
    return [t.balance.amount for t in company.ageing(**more).totals]


def statement(company, customer, start, end="", **more):
    return company.call("GetStatement", pb.GetStatementRequest(**{"customer_id": customer, "from": start, "to": end} | more))


def test_a_report_of_the_past_is_made_again_as_it_was(nordwind, installation):
    customer = nordwind.customer("V")
    invoice = nordwind.invoice(customer, "V-R1", "100", issued=-60, due=-30)
    nordwind.receipt(customer, "30", number="V-Z1", received=-50, invoice=invoice.id)
    a_day_passes(installation)
    yesterday = ago(hours=12)
    # Today it turns out: an invoice was forgotten, and the receipt was another's.
    nordwind.invoice(customer, "V-R2", "7", issued=-55, due=-25)
    [allocation] = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="V-Z1")).allocations
    nordwind.undo(allocation.id, effective_on=day(-50))

    def views(**more):
        items = {i.number: i.open.amount for i in nordwind.items(customer_id=customer, as_of=day(-40), **more)}
        return items, balance(nordwind, customer, as_of=day(-40), **more), total(nordwind, as_of=day(-40), **more)

    assert views(known_at=yesterday) == ({"V-R1": "70.00"}, ["70.00"], ["70.00"])
    assert views() == ({"V-R1": "100.00", "V-R2": "7.00", "V-Z1": "-30.00"}, ["77.00"], ["77.00"])
    # Today's figures, as known yesterday; and before anything was known.
    assert total(nordwind, known_at=yesterday) == ["70.00"] and total(nordwind) == ["77.00"]
    assert views(known_at=ago(days=2)) == ({}, [], [])
    known = nordwind.ageing(as_of=day(-40), known_at=yesterday, by_customer=True, page_size=1000)
    assert [line.balance.amount for line in known.customers if line.customer_number == "V"] == ["70.00"]
    assert statement(nordwind, customer, day(-70), day(-40), known_at=yesterday).accounts[0].closing.amount == "70.00"
    books_agree(installation, 2)


def test_an_instant_that_is_too_young_is_refused(nordwind):
    for call in (lambda: nordwind.items(known_at=ago(seconds=20)), lambda: nordwind.ageing(known_at=ago(seconds=-60))):
        with pytest.raises(grpc.RpcError) as error:
            call()
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "at least 30 s past" in error.value.details()
    assert nordwind.items(known_at=ago(seconds=40)) is not None


def test_the_statement_of_a_customer_adds_up(nordwind, installation):
    customer = nordwind.customer("W")
    nordwind.invoice(customer, "W-R0", "50", issued=-90, due=-60)
    nordwind.invoice(customer, "W-R1", "100", issued=-60, due=-30)
    nordwind.invoice(customer, "W-R2", "20", "USD", issued=-58, due=-30, exchange_rate="0.9")
    nordwind.receipt(customer, "98", number="W-Z1", received=-50)
    discount = pb.AllocationLine(debit=pb.ItemChoice(number="W-R1"), credit=pb.ItemChoice(number="W-Z1"),
                                 amount=Money(currency="EUR", amount="98"), discount=Money(currency="EUR", amount="2"))
    nordwind.allocate("TOLD", lines=[discount])
    nordwind.invoice(customer, "W-R3", "5", issued=-10, due=0)
    result = statement(nordwind, customer, day(-60), day(-20))
    euro, dollar = result.accounts
    assert (euro.opening.amount, euro.closing.amount) == ("50.00", "50.00")
    assert [(l.on, l.kind, l.number if l.kind != "allocation" else "", l.amount.amount, l.balance.amount) for l in euro.lines] == [
        (day(-60), "invoice", "W-R1", "100.00", "150.00"), (day(-50), "receipt", "W-Z1", "-98.00", "52.00"),
        (day(-50), "allocation", "", "-2.00", "50.00")]
    assert (dollar.opening.amount, dollar.closing.amount, len(dollar.lines)) == ("0.00", "20.00", 1)
    for start in (-95, -61, -50, -5):
        for end in (-60, -50, 0):
            if start <= end:
                whole = {a.opening.currency: (a.opening.amount, a.closing.amount) for a in statement(nordwind, customer, day(start), day(end)).accounts}
                at = lambda when: dict((m.currency, m.amount) for m in nordwind.call(
                    "GetBalance", pb.GetBalanceRequest(customer_id=customer, as_of=day(when))).balances)
                assert {c: closing for c, (_, closing) in whole.items()} == at(end)
                assert {c: o for c, (o, _) in whole.items() if o != "0.00"} == {c: a for c, a in at(start - 1).items() if a != "0.00"}
    with pytest.raises(grpc.RpcError) as error:
        statement(nordwind, customer, day(-1), day(-2))
    assert "from is after the last day" in error.value.details()
    with pytest.raises(grpc.RpcError) as error:
        statement(nordwind, "00000000-0000-7000-8000-000000000000", day(-2))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_what_another_customer_pays_stands_in_both_statements(nordwind):
    head = nordwind.customer("X-head")
    branch = nordwind.customer("X-branch", payer=head)
    nordwind.invoice(branch, "X-R1", "10", issued=-20, due=-10)
    nordwind.receipt(head, "10", number="X-Z1", received=-5)
    nordwind.allocate(customer_id=head)
    lines = lambda customer: [(l.kind, l.amount.amount) for l in statement(nordwind, customer, day(-30)).accounts[0].lines]
    assert lines(branch) == [("invoice", "10.00"), ("allocation", "-10.00")] and lines(head) == [("receipt", "-10.00"), ("allocation", "10.00")]


def test_ageing_by_document_date_and_by_payer(nordwind):
    head = nordwind.customer("Y-head")
    for n, (issued, due, amount) in enumerate([(-100, -1, "1"), (-40, -40, "2"), (-5, 20, "4")]):
        nordwind.invoice(nordwind.customer(f"Y-{n}", payer=head), f"Y-R{n}", amount, issued=issued, due=due)
    nordwind.receipt(head, "0.50", received=-3)

    def lines(number, **more):
        found, token = [], ""
        while True:
            page = nordwind.ageing(page_size=3, page_token=token, **more)
            found += [([m.amount for m in l.buckets], l.credits.amount) for l in page.customers if l.customer_number == number]
            token = page.next_page_token
            if not token:
                return found

    assert lines("Y-head", by_payer=True) == [(["4.00", "1.00", "2.00", "0.00", "0.00"], "-0.50")]
    assert lines("Y-head", by_payer=True, basis="DOCUMENT_DATE", edges=[31, 61]) == [(["4.00", "2.00", "1.00"], "-0.50")]
    assert lines("Y-0", by_customer=True, basis="DOCUMENT_DATE") == [(["0.00", "0.00", "0.00", "0.00", "1.00"], "0.00")]
    assert lines("Y-0", by_payer=True) == []
    by = lambda **more: [t.balance.amount for t in nordwind.ageing(**more).totals]
    assert by() == by(basis="DOCUMENT_DATE")
    with pytest.raises(grpc.RpcError) as error:
        nordwind.ageing(by_payer=True, by_customer=True)
    assert "exclude each other" in error.value.details()
