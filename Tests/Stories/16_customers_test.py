"""As who keeps the master data: identifiers that are right, names in several languages, no customer twice, and two made one."""

import random

import grpc
import pytest
import stdnum.cn.uscc
import stdnum.eu.vat
import stdnum.iban
from companies import books_agree, day, no_fault
from conftest import details
from google.protobuf.field_mask_pb2 import FieldMask
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb


def create(company, number, name, names=(), identifiers=(), refuse_duplicates=False, **more):
    return company.call("CreateCustomer", pb.CreateCustomerRequest(refuse_duplicates=refuse_duplicates, customer=pb.Customer(
        number=number, name=name, names=[pb.CustomerName(kind=k, name=n) for k, n in dict(names).items()],
        identifiers=[pb.Identifier(scheme=s, value=v) for s, v in identifiers], **more)))


def get(company, id):
    return company.call("GetCustomer", pb.GetCustomerRequest(id=id))


def update(company, customer, *paths, **values):
    changed = pb.Customer(id=customer.id, version=customer.version)
    for name, value in values.items():
        getattr(changed, name).extend(value) if isinstance(value, list) else setattr(changed, name, value)
    return company.call("UpdateCustomer", pb.UpdateCustomerRequest(customer=changed, update_mask=FieldMask(paths=paths or list(values))))


def refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return details(refused.value)["ErrorInfo"].reason, refused.value.details()


def similar(company, name="", identifiers=(), names=(), id=""):
    reply = company.call("FindSimilarCustomers", pb.FindSimilarCustomersRequest(customer=pb.Customer(
        id=id, name=name, identifiers=[pb.Identifier(scheme=s, value=v) for s, v in identifiers],
        names=[pb.CustomerName(kind="x", name=n) for n in names])))
    return [(s.customer.number, s.percent) for s in reply.similar]


def test_a_customer_has_names_and_identifiers_in_their_plain_form(huaxin):
    created = create(
        huaxin, "K-1", "上海华东机械有限公司", {"en": "Shanghai Huadong Machinery Co., Ltd.", "short": "华东机械"},
        [("uscc", "91 1100 0060 0037 341l"), ("iban", "DE89 3704 0044 0532 0130 00"), ("eu_vat", "de 136.695.976")])
    customer = get(huaxin, created.id)
    assert {n.kind: n.name for n in customer.names} == {"en": "Shanghai Huadong Machinery Co., Ltd.", "short": "华东机械"}
    assert {i.scheme: i.value for i in customer.identifiers} == {
        "uscc": "91110000600037341L", "iban": "DE89370400440532013000", "eu_vat": "DE136695976"}
    assert list(created.identifiers) != [] and created.version == 1


@pytest.mark.parametrize("scheme, value, words", [
    ("uscc", "91110000600037342L", "wrong check sign"), ("iban", "DE88370400440532013000", "wrong check digits"), ("eu_vat", "DE136695977", "wrong check digit"),
    ("duns", "1", "must be one of"), ("eu_vat", "GB123456789", "a state of the EU")])
def test_a_mistyped_identifier_is_refused(huaxin, scheme, value, words):
    reason, said = refusal(lambda: create(huaxin, "K-wrong", "Wrong", identifiers=[(scheme, value)]))
    assert reason == "INVALID" and words in said and "customer.identifiers[0]" in said


