"""Files of other systems: a source proposed from a file, looked through, applied; each row becomes a request, and what is refused is mended or left, never dropped."""

import json
import random
import re
import signal
import threading
import time

import grpc
import openpyxl
import pytest
from companies import Company, day
from conftest import details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, import_pb2, import_pb2_grpc, key_pb2, key_pb2_grpc, record_pb2, record_pb2_grpc

POST_INVOICE = "remit.ledger.v1.LedgerService/PostInvoice"
FORM = """\
kind: form
name: invoice
method: remit.ledger.v1.LedgerService/PostInvoice
at: invoice
fields:
  - {name: project, type: text, label: {en: Project, zh: 项目编号}, required: "true", clean: [trim, upper]}
  - {name: retention, type: money}
  - {name: signed, type: date}
checks:
  - {name: small, that: it.amount.amount < decimal(100000), at: amount, say: is too much for one invoice}
"""
INVOICES = """\
kind: source
name: erp
method: remit.ledger.v1.LedgerService/PostInvoice
file: {decimal_mark: comma}
group: Beleg
fields:
  - {field: invoice.number, column: Beleg}
  - {field: invoice.customer_id, column: Kunde, find: {view: ledger.customer_v1, by: [number, name], gives: customer_id}}
  - {field: invoice.amount, column: Brutto, or: [Betrag]}
  - {field: invoice.amount.currency, column: Währung, optional: true}
  - {field: invoice.exchange_rate, value: "row['Währung'].upperAscii() == 'USD' ? '0.9' : ''"}
  - {field: invoice.issued_on, column: Datum}
  - {field: invoice.instalments.due_on, column: Fällig}
  - {field: invoice.instalments.percent, column: Anteil}
  - {field: invoice.custom.project, value: "row['Projekt'].split('-')[0]"}
  - {field: invoice.custom.retention, column: Einbehalt, optional: true}
  - {field: invoice.custom.signed, column: Unterschrieben, optional: true}
"""
HEADER = "Beleg;Kunde;Brutto;Währung;Datum;Fällig;Anteil;Projekt;Einbehalt;Unterschrieben\n"
CONTRACT = """\
kind: record
name: project
fields:
  - {name: title, type: text, required: "true", label: {zh: 名称}}
  - {name: budget, type: money, label: {zh: 预算}}
  - {name: starts_on, type: date, label: {zh: 开始日期}}
  - {name: open, type: bool}
  - {name: people, type: int}
"""
PROJECTS = """\
kind: source
name: projects
method: remit.platform.v1.RecordService/CreateRecord
record: project
file: {list: data.items}
fields:
  - {field: record.id, column: code}
  - {field: record.custom.title, column: info.title}
  - {field: record.custom.budget, column: budget, optional: true}
  - {field: record.custom.open, column: open, optional: true}
  - {field: record.custom.people, column: people, optional: true}
"""


def row(number, customer="SO-1", amount="1.190,00", issued=-3, due=20, share="100", project="p7-a", **more):
    cells = [number, customer, amount, more.get("currency", ""), day(issued), day(due), share, project, more.get("retention", ""), more.get("signed", "")]
    return ";".join(f'"{c}"' for c in cells) + "\n"


@pytest.fixture(scope="module")
def configure(installation, remitd):
    def applied(*texts, company="nordwind", server=remitd):
        with server.channel() as channel:
            service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
            given = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)) + ".yaml", text=t) for t in texts]
            made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=given), metadata=installation.key(company))
            if any(not f.is_warning for f in made.findings):
                return [(f.line, f.column, f.message) for f in made.findings]
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=given, base_version=made.base_version), metadata=installation.key(company))
    return applied


class Imports:
    def __init__(self, installation, server, company="nordwind"):
        self.channel = server.channel()
        self.stub, self.key = import_pb2_grpc.ImportServiceStub(self.channel), installation.key(company)

    def take(self, source, file, **more):
        if isinstance(file, str):
            file = file.encode()
        updates = list(self.stub.ImportFile(import_pb2.ImportFileRequest(source=source, file=file, file_name="f", **more), metadata=self.key, timeout=300))
        return updates[-1]

    def resume(self, id, review=False):
        return list(self.stub.ResumeImport(import_pb2.ResumeImportRequest(id=id, review=review), metadata=self.key, timeout=300))[-1]

    def check(self, source, file):
        return self.stub.CheckFile(import_pb2.CheckFileRequest(source=source, file=file.encode()), metadata=self.key)

    def rows(self, id, state=0):
        found, token = [], ""
        while True:
            page = self.stub.ListImportRows(import_pb2.ListImportRowsRequest(id=id, state=state, page_size=100, page_token=token), metadata=self.key)
            found += page.rows
            token = page.next_page_token
            if not token:
                return found

    def fix(self, id, line, **cells):
        return self.stub.AmendImportRow(import_pb2.AmendImportRowRequest(id=id, line=line, cells=cells), metadata=self.key).rows

    def leave(self, id, line, reason=""):
        return self.stub.DiscardImportRow(import_pb2.DiscardImportRowRequest(id=id, line=line, reason=reason), metadata=self.key).rows


