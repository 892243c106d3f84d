"""As a controller: rates of the central bank, documents in other currencies, and their revaluation at the end of a period."""

from decimal import ROUND_HALF_UP, Decimal

import grpc
import pytest
from companies import books_agree, day, no_fault
from conftest import details
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money


def refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return details(refused.value)["ErrorInfo"].reason, refused.value.details()


def save(company, source, *rates):
    return company.call("SaveExchangeRates", books.SaveExchangeRatesRequest(
        source=source, rates=[books.ExchangeRate(currency=c, valid_on=day(on), rate=rate) for c, on, rate in rates])).saved


def revalue(company, on, dry_run=False):
    reply = company.call("Revalue", books.RevalueRequest(on=day(on), dry_run=dry_run))
    return {c.open.currency: c for c in reply.currencies}


def base_of(company, document):
    return company.call("GetDocument", pb.GetDocumentRequest(id=document)).document.base_amount.amount


@pytest.fixture(scope="module", autouse=True)
def policy(nordwind):
    nordwind.rates = save(
        nordwind, "ECB", ("USD", -100, "1/1.0850"), ("USD", -50, "1/1.1111"), ("JPY", -100, "0.0061"), ("KWD", -100, "2.9876"), ("JPY", -50, "0.0059"),
        ("KWD", -50, "2.9999"), ("USD", -31, "0.87"), ("JPY", -31, "0.00601"), ("KWD", -31, "3.0501"))


def test_without_a_policy_a_rate_must_be_given(nordwind):
    customer = nordwind.customer("F-1")
    reason, words = refusal(lambda: nordwind.invoice(customer, "F-1-0", "1.00", "USD", issued=-50))
    assert reason == "INVALID" and "one USD in EUR, the company's base currency; or set a rate policy" in words
    nordwind.call("SetRatePolicy", books.SetRatePolicyRequest(policy=books.RatePolicy(source="ECB", days_max=7)))


@pytest.mark.parametrize("currency, amount, on, rate, base", [
    ("USD", "100.00", -100, "1/1.0850", "92.17"), ("USD", "100.00", -45, "1/1.1111", "90.00"), ("JPY", "12345", -100, "0.0061", "75.30"),
    ("KWD", "10.001", -98, "2.9876", "29.88")])
def test_the_rate_of_the_day_or_the_last_before_it_is_taken(nordwind, currency, amount, on, rate, base):
    customer = nordwind.customer(f"F-2-{currency}{on}")
    invoice = nordwind.invoice(customer, f"F-2-{currency}{on}", amount, currency, issued=on)
    assert (invoice.exchange_rate, base_of(nordwind, invoice.id)) == (rate, base)
    receipt = nordwind.receipt(customer, amount, currency, received=on, invoice=invoice.id)
    assert (receipt.exchange_rate, receipt.unapplied.amount.strip("0.")) == (rate, "")


def test_a_rate_that_is_missing_or_too_old_is_refused_with_what_was_looked_for(nordwind):
    customer = nordwind.customer("F-3")
    for currency, on in [("USD", -42), ("GBP", -50), ("USD", -101)]:
        reason, words = refusal(lambda: nordwind.invoice(customer, "F-3", "1.00", currency, issued=on))
        assert reason == "INVALID"
        assert f"there is no rate of ECB for {currency} on {day(on)}, nor in the 7 days before" in words
    nordwind.invoice(customer, "F-3", "1.00", "GBP", issued=-50, exchange_rate="1/0.85")


def test_a_corrected_rate_counts_from_then_on_and_both_are_kept(installation, nordwind):
    save(nordwind, "ECB", ("CHF", -60, "1.10"))
    customer = nordwind.customer("F-4")
    first = nordwind.invoice(customer, "F-4-1", "100.00", "CHF", issued=-60)
    save(nordwind, "ECB", ("CHF", -60, "1.07"), ("CHF", -31, "1.08"))
    second = nordwind.invoice(customer, "F-4-2", "100.00", "CHF", issued=-60)
    assert (base_of(nordwind, first.id), base_of(nordwind, second.id)) == ("110.00", "107.00")
    rates = nordwind.call("ListExchangeRates", books.ListExchangeRatesRequest(currency="CHF", source="ECB")).rates
    assert [(r.valid_on, r.rate) for r in rates] == [(day(-31), "1.08"), (day(-60), "1.07")]
    assert installation.psql("SELECT count(*) FROM ledger.exchange_rate WHERE currency = 'CHF'").stdout.strip() == "3"
    token, listed = "", []
    while True:
        page = nordwind.call("ListExchangeRates", books.ListExchangeRatesRequest(page_size=4, page_token=token))
        listed += [(r.valid_on, r.currency) for r in page.rates]
        token = page.next_page_token
        if not token:
            break
    assert len(listed) == len(set(listed)) == nordwind.rates + 2 and [d for d, _ in listed] == sorted((d for d, _ in listed), reverse=True)


@pytest.mark.parametrize("currency, on, rate", [("EUR", -1, "1"), ("XXX", -1, "1"), ("USD", -1, "0"), ("USD", -1, "-1"), ("USD", -1, "1/0"), ("USD", -1, "1,1")])
def test_a_rate_that_cannot_be_is_refused(nordwind, currency, on, rate):
    assert refusal(lambda: save(nordwind, "ECB", (currency, on, rate)))[0] == "INVALID"


def test_rows_of_a_file_take_the_rate_of_their_day(nordwind):
    nordwind.customer("F-5")
    file = "customer,invoice,amount,currency,date,due date\n" + "".join(
        f"F-5,F-5-{n},100.00,USD,{day(on)},{day(0)}\n" for n, on in enumerate((-100, -50, -70)))
    result, _ = nordwind.load("invoices", file.encode(), skip_refused=True)
    assert (result.created, [(i.row, f"no rate of ECB for USD on {day(-70)}" in i.reason) for i in result.issues]) == (2, [(4, True)])
    document = lambda number: nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number=number)).document
    assert [document(f"F-5-{n}").base_amount.amount for n in range(2)] == ["92.17", "90.00"]


