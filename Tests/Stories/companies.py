"""A company as its integrator sees it."""

import datetime
import time
import zoneinfo

import pytest

from remit.ledger.v1 import books_pb2_grpc, ledger_pb2_grpc
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

TODAY = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date()  # of nordwind


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


def eventually(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(f"did not happen: {what}")


class Company:
    def __init__(self, installation, channel, slug):
        self.ledger, self.books = ledger_pb2_grpc.LedgerServiceStub(channel), books_pb2_grpc.BooksServiceStub(channel)
        self.metadata = installation.key(slug)

    def call(self, method, request, timeout=60):
        service = self.ledger if hasattr(self.ledger, method) else self.books
        return getattr(service, method)(request, metadata=self.metadata, timeout=timeout)

    def customer(self, number, payer=""):
        return self.call("CreateCustomer", pb.CreateCustomerRequest(
            customer=pb.Customer(number=number, name=f"Customer {number}", payer_id=payer))).id

    def invoice(self, customer, number, amount, currency="EUR", issued=-60, due=-30, **more):
        return self.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
            customer_id=customer, number=number, amount=Money(currency=currency, amount=amount), issued_on=day(issued), due_on=day(due), **more)))

    def receipt(self, customer, amount, currency="EUR", received=-10, invoice="", **more):
        return self.call("PostReceipt", pb.PostReceiptRequest(invoice_id=invoice, receipt=pb.Receipt(
            customer_id=customer, amount=Money(currency=currency, amount=amount), received_on=day(received), **more)))

    def allocate(self, method="OLDEST", credits=(), debits=(), lines=(), **more):
        choice = lambda c: c if isinstance(c, pb.ItemChoice) else pb.ItemChoice(number=c)
        return self.call("Allocate", pb.AllocateRequest(
            method=method, credits=map(choice, credits), debits=map(choice, debits), lines=lines, **more))

    def undo(self, allocation, **more):
        return self.call("UndoAllocation", pb.UndoAllocationRequest(id=allocation, **more))

    def open(self, *numbers, **request):
        """What is open of documents, by number."""
        found = {item.number: item.open.amount for item in self.items(**request)}
        return [found.get(number, "0") for number in numbers]

    def items(self, page_size=1000, **request):
        items, token = [], ""
        while True:
            reply = self.call("ListOpenItems", pb.ListOpenItemsRequest(page_size=page_size, page_token=token, **request))
            items += reply.items
            token = reply.next_page_token
            if not token:
                return items

    def ageing(self, **request):
        return self.call("GetAgeing", pb.GetAgeingRequest(**request))

    def load(self, kind, file, **options):
        """Imports a file; gives the result, and how often progress was told before it."""
        updates = list(self.call(f"Import{kind[0].upper()}{kind[1:]}", pb.ImportRequest(file=file, **options), timeout=300))
        assert [u.WhichOneof("update") for u in updates[:-1]] == ["progress"] * (len(updates) - 1)
        result = updates[-1].result
        assert result.rows == result.created + result.unchanged + result.refused + result.held_back
        return result, [u.progress for u in updates[:-1]]


    def load_in_parts(self, kind, file, rows=2000, **options):
        """Imports a file as several, as a call lasts half a minute at most, also of a debug build on a slow machine; gives what was created, refused, and issues."""
        header, *lines = file.decode().splitlines(keepends=True)
        created, refused, issues = 0, 0, []
        for begin in range(0, len(lines), rows):
            result, _ = self.load(kind, "".join([header, *lines[begin:begin + rows]]).encode(), **options)
            created, refused = created + result.created, refused + result.refused
            issues += [(issue.row + begin, issue.reason) for issue in result.issues]
        return created, refused, issues


def books_agree(installation, tenant):
    """Receivable account = sum of movements = sum of open items = sum of deltas, per currency, in amount and base. Gives the sums."""
    rows = installation.psql(f"""
        WITH account AS (SELECT code FROM ledger.account WHERE tenant_id = {tenant} AND role = 'receivable')
        SELECT currency, sum(a)::text, sum(b)::text, source FROM (
          SELECT currency, CASE WHEN debit = code THEN amount_minor ELSE -amount_minor END a,
                 CASE WHEN debit = code THEN base_minor ELSE -base_minor END b, 'entry' source
            FROM ledger.entry, account WHERE tenant_id = {tenant} AND code IN (debit, credit)
          UNION ALL SELECT currency, amount_minor, base_minor, 'movement' FROM ledger.movement WHERE tenant_id = {tenant}
          UNION ALL SELECT currency, open_minor, open_base_minor, 'item' FROM ledger.item WHERE tenant_id = {tenant}
          UNION ALL SELECT currency, amount_minor, base_minor, 'delta' FROM ledger.ageing_delta WHERE tenant_id = {tenant}) s
         GROUP BY currency, source""").stdout.split()
    sums = {}
    for row in rows:
        currency, amount, base, source = row.split("|")
        sums.setdefault(currency, {})[source] = (int(amount), int(base))
    for by_source in sums.values():
        by_source.setdefault("delta", (0, 0))  # none where all is settled
        assert len(by_source) == 4 and len(set(by_source.values())) == 1, sums
    assert sums
    # At every past day, as known at every past instant: what took effect on a day and was recorded at an instant is the same in both.
    apart = installation.psql(f"""
        WITH account AS (SELECT code FROM ledger.account WHERE tenant_id = {tenant} AND role = 'receivable'),
        change AS (
          SELECT d.effective_on, d.recorded_at, e.currency, CASE WHEN debit = code THEN e.amount_minor ELSE -e.amount_minor END a,
                 CASE WHEN debit = code THEN e.base_minor ELSE -e.base_minor END b
            FROM ledger.entry e JOIN ledger.document d USING (tenant_id, document_id), account
           WHERE tenant_id = {tenant} AND code IN (debit, credit)
          UNION ALL SELECT effective_on, recorded_at, currency, -amount_minor, -base_minor FROM ledger.movement WHERE tenant_id = {tenant})
        SELECT effective_on, recorded_at, currency, sum(a), sum(b) FROM change GROUP BY 1, 2, 3 HAVING sum(a) <> 0 OR sum(b) <> 0""").stdout
    assert apart == ""
    return {currency: by["item"] for currency, by in sums.items()}


def no_fault(installation, remitd):
    """What an administrator would be told of the rows of all companies: nothing."""
    checked = installation.remit(remitd, "operator", "db", "check", check=False)
    assert checked.returncode == 0 and [line for line in checked.stdout.splitlines() if not line.endswith(": all is well")] == [], checked
