"""What an independent model found in the books: tax in discounts and write-offs, credits used once on each day, masters as known, permissions, periods."""

import time

import grpc
import pytest
from companies import Company, books_agree, day, eventually, no_fault
from conftest import details

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc
from remit.type.v1.money_pb2 import Money


def eur(amount):
    return Money(currency="EUR", amount=amount)


def refusal(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return details(error.value)["ErrorInfo"].reason, error.value.details()


def post(company, kind, customer, amount=None, against=None, issued=-5, **more):
    return company.call("PostDocument", pb.PostDocumentRequest(
        against=pb.ItemChoice(number=against) if against else None,
        document=pb.Document(kind=kind, customer_id=customer, issued_on=day(issued), amount=eur(amount) if amount else None, **more)))


def journal(company, allocation):
    history = company.call("GetDocument", pb.GetDocumentRequest(id=allocation))
    return [(e.debit, e.credit, e.amount.amount, e.tax_rate) for e in history.entries]


def taxes(*rates):
    return [pb.TaxLine(rate_percent=rate, net=eur(net), tax=eur(tax)) for rate, net, tax in rates]


# ---- tax ----------------------------------------------------------------------------------------


def test_tax_in_a_discount_is_corrected_by_the_rates_of_the_invoice(nordwind, installation):
    customer = nordwind.customer("T-1")
    terms = pb.PaymentTerms(net_days=30, discount_percent="2", discount_days=10)
    nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number="T-1-1", amount=eur("119.00"), tax=eur("19.00"), issued_on=day(-20), terms=terms)))
    nordwind.receipt(customer, "116.62", received=-15, number="T-1-Z")
    done = nordwind.allocate(credits=["T-1-Z"], debits=["T-1-1"], take_discount=True).allocations[0]
    assert journal(nordwind, done.id) == [("2200", "1100", "0.38", ""), ("4100", "1100", "2.00", "")]
    nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number="T-1-2", amount=eur("226.00"), issued_on=day(-20), terms=terms, taxes=taxes(("19", "100.00", "19.00"), ("7", "100.00", "7.00")))))
    nordwind.receipt(customer, "221.48", received=-15, number="T-1-Y")
    done = nordwind.allocate(credits=["T-1-Y"], debits=["T-1-2"], take_discount=True).allocations[0]
    assert journal(nordwind, done.id) == [("2200", "1100", "0.38", "19"), ("2200", "1100", "0.14", "7"), ("4100", "1100", "4.00", "")]
    assert nordwind.open("T-1-1", "T-1-2", "T-1-Z", "T-1-Y") == ["0"] * 4
    nordwind.undo(done.id)
    books_agree(installation, 2)


def test_tax_of_what_is_written_off_is_corrected_and_notes_have_taxes_by_rate(nordwind, installation):
    customer = nordwind.customer("T-2")
    nordwind.invoice(customer, "T-2-1", "119.00", tax=eur("19.00"))
    written = post(nordwind, "write_off", customer, "59.50", against="T-2-1", reason="insolvent").document
    assert [(e.debit, e.amount.amount) for e in nordwind.call("GetDocument", pb.GetDocumentRequest(id=written.id)).entries] == [("2200", "9.50"), ("6300", "50.00")]
    assert written.tax.amount == "9.50"
    assert refusal(lambda: post(nordwind, "write_off", customer, against="T-2-1", reason="x", tax=eur("9.50")))[1].startswith("document.tax is for")
    note = post(nordwind, "credit_note", customer, "22.60", taxes=taxes(("19", "10.00", "1.90"), ("7", "10.00", "0.70"))).document
    history = nordwind.call("GetDocument", pb.GetDocumentRequest(id=note.id))
    assert [(e.debit, e.amount.amount, e.tax_rate) for e in history.entries] == [("2200", "1.90", "19"), ("2200", "0.70", "7"), ("4000", "20.00", "")]
    assert [t.rate_percent for t in history.taxes] == ["19", "7"] and history.document.tax.amount == "2.60"
    assert "not the amount" in refusal(lambda: post(nordwind, "credit_note", customer, "22.61", taxes=taxes(("19", "10.00", "1.90"), ("7", "10.00", "0.70"))))[1]
    books_agree(installation, 2)


