"""A company gives its invoices and customers a form: what is asked for, cleaned, filled in, refused or warned of, whoever sends it and by which way."""

import json
import re
import threading
import time
import urllib.error
import urllib.request

import grpc
import pytest
from companies import day
from conftest import details

from google.protobuf import field_mask_pb2, json_format, struct_pb2

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, form_pb2, form_pb2_grpc
from remit.plugin.v1 import plugin_pb2
from remit.type.v1.money_pb2 import Money

INVOICE = """\
kind: form
name: invoice
title: {en: Invoice, zh: 发票}
method: remit.ledger.v1.LedgerService/PostInvoice
at: invoice
fields:
  - name: external_id
    label: {any: PO number, zh: 采购订单号}
    required: it.amount.amount >= decimal('1000')
    clean: [half_width, trim, upper]
    pattern: PO-[0-9]{4}
  - {name: issued_on, clean: [date_spelling]}
  - name: due_on
    default: it.issued_on + days(30)
  - name: amount
    min: 0.01
    max: 1000000
    clean: [amount_spelling]
  - name: taxes.rate_percent
    required: row.net != null
    max: 25
  - {name: posting_profile, editable_by: [accountant]}
checks:
  - name: not_too_late
    that: it.due_on - it.issued_on <= 120
    at: due_on
    say: {en: nobody gets more than 120 days here, zh: 账期不得超过120天}
  - name: large
    when: it.amount.currency == company.currency
    that: it.amount.amount < decimal('50000')
    say: this is a large invoice
    warn: true
"""


@pytest.fixture(scope="module")
def remitd(installation):
    return installation.serve("--http", "127.0.0.1:0")


@pytest.fixture(scope="module")
def service(remitd):
    with remitd.channel() as channel:
        yield configuration_pb2_grpc.ConfigurationServiceStub(channel)


@pytest.fixture(scope="module")
def configure(installation, service):
    """Applies documents, beside those that there are."""
    def apply(*texts, company="nordwind"):
        documents = [configuration_pb2.SourceDocument(path="form." + re.search("name: (.*)", text)[1] + ".yaml", text=text) for text in texts]
        key = installation.key(company)
        plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)
        assert not [f for f in plan.findings if not f.is_warning], plan.findings
        return service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
            documents=documents, base_version=plan.base_version, fingerprint=plan.fingerprint), metadata=key).version
    return apply


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("F-1")


@pytest.fixture(scope="module")
def form(configure, customer):
    return configure(INVOICE)


def invoice(customer, number, amount="10", **fields):
    fields = {"issued_on": day(-20), "due_on": day(10)} | fields
    return pb.PostInvoiceRequest(invoice=pb.Invoice(
        customer_id=customer, number=number, amount=Money(currency="EUR", amount=amount), **fields))


