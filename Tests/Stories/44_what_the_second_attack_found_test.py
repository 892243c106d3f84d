"""What a second attacker found, by sequences, meaning and two at once: each is mended, and stays so."""

import base64
import concurrent.futures

import grpc
import pytest
from companies import Company, books_agree, day, no_fault
from conftest import details

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc, operation_pb2, operation_pb2_grpc
from remit.type.v1.money_pb2 import Money


def eur(amount, currency="EUR"):
    return Money(currency=currency, amount=amount)


def refusal(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return details(error.value)["ErrorInfo"].reason, error.value.details()


def at_once(*calls):
    """The reasons for which calls are refused that are made at once; OK where one is not."""
    def run(call):
        try:
            call()
            return "OK"
        except grpc.RpcError as error:
            return details(error)["ErrorInfo"].reason
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as clients:
        return list(clients.map(run, calls))


def agree(installation, slug):
    books_agree(installation, installation.psql(f"SELECT tenant_id FROM host.tenant WHERE slug = '{slug}'").stdout.strip())


def taxed(company, customer, number, amount, lines, **more):
    return company.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number=number, amount=eur(amount), issued_on=day(-20), due_on=day(10),
        taxes=[pb.TaxLine(rate_percent=rate, net=eur(net), tax=eur(tax)) for rate, net, tax in lines], **more)))


def write_off(company, customer, invoice, amount=None):
    return company.call("PostDocument", pb.PostDocumentRequest(against=pb.ItemChoice(number=invoice), document=pb.Document(
        kind="write_off", customer_id=customer, issued_on=day(-1), amount=eur(amount) if amount else None, reason="lost")))


def entries(company, id):
    return [(e.debit, e.credit, e.amount.amount) for e in company.call("GetDocument", pb.GetDocumentRequest(id=id)).entries]


# ---- tax that is corrected ----------------------------------------------------------------------


def test_taxes_that_round_up_are_no_more_than_what_is_written_off(nordwind, installation):
    customer = nordwind.customer("A-3")
    taxed(nordwind, customer, "A-3-1", "0.20", [("900", "0.00", "0.01")] * 20)
    document = write_off(nordwind, customer, "A-3-1", "0.10").document
    assert entries(nordwind, document.id) == [("2200", "1100", "0.10")]
    taxed(nordwind, customer, "A-3-2", "200.00", [("900", "1.00", "9.00")] * 20)
    assert sum(float(e[2]) for e in entries(nordwind, write_off(nordwind, customer, "A-3-2", "0.12").document.id)) == pytest.approx(0.12)
    agree(installation, "nordwind")


def test_tax_is_corrected_once_however_small_the_parts(nordwind, installation):
    customer = nordwind.customer("B-10")
    taxed(nordwind, customer, "B-10-1", "1.19", [("19", "1.00", "0.19")])
    parts = [write_off(nordwind, customer, "B-10-1", "0.04").document.id for _ in range(29)]
    assert sum(round(100 * float(e[2])) for id in parts for e in entries(nordwind, id) if e[0] == "2200") == 19
    # What is taken back can be corrected again.
    last = [id for id in parts if any(e[0] == "2200" for e in entries(nordwind, id))][-1]
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=last, reason="paid after all", undo_allocations=True))
    again = write_off(nordwind, customer, "B-10-1", "0.04").document.id
    assert ("2200", "1100", "0.01") in entries(nordwind, again)
    # Also by allocations, line by line of one call.
    taxed(nordwind, customer, "B-10-2", "1.19", [("19", "1.00", "0.19")])
    nordwind.receipt(customer, "0.29", received=-1, number="B-10-Z")
    lines = [pb.AllocationLine(debit=pb.ItemChoice(number="B-10-2"), credit=pb.ItemChoice(number="B-10-Z"), amount=eur("0.01"), write_off=eur("0.03"), reason="x")] * 29
    done = nordwind.allocate("TOLD", lines=lines).allocations
    assert sum(round(100 * float(e[2])) for a in done for e in entries(nordwind, a.id) if e[0] == "2200") == 14, "of 0.87"
    agree(installation, "nordwind")


def test_it_is_corrected_on_the_account_that_has_it(nordwind, installation):
    nordwind.call("SaveAccount", books.SaveAccountRequest(account=books.Account(code="2210", name="Tax of exports", role="other")))
    nordwind.call("SavePostingProfile", books.SavePostingProfileRequest(profile=books.PostingProfile(name="export", accounts={"tax": "2210"})))
    customer = nordwind.customer("B-11")
    taxed(nordwind, customer, "B-11-1", "119.00", [("19", "100.00", "19.00")], posting_profile="export")
    nordwind.receipt(customer, "100.00", received=-5, number="B-11-Z")
    line = pb.AllocationLine(debit=pb.ItemChoice(number="B-11-1"), credit=pb.ItemChoice(number="B-11-Z"), amount=eur("100.00"), discount=eur("9.00"), reason="x")
    assert entries(nordwind, nordwind.allocate("TOLD", lines=[line]).allocations[0].id) == [("2210", "1100", "1.44"), ("4100", "1100", "7.56")]
    assert entries(nordwind, write_off(nordwind, customer, "B-11-1").document.id) == [("2210", "1100", "1.59"), ("6300", "1100", "8.41")]
    agree(installation, "nordwind")


