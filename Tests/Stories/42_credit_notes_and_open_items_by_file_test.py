"""A company comes from another system with what was open there, and brings a month's credit notes in a file."""

import grpc
import pytest
from companies import books_agree, day, no_fault

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb

REFUSED, NOTE = pb.ImportIssue.REFUSED, pb.ImportIssue.NOTE

OPEN = """Offene Posten zum 31.12.2025
Kunden-Nr.;Rechnungs-Nr.;Rechnungsdatum;Fällig am;Rechnungsbetrag;offen;Währung;Kurs
1001;R-1;03.11.2025;03.12.2025;1.190,00;690,00;EUR;
1001;GS-9;10.12.2025;;-50,00;-50,00;EUR;
1002;R-2;01.12.2025;31.12.2025;1.000,00;1.000,00;USD;0,90
Summe;;;;;;;
"""
NOTES = """红字发票号码,客户编号,原发票号码,开票日期,价税合计,税额,备注
HZ-1,2001,F-1,2026-03-05,-113.00,-13.00,退货
HZ-2,2001,,2026-03-06,-20.00,,折让
"""


def issues(result, severity=REFUSED):
    return [(i.row, i.column, i.reason) for i in result.issues if i.severity == severity]


def entries(company, kind, number):
    return [(e.debit, e.credit, e.amount.amount, e.base_amount.amount) for e in company.call("GetDocument", pb.GetDocumentRequest(kind=kind, number=number)).entries]


@pytest.fixture(scope="module", autouse=True)
def customers(nordwind, huaxin):
    assert nordwind.load("customers", b"number,name\n1001,Alpha Bau\n1002,Beta Inc\n")[0].created == 2
    assert huaxin.load("customers", "number,name\n2001,华信贸易\n2002,Other\n".encode())[0].created == 2
    assert huaxin.load("invoices", "customer,number,amount,tax,date,due\n2001,F-1,113.00,13.00,2026-02-01,2026-03-01\n2002,F-2,50.00,0,2026-02-01,2026-03-01\n".encode())[0].created == 2