def refused(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call("PostInvoice", request)
    found = details(error.value)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and found["ErrorInfo"].reason == "FORM", error.value.details()
    return {violation.field: violation.description for violation in found["BadRequest"].field_violations}


def findings(service, installation, text):
    request = configuration_pb2.PlanConfigurationRequest(documents=[configuration_pb2.SourceDocument(path="x.yaml", text=text)])
    return [(f.line, f.column, f.message) for f in service.PlanConfiguration(request, metadata=installation.key("nordwind")).findings]


# ---- shaping and judging ---------------------------------------------------------------------------


def test_what_fits_is_posted(nordwind, customer, form):
    assert nordwind.call("PostInvoice", invoice(customer, "R-1")).amount.amount == "10.00"


def test_all_that_is_wrong_is_told_at_once_with_the_fields(nordwind, customer, form):
    told = refused(nordwind.call, invoice(customer, "R-2", "2000000", due_on=day(300)))
    assert told == {
        "invoice.external_id": "must be given: PO number", "invoice.amount": "must be at most 1000000",
        "invoice.due_on": "nobody gets more than 120 days here"}
    assert refused(nordwind.call, invoice(customer, "R-2", external_id="po 17")) == {"invoice.external_id": "must be of the form PO-[0-9]{4}"}
    assert nordwind.open("R-2") == ["0"]


def test_what_is_written_otherwise_is_cleaned_and_what_is_missing_filled_in(nordwind, customer, form, installation):
    spelled = day(-20).replace("-", "/")
    made = nordwind.call("PostInvoice", invoice(customer, "R-3", "1,500.00", issued_on=spelled, due_on="", external_id=" ｐｏ-1234 "))
    assert (made.external_id, made.issued_on, made.due_on, made.amount.amount) == ("PO-1234", day(-20), day(10), "1500.00")
    row = installation.psql("SELECT encode(admission, 'hex') FROM host.call WHERE method LIKE '%PostInvoice' ORDER BY called_at DESC LIMIT 1").stdout
    told = plugin_pb2.Admission.FromString(bytes.fromhex(row.strip()))
    assert list(told.forms) == ["invoice"] and told.configuration == form
    assert {(c.field, c.before, c.after) for c in told.changes} == {
        ("invoice.external_id", " ｐｏ-1234 ", "PO-1234"), ("invoice.issued_on", spelled, day(-20)), ("invoice.due_on", "", day(10)),
        ("invoice.amount", "1,500.00 EUR", "1500.00 EUR")}


def test_who_called_is_told_what_was_changed_and_what_to_look_at(nordwind, customer, form):
    request = invoice(customer, "R-4", "60000", external_id="po-0001")
    _, call = nordwind.ledger.PostInvoice.with_call(request, metadata=nordwind.metadata)
    told = plugin_pb2.Admission.FromString(dict(call.trailing_metadata())["remit-admission-bin"])
    assert [(w.field, w.message) for w in told.warnings] == [("invoice", "this is a large invoice")]
    assert [c.after for c in told.changes] == ["PO-0001"]


def test_a_list_is_judged_element_by_element(nordwind, customer, form):
    taxes = [pb.TaxLine(rate_percent="19", net=Money(currency="EUR", amount="100"), tax=Money(currency="EUR", amount="19")),
             pb.TaxLine(rate_percent="30", net=Money(currency="EUR", amount="100"), tax=Money(currency="EUR", amount="30")),
             pb.TaxLine(net=Money(currency="EUR", amount="100"))]
    told = refused(nordwind.call, invoice(customer, "R-5", "349", taxes=taxes))
    assert told == {"invoice.taxes[1].rate_percent": "must be at most 25", "invoice.taxes[2].rate_percent": "must be given"}


def test_a_day_that_is_none_is_refused_before_it_is_compared(nordwind, customer, form):
    assert refused(nordwind.call, invoice(customer, "R-6", issued_on="2026-13-45"))["invoice.issued_on"] == "must be a day, such as 2026-01-05"


def test_some_fields_are_only_for_some(nordwind, customer, form, installation, remitd):
    keys = {}
    for role in ("accountant", "poster"):
        if role == "poster":
            installation.remit(remitd, "nordwind", "role", "save", "poster", "ledger.*")
        keys[role] = [("authorization", "Bearer " + installation.remit(remitd, "nordwind", "key", "create", role, "--role", role).stdout.strip())]

    def post(role):
        try:
            nordwind.ledger.PostInvoice(invoice(customer, f"R-7-{role}", posting_profile="none such"), metadata=keys[role])
        except grpc.RpcError as error:
            return details(error)["ErrorInfo"].reason, error.details()

    assert post("poster") == ("FORM", "invoice.posting_profile may only be given by accountant")
    assert post("accountant")[0] != "FORM"


def test_the_same_request_is_answered_the_same_though_the_form_changed(nordwind, customer, form, configure, installation):
    request, key = invoice(customer, "R-8", external_id=" po-7777"), nordwind.metadata + [("idempotency-key", "repeat-me")]
    first = nordwind.ledger.PostInvoice(request, metadata=key)
    assert nordwind.ledger.PostInvoice(request, metadata=key) == first and first.external_id == "PO-7777"
    configure(INVOICE.replace("min: 0.01", "min: 5000"))
    try:
        assert nordwind.ledger.PostInvoice(request, metadata=key) == first
        assert "invoice.amount" in refused(nordwind.call, invoice(customer, "R-9"))
    finally:
        configure(INVOICE)


def test_messages_are_in_the_language_of_the_company(huaxin, configure):
    configure(INVOICE.replace("editable_by: [accountant]", "max: 40"), company="huaxin")
    customer = huaxin.customer("H-1")
    told = refused(huaxin.call, invoice(customer, "H-R-1", "2000", due_on=day(300)))
    assert told == {"invoice.external_id": "必须填写：采购订单号", "invoice.due_on": "账期不得超过120天"}


def test_by_http_it_is_the_same(installation, customer, form, remitd):
    body = json.dumps({"invoice": {"customerId": customer, "number": "R-10", "amount": {"currency": "EUR", "amount": "2000"},
                                   "issuedOn": day(-5), "dueOn": day(5)}}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{remitd.http_port}/remit.ledger.v1.LedgerService/PostInvoice", body,
        {"content-type": "application/json", "authorization": installation.key("nordwind")[0][1]})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert "invoice.external_id must be given: PO number" in json.loads(error.value.read())["message"]


def test_the_next_call_obeys_on_every_server(nordwind, customer, configure, installation, form):
    """Two servers: what one applies the other obeys at its next write, though it believes keys for seconds."""
    other = installation.serve()
    with other.channel() as channel:
        from companies import Company
        far = Company(installation, channel, "nordwind")
        for round in range(10):
            limit = 20 if round % 2 else 5
            configure(INVOICE.replace("max: 1000000", f"max: {limit}"))
            request = invoice(customer, f"R-11-{round}", "10")
            if limit == 5:
                assert refused(far.call, request) == {"invoice.amount": "must be at most 5"}
            else:
                assert far.call("PostInvoice", request).amount.amount == "10.00"
    configure(INVOICE)
    assert other.stop() == 0


def test_a_form_changes_while_eight_post(nordwind, customer, configure, form, installation):
    """No call fails for that reason, and each says which version judged it, as which it was cleaned."""
    stop, outcomes, failures = threading.Event(), [], []

    def post(number):
        n = 100
        while not stop.is_set() and not failures:
            n += 1
            try:
                made = nordwind.call("PostInvoice", invoice(customer, f"R-12-{number}-{n}", external_id=f"po-{number}{n:03}"))
            except grpc.RpcError as error:
                failures.append(error)
                return
            outcomes.append((made.external_id, number, n))

    threads = [threading.Thread(target=post, args=[n]) for n in range(8)]
    [thread.start() for thread in threads]
    versions = [form]
    for n in range(6):
        versions.append(configure(INVOICE.replace("upper", "lower").replace("PO-", "po-") if n % 2 == 0 else INVOICE))
    stop.set(), [thread.join() for thread in threads]
    assert not failures and len(outcomes) > 20, failures
    rows = installation.psql("SELECT encode(admission, 'hex') FROM host.call WHERE method LIKE '%PostInvoice' AND length(admission) > 0").stdout.split()
    told = [plugin_pb2.Admission.FromString(bytes.fromhex(row)) for row in rows]
    cleaned = {change.after: call.configuration for call in told for change in call.changes if change.field == "invoice.external_id"}
    for external_id, _, _ in outcomes:
        # As it was sent where the form of that version makes small letters.
        version = cleaned.get(external_id)
        assert external_id.startswith("PO-") == (version is not None)
        assert version is None or (version - versions[0]) % 2 == 0, (external_id, version, versions)


# ---- fields of the company's own -----------------------------------------------------------------

CUSTOMER = """\
kind: form
name: {name}
method: remit.ledger.v1.LedgerService/{method}
at: customer
fields:
  - {{name: name, clean: [trim, one_space, legal_form], required: "true"}}
  - {{name: segment, type: text, label: Segment, one_of: [A, B, C], default: "'C'"}}
  - {{name: credit_limit, type: money, min: 0}}
  - {{name: since, type: date, required: it.custom.segment == 'A'}}
  - {{name: visits, type: int, max: 100}}
  - {{name: discount, type: decimal, scale: 2}}
  - {{name: vip, type: bool}}
  - {{name: contact, type: text, format: email}}
"""


@pytest.fixture(scope="module")
def own(configure, form):
    return configure(CUSTOMER.format(name="customer", method="CreateCustomer"), CUSTOMER.format(name="customer_change", method="UpdateCustomer"))


def struct(**values):
    made = struct_pb2.Struct()
    made.update(values)
    return made


def create(number, name="Own Ltd", **custom):
    return pb.CreateCustomerRequest(customer=pb.Customer(number=number, name=name, custom=struct(**custom)))


def test_own_fields_are_kept_in_one_form_and_read_back(nordwind, own, installation):
    made = nordwind.call("CreateCustomer", create(
        "O-1", " Own   gmbh ", segment="A", credit_limit={"currency": "EUR", "amount": "5000.00"}, since="2024-02-29", visits=7, discount=2.5, vip=True))
    assert made.name == "Own GmbH"
    read = nordwind.call("GetCustomer", pb.GetCustomerRequest(id=made.id))
    assert json_format.MessageToDict(read.custom) == {
        "segment": "A", "credit_limit": {"currency": "EUR", "amount": "5000.00"}, "since": "2024-02-29", "visits": 7, "discount": "2.50", "vip": True}
    assert nordwind.call("ListCustomers", pb.ListCustomersRequest(number="O-1")).customers[0].custom == read.custom
    assert nordwind.call("CreateCustomer", create("O-2")).custom["segment"] == "C"


def test_own_fields_are_judged_by_their_types(nordwind, own):
    def refused_with(**custom):
        with pytest.raises(grpc.RpcError) as error:
            nordwind.call("CreateCustomer", create("O-3", **custom))
        return {v.field.removeprefix("customer.custom."): v.description for v in details(error.value)["BadRequest"].field_violations}

    assert refused_with(segment="D", credit_limit="5000", since="2023-02-29", visits=7.5, vip="yes", contact="no address", colour="red") == {
        "segment": "must be one of A, B, C", "credit_limit": 'must be an amount, such as {"currency": "EUR", "amount": "12.50"}',
        "since": "must be a day, such as 2026-01-05", "visits": "must be a whole number", "vip": "must be true or false",
        "contact": "must be an e-mail address, such as a.smith@example.org", "colour": "is no field of the company's own"}
    assert refused_with(segment="A") == {"since": "must be given"}
    assert refused_with(visits=101, credit_limit={"currency": "EUR", "amount": "-1"}) == {
        "visits": "must be at most 100", "credit_limit": "must be at least 0"}
    assert refused_with(discount="1.234") == {"discount": "must have at most 2 decimals"}
    assert refused_with(segmnt="A")["segmnt"] == "is no field of the company's own; did you mean 'segment'?"


def test_an_update_changes_what_it_names_and_leaves_the_rest(nordwind, own):
    made = nordwind.call("CreateCustomer", create("O-4", segment="A", since="2024-01-01", visits=1))

    def update(customer, *paths, **custom):
        return nordwind.call("UpdateCustomer", pb.UpdateCustomerRequest(
            customer=pb.Customer(id=customer.id, version=customer.version, name=customer.name, custom=struct(**custom)),
            update_mask=field_mask_pb2.FieldMask(paths=paths)))

    second = update(made, "custom", visits=2)
    assert json_format.MessageToDict(second.custom) == {"segment": "A", "since": "2024-01-01", "visits": 2}
    third = update(second, "custom", visits=None)
    assert "visits" not in third.custom.fields and third.custom["since"] == "2024-01-01"
    assert update(third, "name").custom == third.custom
    with pytest.raises(grpc.RpcError) as error:
        update(third, "custom", visits=1000)
    assert "customer.custom.visits must be at most 100" in error.value.details()


def test_without_a_form_nothing_of_ones_own_is_taken(huaxin):
    with pytest.raises(grpc.RpcError) as error:
        huaxin.call("PostReceipt", pb.PostReceiptRequest(receipt=pb.Receipt(custom=struct(colour="red"))))
    assert error.value.details() == "receipt.custom.colour 不是本公司的自定义字段"


def test_a_document_keeps_them_through_draft_copy_and_view(nordwind, customer, configure, form, installation):
    configure(INVOICE.replace("checks:", "  - {name: project, type: text, required: it.amount.amount > decimal('500'), pattern: 'P[0-9]+'}\nchecks:"))
    try:
        told = refused(nordwind.call, invoice(customer, "OD-1", "600"))
        assert told == {"invoice.custom.project": "must be given"}
        made = nordwind.call("PostInvoice", invoice(customer, "OD-1", "600", custom=struct(project="P7")))
        assert made.custom["project"] == "P7"
        read = nordwind.call("GetDocument", pb.GetDocumentRequest(id=made.id)).document
        assert read.custom["project"] == "P7"
        copy = nordwind.call("CopyDocument", pb.CopyDocumentRequest(id=made.id))
        assert copy.invoice.invoice.custom["project"] == "P7"
    finally:
        configure(INVOICE)


def test_a_draft_passes_the_form_when_it_is_posted(nordwind, customer, form):
    draft = pb.Draft(invoice=invoice(customer, "DR-1", "3000"))
    saved = nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=draft))
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("PostDraft", pb.PostDraftRequest(id=saved.id, version=saved.version))
    assert details(error.value)["ErrorInfo"].reason == "FORM" and "invoice.external_id must be given: PO number" in error.value.details()
    saved.invoice.invoice.external_id = "po-0077"
    saved = nordwind.call("SaveDraft", pb.SaveDraftRequest(draft=saved))
    posted = nordwind.call("PostDraft", pb.PostDraftRequest(id=saved.id, version=saved.version))
    assert posted.invoice.external_id == "PO-0077"


