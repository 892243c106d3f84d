"""What an attacker found in own records and sources, kind by kind."""

import json
import threading
import time

import grpc
import pytest
from companies import eventually
from conftest import details

from google.protobuf import struct_pb2
from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, import_pb2, import_pb2_grpc, key_pb2, key_pb2_grpc, record_pb2, record_pb2_grpc

THING = """kind: record
name: thing
number: "T-{000}"
fields:
  - {name: s, type: text}
  - {name: n, type: decimal, scale: 2}
  - {name: i, type: int}
  - {name: other, type: text, reference: thing}
"""
SOURCE = """kind: source
name: things
method: remit.platform.v1.RecordService/CreateRecord
record: thing
fields:
  - {field: record.id, column: id, optional: true}
  - {field: record.custom.s, column: s, optional: true}
  - {field: record.custom.i, column: i, optional: true}
"""
GROUPED = """kind: source
name: grouped
method: remit.ledger.v1.LedgerService/PostInvoice
group: no
fields:
  - {field: invoice.number, column: no}
  - {field: invoice.customer_id, column: customer, find: {view: ledger.customer_v1, by: [number], gives: customer_id}}
  - {field: invoice.amount, column: amount}
  - {field: invoice.issued_on, value: string(today)}
  - {field: invoice.due_on, value: string(today)}
"""
PAYER = """kind: source
name: payers
method: remit.platform.v1.RecordService/CreateRecord
record: thing
fields:
  - {field: record.custom.s, column: customer, find: {view: ledger.customer_v1, by: [number], gives: payer_id}}
"""


@pytest.fixture(scope="module")
def key(installation):
    return installation.key("nordwind")


@pytest.fixture(scope="module")
def configure(remitd, key):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)

        def applied(*texts):
            given = [configuration_pb2.SourceDocument(path=f"{t.splitlines()[0][6:]}.{t.splitlines()[1][6:]}.yaml", text=t) for t in texts]
            made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=given), metadata=key)
            if any(not f.is_warning for f in made.findings):
                return [f.message for f in made.findings]
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=given, base_version=made.base_version), metadata=key)
        yield applied


@pytest.fixture(scope="module")
def services(remitd, configure, nordwind):
    assert not configure(THING, SOURCE, GROUPED, PAYER)
    nordwind.customer("TA-1")
    with remitd.channel() as channel:
        yield record_pb2_grpc.RecordServiceStub(channel), import_pb2_grpc.ImportServiceStub(channel)


@pytest.fixture(scope="module")
def create(services, key):
    def made(id="", **fields):
        custom = struct_pb2.Struct()
        custom.update(fields)
        return services[0].CreateRecord(record_pb2.CreateRecordRequest(record=record_pb2.Record(kind="thing", id=id, custom=custom)), metadata=key)
    return made


def take(imports, key, source, text, **more):
    file = text if isinstance(text, bytes) else text.encode()
    return list(imports.ImportFile(import_pb2.ImportFileRequest(source=source, file=file, **more), metadata=key, timeout=120))[-1]


def rows(imports, key, id, **more):
    return imports.ListImportRows(import_pb2.ListImportRowsRequest(id=id, page_size=1000, **more), metadata=key).rows


def refusal(call, *arguments, **more):
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments, **more)
    return error.value.code().name, error.value.details()


def test_a_row_that_is_left_while_its_import_runs_is_not_taken(services, key):
    records, imports = services
    stream = imports.ImportFile(import_pb2.ImportFileRequest(source="things", file=("id\n" + "".join(f"L-{n}\n" for n in range(600))).encode()), metadata=key)
    id = getattr(next(stream), "import").id
    left = 0
    for line in range(600, 560, -1):
        try:
            imports.DiscardImportRow(import_pb2.DiscardImportRowRequest(id=id, line=line), metadata=key)
            left += 1
        except grpc.RpcError as error:
            assert details(error)["ErrorInfo"].reason == "ROW_DONE"
    last = getattr(list(stream)[-1], "import")
    there = sum(1 for n in range(600) if records.ListRecords(record_pb2.ListRecordsRequest(kind="thing", filter=f"it.id == 'L-{n}'"), metadata=key).records) if left else 600
    summary = imports.GetImport(import_pb2.GetImportRequest(id=id), metadata=key)
    assert left > 0 and summary.left == left and summary.taken == there == 600 - left and last.taken == 600 - left


def test_numbers_go_on_past_ids_that_were_given_by_hand(create, services, key):
    for n in (1, 2, 3):
        create(f"T-00{n}")
    assert create(s="x").id == "T-004"
    done = getattr(take(services[1], key, "things", "s\na\nb\n"), "import")
    assert (done.taken, done.known) == (2, 0)


@pytest.mark.parametrize("file", [
    "g;a" + " " * 30_000 + "b\n" + "".join(f"x{n};{n}\n" for n in range(3000)), ";".join(f"h{n}" + "x" * 190 for n in range(500)) + ";i\n" + (";" * 500 + "no\n") * 1000])
