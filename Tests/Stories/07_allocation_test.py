"""Credits settle debits: many to many, in part, with discount and write-off, by rule or as told; and it can be taken back."""

import re
import uuid

import grpc
import pytest
from companies import books_agree, day
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc
from remit.type.v1.money_pb2 import Money


def eur(amount):
    return Money(currency="EUR", amount=amount)


def line(debit, credit, amount, **more):
    return pb.AllocationLine(debit=pb.ItemChoice(number=debit), credit=pb.ItemChoice(number=credit), amount=eur(amount), **more)


def shown(reply):
    return [(a.line.debit.number, a.line.credit.number, a.line.amount.amount) for a in reply.allocations]


@pytest.fixture
def refused(nordwind):
    def refused(code, reason, *words, **request):
        with pytest.raises(grpc.RpcError) as error:
            nordwind.allocate(**request)
        assert error.value.code() == getattr(grpc.StatusCode, code) and details(error.value)["ErrorInfo"].reason == reason, error.value
        assert all(word in error.value.details() for word in words), error.value.details()
    return refused


def journal(installation, allocation):
    return installation.psql(f"""
        SELECT d.role, c.role, e.amount_minor, e.base_minor FROM ledger.entry e
          JOIN ledger.account d ON (d.tenant_id, d.code) = (e.tenant_id, e.debit) JOIN ledger.account c ON (c.tenant_id, c.code) = (e.tenant_id, e.credit)
         WHERE e.document_id = '{allocation}' ORDER BY e.line""").stdout.split()


def test_many_receipts_settle_many_invoices_across_the_customers_of_one_payer(nordwind, installation):
    head = nordwind.customer("A-head")
    branches = [nordwind.customer(f"A-branch-{n}", payer=head) for n in range(2)]
    for number, customer, amount, due in [("A-R1", branches[0], "100", -30), ("A-R2", branches[1], "50", -20), ("A-R3", head, "70", -10)]:
        nordwind.invoice(customer, number, amount, due=due)
    for number, amount in [("A-Z1", "120"), ("A-Z2", "60")]:
        nordwind.receipt(head, amount, number=number)
    before = installation.psql("SELECT count(*) FROM ledger.movement").stdout
    dry = nordwind.allocate(customer_id=branches[0], dry_run=True)
    assert dry.dry_run and installation.psql("SELECT count(*) FROM ledger.movement").stdout == before
    assert shown(dry) == [("A-R1", "A-Z1", "100.00"), ("A-R2", "A-Z1", "20.00"), ("A-R2", "A-Z2", "30.00"), ("A-R3", "A-Z2", "30.00")]
    assert dry.explanation[0] == f"invoice A-R1, due {day(-30)}, 100.00 EUR open: 100.00 EUR by receipt A-Z1 on {day(-10)}; settled"
    assert dry.explanation[-1] == "40.00 EUR of invoice A-R3 stay open"
    real = nordwind.allocate(customer_id=branches[0])
    assert shown(real) == shown(dry) and real.explanation == dry.explanation
    assert nordwind.open("A-R1", "A-R2", "A-R3", "A-Z1", "A-Z2") == ["0", "0", "40.00", "0", "0"]
    listed = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="A-R2")).allocations
    assert [(a.line.credit.number, a.line.amount.amount, a.recorded_by) for a in listed] == [("A-Z1", "20.00", "owner"), ("A-Z2", "30.00", "owner")]


def test_by_proportion_in_the_order_listed_and_some_of_it(nordwind):
    customer = nordwind.customer("B")
    for n in range(3):
        nordwind.invoice(customer, f"B-R{n}", "100")
    nordwind.receipt(customer, "100", number="B-Z1")
    assert [a.line.amount.amount for a in nordwind.allocate("PROPORTION", customer_id=customer).allocations] == ["33.34", "33.33", "33.33"]
    nordwind.receipt(customer, "70", number="B-Z2")
    reply = nordwind.allocate("LISTED", ["B-Z2"], ["B-R2", "B-R0"])
    assert shown(reply) == [("B-R2", "B-Z2", "66.67"), ("B-R0", "B-Z2", "3.33")]
    assert nordwind.open("B-R0", "B-R1", "B-R2") == ["63.33", "66.67", "0"]