# ---- two at once --------------------------------------------------------------------------------


def test_payers_form_no_chains_and_no_circles_whoever_is_first(nordwind, installation):
    for n in range(8):
        ids = [nordwind.customer(f"C{n}-{letter}") for letter in "abc"]
        def pays(a, b):
            return lambda: nordwind.call("UpdateCustomer", pb.UpdateCustomerRequest(
                customer=pb.Customer(id=ids[a], version=1, payer_id=ids[b]), update_mask={"paths": ["payer_id"]}))
        reasons = at_once(pays(0, 1), pays(1, 2), pays(2, 0))
        assert reasons.count("OK") == 1 and set(reasons) <= {"OK", "PAYER_HAS_PAYER", "IS_PAYER", "CHANGED_MEANWHILE"}, reasons
    assert installation.psql("""
        SELECT count(*) FROM ledger.customer a JOIN ledger.customer b ON b.customer_id = a.payer_id WHERE b.payer_id IS NOT NULL""").stdout == "0\n"


def test_numbers_differ_by_more_than_case_whoever_is_first(nordwind):
    for n in range(6):
        make = lambda number: lambda: nordwind.call("CreateCustomer", pb.CreateCustomerRequest(customer=pb.Customer(number=number, name=number)))
        reasons = at_once(*(make(number) for number in (f"qq{n}", f"Qq{n}", f"qQ{n}", f"QQ{n}")))
        assert sorted(reasons) == ["NUMBER_TAKEN"] * 3 + ["OK"]


def test_one_of_several_duplicates_is_entered_whoever_is_first(nordwind):
    iban = pb.Identifier(scheme="iban", value="DE89370400440532013000")
    enter = lambda n: lambda: nordwind.call("CreateCustomer", pb.CreateCustomerRequest(
        customer=pb.Customer(number=f"dup-{n}", name=f"Quite different {n}", identifiers=[iban]), refuse_duplicates=True))
    assert sorted(at_once(*(enter(n) for n in range(6)))) == ["DUPLICATE"] * 5 + ["OK"]


# ---- who may ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key(installation, remitd, nordwind):
    """A company as one sees it who may so much."""
    channel = remitd.channel()
    keys = key_pb2_grpc.KeyServiceStub(channel)
    def make(name, *permissions):
        keys.SaveRole(key_pb2.SaveRoleRequest(role=key_pb2.Role(name=name, permissions=permissions)), metadata=nordwind.metadata)
        company = Company(installation, channel, "nordwind")
        company.metadata = [("authorization", "Bearer " + keys.CreateKey(key_pb2.CreateKeyRequest(principal=name, roles=[name]), metadata=nordwind.metadata).secret)]
        return company
    yield make
    channel.close()


def test_a_draft_is_posted_by_who_may_post_it(nordwind, key):
    drafter = key("drafter", "ledger.draft.*")
    customer = nordwind.customer("B-7")
    invoice = pb.PostInvoiceRequest(invoice=pb.Invoice(customer_id=customer, number="B-7-1", amount=eur("5.00"), issued_on=day(-3), due_on=day(9)))
    receipt = pb.PostReceiptRequest(receipt=pb.Receipt(customer_id=customer, amount=eur("5.00"), received_on=day(-3)))
    for content in (dict(invoice=invoice), dict(receipt=receipt)):
        draft = drafter.call("SaveDraft", pb.SaveDraftRequest(draft=pb.Draft(**content)))
        post = pb.PostDraftRequest(id=draft.id, version=draft.version)
        assert refusal(lambda: drafter.call("PostDraft", post))[0] == "NO_PERMISSION"
        nordwind.call("PostDraft", post)


def test_what_is_given_up_is_given_up_by_who_may_whatever_it_is_called(nordwind, key):
    clerk = key("allocator", "ledger.allocation.*")
    customer = nordwind.customer("B-8")
    nordwind.invoice(customer, "B-8-1", "100.00")
    nordwind.receipt(customer, "10.00", number="B-8-Z")
    for given in (dict(discount=eur("90.00")), dict(bank_fee=eur("90.00")), dict(write_off=eur("90.00"))):
        line = pb.AllocationLine(debit=pb.ItemChoice(number="B-8-1"), credit=pb.ItemChoice(number="B-8-Z"), amount=eur("0.01"), reason="x", **given)
        assert "ledger.write_off.post" in refusal(lambda: clerk.allocate("TOLD", lines=[line]))[1]
    terms = pb.PaymentTerms(net_days=30, discount_percent="2", discount_days=10)
    nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(customer_id=customer, number="B-8-2", amount=eur("10.20"), issued_on=day(-5), terms=terms)))
    nordwind.receipt(customer, "10.00", received=-3, number="B-8-Y")
    assert clerk.allocate(credits=["B-8-Y"], debits=["B-8-2"], take_discount=True).allocations[0].line.discount.amount == "0.20", "what was agreed is not given up"