def test_a_name_keeps_its_type_for_ever(service, installation, own, configure):
    text = CUSTOMER.format(name="customer", method="CreateCustomer").replace("visits, type: int, max: 100", "visits, type: text")
    assert any("'visits' is kept as int already" in f[2] for f in findings(service, installation, text))
    configure(CUSTOMER.format(name="customer", method="CreateCustomer").replace("  - {name: vip, type: bool}\n", ""))
    text = CUSTOMER.format(name="customer", method="CreateCustomer").replace("vip, type: bool", "vip, type: date")
    assert any("'vip' is kept as bool already" in f[2] for f in findings(service, installation, text))
    configure(CUSTOMER.format(name="customer", method="CreateCustomer"))


def test_what_comes_as_text_is_kept_as_its_type(installation, remitd, nordwind, own):
    installation.remit(
        remitd, "nordwind", "customers", "add", "OT-1", "Texts GmbH", "--own", "visits=12", "--own", "vip=true", "--own", "credit_limit=500.00 EUR",
        "--own", "discount=3")
    made = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="OT-1")).customers[0]
    assert json_format.MessageToDict(made.custom) == {
        "visits": 12, "vip": True, "credit_limit": {"currency": "EUR", "amount": "500.00"}, "discount": "3.00", "segment": "C"}
    assert "credit_limit  500.00 EUR" in installation.remit(remitd, "nordwind", "customers", "show", "OT-1").stdout


