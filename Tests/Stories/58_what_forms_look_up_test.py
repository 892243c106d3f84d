"""A form's checks over what is in the books: the invoices of a contract do not exceed it, a number stands once, also when eight post at once."""

import re
import threading

import grpc
import pytest
from companies import day
from conftest import details

from google.protobuf import struct_pb2
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc
from remit.plugin.v1 import plugin_pb2
from remit.type.v1.money_pb2 import Money

FORM = """\
kind: form
name: invoice
method: remit.ledger.v1.LedgerService/PostInvoice
at: invoice
with:
  - {name: customer, view: ledger.customer_v1, where: [{column: customer_id, is: it.customer_id}]}
  - name: of_contract
    view: ledger.document_v1
    all: true
    where:
      - {column: custom.contract, is: it.custom.contract}
      - {column: is_reversed, is: "false"}
      - {column: kind, is: "'invoice'"}
      - {column: currency, is: it.amount.currency}
  - name: same
    view: ledger.document_v1
    all: true
    where: [{column: custom.po, is: it.custom.po}]
serial: "has(it.custom.contract) ? it.custom.contract : has(it.custom.po) ? it.custom.po : ''"
fields:
  - {name: contract, type: text, clean: [trim, upper]}
  - {name: po, type: text}
  - name: external_id
    default: "has(customer.number) ? customer.number + '/' + it.number : ''"
checks:
  - name: contract
    when: has(it.custom.contract)
    that: decimal(of_contract.amount_minor) / decimal(100) + it.amount.amount <= decimal(1000)
    at: custom.contract
    say: the invoices of the contract would exceed it
  - {name: once, that: same.count == 0, at: custom.po, say: stands on another invoice already}
"""


@pytest.fixture(scope="module")
def configure(installation, remitd):
    def applied(text, company="nordwind"):
        with remitd.channel() as channel:
            service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
            documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", text)) + ".yaml", text=text)]
            made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=installation.key(company))
            if any(not f.is_warning for f in made.findings):
                return [(f.line, f.column, f.message) for f in made.findings]
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=documents, base_version=made.base_version), metadata=installation.key(company))
    return applied


@pytest.fixture(scope="module")
def form(configure):
    assert not configure(FORM)


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("LU-1")


def invoice(customer, number, amount="10", currency="EUR", **own):
    custom = struct_pb2.Struct()
    custom.update(own)
    return pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number=number, amount=Money(currency=currency, amount=amount), issued_on=day(-20), due_on=day(5), custom=custom))


def post(company, request):
    """What is wrong; nothing where it is posted."""
    try:
        company.call("PostInvoice", request)
    except grpc.RpcError as error:
        return {v.field: v.description for v in details(error)["BadRequest"].field_violations} or error.details()


def test_a_form_knows_the_row_that_a_request_names(nordwind, customer, form):
    assert nordwind.call("PostInvoice", invoice(customer, "LU-R-1")).external_id == "LU-1/LU-R-1"
    assert nordwind.call("PostReceipt", pb.PostReceiptRequest(receipt=pb.Receipt(
        customer_id=customer, amount=Money(currency="EUR", amount="1"), received_on=day(-1)))).amount.amount == "1.00"
    assert "there is no customer" in str(post(nordwind, invoice("01931d2b-0000-7000-8000-000000000000", "LU-R-2")))


def test_the_invoices_of_a_contract_do_not_exceed_it(nordwind, customer, form):
    for number, (amount, refused) in enumerate([("600", None), ("300", None), ("100.01", "exceed"), ("100", None), ("0.01", "exceed")]):
        told = post(nordwind, invoice(customer, f"LU-C-{number}", amount, contract=" c-1"))
        assert (told is None) == (refused is None), told
    assert told == {"invoice.custom.contract": "the invoices of the contract would exceed it"}
    first = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="LU-C-0")).document
    assert first.custom["contract"] == "C-1"
    nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=first.id, reason="not so"))
    assert post(nordwind, invoice(customer, "LU-C-9", "600", contract="c-1")) is None


def at_once(company, requests):
    told = [None] * len(requests)
    threads = [threading.Thread(target=lambda n=n, r=r: told.__setitem__(n, post(company, r))) for n, r in enumerate(requests)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    return told


@pytest.mark.parametrize("round", range(3))
def test_also_when_eight_post_at_once(nordwind, customer, form, round):
    told = at_once(nordwind, [invoice(customer, f"LU-E-{round}-{n}", "300", contract=f"e-{round}") for n in range(8)])
    assert told.count(None) == 3, told
    told = at_once(nordwind, [invoice(customer, f"LU-U-{round}-{n}", po=f"4500{round}") for n in range(8)])
    assert told.count(None) == 1 and {"invoice.custom.po": "stands on another invoice already"} in told, told


def test_what_was_looked_up_stands_in_the_audit_with_the_version(nordwind, customer, form, installation):
    made = nordwind.call("PostInvoice", invoice(customer, "LU-A-1"))
    row = installation.psql(f"SELECT encode(admission, 'hex') FROM host.call WHERE resource = 'invoice/{made.id}'").stdout
    told = plugin_pb2.Admission.FromString(bytes.fromhex(row.strip()))
    assert [(c.field, c.after) for c in told.changes] == [("invoice.external_id", "LU-1/LU-A-1")]


def test_a_repeat_is_answered_the_same(nordwind, customer, form):
    request, key = invoice(customer, "LU-I-1", "1000", contract="i-1"), nordwind.metadata + [("idempotency-key", "look-up-once")]
    first = nordwind.ledger.PostInvoice(request, metadata=key)
    assert nordwind.ledger.PostInvoice(request, metadata=key) == first


def test_rows_of_a_file_are_judged_by_the_same_books(nordwind, customer, configure, form):
    """None of its own rows is in the books yet when the file is judged."""
    file = "customer,invoice,amount,date,due date\n" + "".join(f"LU-1,LU-F-{n},10,{day(-9)},{day(9)}\n" for n in range(3))
    result, _ = nordwind.load("invoices", file.encode())
    assert result.created == 3
    read = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="LU-F-0")).document
    assert read.external_id == "LU-1/LU-F-0"


@pytest.mark.parametrize("change, message", [
    (("view: ledger.customer_v1", "view: ledger.customers_v1"), "there is no view 'ledger.customers_v1'; did you mean 'ledger.customer_v1'?"),
    (("column: customer_id", "column: customer"), "ledger.customer_v1 has no column 'customer'"), (("is: it.customer_id", "is: it.customerid"), "did you mean"),
    (("name: same\n", "name: it\n"), "a name of a-z"), (("of_contract.amount_minor", "of_contract.amount"), "amount"),
    (("same.count == 0", "same.count == ''"), "no such overload"), (("serial: \"has", "serial: \"5 + has"), "no such overload"),
    (("is: it.customer_id", "is: same.count"), "undeclared name 'same'"),
    (("where: [{column: customer_id, is: it.customer_id}]", "where: []"), "'where' is missing")])
def test_a_mistake_in_a_look_up_is_told(configure, form, change, message):
    text = FORM.replace(*change)
    assert text != FORM
    told = configure(text)
    assert told and any(message in f[2] for f in told), told


def test_another_company_s_rows_are_never_found(huaxin, nordwind, configure, form, customer):
    assert not configure(FORM, company="huaxin")
    told = post(huaxin, invoice(customer, "LU-H-1", contract="c-1"))
    assert told and "exceed" not in str(told)
    own = huaxin.customer("LU-H")
    assert huaxin.call("PostInvoice", invoice(own, "LU-H-2", "900", "CNY", contract="c-1")).external_id == "LU-H/LU-H-2"
