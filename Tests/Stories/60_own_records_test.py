"""Things of a company's own: contracts and complaints that it declares, keeps, changes, finds, refers to from invoices, and never loses."""

import re
import threading

import grpc
import pytest
from companies import day, eventually
from conftest import details

from google.protobuf import json_format, struct_pb2
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, event_pb2, event_pb2_grpc, record_pb2, record_pb2_grpc
from remit.type.v1.money_pb2 import Money

CONTRACT = """\
kind: record
name: contract
title: {en: Contract, zh: 合同}
number: "C-{year}-{0000}"
with:
  - {name: customer, view: ledger.customer_v1, where: [{column: number, is: it.custom.customer}]}
fields:
  - {name: id, pattern: "[A-Z]-[0-9]{4}-[0-9]+"}
  - {name: customer, type: text, required: "true", clean: [trim]}
  - {name: limit, type: money, required: "true"}
  - {name: starts_on, type: date}
  - {name: ends_on, type: date}
  - {name: discount, type: decimal, scale: 2, min: 0, max: 20}
  - {name: instalments, type: int}
  - {name: framework, type: bool}
  - {name: city, type: text}
checks:
  - {name: customer, that: has(customer.number), at: customer, say: {en: is no customer of ours, zh: 没有这个客户}}
  - {name: days, when: has(it.custom.starts_on) && has(it.custom.ends_on), that: it.custom.starts_on <= it.custom.ends_on, at: ends_on, say: ends before it starts}
"""
COMPLAINT = """\
kind: record
name: complaint
number: "{0}"
fields:
  - {name: contract, type: text, reference: contract}
  - {name: about, type: text, required: "true", max: 400}
"""
INVOICE = """\
kind: form
name: invoice
method: remit.ledger.v1.LedgerService/PostInvoice
at: invoice
with:
  - {name: contract, view: record.contract, where: [{column: id, is: it.custom.contract}]}
  - name: billed
    view: ledger.document_v1
    all: true
    where: [{column: custom.contract, is: it.custom.contract}, {column: is_reversed, is: "false"}, {column: kind, is: "'invoice'"}]
serial: "has(it.custom.contract) ? it.custom.contract : ''"
fields:
  - {name: contract, type: text, reference: contract}
checks:
  - name: limit
    when: has(it.custom.contract) && has(contract.custom.limit)
    that: decimal(billed.amount_minor) / decimal(100) + it.amount.amount <= contract.custom.limit.amount
    at: contract
    say: {any: would exceed the contract, zh: 超过合同金额}
"""


def documents(*texts):
    return [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)) + ".yaml", text=t) for t in texts]


@pytest.fixture(scope="module")
def configure(installation, remitd):
    def applied(*texts, company="nordwind", removed=()):
        with remitd.channel() as channel:
            service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
            key = installation.key(company)
            given, complete = documents(*texts), False
            if removed:
                now = service.GetConfiguration(configuration_pb2.GetConfigurationRequest(), metadata=key)
                given, complete = [d for d in now.documents if d.path not in removed], True
            made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=given, complete=complete), metadata=key)
            if any(not f.is_warning for f in made.findings):
                return [(f.line, f.column, f.message) for f in made.findings]
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=given, base_version=made.base_version, complete=complete), metadata=key)
    return applied


@pytest.fixture(scope="module")
def records(installation, remitd, configure):
    assert not configure(CONTRACT, COMPLAINT, INVOICE)
    with remitd.channel() as channel:
        service = record_pb2_grpc.RecordServiceStub(channel)
        yield lambda method, request, company="nordwind": getattr(service, method)(request, metadata=installation.key(company), timeout=30)


@pytest.fixture(scope="module")
def customers(nordwind):
    return {number: nordwind.customer(number) for number in ("OR-1", "OR-2")}


def record(kind, id="", version=0, **fields):
    custom = struct_pb2.Struct()
    custom.update(fields)
    return record_pb2.Record(kind=kind, id=id, version=version, custom=custom)


def create(records, kind, id="", **fields):
    return records("CreateRecord", record_pb2.CreateRecordRequest(record=record(kind, id, **fields)))


def refusal(call, *arguments, **fields):
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments, **fields)
    found = details(error.value)
    return found["ErrorInfo"].reason, {v.field: v.description for v in found["BadRequest"].field_violations} if "BadRequest" in found else {}


def listed(records, filter="", order="", kind="contract", size=3):
    found, token = [], ""
    while True:
        page = records("ListRecords", record_pb2.ListRecordsRequest(kind=kind, filter=filter, order_by=order, page_size=size, page_token=token))
        found += page.records
        token = page.next_page_token
        if not token:
            return [r.id for r in found]