# ---- the rows of files, and as a person types ------------------------------------------------------


def test_the_rows_of_a_file_are_judged_as_if_entered_one_by_one(nordwind, own, form):
    file = "customer,invoice,amount,date,due date,external id\n" + "".join(
        f"F-1,FI-{n},{amount},{day(-9)},{due},{po}\n" for n, amount, due, po in [
            (1, "10.00", day(5), ""), (2, "5000.00", day(5), ""), (3, "5000.00", day(5), "po-0042"), (4, "10.00", day(200), "")])
    result, _ = nordwind.load("invoices", file.encode(), skip_refused=True)
    assert (result.created, result.refused) == (2, 2)
    told = {(i.row, i.column, i.reason) for i in result.issues}
    assert {(3, "external id", "must be given: PO number"), (5, "due date", "nobody gets more than 120 days here"),
            (4, "external id", "is taken as PO-0042")} <= told
    assert nordwind.open("FI-1", "FI-2", "FI-3", "FI-4") == ["10.00", "0", "5000.00", "0"]
    again, _ = nordwind.load("invoices", file.encode(), skip_refused=True)
    assert (again.created, again.unchanged, again.refused) == (0, 2, 2)
    result, _ = nordwind.load("customers", "number,name\nFC-1,Cleaned  gmbh\n".encode())
    assert result.created == 1
    made = nordwind.call("ListCustomers", pb.ListCustomersRequest(number="FC-1")).customers[0]
    assert (made.name, made.custom["segment"]) == ("Cleaned GmbH", "C")


