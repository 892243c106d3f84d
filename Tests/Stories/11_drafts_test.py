"""What is to be posted later waits as a draft, out of the books; a posted document is copied, or amended by reversal and draft."""

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


def save(company, **draft):
    return company.call("SaveDraft", pb.SaveDraftRequest(draft=pb.Draft(**draft)))


def post(company, draft):
    return company.call("PostDraft", pb.PostDraftRequest(id=draft.id, version=draft.version))


def drafts(company):
    found, token = [], ""
    while True:
        reply = company.call("ListDrafts", pb.ListDraftsRequest(page_size=2, page_token=token))
        found += reply.drafts
        token = reply.next_page_token
        if not token:
            return found


def fails(code, reason, call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    assert error.value.code() == getattr(grpc.StatusCode, code) and details(error.value)["ErrorInfo"].reason == reason, error.value


def count(installation, tables="document"):
    return [installation.psql(f"SELECT count(*) FROM ledger.{table}").stdout.strip() for table in tables.split()]


def test_a_draft_is_out_of_the_books_until_it_is_posted(nordwind, installation):
    customer = nordwind.customer("P-1")
    before = count(installation)
    draft = save(nordwind, title="January", invoice=pb.PostInvoiceRequest(invoice=pb.Invoice(customer_id=customer, amount=eur("100"))))
    assert (draft.version, draft.recorded_by) == (1, "owner") and count(installation) == before and nordwind.items(customer_id=customer) == []
    # Incomplete: it cannot be posted yet, and stays as it is.
    fails("INVALID_ARGUMENT", "INVALID", lambda: post(nordwind, draft))
    draft.invoice.invoice.MergeFrom(pb.Invoice(number="P-R1", issued_on=day(-5), due_on=day(25)))
    changed = nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=draft))
    assert changed.version == 2 and [d.title for d in drafts(nordwind)] == ["January"]
    # Who saw the first version cannot change or post the second.
    fails("FAILED_PRECONDITION", "CHANGED_MEANWHILE", lambda: nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=draft)))
    fails("FAILED_PRECONDITION", "CHANGED_MEANWHILE", lambda: post(nordwind, draft))
    posted = post(nordwind, changed)
    assert posted.invoice.number == "P-R1" and nordwind.open("P-R1") == ["100.00"] and drafts(nordwind) == []
    fails("NOT_FOUND", "NO_DRAFT", lambda: post(nordwind, changed))


def test_two_people_post_a_draft_once(nordwind):
    customer = nordwind.customer("P-2")
    draft = save(nordwind, receipt=pb.PostReceiptRequest(receipt=pb.Receipt(customer_id=customer, amount=eur("7"), received_on=day(-1))))
    calls = [nordwind.ledger.PostDraft.future(
        pb.PostDraftRequest(id=draft.id, version=1), metadata=nordwind.metadata, timeout=60) for _ in range(4)]
    assert sorted(str(call.code()) for call in calls) == ["StatusCode.NOT_FOUND"] * 3 + ["StatusCode.OK"]
    assert [i.open.amount for i in nordwind.items(customer_id=customer)] == ["-7.00"]


def test_drafts_are_listed_by_page_and_discarded(nordwind):
    customer = nordwind.customer("P-3")
    document = pb.Document(kind="opening", customer_id=customer, amount=eur("1"), issued_on=day(-1))
    made = [save(nordwind, title=str(n), document=pb.PostDocumentRequest(document=document)) for n in range(5)]
    assert [d.title for d in drafts(nordwind)] == list("01234")
    for draft in made[:4]:
        nordwind.call("DiscardDraft", pb.DiscardDraftRequest(id=draft.id))
    fails("NOT_FOUND", "NO_DRAFT", lambda: nordwind.call("DiscardDraft", pb.DiscardDraftRequest(id=made[0].id)))
    assert post(nordwind, made[4]).document.document.kind == "opening" and drafts(nordwind) == []
    fails("INVALID_ARGUMENT", "INVALID", lambda: save(nordwind, title="empty"))


def test_every_kind_is_copied_to_the_same_again(nordwind, installation):
    customer = nordwind.customer("P-4")
    taxes = [pb.TaxLine(rate_percent="19", net=eur("100"), tax=eur("19"))]
    halves = [pb.Instalment(due_on=day(n), percent="50") for n in (10, 20)]
    ids = [
        nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
            customer_id=customer, number="P-R4", amount=eur("119"), issued_on=day(-5), taxes=taxes, instalments=halves, external_id="x-4"))).id,
        nordwind.invoice(customer, "P-R5", "33.33", "USD", exchange_rate="0.913").id,
        nordwind.receipt(customer, "12.34", number="P-Z4").id]
    for kind, more in [("debit_note", dict(tax=eur("1"), due_on=day(3))), ("credit_note", dict(tax=eur("1"), reason="r")),
                       ("opening", {}), ("adjustment", dict(account="4100"))]:
        amount = eur("-10") if kind == "adjustment" else eur("10")
        ids.append(nordwind.call("PostDocument", pb.PostDocumentRequest(document=pb.Document(
            kind=kind, customer_id=customer, amount=amount, issued_on=day(-5), **more))).document.id)
    read = lambda id: nordwind.call("GetDocument", pb.GetDocumentRequest(id=id))
    for n, id in enumerate(ids):
        draft = nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=id))
        if draft.WhichOneof("content") == "invoice":
            assert draft.invoice.invoice.number == "" and draft.invoice.invoice.external_id == ""
            draft.invoice.invoice.number = f"P-copy-{n}"
            draft = nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=draft))
        reply = post(nordwind, draft)
        posted = getattr(reply, reply.WhichOneof("posted"))
        copy, original = read(posted.document.id if hasattr(posted, "document") else posted.id), read(id)
        assert copy.document.id != id and copy.document.amount == original.document.amount and copy.document.base_amount == original.document.base_amount
        assert list(copy.entries) == list(original.entries) and list(copy.taxes) == list(original.taxes)
        assert [(i.due_on, i.amount) for i in copy.items] == [(i.due_on, i.amount) for i in original.items]
    books_agree(installation, 2)


def test_a_posted_document_is_amended_by_reversal_and_draft_in_one(nordwind, installation):
    customer = nordwind.customer("P-5")
    invoice = nordwind.invoice(customer, "P-R6", "100")
    nordwind.receipt(customer, "40", invoice=invoice.id)
    before = count(installation, "document draft")
    amend = lambda **more: nordwind.call("AmendDocument", pb.AmendDocumentRequest(reversal=pb.ReverseDocumentRequest(id=invoice.id, **({"reason": "wrong"} | more))))
    fails("FAILED_PRECONDITION", "HAS_ALLOCATIONS", amend)
    assert count(installation, "document draft") == before
    amended = amend(undo_allocations=True, reason="wrong amount")
    assert amended.reversal.reverses == invoice.id and amended.draft.title == "copy of invoice P-R6"
    amended.draft.invoice.invoice.MergeFrom(pb.Invoice(number="P-R6a", amount=eur("90")))
    posted = post(nordwind, nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=amended.draft)))
    assert nordwind.open("P-R6", "P-R6a") == ["0", "90.00"] and posted.invoice.due_on == invoice.due_on
    fails("FAILED_PRECONDITION", "REVERSED_ALREADY", lambda: amend(undo_allocations=True))
    fails("FAILED_PRECONDITION", "IS_NO_ORIGINAL", lambda: nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=amended.reversal.id)))
    fails("NOT_FOUND", "NO_DOCUMENT", lambda: nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=str(uuid.uuid4()))))
    books_agree(installation, 2)