def test_a_small_file_gets_no_large_answer(services, key, file):
    try:
        reply = services[1].CheckFile(import_pb2.CheckFileRequest(source="things", file=file.encode()), metadata=key, timeout=60)
        assert reply.ByteSize() < 4 << 20
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_large_page_is_cut_to_what_clients_take(services, key):
    file = "s;" + ";".join(f"c{n}" for n in range(190)) + "\n" + ("a;" + ";".join("y" * 300 for _ in range(190)) + "\n") * 150
    id = getattr(take(services[1], key, "things", file), "import").id
    found, token = 0, ""
    while True:
        page = services[1].ListImportRows(import_pb2.ListImportRowsRequest(id=id, page_size=1000, page_token=token), metadata=key)
        found, token = found + len(page.rows), page.next_page_token
        if not token:
            break
    assert found == 150


def test_an_import_ends_with_the_permission_of_who_began_it(installation, remitd, services, key, configure):
    role = "kind: role\nname: taker\npermissions: [platform.import.create, %s]\n"
    assert not configure(role % "platform.record.create")
    with remitd.channel() as channel:
        secret = key_pb2_grpc.KeyServiceStub(channel).CreateKey(key_pb2.CreateKeyRequest(principal="taker", roles=["taker"]), metadata=key).secret
    theirs = [("authorization", f"Bearer {secret}")]
    stream = services[1].ImportFile(
        import_pb2.ImportFileRequest(source="things", file=("id\n" + "".join(f"E-{n}\n" for n in range(3000))).encode()), metadata=theirs)
    next(stream)
    assert not configure(role % "platform.record.get")
    last = list(stream)[-1]
    assert "no permission platform.record.create" in last.stopped and getattr(last, "import").waiting > 0


def test_what_a_look_up_gives_may_be_absent(services, key):
    done = getattr(take(services[1], key, "payers", "customer\nTA-1\n"), "import")
    assert done.review == 1
    assert "finds no one" in rows(services[1], key, done.id)[0].problems[0].message


def test_rows_of_a_group_stay_together_when_they_are_mended(services, key):
    imports = services[1]
    done = getattr(take(imports, key, "grouped", "no,customer,amount\nTA-G1,nobody,5\nTA-G1,nobody,5\nＴＡ-G2,TA-1,5\nTA-G2,TA-1,5\n"), "import")
    assert (done.taken, done.review) == (2, 2)
    amend = lambda line, **cells: imports.AmendImportRow(import_pb2.AmendImportRowRequest(id=done.id, line=line, cells=cells), metadata=key).rows
    assert {r.state for r in amend(3, no="TA-G9", customer="TA-1")} == {import_pb2.REVIEW}
    assert {r.state for r in amend(2, no="TA-G9", customer="TA-1")} == {import_pb2.TAKEN}
    found = rows(imports, key, done.id)
    assert found[0].resource == found[1].resource != "" and found[2].resource == found[3].resource != found[0].resource


def test_nothing_new_refers_to_what_is_closed(installation, create, services, key):
    records = services[0]
    create("R-open"), create("R-shut"), create("R-kept", other="R-shut")
    records.CloseRecord(record_pb2.CloseRecordRequest(kind="thing", id="R-shut"), metadata=key)

    def update(id, **fields):
        custom = struct_pb2.Struct()
        custom.update(fields)
        return records.UpdateRecord(record_pb2.UpdateRecordRequest(record=record_pb2.Record(kind="thing", id=id, version=1, custom=custom)), metadata=key)
    assert "is closed" in refusal(update, "R-open", other="R-shut")[1]
    assert update("R-kept", other="R-shut", s="more").version == 2
    # Who refers to it first has it closed after.
    create("R-race")
    held = installation.hold("SET remit.tenant = 2; SELECT FROM host.record_number WHERE kind = 'thing' FOR UPDATE")
    made = []
    thread = threading.Thread(target=lambda: made.append(create(other="R-race")))
    thread.start()
    time.sleep(0.5)
    closing = threading.Thread(target=lambda: records.CloseRecord(record_pb2.CloseRecordRequest(kind="thing", id="R-race"), metadata=key, timeout=30))
    closing.start()
    time.sleep(0.5)
    assert not records.GetRecord(record_pb2.GetRecordRequest(kind="thing", id="R-race"), metadata=key).closed
    held.release()
    thread.join(), closing.join()
    assert made and records.GetRecord(record_pb2.GetRecordRequest(kind="thing", id="R-race"), metadata=key).closed


@pytest.mark.parametrize("value", ["[1, 2]", "row", "b'x'", "optional.of('x')"])
def test_a_value_is_one_text_number_or_day(configure, services, value):
    assert any("one text, number or day" in m for m in configure(SOURCE.replace("column: s, optional: true", f'value: "{value}"')))