def test_a_record_is_kept_numbered_and_shaped(records, customers):
    first = create(records, "contract", customer=" OR-1 ", limit="1000 EUR", discount="2.5", ends_on="2026-12-31")
    year = day(0)[:4]
    assert (first.id, first.version, first.closed) == (f"C-{year}-0001", 1, False)
    assert json_format.MessageToDict(first.custom) == {
        "customer": "OR-1", "limit": {"currency": "EUR", "amount": "1000"}, "discount": "2.50", "ends_on": "2026-12-31"}
    assert create(records, "contract", customer="OR-2", limit="5 EUR").id == f"C-{year}-0002"
    assert create(records, "contract", f"A-{year}-7", customer="OR-2", limit="5 EUR").id == f"A-{year}-7"
    assert records("GetRecord", record_pb2.GetRecordRequest(kind="contract", id=first.id)) == first


def test_what_the_kind_refuses_is_refused_whole(records, customers):
    reason, faults = refusal(create, records, "contract", "lower", customer="XX", limit="5", starts_on="2026-02-01", ends_on="2026-01-31",
                             discount="21", color="red", instalments="1.5")
    assert reason == "FORM"
    assert set(faults) == {f"record.{f}" for f in ("id", "custom.customer", "custom.limit", "custom.ends_on", "custom.discount",
                                                   "custom.color", "custom.instalments")}
    assert faults["record.custom.customer"] == "is no customer of ours"
    assert refusal(create, records, "contract", customer="OR-1")[1] == {"record.custom.limit": "must be given"}
    assert refusal(create, records, "order", customer="OR-1")[0] == "NO_KIND"
    assert refusal(create, records, "")[0] == "NO_KIND"
    year = day(0)[:4]
    assert refusal(create, records, "contract", f"C-{year}-0001", customer="OR-1", limit="5 EUR")[0] == "RECORD_EXISTS"
    assert listed(records) == sorted(listed(records)) and len(listed(records)) == 3