def test_a_company_whose_law_corrects_no_tax_says_so(huaxin):
    huaxin.call("SetTaxPolicy", books.SetTaxPolicyRequest(policy=books.TaxPolicy()))
    assert huaxin.call("GetTaxPolicy", books.GetTaxPolicyRequest()) == books.TaxPolicy()
    customer, cny = huaxin.customer("T-3"), lambda amount: Money(currency="CNY", amount=amount)
    huaxin.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number="T-3-1", amount=cny("113.00"), tax=cny("13.00"), issued_on=day(-20), due_on=day(-5))))
    written = huaxin.call("PostDocument", pb.PostDocumentRequest(against=pb.ItemChoice(number="T-3-1"), document=pb.Document(
        kind="write_off", customer_id=customer, issued_on=day(-5), reason="坏账"))).document
    assert [e.debit for e in huaxin.call("GetDocument", pb.GetDocumentRequest(id=written.id)).entries] == ["6300"]


# ---- nothing is used twice on any day -----------------------------------------------------------


def balances(company, customer, *days):
    return [[b.amount for b in company.call("GetBalance", pb.GetBalanceRequest(customer_id=customer, as_of=day(d))).balances] for d in days]


def test_a_credit_is_not_used_twice_in_the_past(nordwind, installation):
    """X1, X2 of 100; a receipt for X1, undone later; allocated to X2 from the day it came on it would be +100 in between."""
    customer = nordwind.customer("N-1")
    for number in ("N-1-1", "N-1-2"):
        nordwind.invoice(customer, number, "100.00", issued=-100, due=-70)
    nordwind.receipt(customer, "100.00", received=-80, number="N-1-Z")
    first = nordwind.allocate(credits=["N-1-Z"], debits=["N-1-1"]).allocations[0]
    nordwind.undo(first.id, effective_on=day(-20))
    assert "open only from " + day(-20) in refusal(lambda: nordwind.allocate(credits=["N-1-Z"], debits=["N-1-2"], effective_on=day(-80)))[1]
    second = nordwind.allocate(credits=["N-1-Z"], debits=["N-1-2"]).allocations[0]
    assert second.effective_on == day(-20)
    for d in (-80, -50, -21, -20, 0):
        for item in nordwind.items(customer_id=customer, as_of=day(d)):
            low, high = sorted([0.0, float(item.amount.amount)])
            assert low <= float(item.open.amount) <= high, (d, item)
    books_agree(installation, 2)


def test_nothing_is_reversed_before_an_undoing_nor_written_off_before_it_is_owed(nordwind, installation):
    customer = nordwind.customer("N-2")
    invoice = nordwind.invoice(customer, "N-2-1", "100.00", issued=-100, due=-70)
    nordwind.receipt(customer, "100.00", received=-80, number="N-2-Z")
    nordwind.undo(nordwind.allocate(credits=["N-2-Z"], debits=["N-2-1"]).allocations[0].id, effective_on=day(-20))
    reverse = lambda on: nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=invoice.id, effective_on=day(on), reason="wrong"))
    assert "must be from " + day(-20) in refusal(lambda: reverse(-50))[1]
    reverse(-20)
    # Also where another allocation holds, and is taken back with it.
    other = nordwind.invoice(customer, "N-2-3", "100.00", issued=-100, due=-70)
    for number, amount in (("N-2-Z3", "60.00"), ("N-2-Z4", "40.00")):
        nordwind.receipt(customer, amount, received=-80, number=number)
    undone, _ = [nordwind.allocate(credits=[number], debits=["N-2-3"]).allocations[0].id for number in ("N-2-Z3", "N-2-Z4")]
    nordwind.undo(undone, effective_on=day(-20))
    reverse = lambda on: nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=other.id, effective_on=day(on), reason="wrong", undo_allocations=True))
    assert "must be from " + day(-20) in refusal(lambda: reverse(-50))[1]
    reverse(-20)
    nordwind.invoice(customer, "N-2-2", "100.00", issued=-10, due=5)
    assert "is before invoice N-2-2" in refusal(lambda: post(nordwind, "write_off", customer, against="N-2-2", reason="x", issued=-11))[1]
    books_agree(installation, 2)


