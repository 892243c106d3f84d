"""Every kind of document is posted with its journal, and reversed; nothing is changed or deleted."""

import uuid

import grpc
import pytest
from companies import books_agree, day, no_fault
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money


def eur(amount):
    return Money(currency="EUR", amount=amount)


def post(company, kind, customer, amount="", against=None, currency="EUR", issued=-10, **more):
    document = pb.Document(kind=kind, customer_id=customer, issued_on=day(issued), **more)
    if amount:
        document.amount.CopyFrom(Money(currency=currency, amount=amount))
    request = pb.PostDocumentRequest(document=document)
    if against:
        request.against.CopyFrom(against if isinstance(against, pb.ItemChoice) else pb.ItemChoice(number=against))
    return company.call("PostDocument", request)


def reverse(company, document, **more):
    return company.call("ReverseDocument", pb.ReverseDocumentRequest(id=document, **({"reason": "wrong"} | more)))


def read(company, document):
    return company.call("GetDocument", pb.GetDocumentRequest(id=document))


def entries(history):
    return [(e.debit, e.credit, e.amount.amount) for e in history.entries]


def balance(company, customer, **more):
    return [m.amount for m in company.call("GetBalance", pb.GetBalanceRequest(customer_id=customer, **more)).balances]


def fails(code, reason, call, *words):
    with pytest.raises(grpc.RpcError) as error:
        call()
    assert error.value.code() == getattr(grpc.StatusCode, code) and details(error.value)["ErrorInfo"].reason == reason, error.value
    assert all(word in error.value.details() for word in words), error.value.details()


def test_each_kind_with_its_journal(nordwind, installation):
    customer = nordwind.customer("DA")
    cases = [
        ("debit_note", "119", dict(tax=eur("19"), due_on=day(20)), [("1100", "2200", "19.00"), ("1100", "4000", "100.00")], "119.00"),
        ("credit_note", "11.90", dict(tax=eur("1.90")), [("2200", "1100", "1.90"), ("4000", "1100", "10.00")], "-11.90"),
        ("adjustment", "5", dict(account="4100"), [("1100", "4100", "5.00")], "5.00"),
        ("adjustment", "-6", dict(account="4100", reason="agreed by phone"), [("4100", "1100", "6.00")], "-6.00"),
        ("opening", "1000", dict(number="old books", due_on=day(-1)), [("1100", "9000", "1000.00")], "1000.00"),
        ("opening", "-200", dict(), [("9000", "1100", "200.00")], "-200.00")]
    for kind, amount, more, journal, opened in cases:
        document = post(nordwind, kind, customer, amount, **more).document
        history = read(nordwind, document.id)
        assert entries(history) == journal and [i.open.amount for i in history.items] == [opened], kind
        assert history.document.amount == document.amount and history.document.reason == more.get("reason", "")
        assert history.items[0].due_on == more.get("due_on", day(-10)) and history.document.recorded_by == "owner"
    assert balance(nordwind, customer) == ["906.10"]
    found = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="opening", number="old books"))
    assert found.document.amount.amount == "1000.00"
    books_agree(installation, 2)


def test_a_credit_note_settles_its_invoice_and_what_is_over_stays_open(nordwind):
    customer = nordwind.customer("DB")
    nordwind.invoice(customer, "DB-R1", "100")
    first = post(nordwind, "credit_note", customer, "30", "DB-R1", number="DB-G1", reason="price")
    assert [(a.line.debit.number, a.line.credit.number, a.line.amount.amount) for a in first.allocations] == [("DB-R1", "DB-G1", "30.00")]
    second = post(nordwind, "credit_note", customer, "80", "DB-R1", number="DB-G2")
    assert second.allocations[0].line.amount.amount == "70.00"
    assert nordwind.open("DB-R1", "DB-G1", "DB-G2") == ["0", "0", "-10.00"]