@pytest.mark.parametrize("id", ["a" * 101, " a", "a\n", "a\u202eb", "a\u0000"])
def test_ids_are_plain(records, id):
    with pytest.raises(grpc.RpcError) as error:
        create(records, "complaint", id, about="x")
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_change_is_of_the_version_that_was_seen(records, customers):
    made = create(records, "contract", customer="OR-1", limit="10 EUR", city="Kiel")
    update = lambda version, **fields: records("UpdateRecord", record_pb2.UpdateRecordRequest(record=record("contract", made.id, version, **fields)))
    changed = update(1, customer="OR-1", limit="20 EUR")
    assert changed.version == 2 and "city" not in changed.custom
    assert refusal(update, 1, customer="OR-1", limit="30 EUR")[0] == "CHANGED_MEANWHILE"
    assert refusal(update, 2, limit="30 EUR")[1] == {"record.custom.customer": "must be given"}
    told = [None] * 6

    def race(n):
        try:
            told[n] = update(2, customer="OR-1", limit=f"{n + 1} EUR").version
        except grpc.RpcError as error:
            told[n] = details(error)["ErrorInfo"].reason
    threads = [threading.Thread(target=race, args=(n,)) for n in range(6)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert sorted(map(str, told)) == ["3"] + ["CHANGED_MEANWHILE"] * 5
    versions = records("ListRecordVersions", record_pb2.ListRecordVersionsRequest(kind="contract", id=made.id)).versions
    assert [v.version for v in versions] == [3, 2, 1] and versions[2] == made


def test_numbers_have_no_gaps_also_when_eight_create_at_once(records, customers):
    made, refused = [], []

    def some(n):
        for i in range(4):
            if i % 2:
                made.append(int(create(records, "complaint", about=f"{n}/{i}").id))
            else:
                refused.append(refusal(create, records, "complaint"))
    threads = [threading.Thread(target=some, args=(n,)) for n in range(8)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert sorted(made) == list(range(1, 17)) and len(refused) == 16


def test_a_list_is_filtered_and_ordered_by_the_fields(records, customers):
    for number, (limit, ends, city, discount, instalments) in enumerate([
            ("100 EUR", "2030-01-01", "Kiel", "1", 3), ("250.5 EUR", "2030-02-28", "kiel", None, 12), ("90 USD", None, "苏州", "2", None),
            ("100 EUR", "2031-01-01", None, "10", -4), ("7 EUR", "2029-12-31", "50% off_", "0.5", 0)]):
        fields = {"limit": limit, "ends_on": ends, "city": city, "discount": discount, "instalments": instalments}
        create(records, "contract", f"L-2030-{number}", customer="OR-2", **{k: v for k, v in fields.items() if v is not None})
    l = lambda numbers: [f"L-2030-{n}" for n in numbers]
    mine = "it.id.startsWith('L-') && "
    for filter, wanted in [
            ("it.custom.ends_on < date('2030-06-01')", [0, 1, 4]), ("it.custom.city == 'Kiel'", [0]), ("it.custom.city.contains('% off_')", [4]),
            ("it.custom.city.contains('_')", [4]), ("it.custom.city == '苏州'", [2]), ("!has(it.custom.city)", [3]),
            ("it.custom.discount >= decimal('1')", [0, 2, 3]), ("it.custom.discount * 2 > 3", [2, 3]), ("it.custom.instalments in [3, 12]", [0, 1]),
            ("it.custom.limit.currency == 'EUR' && it.custom.limit.amount > 99", [0, 1, 3]), ("it.custom.limit > money('100', 'EUR')", [1]),
            ("it.custom.ends_on - date('2030-01-01') > 50", [1, 3]), ("it.custom.ends_on < today + days(36500) || it.custom.city == '苏州'", [0, 1, 2, 3, 4]),
            ("it.closed", []), ("it.version == 1", [0, 1, 2, 3, 4]), ("it.custom.city.size() > 4", [4]), ("now < it.recorded_at", [])]:
        assert listed(records, mine + filter) == l(wanted), filter
    for order, wanted in [("custom.ends_on", [4, 0, 1, 3, 2]), ("custom.ends_on desc", [3, 1, 0, 4, 2]), ("custom.discount", [4, 0, 2, 3, 1]),
                          ("custom.instalments desc", [1, 0, 4, 3, 2]), ("id desc", [4, 3, 2, 1, 0]), ("custom.limit", [4, 2, 0, 3, 1])]:
        assert listed(records, "it.id.startsWith('L-')", order, size=2) == l(wanted), order
    assert listed(records, kind="complaint", order="custom.about desc")[0] is not None


@pytest.mark.parametrize("filter, said", [
    ("it.custom.cty == 'x'", "has no field 'cty'; did you mean 'city'?"), ("it.custom.city.matches('x')", "cannot be asked of the database"), ("it.custom.city", "bool"),
    ("1 / 0 == 1", "zero"), ("it.id == '\\u0000'", ""), ("x" * 5000, ""), ("(" * 2000, ""), ("it.custom.city == \"'; DROP TABLE host.record; --\" && ", "")])
def test_a_wrong_filter_is_told_with_its_place(records, filter, said):
    with pytest.raises(grpc.RpcError) as error:
        listed(records, filter)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, error.value
    assert said in "; ".join(v.description for v in details(error.value)["BadRequest"].field_violations) or said in error.value.details()


def test_orders_and_pages_are_checked(records):
    for order in ("custom.nothing", "id sideways", "id desc desc", "1"):
        assert "order_by" in refusal(records, "ListRecords", record_pb2.ListRecordsRequest(kind="contract", order_by=order))[1]
    assert "page_token" in refusal(records, "ListRecords", record_pb2.ListRecordsRequest(kind="contract", page_token="bogus"))[1]


def test_an_invoice_refers_to_a_contract_and_does_not_exceed_it(nordwind, records, customers):
    contract = create(records, "contract", customer="OR-1", limit="1000 EUR").id

    def post(number, amount="400", contract=contract):
        custom = struct_pb2.Struct()
        custom.update({"contract": contract})
        return nordwind.call("PostInvoice", pb.PostInvoiceRequest(invoice=pb.Invoice(
            customer_id=customers["OR-1"], number=number, amount=Money(currency="EUR", amount=amount), issued_on=day(-9), due_on=day(9), custom=custom)))
    assert post("OR-I-1").custom["contract"] == contract
    assert refusal(post, "OR-I-2", contract="C-1999-1")[1] == {"invoice.custom.contract": "there is no Contract C-1999-1"}
    assert refusal(post, "OR-I-2", "600.01")[1] == {"invoice.custom.contract": "would exceed the contract"}
    told = [None] * 8

    def one(n):
        try:
            told[n] = post(f"OR-J-{n}", "200").number
        except grpc.RpcError as error:
            told[n] = details(error)["ErrorInfo"].reason
    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert told.count("FORM") == 5, told
    complaint = create(records, "complaint", contract=contract, about="late")
    records("CloseRecord", record_pb2.CloseRecordRequest(kind="contract", id=contract, reason="done"))
    assert refusal(post, "OR-I-3", "1")[1] == {"invoice.custom.contract": f"the Contract {contract} is closed"}
    assert refusal(create, records, "complaint", contract=contract, about="x")[1] == {"record.custom.contract": f"the Contract {contract} is closed"}
    # What was linked stays so.
    changed = records("UpdateRecord", record_pb2.UpdateRecordRequest(record=record("complaint", complaint.id, 1, contract=contract, about="very late")))
    assert changed.version == 2
    close = lambda method, **more: records(method + "Record", getattr(record_pb2, method + "RecordRequest")(kind="contract", id=contract, **more))
    assert refusal(close, "Close")[0] == "CLOSED"
    assert refusal(close, "Reopen", version=1)[0] == "CHANGED_MEANWHILE"
    assert close("Reopen", reason="not yet").state_note == "not yet"
    assert refusal(close, "Reopen")[0] == "OPEN"
    assert refusal(post, "OR-I-3", "0.01")[1] == {"invoice.custom.contract": "would exceed the contract"}


def test_what_happens_to_records_is_told_and_audited(installation, remitd, records, customers):
    made = create(records, "complaint", about="heard")
    with remitd.channel() as channel:
        events = event_pb2_grpc.EventServiceStub(channel)
        seen = lambda: [e.content["id"] for e in events.ListEvents(event_pb2.ListEventsRequest(
            type="RecordChanged", aggregate=f"record/complaint/{made.id}"), metadata=installation.key("nordwind")).events]
        eventually(lambda: seen() == [made.id], "the event of a record")
    audit = installation.remit(remitd, "nordwind", "audit", "--limit", "5").stdout
    assert f"record/complaint/{made.id}" in audit


def test_companies_do_not_see_each_others_records(records, configure):
    other = lambda id: records("GetRecord", record_pb2.GetRecordRequest(kind="complaint", id=id), company="huaxin")
    create(records, "complaint", "secret", about="x")
    assert refusal(other, "secret")[0] == "NO_KIND"
    assert not configure(COMPLAINT.replace("  - {name: contract, type: text, reference: contract}\n", ""), company="huaxin")
    assert refusal(other, "secret")[0] == "NO_RECORD"
    records("CreateRecord", record_pb2.CreateRecordRequest(record=record("complaint", "secret", about="y")), company="huaxin")
    assert other("secret").custom["about"] == "y"


@pytest.mark.parametrize("text, said", [
    ('number: "C"', "{0000}"), ('number: "{day}{0}"', "{0000}"), ('number: "{0}{0}"', "{0000}"), ("name: Contract", "name"),
    ("fields: [{name: a, type: text, reference: nothing}]", "there is no record 'nothing'"),
    ("fields: [{name: a, type: int, reference: contract}]", "only a text"),
    ("fields: [{name: a, type: text, reference: contract, default: \"'x'\"}]", "looked up"),
    ("fields: [{name: a}]", "a field of your own needs a type"), ("fields: []", "fields"),
    ("fields: [{name: a, type: text, compute: it.custom.b}]", "custom has no field 'b'"),
    ("with: [{name: c, view: record.contracts, where: [{column: id, is: \"'x'\"}]}]", "record.contract"),
    ("with: [{name: c, view: record.contract, where: [{column: idd, is: \"'x'\"}]}]", "'id'"),
])
def test_a_wrong_kind_is_told_with_its_place(configure, records, text, said):
    key = text.split(":")[0]
    lines = ["kind: record", "name: order"] + (["fields: [{name: a, type: text}]"] if key != "fields" else [])
    document = "\n".join([line for line in lines if not line.startswith(key + ":")] + [text]) + "\n"
    found = configure(document)
    assert found and any(said in message for _, _, message in found), found


def test_a_kind_with_records_stays_and_its_fields_keep_their_type(configure, records):
    assert any("stay for ever" in m for _, _, m in configure(removed=["record.complaint.yaml"]))
    assert any("is kept as text already" in m for _, _, m in configure(COMPLAINT.replace("about, type: text, required: \"true\", max: 400", "about, type: int")))
    assert not configure("kind: record\nname: passing\nfields: [{name: about, type: int}]\n")
    assert not configure(removed=["record.passing.yaml"])


def test_a_clerk_keeps_them_by_command_line(installation, remitd, records, customers):
    run = lambda *words, check=True: installation.remit(remitd, "nordwind", "record", *words, check=check)
    made = run("create", "contract", "--own", "customer=OR-2", "--own", "limit=500.00 EUR", "--own", "instalments=3", "--own", "framework=true")
    id = re.search(r"C-\S+", made.stdout)[0]
    assert run("update", "contract", id, "--own", "limit=800.00 EUR", "--without", "framework").stdout == f"contract {id} has version 2\n"
    assert "800.00 EUR" in run("show", "contract", id).stdout
    assert id in run("list", "contract", "--filter", "it.custom.limit.amount == 800").stdout
    run("close", "contract", id, "--reason", "ended")
    assert id not in run("list", "contract", "--filter", "it.custom.limit.amount == 800").stdout
    assert id in run("list", "contract", "--all", "--filter", "it.custom.limit.amount == 800").stdout
    history = run("history", "contract", id).stdout
    assert "limit 500.00 EUR -> 800.00 EUR" in history and "ended" in history
    run("reopen", "contract", id)
    assert run("update", "contract", id, "--own", "limit=much", check=False).returncode == 1
    assert "record" in run("--help").stdout