@pytest.fixture(scope="module")
def imports(installation, remitd, configure):
    assert not configure(FORM, INVOICES, CONTRACT, PROJECTS)
    return Imports(installation, remitd)


@pytest.fixture(scope="module")
def customers(nordwind):
    return {n: nordwind.customer(n) for n in ("SO-1", "SO-2")}


def problems(rows):
    return {(r.line, p.column): p.message for r in rows for p in r.problems}


def refusal(call, *arguments, **more):
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments, **more)
    found = details(error.value)
    return found["ErrorInfo"].reason, "; ".join(f"{v.field}: {v.description}" for v in found["BadRequest"].field_violations) if "BadRequest" in found else error.value.details()


def document(nordwind, number):
    return nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number=number))


def test_every_row_is_taken_refused_or_known_and_they_add_up(imports, customers, nordwind):
    file = HEADER + row("SO-I-1", due=10, share="40", retention="50,5", signed="5.1.2026") + row("SO-I-1", due=40, share="60", retention="50,5", signed="5.1.2026") + row(
        "SO-I-2", "Customer SO-2", "2.000,5", currency="usd", project="q9") + row("SO-I-3", "nobody") + row("SO-I-4", amount="much") + row(
        "SO-I-5", issued=30) + row("SO-I-6", project="-") + row("SO-I-7", amount="100.000,00") + row("SO-I-8", due=1, share="50") + row("SO-I-8", "SO-2", due=9, share="50")
    planned = imports.check("erp", file)
    assert (planned.rows, planned.refused, list(planned.unused)) == (10, 6, [])
    update = imports.take("erp", file)
    done = getattr(update, "import")
    wrong = problems(imports.rows(done.id, import_pb2.REVIEW))
    assert (done.rows, done.taken, done.known, done.review, done.waiting, update.stopped) == (10, 3, 0, 7, 0, ""), wrong
    assert wrong[5, "Kunde"] == "finds no one customer of this number or name: there is none, or more than one (line 5)"
    assert "is not an amount" in wrong[6, "Brutto"] and "today" in wrong[7, "Datum"] and wrong[9, "Brutto"] == "is too much for one invoice"
    assert wrong[8, ""] == "must be given: Project" and "is another on line 10" in wrong[10, "Kunde"]
    first = document(nordwind, "SO-I-1").document
    assert (first.amount.amount, dict(first.custom)["project"], dict(first.custom)["signed"], first.custom["retention"]["amount"]) == ("1190.00", "P7", "2026-01-05", "50.50")
    assert document(nordwind, "SO-I-2").document.amount.currency == "USD"
    taken = imports.rows(done.id, import_pb2.TAKEN)
    assert [r.line for r in taken] == [2, 3, 4] and taken[0].resource == taken[1].resource == f"invoice/{first.id}"
    # The same file again is the same file; a longer one knows what is there.
    assert refusal(imports.take, "erp", file)[0] == "FILE_IMPORTED"
    again = getattr(imports.take("erp", file, again=True), "import")
    assert (again.taken, again.known, again.review) == (0, 3, 7)
    # People mend what was refused.
    assert [r.state for r in imports.fix(done.id, 5, Kunde="SO-2")] == [import_pb2.TAKEN]
    assert problems(imports.fix(done.id, 6, Brutto="12;5"))[6, "Brutto"].startswith("is not an amount")
    assert [r.state for r in imports.fix(done.id, 6, Brutto="12,5")] == [import_pb2.TAKEN]
    assert [r.state for r in imports.fix(done.id, 11, Kunde="SO-1")] == [import_pb2.TAKEN] * 2
    assert [(r.state, r.note) for r in imports.leave(done.id, 9, "theirs")] == [(import_pb2.LEFT, "theirs")]
    assert refusal(imports.fix, done.id, 2, Brutto="1")[0] == "ROW_DONE" and refusal(imports.leave, done.id, 5)[0] == "ROW_DONE"
    assert refusal(imports.fix, done.id, 99)[0] == "NO_ROW" and refusal(imports.fix, 99, 1)[0] == "NO_IMPORT"
    assert "no column" in refusal(imports.fix, done.id, 7, Nothing="1")[1]
    assert {line for line, _ in problems(imports.rows(done.id, import_pb2.REVIEW))} == {7, 8}
    summary = imports.stub.GetImport(import_pb2.GetImportRequest(id=done.id), metadata=imports.key)
    assert (summary.rows, summary.taken, summary.review, summary.left) == (10, 7, 2, 1)
    assert imports.stub.ListImports(import_pb2.ListImportsRequest(source="erp"), metadata=imports.key).imports[-1] == summary