def test_pages_go_on_whatever_the_texts(create, services, key):
    for n in range(5):
        create(s=f"page\u001f{n}%1F%25")
    found, token = [], ""
    for _ in range(20):
        page = services[0].ListRecords(record_pb2.ListRecordsRequest(
            kind="thing", filter="it.custom.s.startsWith('page')", order_by="custom.s", page_size=1, page_token=token), metadata=key)
        found, token = found + [r.custom["s"] for r in page.records], page.next_page_token
        if not token:
            break
    assert found == [f"page\u001f{n}%1F%25" for n in range(5)]


def test_a_page_of_another_list_is_refused(create, services, key):
    create(s="abc", n="1"), create(s="abd", n="2")
    token = services[0].ListRecords(record_pb2.ListRecordsRequest(kind="thing", order_by="custom.s", page_size=1), metadata=key).next_page_token
    for order in ("custom.n", "custom.i", "recorded_at", ""):
        code, said = refusal(services[0].ListRecords, record_pb2.ListRecordsRequest(kind="thing", order_by=order, page_size=1, page_token=token), metadata=key)
        assert code == "INVALID_ARGUMENT" and "next_page_token" in said


def test_whole_numbers_are_kept_whole_or_refused(create, services, key):
    assert "whole number" in refusal(create, i="9007199254740993")[1]
    assert create(i="9007199254740992").custom["i"] == 9007199254740992
    done = getattr(take(services[1], key, "things", "i\n9007199254740993\n-9007199254740992\n"), "import")
    assert (done.taken, done.review) == (1, 1)


def test_what_is_not_set_is_not_there(services, key):
    custom = struct_pb2.Struct()
    custom.fields["s"].CopyFrom(struct_pb2.Value())
    made = services[0].CreateRecord(record_pb2.CreateRecordRequest(record=record_pb2.Record(kind="thing", custom=custom)), metadata=key)
    assert "s" not in made.custom


def test_a_zero_byte_in_a_name_is_the_files_fault(services, key):
    assert refusal(take, services[1], key, "things", json.dumps([{"id": "j1", "a\0b": "x"}]))[0] == "INVALID_ARGUMENT"


def test_a_repeat_is_answered_as_it_is_now(services, key):
    again = key + [("idempotency-key", "take-once")]
    first = take(services[1], again, "things", "id,i\nI-1,1\nI-2,x\n")
    second = take(services[1], again, "things", "id,i\nI-1,1\nI-2,x\n")
    assert getattr(first, "import") == getattr(second, "import") and not second.stopped
    id = getattr(first, "import").id
    again = key + [("idempotency-key", "amend-once")]
    amend = lambda: services[1].AmendImportRow(import_pb2.AmendImportRowRequest(id=id, line=3, cells={"i": "7"}), metadata=again).rows
    assert amend() == amend() and amend()[0].state == import_pb2.TAKEN


def test_look_ups_by_what_cannot_be_are_told_in_the_forms_name(configure, create, services, key):
    look = THING + "with: [{name: found, view: record.thing, where: [{column: version, is: it.custom.s}]}]\n"
    assert not configure(look)
    code, said = refusal(create, s="abc")
    assert code == "INVALID_ARGUMENT" and "form" in said
    assert not configure(THING)


def test_a_terminal_is_shown_nothing_that_moves_it(installation, remitd, create, services, key):
    create(s="\u001b[31mred\u202e")
    shown = installation.remit(remitd, "nordwind", "record", "list", "thing", "--filter", "it.custom.s.contains('red')").stdout
    assert "\u001b" not in shown and "\u202e" not in shown and "[31mred" in shown


def test_an_operator_does_not_remove_a_kind_that_has_records(installation, remitd, create, key):
    create(s="stays")
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        now = service.GetConfiguration(configuration_pb2.GetConfigurationRequest(tenant="nordwind"), metadata=installation.key("operator"))
        left = [d for d in now.documents if d.path not in ("record.thing.yaml", "source.things.yaml", "source.payers.yaml")]
        made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(
            tenant="nordwind", documents=left, complete=True), metadata=installation.key("operator"))
    assert any("stay for ever" in f.message for f in made.findings), made.findings


def test_of_a_company_one_import_runs_and_the_next_waits_without_loss(services, key):
    imports = services[1]
    first = imports.ImportFile(import_pb2.ImportFileRequest(source="things", file=("id\n" + "".join(f"Q-{n}\n" for n in range(800))).encode()), metadata=key)
    next(first)
    second = take(imports, key, "things", "id\nQ-second\n")
    assert "other imports run" in second.stopped and getattr(second, "import").waiting == 1
    assert getattr(list(first)[-1], "import").taken == 800
    resumed = list(imports.ResumeImport(import_pb2.ResumeImportRequest(id=getattr(second, "import").id), metadata=key))[-1]
    assert getattr(resumed, "import").taken == 1 and not resumed.stopped


@pytest.mark.parametrize("id", ["e\u0301-1", "a\u200bb", "a\u2028b", " x"])
def test_ids_have_one_form(create, services, id):
    assert refusal(create, id)[0] == "INVALID_ARGUMENT"