def test_a_refund_pays_back_what_is_unapplied_and_not_more(nordwind, installation):
    customer = nordwind.customer("DC")
    nordwind.receipt(customer, "100", number="DC-Z1")
    fails("FAILED_PRECONDITION", "ITEM_CHANGED", lambda: post(nordwind, "refund", customer, "100.01", "DC-Z1"), "receipt DC-Z1 has 100.00 EUR open")
    part = post(nordwind, "refund", customer, "40", "DC-Z1")
    rest = post(nordwind, "refund", customer, against="DC-Z1")
    assert rest.document.amount.amount == "60.00" and entries(read(nordwind, rest.document.id)) == [("1100", "1000", "60.00")]
    assert balance(nordwind, customer) == ["0.00"] and nordwind.items(customer_id=customer) == []
    fails("FAILED_PRECONDITION", "ITEM_CHANGED", lambda: post(nordwind, "refund", customer, against="DC-Z1"), "receipt DC-Z1 has nothing open", part.document.number)


def test_a_write_off_and_its_recovery(nordwind, installation):
    customer = nordwind.customer("DD")
    nordwind.invoice(customer, "DD-R1", "100")
    written_off = post(nordwind, "write_off", customer, against="DD-R1", reason="insolvent", issued=-5).document
    assert nordwind.open("DD-R1") == ["0"] and entries(read(nordwind, written_off.id)) == [("6300", "1100", "100.00")]
    # They pay after all: the write-off is reversed, and the receipt settles the invoice.
    fails("FAILED_PRECONDITION", "HAS_ALLOCATIONS", lambda: reverse(nordwind, written_off.id), "allocated 100.00 EUR", "to DD-R1")
    reversal = reverse(nordwind, written_off.id, undo_allocations=True, reason="recovered", effective_on=day(-1))
    assert nordwind.open("DD-R1") == ["100.00"] and entries(read(nordwind, reversal.id)) == [("1100", "6300", "100.00")]
    nordwind.receipt(customer, "100", number="DD-Z1", received=-1)
    nordwind.allocate(customer_id=customer)
    assert balance(nordwind, customer) == ["0.00"]
    assert [balance(nordwind, customer, as_of=day(d)) for d in (-6, -5, -2)] == [["100.00"], ["0.00"], ["0.00"]]
    books_agree(installation, 2)


def test_a_reversal_undoes_a_document_with_its_allocations_as_at_its_day(nordwind, installation):
    customer = nordwind.customer("DE")
    invoices = [nordwind.invoice(customer, f"DE-R{n}", "50", issued=-60).id for n in range(2)]
    receipt = nordwind.receipt(customer, "100", number="DE-Z1", received=-50)
    nordwind.allocate(customer_id=customer)
    fails("FAILED_PRECONDITION", "HAS_ALLOCATIONS", lambda: reverse(nordwind, receipt.id), "DE-R0", "DE-R1")
    fails("INVALID_ARGUMENT", "INVALID", lambda: reverse(nordwind, receipt.id, undo_allocations=True, effective_on=day(-51)), "must be from " + day(-50))
    # The cheque bounced.
    reversal = reverse(nordwind, receipt.id, undo_allocations=True, effective_on=day(-40), reason="bounced")
    assert nordwind.open("DE-R0", "DE-R1", "DE-Z1") == ["50.00", "50.00", "0"]
    assert nordwind.open("DE-R0", "DE-R1", "DE-Z1", customer_id=customer, as_of=day(-41)) == ["0", "0", "0"]
    history = read(nordwind, receipt.id)
    assert history.document.reversed_by == reversal.id and reversal.reverses == receipt.id
    assert [(a.is_undone, bool(a.reverses)) for a in history.allocations] in ([(True, False)] * 2 + [(False, True)] * 2,)
    fails("FAILED_PRECONDITION", "REVERSED_ALREADY", lambda: reverse(nordwind, receipt.id), reversal.id)
    fails("FAILED_PRECONDITION", "IS_NO_ORIGINAL", lambda: reverse(nordwind, reversal.id), "a reversal")
    fails("NOT_FOUND", "NO_DOCUMENT", lambda: reverse(nordwind, str(uuid.uuid4())))
    for invoice in invoices:
        reverse(nordwind, invoice)
    assert nordwind.items(customer_id=customer) == [] and balance(nordwind, customer) == ["0.00"]
    books_agree(installation, 2)