def test_what_was_open_before_is_brought_over(installation, remitd, nordwind, tmp_path):
    result, _ = nordwind.load("OpenItems", OPEN.encode("utf-8-sig"), posted_on="2026-01-01")
    assert result.created == 3 and not issues(result), result
    items = {i.number: i for i in nordwind.items()}
    assert {n: (i.issued_on, i.due_on, i.open.amount, i.open.currency) for n, i in items.items()} == {
        "R-1": ("2025-11-03", "2025-12-03", "690.00", "EUR"), "GS-9": ("2025-12-10", "2025-12-10", "-50.00", "EUR"), "R-2": ("2025-12-01", "2025-12-31", "1000.00", "USD")}
    assert entries(nordwind, "opening", "R-1") == [("1100", "9000", "690.00", "690.00")]
    assert entries(nordwind, "opening", "GS-9") == [("9000", "1100", "50.00", "50.00")]
    assert entries(nordwind, "opening", "R-2") == [("1100", "9000", "1000.00", "900.00")]
    # In the books from the day of the change on, and as old as they are.
    assert [i.number for i in nordwind.items(as_of="2025-12-31")] == []
    trial = nordwind.books.GetTrialBalance(books.GetTrialBalanceRequest(to="2026-01-01"), metadata=nordwind.metadata)
    assert {l.account.code: l.closing.amount for l in trial.lines} == {"1100": "1540.00", "9000": "-1540.00"}
    result, _ = nordwind.load("OpenItems", OPEN.encode("utf-8-sig") + b"\n", posted_on="2026-01-01")
    assert (result.created, result.unchanged) == (0, 3), "again, it changes nothing"
    receipt = nordwind.receipt(items["R-1"].customer_id, "690.00", received=-5, number="Z-1")
    nordwind.allocate(credits=["Z-1"], debits=["R-1"])
    assert nordwind.open("R-1") == ["0"]
    # What comes later names it by the number it had.
    items_csv = b"customer,number,open,date,due\n1001,R-8,100.00,2026-01-05,2026-02-05\n"
    assert nordwind.load("OpenItems", items_csv)[0].created == 1
    assert nordwind.load("receipts", b"invoice,amount,date\nR-8,60.00,2026-02-01\n")[0].created == 1
    assert nordwind.load("CreditNotes", b"customer,number,invoice,date,amount\n1001,GS-8,R-8,2026-02-02,15.00\n")[0].created == 1
    assert nordwind.open("R-8", "GS-8") == ["25.00", "0"]
    books_agree(installation, installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'nordwind'").stdout.strip())
    (tmp_path / "open.csv").write_text("customer,number,open,date,due\n1001,R-77,5.00,2026-02-01,2026-03-01\n")
    assert installation.remit(remitd, "nordwind", "import", "open-items", str(tmp_path / "open.csv"), "--posted-on", "2026-02-15").stdout == "1 open items: 1 imported\n"


def test_credit_notes_settle_what_they_name(installation, huaxin):
    result, _ = huaxin.load("CreditNotes", NOTES.encode("gb18030"))
    assert result.created == 2 and not issues(result), result
    assert entries(huaxin, "credit_note", "HZ-1") == [("2200", "1100", "13.00", "13.00"), ("4000", "1100", "100.00", "100.00")]
    document = huaxin.call("GetDocument", pb.GetDocumentRequest(kind="credit_note", number="HZ-1"))
    assert (document.document.amount.amount, document.document.tax.amount, document.document.reason) == ("113.00", "13.00", "退货")
    assert [(a.line.debit.number, a.line.amount.amount) for a in document.allocations] == [("F-1", "113.00")]
    assert huaxin.open("F-1", "HZ-1", "HZ-2", "F-2") == ["0", "0", "-20.00", "50.00"]
    positive = NOTES.replace("-113.00,-13.00", "30.00,0").replace("-20.00", "21.00").replace("HZ-", "HP-")
    result, _ = huaxin.load("CreditNotes", positive.encode())
    assert result.created == 2 and issues(result, NOTE) == [(2, "价税合计", "is 30.00 CNY more than the invoice has open; that stays a credit")]
    books_agree(installation, installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'huaxin'").stdout.strip())


@pytest.mark.parametrize("kind, row, column, words", [
    ("CreditNotes", "X-1,2001,,2026-03-05,0,,", "amount", "must not be 0"),
    ("CreditNotes", "X-1,2001,,2026-03-05,-5,6,", "tax", "must have the sign of the amount"),
    ("CreditNotes", "X-1,2001,,2026-03-05,5,6,", "tax", "and be at most that"),
    ("CreditNotes", "X-1,2001,nope,2026-03-05,5,,", "invoice", "is no invoice's number"),
    ("CreditNotes", "X-1,2001,F-2,2026-03-05,5,,", "invoice", "is another customer's"),
    ("CreditNotes", "X-1,2009,,2026-03-05,5,,", "customer", "import the customer first"),
    ("CreditNotes", "X-1,2001,,2126-03-05,5,,", "date", "is after today"),
    ("CreditNotes", ",2001,,2026-03-05,5,,", "number", "must be given"),
    ("CreditNotes", "X-1,2001,,2026-03-05,5,,\nX-1,2001,,2026-03-05,5,,", "number", "too; if these are lines of one"),
    ("CreditNotes", "X-1,2001,,2026-03-05,5,,\nX-2,2001,,2026-03-05,-5,,", "amount", "is positive, and"),
    ("OpenItems", "X-1,2001,,2026-03-05,10000000000000.01,,", "amount", "10000000000000.00"),
])
def test_rows_that_are_refused(huaxin, kind, row, column, words):
    file = "number,customer,invoice,date,amount,tax,note\n" + row + "\n"
    before = len(huaxin.items())
    if kind == "OpenItems":
        file = file.replace(",invoice,", ",x,")
    result, _ = huaxin.load(kind, file.encode())
    assert result.created == 0 and {(c, words in r) for _, c, r in issues(result)} == {(column, True)}, issues(result)
    assert len(huaxin.items()) == before


def test_the_day_in_the_books_is_a_day_of_these_kinds(huaxin):
    header = b"number,customer,date,due,amount\n"
    for kind, given, words in (("receipts", "2026-01-01", "is for invoices, credit notes, open items"), ("OpenItems", "soon", "posted_on"), ("OpenItems", day(3), None)):
        if words:
            with pytest.raises(grpc.RpcError) as error:
                huaxin.load(kind, header, posted_on=given)
            assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and words in error.value.details()
        else:
            result, _ = huaxin.load(kind, header + b"P-1,2001,2026-01-05,2026-02-05,5.00\n", posted_on=given)
            assert result.refused == 1 and "is after today" in issues(result)[0][2]
    for option, kind in (("add_up_lines", "OpenItems"), ("take_early_due_dates", "CreditNotes"), ("repeated_are_new", "invoices"), ("add_up_lines", "customers")):
        with pytest.raises(grpc.RpcError) as error:
            huaxin.load(kind, header, **{option: True})
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and f"{option} is for" in error.value.details()
    result, _ = huaxin.load("OpenItems", header + b"P-2,2001,2026-03-05,2026-04-05,5.00\n", posted_on="2026-01-01")
    assert result.created == 1 and huaxin.call("GetDocument", pb.GetDocumentRequest(kind="opening", number="P-2")).document.posted_on == "2026-03-05", "what came later is in the books on its day"


def test_an_invoice_and_the_open_item_it_came_as_are_one(huaxin):
    """Either way round, also two of them; with another customer it is refused, as a number of another customer's is."""
    open_items = b"number,customer,date,due,open\nB-1,2001,2026-01-05,2026-02-05,60.00\nB-2,2001,2026-01-05,2026-02-05,10.00\n"
    assert huaxin.load("OpenItems", open_items, posted_on="2026-02-01")[0].created == 2
    result, _ = huaxin.load("invoices", b"number,customer,date,due,amount\nB-1,2001,2026-01-05,2026-02-05,100.00\nB-3,2001,2026-01-05,2026-02-05,7.00\n")
    assert (result.created, result.unchanged) == (1, 1)
    assert issues(result, NOTE) == [(2, "number", "is in the books as an open item over 60.00 CNY of 2026-01-05; it was not posted again")]
    result, _ = huaxin.load("OpenItems", b"number,customer,date,due,open\nB-3,2001,2026-01-05,2026-02-05,7.00\n")
    assert result.unchanged == 1 and issues(result, NOTE) == [(2, "number", "is in the books as an invoice over 7.00 CNY of 2026-01-05; it was not posted again")]
    for kind, number, words in (("invoices", "B-1", "an open item over 60.00 CNY"), ("OpenItems", "B-3", "an invoice over 7.00 CNY"),
                                ("invoices", "B-3", "an invoice over 7.00 CNY"), ("OpenItems", "B-1", "an open item over 60.00 CNY")):
        result, _ = huaxin.load(kind, f"number,customer,date,due,amount\n{number},2002,2026-01-05,2026-02-05,5.00\n".encode())
        assert issues(result) == [(2, "number", f"is that of {words} of 2026-01-05 of customer 2001 in the books")], (kind, number)
    result, _ = huaxin.load("OpenItems", open_items, posted_on="2026-02-10")
    for again in (open_items, open_items + b"\n"):
        result, _ = huaxin.load("OpenItems", again, posted_on="2026-02-10")
        assert result.unchanged == 2 and [(r, c, "have it from 2026-02-01 on" in w) for r, c, w in issues(result, NOTE)] == [(2, "posted_on", True), (3, "posted_on", True)]


def test_a_credit_note_is_of_the_customer_of_its_invoice(huaxin):
    assert huaxin.load("invoices", b"customer,number,amount,tax,date,due\n2002,F-9,50.00,0,2026-02-01,2026-03-01\n")[0].created == 1
    result, _ = huaxin.load("CreditNotes", b"number,invoice,date,amount\nC-9,F-9,2026-03-05,20.00\nC-8,,2026-03-05,20.00\nC-7,F-0,2026-03-05,20.00\n", skip_refused=True)
    assert result.created == 1 and issues(result) == [(3, "customer", "must be given where the row names no invoice"), (4, "invoice", "is no invoice's number")]
    assert huaxin.open("F-9") == ["30.00"] and [i.customer_number for i in huaxin.items() if i.number == "F-9"] == ["2002"]
    result, _ = huaxin.load("CreditNotes", "编号,发票号码,开票日期,记账日期,金额\nC-6,F-9,2026-03-05,2026-03-01,5.00\n".encode(), columns={"number": "编号", "invoice": "发票号码"})
    assert issues(result) == [(2, "记账日期", "is before 开票日期, 2026-03-05")]


def test_files_that_are_none_and_options_without_value(installation, remitd, tmp_path):
    def run(*arguments):
        return installation.remit(remitd, "huaxin", *arguments, check=False)

    for file, words in (("/dev/null", "remit: file is empty"), (str(tmp_path), "cannot be read: Is a directory"), (str(tmp_path / "no"), "cannot be read: No such file")):
        done = run("import", "open-items", file)
        assert words in done.stderr and done.returncode == (1 if file == "/dev/null" else 66), done.stderr
    for option in (["--posted-on", ""], ["--posted-on="]):
        done = run("import", "open-items", "/dev/null", *option)
        assert (done.returncode, done.stderr) == (64, "remit: --posted-on has an empty value; leave it out, or give one\n")
    assert "cannot be read" in run("import", "open-items", str(tmp_path / "no"), "--column=number=a=").stderr, "an equals sign may end a value"


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)