def test_identifiers_are_judged_as_by_an_independent_library(huaxin):
    """python-stdnum, on right numbers with signs exchanged at random; the seed is fixed."""
    chance = random.Random(10)
    right = [("uscc", "91110000600037341L"), ("iban", "GB82WEST12345698765432"), ("iban", "FR1420041010050500013M02606")] + [("eu_vat", v) for v in (
        "ATU13585627", "BE0428759497", "DE136695976", "DK13585628", "EL094259216", "FI20774740", "FR40303265045", "HR33392005961", "HU12892312",
        "IT00743110157", "LU15027442", "MT11679112", "PL8567346215", "PT501964843", "SI50223054", "SE123456789701")]
    oracle = {"uscc": stdnum.cn.uscc.is_valid, "iban": lambda v: stdnum.iban.is_valid(v, check_country=False), "eu_vat": stdnum.eu.vat.is_valid}
    accepted = refused = 0
    for step in range(600):
        scheme, value = chance.choice(right)
        places = chance.sample(range(4, len(value)), 2)
        signs = list(value)
        for place in places:
            if signs[place].isdigit():
                signs[place] = chance.choice("0123456789")
        value = "".join(signs)
        expected = oracle[scheme](value)
        try:
            create(huaxin, f"K-{step}-r", f"Random {step}", identifiers=[(scheme, value)])
            found = True
        except grpc.RpcError as error:
            found = False
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert found == expected, (scheme, value)
        accepted, refused = accepted + found, refused + (not found)
    assert accepted > 10 and refused > 200


def test_duplicates_are_shown_at_entry(nordwind):
    create(nordwind, "D-1", "Müller Maschinenbau GmbH", {"en": "Mueller Engineering"}, [("eu_vat", "DE136695976")])
    create(nordwind, "D-2", "Schneider & Söhne KG")
    assert similar(nordwind, "MULLER MASCHINENBAU AG") == [("D-1", 100)]
    assert similar(nordwind, "Mueller Engineering Ltd") == [("D-1", 100)]
    found = similar(nordwind, "Muller Maschinenbua")
    assert found[0][0] == "D-1" and 70 <= found[0][1] < 100
    assert similar(nordwind, "Anders", [("eu_vat", "DE 136695976")]) == [("D-1", 100)]
    assert similar(nordwind, "Ganz Anders") == []
    reason, words = refusal(lambda: create(nordwind, "D-3", "Müller-Maschinenbau KG", refuse_duplicates=True))
    assert reason == "DUPLICATE" and "customer D-1 Müller Maschinenbau GmbH has the name" in words
    assert create(nordwind, "D-3", "Müller-Maschinenbau KG").number == "D-3"
    assert create(nordwind, "D-4", "Ganz Anders", refuse_duplicates=True).number == "D-4"
    found = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="D-1")).customers[0]
    assert similar(nordwind, found.name, id=found.id) == [("D-3", 100)]


def test_a_file_says_which_rows_may_be_there_already(nordwind):
    file = """customer number,name,short name,VAT ID
D-5,Schneider und Soehne,,
D-6,SCHNEIDER & SÖHNE,,
D-7,Neu eins,Eins,DE136695976
D-8,Eins,,
D-9,Falsch,,DE136695975
"""
    result, _ = nordwind.load("customers", file.encode(), skip_refused=True)
    assert (result.created, result.refused) == (4, 1)
    notes = [(i.row, i.column, i.reason) for i in result.issues if i.severity == pb.ImportIssue.NOTE]
    assert notes == [(3, "name", "is also that of customer D-2: are they one?"), (4, "VAT ID", "is also that of customer D-1: are they one?"),
                     (5, "name", "is also that of line 4: are they one?")]
    assert [(i.row, i.column) for i in result.issues if i.severity == pb.ImportIssue.REFUSED] == [(6, "VAT ID")]


def test_a_change_names_the_version_it_saw(nordwind):
    payer = create(nordwind, "U-0", "Payer")
    customer = create(nordwind, "U-1", "Before", {"en": "Before"})
    changed = update(nordwind, customer, name="After", payer_id=payer.id)
    assert (changed.version, changed.name, changed.payer_id, [n.name for n in changed.names]) == (2, "After", payer.id, ["Before"])
    assert get(nordwind, customer.id) == changed
    reason, words = refusal(lambda: update(nordwind, customer, name="Other"))
    assert reason == "CHANGED_MEANWHILE" and "version 2, not 1" in words
    assert similar(nordwind, "After GmbH") == [("U-1", 100)]
    cleared = update(nordwind, changed, "names", "payer_id")
    assert (list(cleared.names), cleared.payer_id) == ([], "")