@pytest.mark.parametrize("principal", ["b\u043ess", "\u0412oss", "bos\u03c3"])
def test_no_name_mixes_letters_that_look_alike(nordwind, remitd, principal):
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        assert "look alike" in refusal(lambda: keys.CreateKey(key_pb2.CreateKeyRequest(principal=principal, roles=["owner"]), metadata=nordwind.metadata))[1]


def test_a_row_that_is_spoilt_is_told_as_that(installation, nordwind):
    customer = nordwind.customer("SPOILT")
    terms = pb.PaymentTerms(net_days=30)
    nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(customer_id=customer, number="SPOILT-1", amount=eur("10.20"), issued_on=day(-5), terms=terms)))
    installation.psql("UPDATE ledger.document SET terms = '\\xff' WHERE number = 'SPOILT-1'", role="remit")
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="SPOILT-1"))
    assert error.value.code() == grpc.StatusCode.DATA_LOSS and "PaymentTerms that cannot be read" in error.value.details()
    installation.psql("UPDATE ledger.document SET terms = NULL WHERE number = 'SPOILT-1'", role="remit")


@pytest.mark.parametrize("principal", ["boss\ufe0f", "bo\u3164ss", "boss\u034f", "\u2800", "operator\u00a0x", "boss\u2003x", "\u3164"])
def test_no_name_has_what_nobody_sees(nordwind, remitd, principal):
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        assert "characters that one sees" in refusal(lambda: keys.CreateKey(key_pb2.CreateKeyRequest(principal=principal, roles=["owner"]), metadata=nordwind.metadata))[1]


def test_nobody_makes_a_key_in_the_name_of_who_may_more(nordwind, remitd, key):
    maker = key("keymaker", "platform.key.create", "platform.role.list", "ledger.customer.*")
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        reason, words = refusal(lambda: keys.CreateKey(key_pb2.CreateKeyRequest(principal="owner", roles=["keymaker"]), metadata=maker.metadata))
        assert reason == "ROLE_EXCEEDS" and "which owner has" in words
        keys.CreateKey(key_pb2.CreateKeyRequest(principal="new", roles=["keymaker"]), metadata=maker.metadata)


# ---- what reads back ----------------------------------------------------------------------------


def test_a_receipt_paid_in_the_companys_currency_is_copied(nordwind):
    customer = nordwind.customer("B-9")
    receipt = nordwind.call("PostReceipt", pb.PostReceiptRequest(receipt=pb.Receipt(
        customer_id=customer, amount=eur("100.00", "USD"), paid=eur("90.00"), received_on=day(-4))))
    draft = nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=receipt.id))
    assert draft.receipt.receipt.exchange_rate == "" and draft.receipt.receipt.paid.amount == "90.00"
    again = nordwind.call("PostDraft", pb.PostDraftRequest(id=draft.id, version=draft.version)).receipt
    assert (again.amount.amount, again.paid.amount) == ("100.00", "90.00")


def test_page_tokens_that_are_none(nordwind, remitd):
    token = lambda *parts: base64.b64encode("\x1f".join(parts).encode()).decode()
    with remitd.channel() as channel:
        keys, audit = key_pb2_grpc.KeyServiceStub(channel), operation_pb2_grpc.AuditServiceStub(channel)
        for bad in (token("-9223372036854775808", "x"), token("0193e0c2-0000-7000-8000-000000000000", "x"), token("now", ""), token("9" * 30, "x")):
            for call in (lambda: keys.ListKeys(key_pb2.ListKeysRequest(page_token=bad), metadata=nordwind.metadata),
                         lambda: audit.ListCalls(operation_pb2.ListCallsRequest(page_token=bad), metadata=nordwind.metadata)):
                assert "page_token" in refusal(call)[1]
        seen, page = [], ""
        while True:
            reply = audit.ListCalls(operation_pb2.ListCallsRequest(page_size=5, page_token=page), metadata=nordwind.metadata)
            seen += [call.request_id for call in reply.calls]
            page = reply.next_page_token
            if not page:
                break
        assert len(seen) == len(set(seen)) > 20


def test_rates_and_drafts_say_what_is_wrong(nordwind):
    nordwind.call("SaveExchangeRates", books.SaveExchangeRatesRequest(source="S", rates=[books.ExchangeRate(currency="USD", valid_on=day(-9), rate="1/+1.25")]))
    assert [r.rate for r in nordwind.books.ListExchangeRates(books.ListExchangeRatesRequest(source="S"), metadata=nordwind.metadata).rates] == ["1/1.25"]
    draft = pb.Draft(invoice=pb.PostInvoiceRequest(invoice=pb.Invoice(number="D-1")))
    made = nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=draft))
    nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=made))
    assert "was changed by owner meanwhile: it has version 2" in refusal(lambda: nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=made)))[1]
    made.id = "0193e0c2-0000-7000-8000-000000000000"
    assert refusal(lambda: nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=made)))[0] == "NO_DRAFT"


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