def test_a_document_in_a_foreign_currency_is_reversed_at_its_own_rate(nordwind, installation):
    customer = nordwind.customer("DF")
    invoice = nordwind.invoice(customer, "DF-R1", "100", "USD", exchange_rate="0.9")
    nordwind.receipt(customer, "60", "USD", invoice=invoice.id, exchange_rate="0.95")
    reverse(nordwind, invoice.id, undo_allocations=True)
    result = nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer))
    assert [m.amount for m in result.balances] == ["-60.00"] and result.base_amount.amount == "-57.00"
    books_agree(installation, 2)


def test_of_many_reversals_and_allocations_at_once_the_books_agree(nordwind, installation):
    customer = nordwind.customer("DG")
    invoices = [nordwind.invoice(customer, f"DG-R{n}", "10").id for n in range(6)]
    for n in range(6):
        nordwind.receipt(customer, "10", number=f"DG-Z{n}")
    stub, metadata = nordwind.ledger, nordwind.metadata
    calls = [stub.Allocate.future(pb.AllocateRequest(customer_id=customer), metadata=metadata, timeout=60) for _ in range(3)]
    calls += [stub.ReverseDocument.future(
        pb.ReverseDocumentRequest(id=invoice, undo_allocations=True, reason="wrong"), metadata=metadata, timeout=60) for invoice in invoices * 2]
    codes = {call.code() for call in calls}
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED}, [c.details() for c in calls]
    reversed_count = sum(bool(read(nordwind, i).document.reversed_by) for i in invoices)
    assert reversed_count >= 3 and balance(nordwind, customer) == [f"{-10 * reversed_count}.00"]
    books_agree(installation, 2)


@pytest.mark.parametrize("kind, amount, more, field, words", [
    ("invoice", "1", {}, "document.kind", "must be one of"),
    ("credit_note", "", {}, "document.amount", "must be given"),
    ("credit_note", "-1", {}, "document.amount", "more than 0"),
    ("opening", "0", {}, "document.amount", "must not be 0"),
    ("refund", "1", {}, "against", "must be given"),
    ("adjustment", "1", {}, "document.account", "must be given"),
    ("opening", "1", {"account": "4000"}, "document.account", "for adjustments"),
    ("opening", "1", {"tax": eur("0.1")}, "document.tax", "for debit and credit notes"),
    ("debit_note", "1", {"tax": eur("2")}, "document.tax", "at most the amount"),
    ("debit_note", "1", {"due_on": day(-11)}, "document.due_on", "before"),
    ("debit_note", "1", {"issued": 1}, "document.issued_on", "after today"),
    ("debit_note", "1", {"currency": "USD"}, "document.exchange_rate", "must be given")])
def test_what_is_wrong_is_refused_with_its_field(nordwind, kind, amount, more, field, words):
    with pytest.raises(grpc.RpcError) as error:
        post(nordwind, kind, str(uuid.uuid4()), amount, **more)
    violations = {v.field: v.description for v in details(error.value)["BadRequest"].field_violations}
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and words in violations[field]


def test_accounts_and_customers_that_do_not_fit_are_refused(nordwind):
    one, other = nordwind.customer("DH1"), nordwind.customer("DH2")
    nordwind.invoice(one, "DH-R1", "10")
    fails("FAILED_PRECONDITION", "NO_ACCOUNT", lambda: post(nordwind, "adjustment", one, "1", account="4711"), "no account 4711")
    fails("FAILED_PRECONDITION", "NO_ACCOUNT", lambda: post(nordwind, "adjustment", one, "1", account="1100"), "other side")
    fails("FAILED_PRECONDITION", "OTHER_CUSTOMER", lambda: post(nordwind, "credit_note", other, "1", "DH-R1"))
    fails("NOT_FOUND", "NO_ITEM", lambda: post(nordwind, "refund", one, "1", "DH-R1"), "no credit")
    fails("FAILED_PRECONDITION", "NO_CUSTOMER", lambda: post(nordwind, "opening", str(uuid.uuid4()), "1"))
    fails("ALREADY_EXISTS", "NUMBER_TAKEN", lambda: [post(nordwind, "opening", one, "1", number="DH-O") for _ in range(2)])
    fails("NOT_FOUND", "NO_DOCUMENT", lambda: nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="nope")), "no invoice nope")


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