def test_a_person_sees_while_typing_what_the_form_makes_of_it(remitd, installation, own, form):
    with remitd.channel() as channel:
        forms = form_pb2_grpc.FormServiceStub(channel)
        key = installation.key("nordwind")
        request = struct(invoice={"amount": {"currency": "EUR", "amount": "2,000.00"}, "issuedOn": "2026/1/5"})
        method = "remit.ledger.v1.LedgerService/PostInvoice"
        checked = forms.CheckForm(form_pb2.CheckFormRequest(method=method, request=request), metadata=key)
        assert json_format.MessageToDict(checked.request)["invoice"]["dueOn"] == "2026-02-04"
        assert [(v.field, v.message) for v in checked.violations][0] == ("invoice.external_id", "must be given: PO number")
        drawn = forms.GetForms(form_pb2.GetFormsRequest(method=method), metadata=key)
        assert drawn.forms[0].fields[0].label.zh == "采购订单号" and drawn.configuration > 0
        for bad in ["remit.ledger.v1.LedgerService/GetBalance", "x", ""]:
            with pytest.raises(grpc.RpcError) as error:
                forms.GetForms(form_pb2.GetFormsRequest(method=bad), metadata=key)
            assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_the_audit_says_what_the_forms_did(installation, remitd, nordwind, customer, form):
    nordwind.call("PostInvoice", invoice(customer, "AU-1", external_id=" po-5555"))
    calls = json.loads(installation.remit(remitd, "nordwind", "audit", "--method", "PostInvoice", "--limit", "1", "--output", "json").stdout)["calls"]
    assert calls[0]["admission"]["forms"] == ["invoice"]
    assert calls[0]["admission"]["changes"] == [{"field": "invoice.external_id", "rule": "invoice", "before": " po-5555", "after": "PO-5555"}]