# ---- who may, and why ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clerk(installation, remitd, nordwind):
    """May post and allocate, but not give up anything."""
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        keys.SaveRole(key_pb2.SaveRoleRequest(role=key_pb2.Role(name="poster", permissions=[
            "ledger.document.*", "ledger.allocation.*", "ledger.credit_note.post", "ledger.period.set"])), metadata=nordwind.metadata)
        secret = keys.CreateKey(key_pb2.CreateKeyRequest(principal="paula", roles=["poster"]), metadata=nordwind.metadata).secret
        company = Company(installation, channel, "nordwind")
        company.metadata = [("authorization", f"Bearer {secret}")]
        yield company


def test_giving_up_money_has_permissions_of_its_own_and_reasons(nordwind, clerk):
    customer = nordwind.customer("P-1")
    nordwind.invoice(customer, "P-1-1", "100.00")
    nordwind.receipt(customer, "99.99", number="P-1-Z")
    assert "ledger.write_off.post" in refusal(lambda: post(clerk, "write_off", customer, against="P-1-1", reason="x"))[1]
    assert "ledger.refund.post" in refusal(lambda: post(clerk, "refund", customer, against="P-1-Z"))[1]
    assert "ledger.adjustment.post" in refusal(lambda: post(clerk, "adjustment", customer, "1.00", account="4100"))[1]
    assert post(clerk, "credit_note", customer, "1.00", number="P-1-G").document.number == "P-1-G"
    assert "ledger.write_off.post" in refusal(lambda: clerk.allocate(credits=["P-1-Z"], debits=["P-1-1"], tolerance=eur("0.05")))[1]
    line = pb.AllocationLine(debit=pb.ItemChoice(number="P-1-1"), credit=pb.ItemChoice(number="P-1-Z"), amount=eur("99.99"), write_off=eur("0.01"))
    assert "lines[0].reason must be given" in refusal(lambda: nordwind.allocate("TOLD", lines=[line]))[1]
    done = nordwind.allocate(credits=["P-1-Z"], debits=["P-1-1"], tolerance=eur("0.05")).allocations[0]
    assert done.line.reason == "within the tolerance of 0.05" and done.line.write_off.amount == "0.01"
    for kind, request in (("write_off", dict(against="P-1-G")),):
        assert "document.reason must be given" in refusal(lambda: post(nordwind, kind, customer, **request))[1]
    assert "reason must be given" in refusal(lambda: nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=done.id)))[1]


def test_what_was_written_off_is_not_refunded(nordwind):
    customer = nordwind.customer("P-2")
    nordwind.invoice(customer, "P-2-1", "50.00")
    written = post(nordwind, "write_off", customer, against="P-2-1", reason="gone", number="P-2-W")
    nordwind.undo(written.allocations[0].id)
    assert refusal(lambda: post(nordwind, "refund", customer, against="P-2-W", issued=0))[0] == "IS_WRITE_OFF"


def test_periods_have_a_history(nordwind, clerk):
    period = lambda state, reason="", first=-400, last=-390: books.SetPeriodRequest(period=books.Period(
        starts_on=day(first), ends_on=day(last), state=state, reason=reason))
    nordwind.call("SetPeriod", period("CLOSED", "audited"))
    assert nordwind.call("SetPeriod", period("CLOSED", "again")).reason == "audited", "closing again changes nothing"
    assert "why a closed period" in refusal(lambda: nordwind.call("SetPeriod", period("OPEN")))[1]
    nordwind.call("SetPeriod", period("OPEN", "a late invoice"))
    nordwind.call("SetPeriod", period("SOFT_CLOSED"))
    assert "post_soft_closed" in refusal(lambda: clerk.call("SetPeriod", period("OPEN", "please")))[1]
    assert "not over" in refusal(lambda: nordwind.call("SetPeriod", period("CLOSED", first=-1, last=2)))[1]
    found = next(p for p in nordwind.call("ListPeriods", books.ListPeriodsRequest()).periods if p.starts_on == day(-400))
    assert [(c.state, c.reason) for c in found.history] == [(2, ""), (1, "a late invoice"), (3, "audited")]


# ---- as it was ----------------------------------------------------------------------------------