def test_discount_bank_fee_write_off_and_reason_as_told(nordwind, installation):
    customer = nordwind.customer("C")
    nordwind.invoice(customer, "C-R1", "100")
    nordwind.invoice(customer, "C-R2", "200")
    nordwind.receipt(customer, "243.50", number="C-Z1")
    reply = nordwind.allocate("TOLD", lines=[
        line("C-R1", "C-Z1", "93.50", discount=eur("2"), bank_fee=eur("4"), write_off=eur("0.5"), reason="small"),
        line("C-R2", "C-Z1", "150", reason="goods damaged")])
    first, second = reply.allocations
    assert journal(installation, first.id) == ["discount|receivable|200|200", "bank_fee|receivable|400|400", "write_off|receivable|50|50"]
    assert journal(installation, second.id) == [] and second.line.reason == "goods damaged"
    assert "2.00 EUR discount, 4.00 EUR bank fee, 0.50 EUR written off (small); settled" in reply.explanation[0]
    assert nordwind.open("C-R1", "C-R2", "C-Z1") == ["0", "50.00", "0"]
    # 300 invoiced, 243.50 paid, 6.50 given up.
    assert nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer)).balances[0].amount == "50.00"


def test_a_cent_too_little_or_too_much_is_written_off_within_the_tolerance(nordwind, installation):
    customer = nordwind.customer("D")
    for n, (owed, paid) in enumerate([("100", "99.99"), ("100", "100.01"), ("100", "99.90")]):
        nordwind.invoice(customer, f"D-R{n}", owed)
        nordwind.receipt(customer, paid, number=f"D-Z{n}")
        nordwind.allocate(credits=[f"D-Z{n}"], debits=[f"D-R{n}"], tolerance=eur("0.05"))
    assert nordwind.open("D-R0", "D-Z0", "D-R1", "D-Z1", "D-R2", "D-Z2") == ["0", "0", "0", "0", "0.10", "0"]
    books_agree(installation, 2)


def test_of_two_people_at_once_one_wins_and_the_other_is_told_who_did_what(nordwind):
    customer = nordwind.customer("E")
    nordwind.invoice(customer, "E-R1", "100")
    nordwind.invoice(customer, "E-R2", "100")
    nordwind.receipt(customer, "100", number="E-Z1")
    credit = pb.ItemChoice(number="E-Z1", expected_open=eur("-100.00"))
    calls = [nordwind.ledger.Allocate.future(
        pb.AllocateRequest(credits=[credit], debits=[pb.ItemChoice(number=number)]), metadata=nordwind.metadata, timeout=60)
        for number in ("E-R1", "E-R2")]
    failed = [call for call in calls if call.exception()]
    [won] = [call.result() for call in calls if not call.exception()]
    assert len(failed) == 1 and failed[0].code() == grpc.StatusCode.FAILED_PRECONDITION
    assert details(failed[0].exception())["ErrorInfo"].reason == "ITEM_CHANGED"
    winner = won.allocations[0].line.debit.number
    assert re.fullmatch(
        rf"receipt E-Z1 has nothing open; owner allocated 100\.00 EUR of E-Z1 to {winner} at \d{{4}}-\d\d-\d\d \d\d:\d\d UTC",
        failed[0].details())


def test_what_was_allocated_is_taken_back_with_a_date_and_nothing_is_deleted(nordwind, installation):
    customer = nordwind.customer("F")
    nordwind.invoice(customer, "F-R1", "100", issued=-60)
    nordwind.receipt(customer, "98", number="F-Z1", received=-50)
    [allocated] = nordwind.allocate("TOLD", lines=[line("F-R1", "F-Z1", "98", discount=eur("2"))]).allocations
    undone = nordwind.undo(allocated.id, effective_on=day(-20), reason="other invoice")
    assert (undone.reverses, undone.line.amount.amount, undone.line.discount.amount) == (allocated.id, "-98.00", "-2.00")
    as_of = lambda offset: nordwind.open("F-R1", "F-Z1", customer_id=customer, as_of=day(offset))
    assert as_of(-55) == ["100.00", "0"] and as_of(-50) == ["0", "0"] and as_of(-21) == ["0", "0"] and as_of(-20) == ["100.00", "-98.00"]
    assert nordwind.open("F-R1", "F-Z1") == ["100.00", "-98.00"]
    assert journal(installation, undone.id) == ["receivable|discount|200|200"]
    history = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="F-R1")).allocations
    assert [(a.id, a.is_undone, a.line.reason) for a in history] == [(allocated.id, True, ""), (undone.id, False, "other invoice")]
    for bad, code, reason in [
            (allocated.id, "FAILED_PRECONDITION", "UNDONE_ALREADY"), (undone.id, "FAILED_PRECONDITION", "IS_AN_UNDOING"),
            (str(uuid.uuid4()), "NOT_FOUND", "NO_ALLOCATION")]:
        with pytest.raises(grpc.RpcError) as error:
            nordwind.undo(bad)
        assert error.value.code() == getattr(grpc.StatusCode, code) and details(error.value)["ErrorInfo"].reason == reason
    [again] = nordwind.allocate(customer_id=customer).allocations
    for effective_on in (day(-51), day(1)):
        with pytest.raises(grpc.RpcError) as error:
            nordwind.undo(again.id, effective_on=effective_on)
        assert "effective_on must be from" in error.value.details()
    # Two at once take it back once.
    calls = [nordwind.ledger.UndoAllocation.future(pb.UndoAllocationRequest(id=again.id), metadata=nordwind.metadata, timeout=60) for _ in range(3)]
    assert sorted(str(call.code()) for call in calls) == ["StatusCode.FAILED_PRECONDITION"] * 2 + ["StatusCode.OK"]
    books_agree(installation, 2)