def expected_gain(items, currency, rate, decimals, booked):
    """Item by item, rounded half away from zero."""
    worth = sum((Decimal(item.open.amount) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP) for item in items if item.open.currency == currency)
    return worth - booked


def test_at_the_end_of_a_period_open_items_are_revalued_and_taken_back_the_day_after(installation, nordwind):
    customer = nordwind.customer("F-6")
    for number, currency, amount, on in [("F-6-1", "USD", "333.33", -50), ("F-6-2", "JPY", "10001", -50), ("F-6-3", "KWD", "77.777", -50)]:
        nordwind.invoice(customer, number, amount, currency, issued=on, due=on)
    nordwind.receipt(customer, "33.33", "USD", received=-45)
    nordwind.receipt(customer, "0.03", "GBP", received=-45, exchange_rate="1.2")
    at_end = lambda on: nordwind.items(as_of=day(on))
    balance = lambda on: Decimal(nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer, as_of=day(on))).base_amount.amount)
    before = (balance(-31), balance(-30), balance(0))
    assert refusal(lambda: revalue(nordwind, -31)) == (
        "NO_RATE", f"the rate of GBP must be given: there is no rate of ECB for GBP on {day(-31)}, nor in the 7 days before")
    save(nordwind, "ECB", ("GBP", -31, "1/0.8351"))
    dry = revalue(nordwind, -31, dry_run=True)
    assert (balance(-31), balance(-30), balance(0)) == before and all(c.document_id == "" for c in dry.values())
    done = revalue(nordwind, -31)
    assert set(done) == {"CHF", "GBP", "JPY", "KWD", "USD"}
    for currency, rate in [("USD", Decimal("0.87")), ("JPY", Decimal("0.00601")), ("KWD", Decimal("3.0501")), ("GBP", 1 / Decimal("0.8351")), ("CHF", Decimal("1.08"))]:
        found = done[currency]
        assert Decimal(found.gain.amount) == expected_gain(at_end(-31), currency, rate, 2, Decimal(found.booked.amount)), currency
        assert Decimal(found.booked.amount) + Decimal(found.gain.amount) == Decimal(found.revalued.amount)
        assert found.gain == dry[currency].gain and found.document_id and found.reversal_id
        document = nordwind.call("GetDocument", pb.GetDocumentRequest(id=found.document_id))
        net = sum((1 if e.debit == "1100" else -1) * Decimal(e.base_amount.amount) for e in document.entries)
        assert net == Decimal(found.gain.amount) and {e.debit for e in document.entries} | {e.credit for e in document.entries} == {"1100", "6510"}
    assert balance(-31) != before[0] and (balance(-30), balance(0)) == before[1:]
    unrealised = lambda to: next((Decimal(l.closing.amount) for l in nordwind.call(
        "GetTrialBalance", books.GetTrialBalanceRequest(to=day(to))).lines if l.account.code == "6510"), Decimal(0))
    assert unrealised(-31) == -sum(Decimal(c.gain.amount) for c in done.values()) and unrealised(-30) == unrealised(0) == 0
    books_agree(installation, 2)


def test_another_run_finds_only_what_changed(installation, nordwind):
    again = revalue(nordwind, -31)
    assert all(c.gain.amount == "0.00" and c.document_id == "" for c in again.values())
    save(nordwind, "ECB", ("USD", -31, "0.88"))
    nordwind.invoice(nordwind.customer("F-7"), "F-7-1", "100.00", "USD", issued=-40, exchange_rate="0.80")
    more = revalue(nordwind, -31)
    assert [c for c in more if more[c].document_id] == ["USD"]
    assert Decimal(more["USD"].gain.amount) == expected_gain(nordwind.items(as_of=day(-31)), "USD", Decimal("0.88"), 2, Decimal(more["USD"].booked.amount))
    books_agree(installation, 2)


def test_a_revaluation_does_not_change_what_an_allocation_gains(nordwind):
    """The gain is realised against the rate of the invoice, whatever was revalued between."""
    receipt = nordwind.receipt(nordwind.customer("F-8"), "100.00", "USD", received=-20, exchange_rate="0.95")
    invoice = nordwind.invoice(receipt.customer_id, "F-8-1", "100.00", "USD", issued=-40, exchange_rate="0.90")
    revalue(nordwind, -31)
    allocation = nordwind.allocate(credits=[receipt.number], debits=["F-8-1"]).allocations[0]
    entries = nordwind.call("GetDocument", pb.GetDocumentRequest(id=allocation.id)).entries
    assert [(e.debit, e.credit, e.amount.amount, e.base_amount.amount) for e in entries] == [("1100", "6500", "0.00", "5.00")]
    statement = nordwind.call("GetStatement", pb.GetStatementRequest(**{"customer_id": invoice.customer_id, "from": day(-60)}))
    assert [line.kind for line in statement.accounts[0].lines] == ["invoice", "receipt"]


def test_a_revaluation_is_refused_today_and_in_a_closed_period(nordwind):
    assert refusal(lambda: revalue(nordwind, 0))[0] == "INVALID"
    nordwind.call("SetPeriod", books.SetPeriodRequest(period=books.Period(starts_on=day(-31), ends_on=day(-31), state=books.Period.CLOSED)))
    assert refusal(lambda: revalue(nordwind, -31))[0] == "PERIOD_CLOSED"
    document = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="F-8-1")).document
    assert document.base_amount == Money(currency="EUR", amount="90.00")


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
