"""As someone at a desk: finding documents and customers by what one knows of them, and what they make together."""

import csv
import io

import grpc
import pytest
from companies import day

from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money


@pytest.fixture(scope="module")
def books(nordwind):
    """Müller AG with three invoices, of which one is paid and one reversed; another customer with one; a receipt and a credit note."""
    names = {"L-1": "Müller Maschinenbau AG", "L-2": "华信贸易有限公司"}
    ids = {number: nordwind.call("CreateCustomer", pb.CreateCustomerRequest(customer=pb.Customer(
        number=number, name=name, names=[pb.CustomerName(kind="en", name="Huaxin Trading")] if number == "L-2" else []))).id for number, name in names.items()}
    nordwind.invoice(ids["L-1"], "RE-77-1", "100.00", issued=-40)
    nordwind.invoice(ids["L-1"], "RE-77-2", "250.00", issued=-30, due=5)
    wrong = nordwind.invoice(ids["L-1"], "RE-77-3", "999.00", issued=-30, due=5)
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=wrong.id, reason="wrong"))
    nordwind.invoice(ids["L-2"], "HX-1", "40.00", currency="USD", issued=-20, due=5, exchange_rate="0.9")
    nordwind.receipt(ids["L-1"], "120.00", received=-10, number="Z-77")
    nordwind.allocate(credits=["Z-77"], debits=["RE-77-1"])
    nordwind.call("PostDocument", pb.PostDocumentRequest(document=pb.Document(
        kind="adjustment", customer_id=ids["L-1"], number="A-1", issued_on=day(-5), account="4100", reason="agreed", amount=Money(currency="EUR", amount="-5"))))
    return ids


def found(company, **request):
    reply = company.call("ListDocuments", pb.ListDocumentsRequest(**request))
    return [d.document.number for d in reply.documents], {(t.kind, t.amount.currency): (t.count, t.amount.amount) for t in reply.totals}


def test_documents_are_found_by_what_one_knows(nordwind, books):
    assert found(nordwind, search="müller", kinds=["invoice"])[0] == ["RE-77-3", "RE-77-2", "RE-77-1"]
    assert found(nordwind, search="MÜLLER", kinds=["invoice"], state=pb.ListDocumentsRequest.OPEN)[0] == ["RE-77-2"]
    assert found(nordwind, search="re-77", state=pb.ListDocumentsRequest.SETTLED)[0] == ["RE-77-1"]
    assert found(nordwind, search="re-77", state=pb.ListDocumentsRequest.REVERSED)[0] == ["RE-77-3"]
    assert found(nordwind, search="华信")[0] == ["HX-1"]
    assert found(nordwind, customer_id=books["L-2"])[0] == ["HX-1"]
    assert found(nordwind, **{"from": day(-20), "to": day(-10)})[0] == ["Z-77", "HX-1"]
    assert found(nordwind, search="%")[0] == found(nordwind, search="_")[0] == [], "no pattern"


def test_what_they_make_together(nordwind, books):
    assert found(nordwind, state=pb.ListDocumentsRequest.REVERSED)[1] == {("invoice", "EUR"): (1, "999.00")}
    _, totals = found(nordwind, kinds=["invoice", "receipt", "adjustment"], page_size=1)
    assert totals == {("adjustment", "EUR"): (1, "-5.00"), ("invoice", "EUR"): (2, "350.00"), ("invoice", "USD"): (1, "40.00"), ("receipt", "EUR"): (1, "120.00")}


def test_pages_give_each_once(nordwind, books):
    numbers, token = [], ""
    while True:
        page = nordwind.call("ListDocuments", pb.ListDocumentsRequest(page_size=2, page_token=token))
        assert bool(page.totals) == (not token)
        numbers += [d.document.number for d in page.documents]
        token = page.next_page_token
        if not token:
            break
    assert len(numbers) == len(set(numbers)) and numbers == found(nordwind)[0] and len(numbers) == 7


@pytest.mark.parametrize("request_, field", [
    ({"kinds": ["bill"]}, "kinds[0]"), ({"from": "yesterday"}, "from"), ({"customer_id": "x"}, "customer_id"), ({"state": 9}, "state"), ({"from": "2026-02-01", "to": "2026-01-31"}, "to is before from"),
    ({"search": "x" * 300}, "search"), ({"page_size": -1}, "page_size"), ({"page_token": "x"}, "page_token"), ({"kinds": ["invoice"] * 10}, "kinds")])
def test_what_is_no_filter_is_refused(nordwind, request_, field):
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("ListDocuments", pb.ListDocumentsRequest(**request_))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and field in error.value.details()


def test_customers_by_part_of_a_name(nordwind, books):
    search = lambda text: [c.number for c in nordwind.call("ListCustomers", pb.ListCustomersRequest(search=text)).customers]
    assert search("MASCHINEN") == ["L-1"] and search("trading") == ["L-2"] and search("贸易") == ["L-2"] and search("l-") == ["L-1", "L-2"] and search("x") == ["L-2"]


def test_the_command_line_shows_them(installation, remitd, nordwind, books):
    shown = installation.remit(remitd, "nordwind", "documents", "--search", "müller", "--kind", "invoice", "--state", "open").stdout
    assert shown.splitlines()[2].split()[:3] == [day(-30), "invoice", "RE-77-2"] and shown.splitlines()[-1].split() == ["total", "invoice", "1", "EUR", "250.00"]
    rows = list(csv.DictReader(io.StringIO(installation.remit(remitd, "nordwind", "documents", "--customer", "L-1", "--output", "csv").stdout)))
    assert {r["number"]: (r["amount"], r["open"]) for r in rows if r["kind"] == "invoice"} == {
        "RE-77-1": ("100.00", "0.00"), "RE-77-2": ("250.00", "250.00"), "RE-77-3": ("999.00", "0.00")}
    assert "Huaxin" not in installation.remit(remitd, "nordwind", "customers", "--search", "müller").stdout
