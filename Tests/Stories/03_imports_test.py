"""Files as companies have them are imported whole or not at all, and what they amount to is what an independent computation finds."""

import collections
import csv
import datetime
import decimal
import io
import random

import grpc
import pytest
from companies import books_agree
from conftest import details, shared

from remit.ledger.v1 import ledger_pb2 as pb
from remit.ledger.v1 import ledger_pb2_grpc as rpc

REFUSED, NOTE = pb.ImportIssue.REFUSED, pb.ImportIssue.NOTE


def text(rows, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def issues(result):
    return [(i.severity, i.row, i.column, i.value) for i in result.issues]


# ---- the IBM set: 2,466 invoices of 100 customers with their settlement dates ------------------


def us_date(value):
    return datetime.datetime.strptime(value, "%m/%d/%Y").date()


def ibm(name):
    path = shared("data/ar-ibm") / name
    data = path.read_bytes()
    return data, list(csv.DictReader(io.StringIO(data.decode())))


def customers_of(rows):
    return text([["Customer no.", "Name"]] + [[number, f"Company {number}"] for number in sorted({r["customerID"] for r in rows})])


RECEIPT_COLUMNS = {"amount": "InvoiceAmount", "external_id": "invoiceNumber"}


def test_every_invoice_and_settlement_of_the_ibm_set_ages_as_computed_independently(nordwind, installation):
    data, rows = ibm("WA_Fn-UseC_-Accounts-Receivable.csv")
    assert len(rows) == 2466
    assert nordwind.load("customers", customers_of(rows))[0].created == 100
    result, progress = nordwind.load("invoices", data, date_order=pb.MONTH_DAY_YEAR)
    assert (result.created, result.refused, list(result.issues)) == (2466, 0, [])
    assert progress[-1].phase == pb.ImportProgress.WRITING and {p.rows for p in progress} == {2466}
    assert nordwind.load("receipts", data, date_order=pb.MONTH_DAY_YEAR, columns=RECEIPT_COLUMNS)[0].created == 2466

    edges = [1, 31, 61, 91]
    seen = set()
    for as_of in (datetime.date(2012, 6, 30), datetime.date(2013, 3, 31), datetime.date(2013, 11, 15)):
        expected = collections.defaultdict(lambda: [decimal.Decimal(0)] * 5)
        for row in rows:
            if us_date(row["InvoiceDate"]) <= as_of < us_date(row["SettledDate"]):
                overdue = (as_of - us_date(row["DueDate"])).days
                bucket = sum(overdue >= edge for edge in edges)
                sums = list(expected[row["customerID"]])
                sums[bucket] += decimal.Decimal(row["InvoiceAmount"])
                expected[row["customerID"]] = sums
        ageing = nordwind.ageing(as_of=as_of.isoformat(), by_customer=True, page_size=1000)
        found = {line.customer_number: [decimal.Decimal(m.amount) for m in line.buckets] for line in ageing.customers}
        assert found == expected and len(found) > 20
        [total] = ageing.totals
        assert [decimal.Decimal(m.amount) for m in total.buckets] == [sum(column) for column in zip(*expected.values())]
        assert decimal.Decimal(total.balance.amount) == sum(map(sum, expected.values()))
        items = nordwind.items(as_of=as_of.isoformat(), page_size=500)
        assert sum(decimal.Decimal(i.open.amount) for i in items) == decimal.Decimal(total.balance.amount)
        seen.add(total.balance.amount)
        # The pages hold the same lines.
        lines, token = [], ""
        while True:
            page = nordwind.ageing(as_of=as_of.isoformat(), by_customer=True, page_size=7, page_token=token)
            lines += page.customers
            token = page.next_page_token
            if not token:
                break
        assert lines == list(ageing.customers)
    assert len(seen) == 3
    # Everything was paid in the end.
    assert nordwind.items() == [] and not nordwind.ageing().totals
    assert books_agree(installation, 2)["EUR"] == (0, 0)


def test_a_file_that_comes_again_changes_nothing(nordwind, installation):
    data, rows = ibm("WA_Fn-UseC_-Accounts-Receivable.csv")
    before = installation.psql("SELECT (SELECT count(*) FROM ledger.movement), (SELECT count(*) FROM host.call WHERE principal NOT LIKE 'job %')").stdout
    for kind, options in (("customers", {}), ("invoices", {}), ("receipts", {"columns": RECEIPT_COLUMNS})):
        file = customers_of(rows) if kind == "customers" else data
        for body in (file, file + b"\r\n"):  # the same bytes, and the same rows in another file
            result, _ = nordwind.load(kind, body, date_order=pb.MONTH_DAY_YEAR, **options)
            assert (result.created, result.unchanged, list(result.issues)) == (0, 100 if kind == "customers" else 2466, [])
    assert installation.psql("SELECT (SELECT count(*) FROM ledger.movement), (SELECT count(*) FROM host.call WHERE principal NOT LIKE 'job %')").stdout == before


def test_a_dirtied_copy_adds_up_and_each_refusal_says_where_and_why(huaxin, installation):
    data, rows = ibm("WA_Fn-UseC_-Accounts-Receivable_with_missing.csv")
    assert huaxin.load("customers", customers_of(rows))[0].refused == 0
    # Its blanks are in columns that invoices do not need; more dirt, of which we know where it is.
    soil = random.Random(20130101)
    dirt = {}
    for line in soil.sample(range(2, len(rows) + 2), 200):
        row = rows[line - 2]
        column, value = soil.choice([
            ("InvoiceAmount", "n/a"), ("InvoiceAmount", ""), ("InvoiceAmount", "-5.00"), ("InvoiceAmount", "12.345"), ("InvoiceAmount", "12x"),
            ("InvoiceDate", "13/32/2013"), ("InvoiceDate", ""), ("InvoiceDate", "1/1/2999"), ("DueDate", "1/1/1999"), ("DueDate", "soon"),
            ("customerID", "nobody"), ("customerID", ""), ("invoiceNumber", "")])
        row[column] = value
        dirt[line] = (column, value)
    file = text([list(rows[0])] + [list(r.values()) for r in rows])
    result, _ = huaxin.load("invoices", file, date_order=pb.MONTH_DAY_YEAR)
    assert (result.rows, result.created, result.refused, result.held_back) == (2586, 0, 200, 2386)
    found = {i.row: (i.column, i.value) for i in result.issues if (i.column, i.value) == dirt.get(i.row)}
    assert found == dirt and all(i.reason and i.severity == REFUSED for i in result.issues)
    assert {i.row for i in result.issues} == set(dirt)
    assert huaxin.items() == [], "nothing was written"

    result, _ = huaxin.load("invoices", file, date_order=pb.MONTH_DAY_YEAR, skip_refused=True)
    assert (result.rows, result.created, result.refused, result.held_back) == (2586, 2386, 200, 0)
    good = [r for line, r in enumerate(rows, 2) if line not in dirt]
    total = sum(decimal.Decimal(r["InvoiceAmount"]) for r in good)
    assert decimal.Decimal(huaxin.ageing().totals[0].balance.amount) == total
    assert books_agree(installation, 1)["CNY"][0] == total * 100


# ---- files as people write them ---------------------------------------------------------------


def invoices(numbers, amounts=None, header=("客户编号", "发票号码", "价税合计", "开票日期", "到期日"), dates=("2024-01-05", "2024年2月4日")):
    return [header] + [["客-1", n, amounts[i] if amounts else "￥1,234.00", *dates] for i, n in enumerate(numbers)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators(huaxin, encoding, delimiter):
    huaxin.load("customers", text([["客户编号", "客户名称"], ["客-1", "上海华东机械"]], encoding, delimiter))
    customer = huaxin.call("ListCustomers", pb.ListCustomersRequest(number="客-1")).customers[0].id
    number = f"发-{encoding}-{ord(delimiter)}"
    file = text(invoices([number], ["１，２３４．５０"]), encoding, delimiter)
    result, _ = huaxin.load("invoices", file)
    assert (result.created, list(result.issues)) == (1, [])
    item = next(i for i in huaxin.items(customer_id=customer) if i.number == number)
    assert (item.amount.amount, item.issued_on, item.due_on) == ("1234.50", "2024-01-05", "2024-02-04")
    assert item.customer_name == "上海华东机械"


def test_headers_in_any_order_with_line_breaks_and_german_forms(nordwind):
    result, _ = nordwind.load("customers", text([["Firma", "Stadt", "Kunden-Nr."], ['Müller & "Söhne" GmbH', "Köln\nDeutz", "D-1"]], "utf-8", ";"))
    assert result.created == 1
    rows = [["Fällig am", "Bemerkung", "Betrag", "Rechnungs-Nr.", "MwSt", "Rechnungsdatum", "Kunde"],
            ["04.02.2024", "mit\r\nUmbruch; und \"Zitat\"", "1.234,56 €", "D-R1", "197,11", "05.01.2024", "D-1"]]
    result, _ = nordwind.load("invoices", text(rows, "windows-1252", ";"), encoding="windows-1252")
    assert (result.created, list(result.issues)) == (1, [])
    item = next(i for i in nordwind.items() if i.number == "D-R1")
    assert (item.open.amount, item.issued_on, item.due_on, item.customer_name) == ("1234.56", "2024-01-05", "2024-02-04", 'Müller & "Söhne" GmbH')


def test_what_can_be_meant_in_two_ways_is_refused_until_it_is_stated(huaxin):
    file = text(invoices(["发-2a", "发-2b", "发-2c"], ["1,234", "1,234.5", "(12.50)"], dates=("1/5/2013", "2013-03-01")))
    result, _ = huaxin.load("invoices", file)
    assert result.refused == 3 and issues(result)[:2] == [(REFUSED, 2, "价税合计", "1,234"), (REFUSED, 2, "开票日期", "1/5/2013")]
    assert "two amounts" in result.issues[0].reason and "two dates" in result.issues[1].reason
    result, _ = huaxin.load("invoices", file, date_order=pb.DAY_MONTH_YEAR, decimal_mark=pb.POINT)
    assert issues(result) == [(REFUSED, 2, "到期日", "2013-03-01"), (REFUSED, 3, "到期日", "2013-03-01"),
                              (REFUSED, 4, "价税合计", "(12.50)"), (REFUSED, 4, "到期日", "2013-03-01")]
    result, _ = huaxin.load("invoices", file, date_order=pb.MONTH_DAY_YEAR, decimal_mark=pb.POINT, skip_refused=True)
    assert (result.created, issues(result)) == (2, [(REFUSED, 4, "价税合计", "(12.50)")])


def test_receipts_settle_in_part_in_full_and_over(nordwind):
    nordwind.load("customers", text([["number", "name"], ["E-1", "E"], ["E-2", "F"]]))
    nordwind.load("invoices", text([["customer", "invoice", "amount", "date", "due date"],
                                    ["E-1", "E-R1", "100.00", "2024-01-05", "2024-02-04"], ["E-2", "E-R2", "50.00", "2024-01-05", "2024-02-04"]]))
    file = text([["invoice", "customer", "amount", "received"],
                 ["E-R1", "", "40", "2024-02-01"], ["E-R1", "E-1", "40", "2024-02-02"], ["E-R1", "E-1", "40", "2024-02-03"],
                 ["", "E-2", "7", "2024-02-03"]])
    result, _ = nordwind.load("receipts", file)
    assert (result.created, issues(result)) == (4, [(NOTE, 4, "amount", "40")]) and "20.00 EUR more" in result.issues[0].reason
    line = {l.customer_number: l for l in nordwind.ageing(by_customer=True, page_size=1000).customers}
    assert (line["E-1"].balance.amount, line["E-1"].credits.amount) == ("-20.00", "-20.00")
    assert (line["E-2"].balance.amount, line["E-2"].credits.amount) == ("43.00", "-7.00")
    # These rows have no number of their own: the file as a whole is known.
    assert nordwind.load("receipts", file)[0].unchanged == 4
    refused = text([["invoice", "customer", "amount", "received"],
                    ["E-R2", "E-1", "1", "2024-02-01"], ["E-R9", "E-1", "1", "2024-02-01"], ["", "", "1", "2024-02-01"],
                    ["", "E-1", "1", "2024-02-01"]])
    result, _ = nordwind.load("receipts", refused, skip_refused=True)
    assert result.created == 1 and issues(result) == [
        (REFUSED, 2, "invoice", "E-R2"), (REFUSED, 3, "invoice", "E-R9"), (REFUSED, 4, "customer", "")]
    # Again: what was imported stays; what was refused is tried again, and now there is such an invoice.
    nordwind.load("invoices", text([["customer", "invoice", "amount", "date", "due date"], ["E-1", "E-R9", "9", "2024-01-05", "2024-02-04"]]))
    result, _ = nordwind.load("receipts", refused, skip_refused=True)
    assert (result.created, result.unchanged, result.refused) == (1, 1, 2)


def test_rows_that_are_known_or_twice_change_nothing_and_differences_are_told(nordwind):
    nordwind.load("customers", text([["number", "name"], ["F-1", "F"]]))
    header = ["customer", "invoice", "amount", "date", "due date", "external id"]
    row = ["F-1", "F-R1", "10", "2024-01-05", "2024-02-04", "erp-1"]
    assert nordwind.load("invoices", text([header, row, row]))[0].unchanged == 1
    changed = row[:2] + ["11"] + row[3:]
    result, _ = nordwind.load("invoices", text([header, changed]))
    assert (result.unchanged, issues(result)) == (1, [(NOTE, 2, "amount", "11")]) and "10.00 EUR of 2024-01-05" in result.issues[0].reason
    other = row[:5] + ["erp-2"]
    result, _ = nordwind.load("invoices", text([header, other]))
    assert issues(result) == [(REFUSED, 2, "invoice", "F-R1")]
    new = ["F-1", "F-R2", "5", "2024-01-05", "2024-02-04", "erp-3"]
    result, _ = nordwind.load("invoices", text([header, new, new[:2] + ["6"] + new[3:]]))
    assert (result.held_back, issues(result)) == (1, [(REFUSED, 3, "external id", "erp-3")])
    result, _ = nordwind.load("customers", text([["number", "name"], ["F-1", "Another"]]))
    assert (result.unchanged, issues(result)) == (1, [(NOTE, 2, "name", "Another")])


@pytest.mark.parametrize("file, options, words", [
    (b"", {}, "file is empty"),
    (b"\n\n", {}, "no header"),
    (b"a,b\n1,2\n", {}, "columns must say which is number, name (number=HEADER)"),
    (b"number,name,customer id\n1,2,3\n", {}, "columns are in doubt: number and customer id"),
    (b"number,name\n1,2\n", {"columns": {"number": "nummer"}}, "have no header nummer"),
    (b"number,name\n1,2\n", {"columns": {"phone": "name"}}, "there are number, name"),
    (b"number,name\n1,\"2\n", {}, "quote on line 2 that is not closed"),
    (b"number,name\n1,M\xfcller\n", {}, "encoding must be given"),
    (b"number,name\n1,M\xfcller\n", {"encoding": "utf-8"}, "byte 16"),
    (b"number,name\n1,2\n", {"encoding": "morse"}, "encoding must be one of"),
    (b"number,name\n1,2\n", {"delimiter": "x"}, "delimiter must be"),
    (b"number,name\n" + b"1,2\n" * 50_001, {}, "at most 50000")])
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(nordwind, file, options, words):
    with pytest.raises(grpc.RpcError) as error:
        nordwind.load("customers", file, **options)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in error.value.details() and details(error.value)["BadRequest"].field_violations


def test_rows_of_the_wrong_length_are_refused(nordwind):
    result, _ = nordwind.load("customers", b"number,name\nG-1,a,b\nG-2\nG-3,c\n", skip_refused=True)
    assert (result.created, [(i.row, i.reason) for i in result.issues if not i.column]) == (
        1, [(2, "has 3 fields; the header has 2"), (3, "has 1 fields; the header has 2")])


def test_two_imports_of_one_file_at_once_import_it_once(nordwind, installation):
    nordwind.load("customers", text([["number", "name"], ["H-1", "H"]]))
    file = text([["customer", "amount", "received"]] + [["H-1", "1", "2024-02-01"]] * 500)
    calls = [nordwind.ledger.ImportReceipts(pb.ImportRequest(file=file), metadata=nordwind.metadata, timeout=60) for _ in range(4)]
    created = 0
    for call in calls:
        try:
            created += list(call)[-1].result.created
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.ABORTED and "nothing was imported" in error.details()
    assert created == 500
    [line] = [l for l in nordwind.ageing(by_customer=True, page_size=1000).customers if l.customer_number == "H-1"]
    assert line.balance.amount == "-500.00"
    books_agree(installation, 2)