def test_records_come_from_json(imports, installation, remitd):
    file = json.dumps({"meta": 1, "data": {"items": [
        {"code": "P-1", "info": {"title": "Hafen"}, "budget": "1000 EUR", "open": True, "people": 3}, {"code": "P-2", "info": {"title": None}},
        {"code": "P-3", "info": {"title": "苏州"}, "people": 2.5}, {"code": "P-1", "info": {"title": "again"}}, {"code": "P-5", "info": {"title": "x"}, "budget": 12.5}]}})
    done = getattr(imports.take("projects", file), "import")
    assert (done.taken, done.known, done.review) == (2, 0, 3)
    assert problems(imports.rows(done.id, import_pb2.REVIEW)) == {
        (2, "info.title"): "must be given: 名称", (3, "people"): "is no whole number", (4, "code"): "there is a project P-1 already"}
    with remitd.channel() as channel:
        record = record_pb2_grpc.RecordServiceStub(channel).GetRecord(record_pb2.GetRecordRequest(kind="project", id="P-1"), metadata=installation.key("nordwind"))
    assert record.custom["open"] is True and record.custom["people"] == 3 and record.custom["budget"]["amount"] == "1000.00"


def test_a_file_is_guessed_and_the_guess_works(installation, remitd, configure, tmp_path):
    huaxin = Company(installation, remitd.channel(), "huaxin")
    huaxin.customer("KH-9")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["华信贸易 应收发票清单"])
    sheet.append(["客户编号", "发票号码", "开票日期", "到期日", "价税合计", "税额", "项目编号", "备注"])
    import datetime
    issued = datetime.date.fromisoformat(day(-9))
    sheet.append(["KH-9", "00012345", issued, issued + datetime.timedelta(30), 1130.0, 130, "xm-1", "无"])
    sheet.append(["KH-9", "00012346", issued.strftime("%Y年%-m月%-d日"), (issued + datetime.timedelta(30)).strftime("%Y/%-m/%-d"), "￥2,260.00", "260.00", "xm-2", ""])
    sheet.append(["KH-9", "00012347", "昨天", issued, 1, 0, "xm-3", ""])
    path = tmp_path / "发票.xlsx"
    book.save(path)
    assert not configure(FORM.replace("nordwind", "huaxin"), company="huaxin")
    remit = lambda *words, check=True: installation.remit(remitd, "huaxin", "source", *words, check=check)
    proposed = remit("propose", "jinshui", str(path)).stdout
    assert "# not read: 备注" in proposed and 'invoice.custom.project, column: "项目编号"' in proposed and "find: {view: ledger.customer_v1" in proposed
    assert not configure(proposed, company="huaxin")
    told = remit("import", "jinshui", str(path), check=False)
    assert told.returncode == 65 and "3 rows, 2 taken, 0 known already, 1 to review" in told.stdout
    number = re.search("import ([0-9]+)", told.stdout)[1]
    assert "昨天" in remit("review", number).stdout
    assert "taken" in remit("fix", number, "5", f"开票日期={day(-20)}").stdout
    assert huaxin.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="00012346")).document.amount.amount == "2260.00"
    assert "jinshui" in remit("imports").stdout
    assert "3 rows, 1 row refused\nnot read: 备注" in remit("check", "jinshui", str(path)).stdout


@pytest.mark.parametrize("file, said", [
    (b"", "empty"), (b"a;b\n1;2\n", "lacks the column Beleg"), (b"%PDF-1.4", "PDF"), (b"PK\x03\x04rubbish", "file"), (b"\xd0\xcf\x11\xe0" + b"x" * 99, "XLSX"),
    (HEADER.encode() + b'"x', "quote"), (HEADER.encode("utf-16-le"), ""), (b"[" * 100000, ""), (HEADER.encode() + b";" * 600, "")])
def test_what_is_no_such_file_is_refused(imports, file, said):
    with pytest.raises(grpc.RpcError) as error:
        imports.take("erp", file)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and said in error.value.details(), error.value.details()


@pytest.mark.parametrize("change, said", [
    (("column: Beleg}", "column: Beleg, value: \"'x'\"}"), "not both"), (("invoice.number", "invoice.numbr"), "did you mean 'number'"),
    (("custom.signed", "custom.sigend"), "did you mean 'signed'"), (("view: ledger.customer_v1", "view: ledger.customers_v1"), "did you mean"),
    (("by: [number, name]", "by: [nummer]"), "did you mean 'number'"), (("gives: customer_id", "gives: id"), "no column"), (("gives: customer_id", "gives: 'x y'"), "must be of the form"),
    (("split('-')[0]", "splitt('-')"), "splitt"), (("PostInvoice", "PostInvoices"), "did you mean"), (("decimal_mark: comma", "decimal_mark: dot"), "point, comma"),
    (("file: {decimal_mark: comma}", "file: {delimiter: '/'}"), "comma"), (("file: {decimal_mark: comma}", "file: {encoding: latin9}"), "gb18030"),
    (("file: {decimal_mark: comma}", "record: project"), "keeps no records"), (("invoice.instalments.due_on", "invoice.instalments"), "no single value"),
    (("invoice.issued_on", "invoice.number"), "twice")])