def test_exchange_differences_go_and_come_back(nordwind, installation):
    customer = nordwind.customer("G")
    nordwind.invoice(customer, "G-R1", "100", "USD", exchange_rate="0.90")
    nordwind.receipt(customer, "100", "USD", number="G-Z1", exchange_rate="0.95")
    [allocated] = nordwind.allocate(customer_id=customer).allocations
    assert journal(installation, allocated.id) == ["receivable|fx|0|500"]
    base = lambda: nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=customer)).base_amount.amount
    assert base() == "0.00"
    undone = nordwind.undo(allocated.id)
    assert journal(installation, undone.id) == ["fx|receivable|0|500"] and base() == "-5.00"
    books_agree(installation, 2)


def test_unapplied_cash_is_allocated_by_itself_dry_and_real(nordwind, installation):
    customers = [nordwind.customer(f"H{n}") for n in range(3)]
    for customer, number, amount, due in [
            (0, "H-R1", "10", -9), (0, "H-R2", "20", -8), (1, "H-R3", "30", -7), (1, "H-R4", "30", -6), (2, "H-R5", "5", -5)]:
        nordwind.invoice(customers[customer], number, amount, due=due)
    for customer, number, amount in [(0, "H-Z1", "20"), (1, "H-Z2", "30"), (2, "H-Z3", "7")]:
        nordwind.receipt(customers[customer], amount, number=number)

    def run(rule, **more):
        found, token = [], ""
        while True:
            reply = nordwind.call("AllocateUnapplied", pb.AllocateUnappliedRequest(rule=rule, page_size=1, page_token=token, **more))
            found += [a for a in shown(reply) if a[0].startswith("H-")]
            token = reply.next_page_token
            if not token:
                return found

    exact = [("H-R2", "H-Z1", "20.00")]  # H-Z2 may be of either of two
    oldest = exact + [("H-R3", "H-Z2", "30.00"), ("H-R5", "H-Z3", "5.00")]
    assert sorted(run("EXACT", dry_run=True)) == exact and sorted(run("OLDEST_FIRST", dry_run=True)) == oldest
    assert nordwind.open("H-R2", "H-Z1") == ["20.00", "-20.00"]
    assert run("OLDEST_FIRST", customer_id=customers[2]) == oldest[2:]
    assert sorted(run("EXACT")) == exact and sorted(run("OLDEST_FIRST")) == oldest[1:2] and run("OLDEST_FIRST") == []
    assert nordwind.open("H-R1", "H-R4", "H-Z3") == ["10.00", "30.00", "-2.00"]
    books_agree(installation, 2)