def test_the_command_line_says_what_was_changed(installation, remitd, own):
    done = installation.remit(remitd, "nordwind", "customers", "add", "CL-1", "Two  Words  gmbh")
    assert "note: customer.name: Two  Words  gmbh -> Two Words GmbH" in done.stderr and "note: customer.custom.segment: C" in done.stderr


# ---- what an attacker found --------------------------------------------------------------------------


def varint(number, value):
    """A field that its type would not be encoded as."""
    return bytes([number << 3, value])


def post_raw(remitd, installation, body, method="PostInvoice"):
    with remitd.channel() as channel:
        call = channel.unary_unary(f"/remit.ledger.v1.LedgerService/{method}", request_serializer=None, response_deserializer=None)
        try:
            return call(body, metadata=installation.key("nordwind"), timeout=60)
        except grpc.RpcError as error:
            return error.details()


def field(number, content):
    size, head = len(content), b""
    while size >= 0x80:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + head + bytes([size]) + content


def test_what_is_judged_is_what_is_done(remitd, installation, nordwind, customer, own, form):
    """A key twice, a field in another encoding, a text twice: what counts for the module is what the form saw."""
    entry = lambda name, value: field(1, field(1, name.encode()) + field(2, field(3, value.encode())))
    custom = field(11, entry("segment", "A") + entry("since", "2024-01-01") + entry("segment", "EVIL"))
    told = post_raw(remitd, installation, field(1, field(2, b"TW-1") + field(3, b"Twice Ltd") + custom), "CreateCustomer")
    assert "customer.custom.segment must be one of A, B, C" in told
    plain = invoice(customer, "TW-2", "5000").invoice.SerializeToString()
    assert "must be given: PO number" in post_raw(remitd, installation, field(1, plain + varint(8, 1)))
    assert "must be of the form" in post_raw(remitd, installation, field(1, plain + field(8, b"PO-1234") + field(8, b"evil")))


