"""As who moves to Remit: years of real receivables imported whole, with what an independent computation makes of them."""

import collections
import csv
import datetime
import io
from decimal import ROUND_HALF_UP, Decimal

import pytest
from companies import books_agree
from conftest import shared
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb

pytestmark = pytest.mark.timeout(600)
RATES = {"USD": "6.8765", "CAD": "5.1234", "EUR": "7.7001"}


def text(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def import_customers(company, numbers):
    result, _ = company.load("customers", text([["Customer no.", "Name"]] + [[n, n] for n in sorted(numbers)]))
    assert result.created == len(numbers) and result.refused == 0


def ageing(company, as_of):
    """By customer and currency: what is owed in each bucket, and credits; in cents."""
    lines, token = {}, ""
    while True:
        reply = company.ageing(as_of=as_of.isoformat(), by_customer=True, page_size=1000, page_token=token)
        for line in reply.customers:
            cells = [*line.buckets, line.credits]
            lines[line.customer_number, line.currency] = [round(Decimal(m.amount) * 100) for m in cells]
        token = reply.next_page_token
        if not token:
            return lines


def expected_ageing(invoices, as_of):
    lines = collections.defaultdict(lambda: [0] * 6)
    for customer, currency, cents, issued, due, paid in invoices:
        if issued > as_of:
            continue
        settled = sum(amount for on, amount in paid if max(on, issued) <= as_of)
        overdue = (as_of - due).days
        lines[customer, currency][sum(overdue >= edge for edge in (1, 31, 61, 91))] += cents - settled
        # Paid before it was issued: a credit until then.
    return {key: cells for key, cells in lines.items() if any(cells)}


# ---- 24,723 invoices in two currencies, each paid on a day; payments that settle several invoices -------------


@pytest.fixture(scope="module")
def highradius(huaxin):
    folder = shared("data/ar-highradius")
    rows = list(csv.DictReader((folder / "paid_invoices.csv").open()))
    assert len(rows) == 24723
    huaxin.call("SaveExchangeRates", books.SaveExchangeRatesRequest(source="test", rates=[
        books.ExchangeRate(currency=c, valid_on="2018-12-01", rate=r) for c, r in RATES.items()] + [
        books.ExchangeRate(currency=c, valid_on="2019-06-01", rate=r) for c, r in RATES.items()]))
    huaxin.call("SetRatePolicy", books.SetRatePolicyRequest(policy=books.RatePolicy(source="test", days_max=366)))
    import_customers(huaxin, {r["customer_core"] for r in rows})
    # Six rows have no id, and some an id that another has: they get one here, as their owner would give them one.
    seen = collections.Counter()
    for number, row in enumerate(rows):
        id = row["invoice_id"] or f"row {number}"
        seen[id] += 1
        row["number"] = id if seen[id] == 1 else f"{id}/{seen[id]}"
    return rows, list(csv.DictReader((folder / "payments_by_customer_day.csv").open()))


def test_every_invoice_is_imported_in_the_currency_as_found(huaxin, highradius, installation):
    rows, _ = highradius
    created, refused, issues = huaxin.load_in_parts(
        "invoices", text([["customer", "invoice", "amount", "currency", "date", "due date"]] + [
            [r["customer_core"], r["number"], r["amount"], r["currency"], r["invoice_date"], r["due_date"]] for r in rows]), take_early_due_dates=True)
    assert (created, refused) == (24723, 0)
    early = [r for r in rows if r["due_date"] < r["invoice_date"]]
    assert len(early) == 110
    assert {row for row, _ in issues} == {rows.index(r) + 2 for r in early} and {reason for _, reason in issues} == {"is before the invoice was issued"}
    base = sum(int((Decimal(r["amount"]) * 100 * Decimal(RATES[r["currency"]])).quantize(1, ROUND_HALF_UP)) for r in rows)
    sums = books_agree(installation, 1)
    assert sums["USD"][0] + sums["CAD"][0] == sum(round(Decimal(r["amount"]) * 100) for r in rows)
    assert sum(b for _, b in sums.values()) == base


def test_payments_that_settle_several_invoices_leave_what_is_computed_independently(huaxin, highradius, installation):
    """All 9,423 payments are imported; the 200 largest by the number of their invoices, and 100 others, are allocated to the invoices they name."""
    rows, payments = highradius
    created, refused, _ = huaxin.load_in_parts(
        "receipts", text([["customer", "receipt number", "amount", "currency", "received"]] + [
            [p["customer_core"], p["payment_id"], f"{int(p['amount_cents']) // 100}.{int(p['amount_cents']) % 100:02}", p["currency"], p["payment_date"]]
            for p in payments]))
    assert (created, refused) == (9423, 0)
    ordered = sorted(payments, key=lambda p: -int(p["n_invoices"]))
    chosen = ordered[:200] + ordered[-100:]
    for payment in chosen:
        invoices = payment["invoice_ids"].split()
        reply = huaxin.allocate("LISTED", [payment["payment_id"]], invoices)
        assert len(reply.allocations) == len(invoices)
    paid = {number: p["payment_date"] for p in chosen for number in p["invoice_ids"].split()}
    allocated = {p["payment_id"] for p in chosen}
    day = datetime.date.fromisoformat
    for as_of in (day("2019-03-31"), day("2019-06-30"), day("2019-10-01")):
        expected = expected_ageing([(
            r["customer_core"], r["currency"], round(Decimal(r["amount"]) * 100), day(r["invoice_date"]), day(r["due_date"]),
            [(day(paid[r["number"]]), round(Decimal(r["amount"]) * 100))] if r["number"] in paid else []) for r in rows], as_of)
        expected = collections.defaultdict(lambda: [0] * 6, expected)
        for p in payments:
            if day(p["payment_date"]) <= as_of and p["payment_id"] not in allocated:
                expected[p["customer_core"], p["currency"]][5] -= int(p["amount_cents"])
        assert ageing(huaxin, as_of) == {key: cells for key, cells in expected.items() if any(cells)}, as_of
    books_agree(installation, 1)


# ---- 9,878 invoices of seven years with what was settled and what is outstanding -------------------------------


def test_seven_years_with_what_was_settled_are_imported_whole(nordwind, installation):
    folder = shared("data/ar-cassandra-udyam22")
    rows = [r for name in ("trainData.csv", "testData.csv") for r in csv.DictReader((folder / name).open())]
    assert len(rows) == 9878
    import_customers(nordwind, {r["Vendor_Name"] for r in rows})
    numbered = [[f"C-{n}", *row.values()] for n, row in enumerate({**r, "Number_of_Days_until_Payment": ""} for r in rows)]
    header = ["Invoice number", *rows[0]]
    file = text([header] + [line[:len(header)] for line in numbered])
    columns = {"customer": "Vendor_Name", "amount": "Amount", "issued_on": "Invoice_Date", "due_on": "Due_Date"}
    created, refused, issues = nordwind.load_in_parts("invoices", file, columns=columns, date_order=pb.DAY_MONTH_YEAR)
    assert (created, refused) == (9878, 0), issues[:3]
    # Settled on the due date: the set does not say when.
    created, refused, issues = nordwind.load_in_parts("receipts", file, date_order=pb.DAY_MONTH_YEAR, columns={
        "customer": "Vendor_Name", "amount": "Settled", "received_on": "Due_Date", "external_id": "Invoice number", "invoice": "Invoice number"})
    assert (created, refused) == (9878, 0), issues[:3]
    day = lambda text: datetime.datetime.strptime(text, "%d-%b-%y").date()
    invoices = [(r["Vendor_Name"], "EUR", round(Decimal(r["Amount"]) * 100), day(r["Invoice_Date"]), day(r["Due_Date"]),
                 [(day(r["Due_Date"]), round(Decimal(r["Settled"]) * 100))]) for r in rows]
    for as_of in (datetime.date(2013, 12, 31), datetime.date(2017, 11, 30), datetime.date(2020, 1, 1)):
        assert ageing(nordwind, as_of) == expected_ageing(invoices, as_of)
    outstanding = sum(round(Decimal(r["Outstanding"]) * 100) for r in rows)
    assert outstanding > 0 and books_agree(installation, 2) == {"EUR": (outstanding, outstanding)}