@pytest.mark.parametrize("change, reason", [
    ({"number": "U-0"}, "NUMBER_TAKEN"), ({"name": ""}, "INVALID"), ({"posting_profile": "none"}, "NO_PROFILE"),
    ({"payer_id": "00000000-0000-7000-8000-000000000000"}, "NO_CUSTOMER")])
def test_a_wrong_change_is_refused(nordwind, change, reason):
    customer = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="U-1")).customers[0]
    assert refusal(lambda: update(nordwind, customer, *change, **change))[0] == reason
    assert refusal(lambda: update(nordwind, customer, "version"))[0] == "INVALID"


def test_payers_do_not_form_chains(nordwind):
    top, middle, low = (create(nordwind, f"U-2-{n}", f"Chain {n}") for n in range(3))
    low = update(nordwind, low, payer_id=middle.id)
    assert refusal(lambda: update(nordwind, middle, payer_id=top.id))[0] == "IS_PAYER"
    assert refusal(lambda: update(nordwind, top, payer_id=low.id))[0] == "PAYER_HAS_PAYER"


def test_the_posting_profile_of_a_customer_is_that_of_its_documents(nordwind):
    nordwind.call("SaveAccount", books.SaveAccountRequest(account=books.Account(code="4130", name="Revenue, group")))
    nordwind.call("SavePostingProfile", books.SavePostingProfileRequest(profile=books.PostingProfile(name="group", accounts={"revenue": "4130"})))
    customer = create(nordwind, "U-3", "Daughter", posting_profile="group")
    invoice = nordwind.invoice(customer.id, "U-3-1", "10.00")
    entries = nordwind.call("GetDocument", pb.GetDocumentRequest(id=invoice.id)).entries
    assert [(e.debit, e.credit) for e in entries] == [("1100", "4130")]


class Merged:
    """Two customers with items, of whom one also pays for a third."""

    def __init__(self, company, prefix):
        self.company = company
        self.old, self.new = company.customer(f"{prefix}-old"), company.customer(f"{prefix}-new")
        self.daughter = company.customer(f"{prefix}-daughter", payer=self.old)
        company.invoice(self.old, f"{prefix}-1", "100.00")
        company.invoice(self.new, f"{prefix}-2", "50.00")
        company.invoice(self.daughter, f"{prefix}-3", "7.00")
        company.receipt(self.old, "30.00", invoice="", received=-5)

    def view(self):
        company = self.company
        balance = lambda id: [b.amount for b in company.call("GetBalance", pb.GetBalanceRequest(customer_id=id)).balances]
        lines = lambda **by: sorted((l.customer_number, l.balance.amount) for l in company.ageing(page_size=1000, **by).customers)
        return {
            "balances": (balance(self.old), balance(self.new)), "items": sorted(i.number for i in company.items(customer_id=self.new)),
            "by customer": lines(by_customer=True), "by payer": lines(by_payer=True), "total": [t.balance.amount for t in company.ageing().totals],
            "statement": [(l.kind, l.amount.amount) for a in company.call("GetStatement", pb.GetStatementRequest(
                **{"customer_id": self.new, "from": day(-90)})).accounts for l in a.lines],
            "payers": [get(company, id).payer_id for id in (self.old, self.new, self.daughter)]}

    def merge(self):
        return self.company.call("MergeCustomers", pb.MergeCustomersRequest(from_id=self.old, into_id=self.new, reason="the same"))

    def undo(self):
        return self.company.call("UndoMerge", pb.UndoMergeRequest(from_id=self.old))