def test_a_wrong_source_is_told_with_its_place(configure, imports, change, said):
    assert change[0] in INVOICES
    found = configure(INVOICES.replace(*change))
    assert found and any(said in message for _, _, message in found), found


def test_only_who_may_do_what_the_rows_ask_for_may_take_them(installation, remitd, imports, configure, customers):
    assert not configure("kind: role\nname: filer\npermissions: [platform.import.create, platform.import.resume]\n")
    with remitd.channel() as channel:
        keys = key_pb2_grpc.KeyServiceStub(channel)
        made = keys.CreateKey(key_pb2.CreateKeyRequest(principal="filer", roles=["filer"]), metadata=installation.key("nordwind"))
        installation.keys["filer"] = made.secret
        filer = Imports(installation, remitd, "filer")
        assert refusal(filer.take, "erp", HEADER + row("SO-N-1"))[0] == "NO_PERMISSION"
        other = Imports(installation, remitd, "huaxin")
        assert refusal(other.take, "erp", HEADER)[0] == "NO_SOURCE"
        assert refusal(lambda: other.stub.GetImport(import_pb2.GetImportRequest(id=77), metadata=other.key))[0] == "NO_IMPORT"
        # A key that is revoked takes no more.
        made = keys.CreateKey(key_pb2.CreateKeyRequest(principal="soon gone", roles=["owner"]), metadata=installation.key("nordwind"))
        installation.keys["gone"] = made.secret
        gone = Imports(installation, remitd, "gone")
        stream = gone.stub.ImportFile(import_pb2.ImportFileRequest(
            source="erp", file=(HEADER + "".join(row(f"SO-G-{n}") for n in range(2000))).encode()), metadata=gone.key)
        next(stream)
        keys.RevokeKey(key_pb2.RevokeKeyRequest(id=made.key.id), metadata=installation.key("nordwind"))
        last = list(stream)[-1]
    assert "holds no more" in last.stopped and 0 < getattr(last, "import").waiting < 2000


def test_an_import_goes_on_where_a_killed_server_left_it(installation, imports, configure, customers, nordwind):
    rows = 400
    file = HEADER + "".join(row(f"SO-K-{n}") for n in range(rows))
    told, id = {}, None
    for round in range(3):
        server = installation.serve()
        mine = Imports(installation, server)
        stream = (mine.stub.ImportFile(import_pb2.ImportFileRequest(source="erp", file=file.encode()), metadata=mine.key, timeout=120) if id is None
                  else mine.stub.ResumeImport(import_pb2.ResumeImportRequest(id=id), metadata=mine.key, timeout=120))
        first = next(stream)
        id = getattr(first, "import").id
        time.sleep(random.uniform(0.1, 0.6))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    # Two go on at once.
    updates = [None, None]
    threads = [threading.Thread(target=lambda n=n: updates.__setitem__(n, imports.resume(id))) for n in range(2)]
    [t.start() for t in threads], [t.join() for t in threads]
    summary = imports.stub.GetImport(import_pb2.GetImportRequest(id=id), metadata=imports.key)
    assert (summary.rows, summary.taken, summary.known, summary.review, summary.waiting) == (rows, rows, 0, 0, 0)
    numbers = [r.resource for r in imports.rows(id)]
    assert len(set(numbers)) == rows and all(n.startswith("invoice/") for n in numbers)
    assert document(nordwind, f"SO-K-{rows - 1}").document.amount.amount == "1190.00"


def test_who_goes_away_stops_it_and_the_rest_waits(installation, imports, customers):
    file = HEADER + "".join(row(f"SO-C-{n}") for n in range(600))
    stream = imports.stub.ImportFile(import_pb2.ImportFileRequest(source="erp", file=file.encode()), metadata=imports.key)
    id = getattr(next(stream), "import").id
    stream.cancel()
    end = time.monotonic() + 20
    before = None
    while time.monotonic() < end:
        now = imports.stub.GetImport(import_pb2.GetImportRequest(id=id), metadata=imports.key)
        if before is not None and now.taken == before and now.taken > 0:
            break
        before = now.taken
        time.sleep(1.5)
    assert 0 < now.taken < 600 and now.taken + now.waiting == 600
    update = imports.resume(id)
    assert getattr(update, "import").taken == 600 and not update.stopped