def known_now(installation):
    """An instant of the database between what was and what comes, 31 seconds past for the server."""
    installation.psql("UPDATE ledger.document SET recorded_at = recorded_at - interval '1 minute'; UPDATE ledger.movement SET recorded_at = recorded_at - interval '1 minute';"
                      "UPDATE ledger.customer_version SET recorded_at = recorded_at - interval '1 minute'; UPDATE ledger.customer SET recorded_at = recorded_at - interval '1 minute'")
    return installation.psql("SELECT to_char((now() - interval '40 s') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')").stdout.strip()


def test_merges_payers_and_names_are_as_known_then(installation, nordwind):
    head, branch, other = (nordwind.customer(f"K-{n}") for n in ("head", "branch", "other"))
    nordwind.invoice(branch, "K-1", "30.00")
    nordwind.invoice(other, "K-2", "12.00")
    then = pb.GetCustomerRequest(id=branch)
    then.known_at.FromJsonString(known_now(installation))
    customer = nordwind.call("GetCustomer", pb.GetCustomerRequest(id=branch))
    customer.payer_id, customer.name = head, "Renamed"
    nordwind.call("UpdateCustomer", pb.UpdateCustomerRequest(customer=customer, update_mask={"paths": ["payer_id", "name"]}))
    nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=other, into_id=head))
    lines = lambda **more: {l.customer_number: l.balance.amount for l in nordwind.ageing(page_size=1000, **more).customers if l.customer_number.startswith("K-")}
    assert lines(by_payer=True) == {"K-head": "42.00"} and lines(by_customer=True) == {"K-head": "12.00", "K-branch": "30.00"}
    assert lines(by_payer=True, known_at=then.known_at) == lines(by_customer=True, known_at=then.known_at) == {"K-branch": "30.00", "K-other": "12.00"}
    balance = lambda **more: [b.amount for b in nordwind.call("GetBalance", pb.GetBalanceRequest(customer_id=head, **more)).balances]
    assert (balance(), balance(known_at=then.known_at)) == (["12.00"], [])
    was, now = nordwind.call("GetCustomer", then), nordwind.call("GetCustomer", pb.GetCustomerRequest(id=branch))
    assert (was.name, was.payer_id, was.version) == ("Customer K-branch", "", 1) and (now.name, now.payer_id) == ("Renamed", head)


def test_a_document_is_read_and_copied_as_it_was_given(nordwind):
    customer = nordwind.customer("D-1")
    nordwind.call("SaveAccount", books.SaveAccountRequest(account=books.Account(code="4120", name="Export")))
    nordwind.call("SavePostingProfile", books.SavePostingProfileRequest(profile=books.PostingProfile(name="abroad", accounts={"revenue": "4120"})))
    terms = pb.PaymentTerms(net_days=30, discount_percent="2.5", discount_days=7)
    given = pb.Invoice(customer_id=customer, number="D-1-1", amount=Money(currency="USD", amount="119.00"), tax=Money(currency="USD", amount="19.00"),
                       issued_on=day(-40), posted_on=day(-30), terms=terms, exchange_rate="1/1.0850", posting_profile="abroad")
    posted = nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=given))
    read = nordwind.call("GetDocument", pb.GetDocumentRequest(id=posted.id)).document
    assert (read.exchange_rate, read.posting_profile, read.terms, read.tax.amount, read.posted_on, read.due_on) == (
        "1/1.0850", "abroad", terms, "19.00", day(-30), day(-10))
    copy = nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=posted.id)).invoice.invoice
    assert (copy.exchange_rate, copy.posting_profile, copy.terms, copy.tax.amount, copy.number) == ("1/1.0850", "abroad", terms, "19.00", "")
    assert nordwind.open("D-1-1", as_of=day(-31)) == ["0"] and nordwind.open("D-1-1", as_of=day(-30)) == ["119.00"]
    assert "is before issued_on" in refusal(lambda: nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number="D-1-2", amount=eur("1"), issued_on=day(-5), due_on=day(5), posted_on=day(-6)))))[1]