def test_a_merge_loses_nothing_and_is_undone(installation, nordwind):
    both = Merged(nordwind, "M")
    before = both.view()
    facts = installation.psql("SELECT count(*), sum(amount_minor) FROM ledger.movement").stdout
    both.merge()
    after = both.view()
    assert after["balances"][1] == ["120.00"] and after["total"] == before["total"]
    assert len(after["items"]) == 3 and len(before["items"]) == 1
    assert [l for l in after["by customer"] if l[0].startswith("M-")] == [("M-daughter", "7.00"), ("M-new", "120.00")]
    assert [l for l in after["by payer"] if l[0].startswith("M-")] == [("M-new", "127.00")]
    assert sorted(after["statement"]) == [("invoice", "100.00"), ("invoice", "50.00"), ("receipt", "-30.00")]
    assert after["payers"] == [both.new, "", both.new]
    assert get(nordwind, both.old).merged_into_id == both.new
    names = {i.number: i.customer_number for i in nordwind.items(customer_id=both.new)}
    assert set(names.values()) == {"M-new"}
    undone = both.undo()
    assert undone.undone_by == "owner" and both.view() == before
    assert installation.psql("SELECT count(*), sum(amount_minor) FROM ledger.movement").stdout == facts
    assert refusal(both.undo)[0] == "NO_MERGE"


def test_after_a_merge_cash_of_one_settles_invoices_of_the_other_and_nothing_is_posted_for_the_old_one(installation, nordwind):
    both = Merged(nordwind, "N")
    reason, words = refusal(lambda: nordwind.allocate(credits=[nordwind.receipt(both.new, "5.00").number], debits=["N-1"]))
    assert reason == "OTHER_PAYER"
    both.merge()
    receipt = nordwind.receipt(both.new, "100.00", received=-4)
    nordwind.allocate(credits=[receipt.number], debits=["N-1"])
    invoice = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="N-2")).document
    nordwind.receipt(both.new, "50.00", invoice=invoice.id)
    assert nordwind.open("N-1", "N-2") == ["0", "0"]
    reason, words = refusal(lambda: nordwind.invoice(both.old, "N-9", "1.00"))
    assert (reason, words) == ("CUSTOMER_MERGED", "customer N-old was merged into N-new: post for that one")
    result, _ = nordwind.load("invoices", f"customer,invoice,amount,date,due date\nN-old,N-10,3.00,{day(-9)},{day(-1)}\n".encode())
    assert result.created == 1 and "N-10" in [i.number for i in nordwind.items(customer_id=both.new)]
    books_agree(installation, 2)
    both.undo()
    books_agree(installation, 2)


def test_merges_one_after_the_other_are_undone_in_the_opposite_order(nordwind):
    first, second, third = (nordwind.customer(f"O-{n}") for n in range(3))
    merge = lambda a, b: nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=a, into_id=b))
    undo = lambda a: nordwind.call("UndoMerge", pb.UndoMergeRequest(from_id=a))
    merge(first, second)
    merge(second, third)
    assert [get(nordwind, id).merged_into_id for id in (first, second, third)] == [third, third, ""]
    assert refusal(lambda: merge(first, third))[0] == "CUSTOMER_MERGED"
    assert refusal(lambda: merge(third, first))[0] == "CUSTOMER_MERGED"
    reason, words = refusal(lambda: undo(first))
    assert reason == "MERGED_SINCE" and "merged into O-2 since" in words
    undo(second)
    assert [get(nordwind, id).merged_into_id for id in (first, second)] == [second, ""]
    undo(first)
    assert [get(nordwind, id).merged_into_id for id in (first, second)] == ["", ""]
    assert refusal(lambda: merge(first, first))[0] == "INVALID"


def test_an_undone_merge_makes_no_chain_of_payers(nordwind):
    payer, other, into = (nordwind.customer(f"Q-{n}") for n in range(3))
    customer = nordwind.customer("Q-3", payer=payer)
    merge = lambda a, b: nordwind.call("MergeCustomers", pb.MergeCustomersRequest(from_id=a, into_id=b))
    undo = lambda a: nordwind.call("UndoMerge", pb.UndoMergeRequest(from_id=a))
    merge(customer, into)
    merge(payer, other)
    reason, words = refusal(lambda: undo(customer))
    assert reason == "MERGED_SINCE" and "undo that first" in words
    undo(payer)
    undo(customer)
    assert [get(nordwind, id).payer_id for id in (customer, payer, into)] == [payer, "", ""]


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