def test_texts_that_only_look_the_same_are_two(nordwind, configure, own, service, installation):
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    text = CUSTOMER.format(name="customer", method="CreateCustomer").replace("one_of: [A, B, C]", f"one_of: [A, C, {composed}]")
    before = configure(text)
    assert nordwind.call("CreateCustomer", create("BY-1", segment=composed)).custom["segment"] == composed
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("CreateCustomer", create("BY-2", segment=decomposed))
    assert "must be one of" in error.value.details()
    assert configure(text.replace(composed, decomposed)) == before + 1
    configure(CUSTOMER.format(name="customer", method="CreateCustomer"))


def test_a_thousand_fields_of_nobody_are_refused_at_once(nordwind, own, form):
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as error:
        nordwind.call("CreateCustomer", create("TM-1", **{f"unknown_{n}": n for n in range(999)}))
    assert details(error.value)["ErrorInfo"].reason == "FORM" and time.monotonic() - begun < 5


def test_a_form_never_makes_what_was_not_given(nordwind, customer, configure, form):
    configure(INVOICE.replace("checks:", "  - {name: terms.net_days, min: 1}\n  - {name: terms.discount_percent, required: 'true'}\nchecks:"))
    try:
        assert nordwind.call("PostInvoice", invoice(customer, "NM-1", external_id="po-0303")).external_id == "PO-0303"
        terms = pb.PaymentTerms(net_days=10)
        told = refused(nordwind.call, invoice(customer, "NM-2", due_on="", terms=terms))
        assert told == {"invoice.terms.discount_percent": "must be given"}
    finally:
        configure(INVOICE)


def test_nothing_is_taken_away_by_who_may_not_give_it(nordwind, own, configure, installation, remitd):
    """Nor does a change pass by a computed field."""
    text = CUSTOMER.format(name="customer_change", method="UpdateCustomer")
    configure(text.replace("max: 100}", "max: 100, editable_by: [accountant]}").replace(
        "{name: vip, type: bool}", "{name: vip, type: bool, compute: it.name == 'Rich'}"))
    try:
        made = nordwind.call("CreateCustomer", create("TA-1", visits=5))
        installation.remit(remitd, "nordwind", "role", "save", "changer", "ledger.*")
        key = [("authorization", "Bearer " + installation.remit(remitd, "nordwind", "key", "create", "cha", "--role", "changer").stdout.strip())]
        for custom, told in [({"visits": None}, "may only be given by accountant"), ({"vip": True}, "cannot be filled")]:
            with pytest.raises(grpc.RpcError) as error:
                nordwind.ledger.UpdateCustomer(pb.UpdateCustomerRequest(
                    customer=pb.Customer(id=made.id, version=made.version, custom=struct(**custom)),
                    update_mask=field_mask_pb2.FieldMask(paths=["custom"])), metadata=key)
            assert told in error.value.details()
    finally:
        configure(text)


# ---- mistakes in forms -----------------------------------------------------------------------------