def test_what_cannot_be_allocated_is_refused_with_the_reason(nordwind, refused):
    one, other = nordwind.customer("I1"), nordwind.customer("I2")
    nordwind.invoice(one, "I-R1", "10", issued=-30)
    nordwind.invoice(other, "I-R2", "10")
    nordwind.invoice(one, "I-R3", "10", "USD", exchange_rate="1")
    nordwind.receipt(one, "10", number="I-Z1", received=-5)
    refused("NOT_FOUND", "NO_ITEM", "no credit with the number I-Z9", credits=["I-Z9"], debits=["I-R1"])
    refused("NOT_FOUND", "NO_ITEM", "no debit with the number I-Z1", credits=["I-Z1"], debits=["I-Z1"])
    refused("FAILED_PRECONDITION", "OTHER_PAYER", "receipt I-Z1", "invoice I-R2", credits=["I-Z1"], debits=["I-R2"])
    refused("FAILED_PRECONDITION", "OTHER_CURRENCY", "USD", credits=["I-Z1"], debits=["I-R3"])
    refused("FAILED_PRECONDITION", "ITEM_CHANGED", "invoice I-R1 has 10.00 EUR open, not 11.00 EUR", method="TOLD",
            lines=[line("I-R1", "I-Z1", "9", discount=eur("2"))])
    refused("INVALID_ARGUMENT", "INVALID", "effective_on is before receipt I-Z1", credits=["I-Z1"], debits=["I-R1"], effective_on=day(-6))
    refused("INVALID_ARGUMENT", "INVALID", "effective_on is after today", credits=["I-Z1"], debits=["I-R1"], effective_on=day(1))
    refused("INVALID_ARGUMENT", "INVALID", "customer_id must be given", credits=["I-Z1"])
    refused("INVALID_ARGUMENT", "INVALID", "lines must be given", method="TOLD")
    refused("INVALID_ARGUMENT", "INVALID", "debits[0] needs an item_id or a number", debits=[pb.ItemChoice()], credits=["I-Z1"])
    refused("INVALID_ARGUMENT", "INVALID", "debits[1] is listed twice", debits=["I-R1", "I-R1"], credits=["I-Z1"])
    refused("INVALID_ARGUMENT", "INVALID", "lines[0].amount must be more than 0", "lines[0].discount must not be negative", method="TOLD",
            lines=[line("I-R1", "I-Z1", "0", discount=eur("-1"))])
    refused("INVALID_ARGUMENT", "INVALID", "tolerance is in USD", credits=["I-Z1"], debits=["I-R1"], tolerance=Money(currency="USD", amount="1"))
    nordwind.allocate(credits=["I-Z1"], debits=["I-R1"])
    refused("FAILED_PRECONDITION", "NOTHING_OPEN", credits=["I-Z1"], debits=["I-R1"])
    with pytest.raises(grpc.RpcError) as error:
        nordwind.customer("I3", payer=nordwind.customer("I4", payer=one))
    assert details(error.value)["ErrorInfo"].reason == "PAYER_HAS_PAYER"
    with pytest.raises(grpc.RpcError) as error:
        nordwind.customer("I5", payer=str(uuid.uuid4()))
    assert details(error.value)["ErrorInfo"].reason == "NO_CUSTOMER"


def test_who_pays_for_a_customer_pays_its_invoices_at_once(nordwind):
    head, stranger = nordwind.customer("J-head"), nordwind.customer("J-stranger")
    invoice = nordwind.invoice(nordwind.customer("J-branch", payer=head), "J-R1", "100")
    assert nordwind.receipt(head, "40", invoice=invoice.id).allocations[0].amount.amount == "40.00"
    file = b"number,customer,invoice,amount,received\nJ-Z1,J-head,J-R1,50,%s\nJ-Z2,J-stranger,J-R1,10,%s\n" % ((day(-1).encode(),) * 2)
    result, _ = nordwind.load("receipts", file, skip_refused=True)
    assert (result.created, [i.reason for i in result.issues]) == (1, ["is another customer's"])
    assert nordwind.open("J-R1") == ["10.00"]
    with pytest.raises(grpc.RpcError) as error:
        nordwind.receipt(stranger, "1", invoice=invoice.id)
    assert details(error.value)["ErrorInfo"].reason == "OTHER_CUSTOMER"


def test_a_malformed_expectation_is_a_fault_of_the_request(nordwind, refused):
    customer = nordwind.customer("J-2")
    nordwind.receipt(customer, "10", number="J-Z9")
    wrong = pb.ItemChoice(number="J-Z9", expected_open=eur("ten"))
    refused("INVALID_ARGUMENT", "INVALID", "credits[0].expected_open", credits=[wrong], customer_id=customer)
    document = pb.Document(kind="refund", customer_id=customer, issued_on=day(0))
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("PostDocument", pb.PostDocumentRequest(document=document, against=wrong))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "against.expected_open" in error.value.details()