def test_a_payment_in_another_currency_and_an_invoice_of_nothing(nordwind, installation):
    customer = nordwind.customer("D-2")
    invoice = nordwind.invoice(customer, "D-2-1", "100.00", "USD", exchange_rate="0.95")
    receipt = nordwind.receipt(customer, "100.00", "USD", invoice=invoice.id, paid=eur("90.00"), bank_text="SEPA 4711 INV D-2-1")
    assert receipt.unapplied.amount == "0.00"
    read = nordwind.call("GetDocument", pb.GetDocumentRequest(id=receipt.id)).document
    assert (read.base_amount.amount, read.paid.amount, read.bank_text) == ("90.00", "90.00", "SEPA 4711 INV D-2-1")
    trial = {l.account.code: l.closing.amount for l in nordwind.call("GetTrialBalance", books.GetTrialBalanceRequest()).lines}
    assert trial["6500"] == "5.00"
    nothing = nordwind.invoice(customer, "D-2-0", "0.00")
    history = nordwind.call("GetDocument", pb.GetDocumentRequest(id=nothing.id))
    assert history.document.amount.amount == "0.00" and list(history.items) == list(history.entries) == []
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=nothing.id, reason="not sent"))
    books_agree(installation, 2)


def test_receipts_and_reversals_have_numbers_one_can_read(nordwind):
    customer = nordwind.customer("D-3")
    year = day(-10)[:4]
    receipts = [nordwind.receipt(customer, "1.00") for _ in range(2)]
    assert all(r.number.startswith(f"RC-{year}-") and len(r.number) == 13 for r in receipts)
    assert int(receipts[1].number[-5:]) == int(receipts[0].number[-5:]) + 1
    reversal = nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=receipts[0].id, reason="bounced"))
    assert reversal.number.startswith("RV-")


def test_a_customer_s_receipt_names_an_invoice_that_its_payer_pays(nordwind):
    head = nordwind.customer("H-1")
    one, other = nordwind.customer("H-2", payer=head), nordwind.customer("H-3", payer=head)
    invoice = nordwind.invoice(one, "H-1-1", "10.00")
    assert nordwind.receipt(other, "10.00", invoice=invoice.id).unapplied.amount == "0.00"


# ---- of many at once ----------------------------------------------------------------------------


def test_allocating_everything_does_what_can_be_done_and_names_the_rest(nordwind):
    for n, issued in ((1, -300), (2, -20)):
        customer = nordwind.customer(f"A-{n}")
        nordwind.invoice(customer, f"A-{n}-R", f"{n}00.00", issued=issued, due=issued + 10)
        nordwind.receipt(customer, f"{n}00.00", received=issued + 1, number=f"A-{n}-Z")
    nordwind.call("SetPeriod", books.SetPeriodRequest(period=books.Period(starts_on=day(-310), ends_on=day(-290), state="CLOSED", reason="done")))
    run = lambda **more: nordwind.call("AllocateUnapplied", pb.AllocateUnappliedRequest(page_size=1000, **more))
    mine = lambda reply: [a.line.debit.number for a in reply.allocations if a.line.debit.number.startswith("A-")]
    dry, done = run(dry_run=True), run()
    assert mine(dry) == mine(done) == ["A-2-R"] and list(dry.not_allocated) == list(done.not_allocated)
    assert any("A-1-R by receipt A-1-Z" in line and "closed" in line for line in done.not_allocated)
    assert mine(run(effective_on=day(-1))) == ["A-1-R"]


def test_a_thousand_and_one_allocations_are_all_listed(nordwind):
    nordwind.load("customers", b"number,name\nL-1,L\n")
    rows = "".join(f"L-1,L-1-{n},1.00,{day(-60)},{day(-30)}\n" for n in range(1001))
    nordwind.load("invoices", f"customer,invoice,amount,date,due date\n{rows}".encode())
    customer = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="L-1")).customers[0].id
    receipt = nordwind.receipt(customer, "1001.00", number="L-1-Z")
    nordwind.allocate(credits=["L-1-Z"], customer_id=customer)
    page = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="L-1-Z"))
    rest = nordwind.call("ListAllocations", pb.ListAllocationsRequest(number="L-1-Z", page_token=page.next_page_token))
    assert (len(page.allocations), len(rest.allocations), rest.next_page_token) == (1000, 1, "")
    assert len(nordwind.call("GetDocument", pb.GetDocumentRequest(id=receipt.id)).allocations) == 1001
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=receipt.id, undo_allocations=True, reason="bounced"))
    assert nordwind.open("L-1-0", "L-1-1000") == ["1.00", "1.00"]


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