@pytest.mark.parametrize("change, message", [
    (("it.amount.amount >=", "it.amout.amount >="), (9, 18, "amout")),
    (("LedgerService/PostInvoice", "LedgerService/PostInvoise"), (4, 1, "did you mean 'remit.ledger.v1.LedgerService/PostInvoice'?")),
    (("at: invoice\n", "at: invoices\n"), (5, 1, "is no message of the request; there are: invoice")),
    (("name: due_on", "name: due_onn"), (13, 5, "there is no field 'due_onn'; did you mean 'due_on'?")),
    (("it.issued_on + days(30)", "it.due_on"), None),
    (("it.issued_on + days(30)", "it.amount"), (14, 5, "'due_on' is a date, and this gives a money")),
    (("default: it.issued_on + days(30)", "compute: it.due_on + days(1)"), (14, 5, "cannot be computed from itself")),
    (("default: it.issued_on + days(30)", "compute: \"it.amount.amount > decimal('1') ? today : today\""), (14, 5, "'amount' is filled after this; put it before")),
    (("PO-[0-9]{4}", "'PO-[0-9'"), (11, 5, "")),
    (("min: 0.01", "min: lots"), (16, 5, "is no bound of a money")),
    (("[half_width,", "[half_wide,"), (10, 13, "did you mean 'half_width'?")),
    (("[accountant]", "[acountant]"), (22, 43, "there is no role 'acountant'; did you mean 'accountant'?")),
    (("name: posting_profile", "name: due_on"), (22, 6, "'due_on' stands in the form twice")),
    (("<= 120", "<= days(120)"), (25, 36, "no such overload")),
    (("name: taxes.rate_percent", "name: taxes"), (20, 15, "undeclared name 'row'")),
    (("label: {any: PO number", "type: text, label: {any: PO number"), None),
    (("    say: this is a large invoice\n", ""), (28, 5, "'say' is missing")),
])
def test_a_mistake_in_a_form_is_told_with_its_place(service, installation, form, change, message):
    text = INVOICE.replace(*change)
    assert text != INVOICE
    found = findings(service, installation, text.replace("name: invoice\n", "name: other\n"))
    if message is not None:
        assert any(f[:2] == message[:2] and message[2] in f[2] for f in found), found


def test_two_forms_of_one_method_are_refused(service, installation, form):
    assert any("the form invoice is about the same" in f[2] for f in findings(service, installation, INVOICE.replace("name: invoice\n", "name: second\n")))


@pytest.mark.parametrize("expression", [
    "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, [1,2,3,4,5,6,7,8,9].all(g, a+b+c+d+e+f+g > 0)))))))",
    "it.taxes.all(a, it.taxes.all(b, it.taxes.all(c, a.rate_percent == b.rate_percent || c.net == null)))", "(" * 300 + "1" + ")" * 300 + " > 0"])
def test_an_expression_that_would_cost_too_much_is_refused(service, installation, form, expression):
    text = INVOICE.replace("it.due_on - it.issued_on <= 120", json.dumps(expression)).replace("name: invoice\n", "name: other\n")
    assert any("steps" in f[2] or "deep" in f[2] for f in findings(service, installation, text)), findings(service, installation, text)


def test_a_plan_says_how_much_of_what_was_done_lately_it_would_have_refused(nordwind, customer, configure, form, installation, remitd):
    for n in range(4):
        nordwind.call("PostInvoice", invoice(customer, f"R-90-{n}", "10" if n % 2 else "7"))
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        planned = lambda text: service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(
            documents=[configuration_pb2.SourceDocument(path="form.invoice.yaml", text=text)]), metadata=installation.key("nordwind")).findings
        assert not planned(INVOICE)
        warned = planned(INVOICE.replace("max: 1000000", "max: 9"))
        assert len(warned) == 1 and warned[0].is_warning and re.search(r"would have refused \d+ of the last \d+ requests; the first: invoice.amount", warned[0].message)
