"""What a newcomer's files said and was not read: which way an amount is, what is void, rates of tax, thousands, who is meant; what was reversed;
and the same document by two roads, one after the other and at once."""

import concurrent.futures

import grpc
import pytest
from companies import books_agree, day, no_fault

from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb

REFUSED, NOTE = pb.ImportIssue.REFUSED, pb.ImportIssue.NOTE
INVOICES = "number,customer,date,due,amount\n"


def issues(result, severity=REFUSED):
    return [(i.row, i.column, i.reason) for i in result.issues if i.severity == severity]


def load(company, kind, file, **options):
    return company.load(kind, file.encode(), **options)[0]


def refused(company, kind, file, **options):
    with pytest.raises(grpc.RpcError) as error:
        load(company, kind, file, **options)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    return error.value.details()


def taken(words, call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    assert error.value.code() in (grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.FAILED_PRECONDITION) and words in error.value.details(), error.value.details()


def reverse(company, kind, number):
    document = company.call("GetDocument", pb.GetDocumentRequest(kind=kind, number=number)).document
    company.call("ReverseDocument", pb.ReverseDocumentRequest(id=document.id, reason="wrong"))


def amounts(company, *numbers):
    items = company.items()
    return [i.open.amount for number in numbers for i in items if i.number == number]


@pytest.fixture(scope="module", autouse=True)
def customers(nordwind, huaxin):
    assert load(nordwind, "customers", "number,name,eu_vat\n1001,Alpha Bau,DE136695976\n1002,Beta Inc,\n").created == 2
    assert load(huaxin, "customers", "number,name\n2001,华信贸易\n2002,苏州明德电子有限公司\n").created == 2


def test_a_column_says_which_way_an_amount_is(huaxin, nordwind):
    assert load(huaxin, "OpenItems", "客户编号,单据编号,单据日期,方向,余额\n2001,V-6,2026-01-04,贷,30.00\n2001,V-7,2026-01-04,借,31.00\n").created == 2
    assert amounts(huaxin, "V-6", "V-7") == ["-30.00", "31.00"]
    assert load(nordwind, "OpenItems", "Kundennummer;Rechnungsnummer;Datum;S/H;Saldo\n1001;SH-2;05.01.2026;H;190,00\n1001;SH-3;05.01.2026;S;-7,00\n").created == 2
    assert amounts(nordwind, "SH-2", "SH-3") == ["-190.00", "-7.00"]
    result = load(nordwind, "OpenItems", "customer,number,date,D/C,open\n1001,N-1,2026-01-05,C,-1.00\n1001,N-2,2026-01-05,x,1.00\n")
    assert [(r, c) for r, c, _ in issues(result)] == [(2, "open"), (3, "D/C")] and "neither debit" in issues(result)[1][2]
    result = load(huaxin, "receipts", "交易日期,借贷标志,交易金额,对方户名\n20260122,借,250.00,苏州明德电子有限公司\n20260122,贷,251.00,苏州明德电子有限公司\n", skip_refused=True)
    assert result.created == 1 and issues(result) == [(2, "借贷标志", "says that it went out; refunds are posted by themselves: remit post refund")]
    result = load(nordwind, "invoices", "number,customer,date,due,Soll/Haben,amount\nX,1001,2026-01-05,2026-02-05,H,5.00\n")
    assert [(r, c, "remit import credit-notes" in w) for r, c, w in issues(result)] == [(2, "Soll/Haben", True)]
    sided = "客户编号,单据编号,单据日期,借方,贷方,余额\n2001,V-8,2026-01-04,,30.00,30.00\n"
    assert "借方 and 贷方" in refused(huaxin, "OpenItems", sided) and "amount=HEADER" in refused(huaxin, "OpenItems", sided)
    assert load(huaxin, "OpenItems", sided, columns={"amount": "借方"}).refused == 1


def test_what_is_void_is_no_document(huaxin, nordwind):
    result = load(huaxin, "invoices", "客户编号,发票号码,开票日期,到期日,价税合计,发票状态\n2001,F-1,2026-01-05,2026-02-05,10.00,已作废\n2001,F-2,2026-01-05,2026-02-05,10.00,正常\n", skip_refused=True)
    assert result.created == 1 and [(r, c) for r, c, _ in issues(result)] == [(2, "发票状态")]
    result = load(nordwind, "invoices", "number,customer,date,due,amount,Status\nW-1,1001,2026-01-05,2026-02-05,10.00,Voided\n")
    assert [(r, c, "no valid document" in w) for r, c, w in issues(result)] == [(2, "Status", True)]


@pytest.mark.parametrize("kind, header, words", [
    ("invoices", "Kundennummer;Rechnungsnummer;Datum;Fällig am;Betrag;MwSt %", "have a rate, MwSt %"),
    ("invoices", "customer,number,date,due,Net amount,VAT (%)", "have a rate, VAT (%)"),
    ("invoices", "客户编号,发票号码,开票日期,到期日,金额,税率", "have a rate, 税率"),
    ("CreditNotes", "客户编号,编号,开票日期,金额,税率", "have a rate, 税率"),
    ("OpenItems", "应收账款明细（单位：万元）\n客户编号,单据编号,单据日期,余额", "says 万元 on line 1"),
    ("invoices", "number,customer,date,amount", "must say which is due_on (due_on=HEADER)"),
])
def test_a_rate_is_no_amount_and_thousands_no_units(huaxin, kind, header, words):
    separator = ";" if ";" in header else ","
    assert words in refused(huaxin, kind, f"{header}\n" + separator.join(["2001", "Q-1", "2026-01-05", "2026-02-05", "10.00", "19"]) + "\n")


def test_other_rates_and_words_do_no_harm(nordwind):
    file = "Offene Rechnungen Spediteur\n" + "number,customer,date,due,amount,Discount %,Spediteur\nO-1,1001,2026-01-05,2026-02-05,5.00,2,x\n"
    assert load(nordwind, "invoices", file).created == 1
    assert "says teur on line 1" in refused(nordwind, "invoices", file.replace("Rechnungen Spediteur", "Posten (in TEUR)"))
    assert load(nordwind, "invoices", "number,customer,date,due,amount,20%\nO-2,1001,2026-01-05,2026-02-05,6.00,1.00\n", columns={"tax": "20%"}).created == 1


def test_who_is_meant_is_said_by_one_or_by_all(nordwind, huaxin):
    row = "number,customer,customer_name,tax id,date,due,amount\n{},{},{},{},2026-01-05,2026-02-05,5.00\n"
    result = load(nordwind, "invoices", row.format("T-1", "1002", "", "DE136695976"))
    assert issues(result) == [(2, "tax id", "is the tax number of 1001, and the row names another customer before it")]
    result = load(nordwind, "invoices", row.format("T-1", "1002", "Alpha Bau GmbH", ""))
    assert issues(result) == [(2, "customer_name", "is the name of 1001, and the row names another customer before it")]
    assert load(nordwind, "invoices", row.format("T-1", "1001", "Alpha Bau GmbH", "DE136695976")).created == 1
    assert load(huaxin, "invoices", "客户编号,发票号码,开票日期,到期日,价税合计\n２００１,Ｖ－３,2026-01-05,2026-02-05,10.00\n").created == 1
    assert amounts(huaxin, "V-3") == ["10.00"], "full width is the same"
    result = load(huaxin, "invoices", "客户编号,发票号码,开票日期,到期日,价税合计\n2001,v-3,2026-01-05,2026-02-05,10.00\n2001,aB-1,2026-01-05,2026-02-05,10.00\n2001,Ab-1,2026-01-05,2026-02-05,10.00\n")
    assert [(r, c, "by case only" in w) for r, c, w in issues(result)] == [(2, "发票号码", True), (4, "发票号码", True)]


def test_what_was_reversed_is_told_and_not_taken_for_known(nordwind):
    file = INVOICES + "R-1,1001,2026-01-05,2026-02-05,226.00\n"
    assert load(nordwind, "invoices", file).created == 1
    reverse(nordwind, "invoice", "R-1")
    result = load(nordwind, "invoices", file)
    assert result.unchanged == 1 and [(r, c, "was reversed on" in w) for r, c, w in issues(result, NOTE)] == [(2, "number", True)]
    assert load(nordwind, "invoices", file + "\n").unchanged == 1, "another file that says the same brings nothing back"
    result = load(nordwind, "invoices", file.replace("226.00", "227.00"))
    assert result.created == 1 and [(r, c, "over 226.00 EUR of 2026-01-05, which was reversed on" in w) for r, c, w in issues(result, NOTE)] == [(2, "number", True)]
    assert nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="R-1")).document.amount.amount == "227.00"
    assert load(nordwind, "invoices", file.replace("226.00", "228.00")).unchanged == 1, "what stands is known"
    assert issues(load(nordwind, "invoices", INVOICES + "r-1,1001,2026-01-05,2026-02-05,227.00\n"))[0][1] == "number"
    assert load(nordwind, "receipts", "customer,date,amount,invoice\n1001,2026-02-05,227.00,R-1\n").created == 1
    assert amounts(nordwind, "R-1") == [], "the receipt found the one that stands"
    assert load(nordwind, "OpenItems", "number,customer,date,open\nR-2,1001,2026-01-05,60.00\n").created == 1
    reverse(nordwind, "opening", "R-2")
    assert load(nordwind, "invoices", INVOICES + "R-2,1001,2026-01-05,2026-02-05,70.00\n").created == 1, "what was taken back is free to come as an invoice"
    assert amounts(nordwind, "R-2") == ["70.00"]


def test_invoices_without_due_dates_are_due_after_the_days_that_are_said(nordwind, huaxin):
    file = "number,customer,date,due,amount\nND-1,1001,2026-01-05,,10.00\nND-2,1001,2026-01-05,2026-01-09,20.00\n"
    assert [(r, c) for r, c, _ in issues(load(nordwind, "invoices", file))] == [(2, "due")]
    assert "--net-days" in refused(nordwind, "invoices", file.replace(",due", "").replace(",,", ",").replace(",2026-01-09", ""))
    for days in (-1, 3651):
        assert "net_days must be" in refused(nordwind, "invoices", file, net_days=days)
    assert "net_days is for invoices" in refused(nordwind, "receipts", "customer,date,amount\n1001,2026-01-05,1.00\n", net_days=1)
    assert load(nordwind, "invoices", file, net_days=30).created == 2
    assert {i.number: i.due_on for i in nordwind.items() if i.number.startswith("ND-")} == {"ND-1": "2026-02-04", "ND-2": "2026-01-09"}
    # As the tax bureau's export has it: digital invoices have one number, others the other, and nothing is due.
    export = ("发票代码,发票号码,数电发票号码,客户编号,开票日期,价税合计\n,,25442000000123456789,2001,2026-01-05,10.00\n"
              "044001900111,30216845,,2001,2026-01-06,20.00\n合计,,,,,30.00\n")
    assert load(huaxin, "invoices", export, net_days=30).created == 2
    assert amounts(huaxin, "25442000000123456789", "30216845") == ["10.00", "20.00"]
    again = load(huaxin, "invoices", export.replace("10.00", "11.00"), net_days=30)
    assert again.unchanged == 2 and [(r, c) for r, c, _ in issues(again, NOTE) if r == 2] == [(2, "价税合计")]
    assert issues(load(huaxin, "invoices", export.replace("25442000000123456789", "2.5442E+19"), net_days=30))[0][:2] == (2, "数电发票号码")
    assert load(huaxin, "invoices", export.replace("30216845", "30216846"), net_days=30, columns={"number": "发票号码"}, skip_refused=True).created == 1


def test_the_number_of_what_was_reversed_is_free_and_an_id_is_not(nordwind):
    customer = nordwind.customer("RN")
    post = lambda amount, **more: nordwind.invoice(customer, "RN-1", amount, **more)
    taken("with the number RN-1", lambda: [post("10", external_id="rn1"), post("11")])
    for amount in ("11", "12"):
        reverse(nordwind, "invoice", "RN-1")
        taken("with the external id rn1", lambda: post("11", external_id="rn1"))
        post(amount)
    assert amounts(nordwind, "RN-1") == ["12.00"]
    invoice = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="RN-1")).document
    amended = nordwind.call("AmendDocument", pb.AmendDocumentRequest(reversal=pb.ReverseDocumentRequest(id=invoice.id, reason="wrong")))
    assert amended.draft.invoice.invoice.number == "RN-1"
    post("13")
    nordwind.receipt(customer, "13", external_id="rn-r")
    receipt = nordwind.call("ListDocuments", pb.ListDocumentsRequest(customer_id=customer, kinds=["receipt"])).documents[0]
    nordwind.allocate("LISTED", credits=[receipt.document.number], debits=["RN-1"])
    assert amounts(nordwind, "RN-1") == []


def test_an_invoice_is_not_taken_for_a_credit_note(nordwind):
    assert load(nordwind, "invoices", INVOICES + "IC-1,1001,2026-01-05,2026-02-05,60.00\n").created == 1
    result = load(nordwind, "CreditNotes", "number,customer,date,amount\nIC-1,1001,2026-01-05,60.00\nIC-2,1001,2026-01-06,5.00\n", skip_refused=True)
    assert result.created == 1 and [(r, c, "an invoice over 60.00 EUR" in w) for r, c, w in issues(result)] == [(2, "number", True)]
    assert amounts(nordwind, "IC-1") == ["60.00"]


def test_an_id_is_freed_only_by_what_is_posted_and_a_number_is_one_documents(nordwind):
    header = "customer,number,external_id,date,due,amount\n"
    assert load(nordwind, "invoices", header + "1001,ZF-1,zf1,2026-01-05,2026-02-05,6.00\n1001,ZF-2,zf2,2026-01-05,2026-02-05,7.00\n").created == 2
    reverse(nordwind, "invoice", "ZF-1")
    customer = nordwind.customer("ZF")
    result = load(nordwind, "invoices", header + "1001,ZF-1,zf1,2026-01-05,2026-02-05,8.00\n1001,ZF-9,zf9,2026-01-05,,8.00\n")
    assert result.created == 0 and result.held_back == 1
    taken("with the external id zf1", lambda: nordwind.invoice(customer, "ZF-3", "1", external_id="zf1"))
    nordwind.invoice(customer, "ZF-1", "9")
    result = load(nordwind, "invoices", header + "1001,ZF-1,zf1,2026-01-05,2026-02-05,8.00\n1001,ZF-8,zf8,2026-01-05,2026-02-05,8.00\n", skip_refused=True)
    assert result.created == 1 and [(r, c) for r, c, _ in issues(result)] == [(2, "number")]
    taken("with the external id zf1", lambda: nordwind.invoice(customer, "ZF-3", "1", external_id="zf1"))


def test_a_number_names_the_one_that_stands_also_where_that_is_paid(nordwind):
    one, other = nordwind.customer("NS-1"), nordwind.customer("NS-2")
    nordwind.invoice(one, "NS", "100")
    reverse(nordwind, "invoice", "NS")
    standing = nordwind.invoice(other, "NS", "100")
    nordwind.receipt(other, "100", invoice=standing.id)
    assert load(nordwind, "receipts", "invoice,number,date,amount\nNS,NS-R,2026-01-12,30.00\n").created == 1
    assert nordwind.call("GetDocument", pb.GetDocumentRequest(kind="receipt", number="NS-R")).document.customer_id == other
    for n in range(8):
        with pytest.raises(grpc.RpcError) as error:
            nordwind.call("PostDocument", pb.PostDocumentRequest(
                document=pb.Document(kind="write_off", customer_id=other, issued_on=day(0), reason="x"), against=pb.ItemChoice(number="NS")))
        assert "another customer" not in error.value.details(), error.value.details()


def test_a_number_of_an_open_item_is_no_other_invoices(nordwind):
    assert load(nordwind, "OpenItems", "number,customer,date,open\nOO-1,1001,2026-01-05,60.00\n").created == 1
    customer = nordwind.customer("OO")
    taken("there is an invoice or an open item with the number OO-1 already", lambda: nordwind.invoice(customer, "OO-1", "60"))
    nordwind.invoice(customer, "OO-2", "60")
    opening = pb.Document(kind="opening", number="OO-2", customer_id=customer, amount=nordwind.items()[0].open, issued_on="2026-01-05")
    taken("there is an invoice or an open item with the number OO-2 already", lambda: nordwind.call("PostDocument", pb.PostDocumentRequest(document=opening)))
    reverse(nordwind, "opening", "OO-1")
    nordwind.invoice(customer, "OO-1", "61")
    assert amounts(nordwind, "OO-1") == ["61.00"]


def test_all_that_differs_from_the_books_is_told(nordwind):
    header = "number,external_id,customer,date,due,amount,tax,currency,rate\n"
    assert load(nordwind, "invoices", header + "D-1,d1,1001,2026-01-05,2026-02-05,119.00,19.00,USD,0.90\nD-2,,1001,2026-01-05,2026-02-05,5.00,,,\n").created == 2
    result = load(nordwind, "invoices", header + "D-9,d1,1001,2026-01-05,2026-02-06,119.00,18.00,USD,0.99\nD-2,d2,1001,2026-01-05,2026-02-05,5.00,,USD,1\n")
    assert result.unchanged == 2 and sorted((r, c) for r, c, _ in issues(result, NOTE)) == [
        (2, "due"), (2, "number"), (2, "rate"), (2, "tax"), (3, "currency"), (3, "external_id")], issues(result, NOTE)
    again = header + "D-3,,1001,2026-01-05,2026-02-05,6.00,,,\n"
    assert load(nordwind, "invoices", again).created == 1
    result = load(nordwind, "invoices", again, currency="USD")
    assert [c for _, c, _ in issues(result, NOTE)] == ["currency"] or issues(result), "also of the same file with another option"


def test_a_credit_by_two_roads_is_one_and_a_credit_is_no_invoice(nordwind):
    assert load(nordwind, "OpenItems", "number,external_id,customer,date,open\nCC,c1,1001,2026-01-05,-60.00\nSG,,1001,2026-01-05,-60.00\n").created == 2
    result = load(nordwind, "CreditNotes", "number,external_id,customer,date,amount\nCC,c1,1001,2026-01-05,60.00\n")
    assert result.unchanged == 1 and issues(result, NOTE) == [(2, "number", "is in the books as an open item over -60.00 EUR of 2026-01-05; it was not posted again")]
    result = load(nordwind, "OpenItems", "number,customer,date,open\nSG,1001,2026-01-05,60.00\n")
    assert [(c, "the other way round" in w) for _, c, w in issues(result)] == [("open", True)]
    result = load(nordwind, "invoices", INVOICES + "SG,1001,2026-01-05,2026-02-05,999.00\n")
    assert [(c, "which is no invoice" in w) for _, c, w in issues(result)] == [("number", True)]
    assert load(nordwind, "CreditNotes", "number,customer,date,amount\nCN-1,1001,2026-01-05,8.00\n").created == 1
    assert load(nordwind, "OpenItems", "number,customer,date,open\nCN-1,1001,2026-01-05,-8.00\n").unchanged == 1
    assert amounts(nordwind, "CC", "SG", "CN-1") == ["-60.00", "-60.00", "-8.00"]


def test_both_roads_at_once(installation, nordwind):
    for round in range(4):
        rows = "".join(f"RC{round}-{i},1001,2026-01-05,2026-02-05,10.00\n" for i in range(50))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = [f.result() for f in [pool.submit(load, nordwind, kind, INVOICES + rows) for kind in ("OpenItems", "invoices")]]
        assert sorted((r.created, r.unchanged) for r in results) == [(0, 50), (50, 0)]
    books_agree(installation, installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'nordwind'").stdout.strip())


def test_a_receipt_with_an_id_that_came_without_is_told(nordwind):
    assert load(nordwind, "receipts", "date,amount,customer\n2026-01-29,33.00,1002\n").created == 1
    result = load(nordwind, "receipts", "date,amount,customer,external_id\n2026-01-29,33.00,1002,W001\n")
    assert result.created == 1 and [("which has no external id; both are posted" in w) for _, _, w in issues(result, NOTE)] == [True]


def test_a_settlement_on_a_closed_day_is_of_its_row(nordwind):
    assert load(nordwind, "invoices", INVOICES + "CP,1002,2024-02-10,2024-03-10,50.00\n").created == 1
    nordwind.call("SetPeriod", books.SetPeriodRequest(period=books.Period(starts_on="2024-02-01", ends_on="2024-02-29", state=books.Period.CLOSED, reason="done")))
    result = load(nordwind, "CreditNotes", "number,invoice,date,amount\nCQ,CP,2024-01-10,10.00\nCR,CP,2024-03-10,10.00\n", skip_refused=True)
    assert result.created == 1 and [(r, c, "2024-02-01 to 2024-02-29" in w) for r, c, w in issues(result)] == [(2, "invoice", True)]


def test_late_invoices_come_into_an_open_month(nordwind):
    file = INVOICES + "LATE-1,1002,2024-02-12,2024-03-12,50.00\nLATE-2,1002,2024-03-12,2024-04-12,51.00\n"
    assert [c for _, c, _ in issues(load(nordwind, "invoices", file))] == ["date"], "February is closed"
    assert load(nordwind, "invoices", file, posted_on="2024-03-01").created == 2
    posted = [nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number=n)).document.posted_on for n in ("LATE-1", "LATE-2")]
    assert posted == ["2024-03-01", "2024-03-12"]
    result = load(nordwind, "invoices", "number,customer,date,due,posting date,amount\nLATE-3,1002,2024-03-02,2024-04-12,2024-03-01,5.00\n")
    assert issues(result) == [(2, "posting date", "is before date, 2024-03-02")]


def test_lines_that_are_totals_are_noted(nordwind):
    result = load(nordwind, "invoices", INVOICES + "L-1,1002,2026-01-05,2026-02-05,120.00\nL-1,1002,2026-01-05,2026-02-05,120.00\n", add_up_lines=True)
    assert result.created == 2 and [(r, "where it is the invoice's total" in w) for r, _, w in issues(result, NOTE)] == [(3, True)]


def test_a_web_page_is_named(nordwind):
    assert "is a web page" in refused(nordwind, "invoices", "\n <html><table><tr><td>number</td></tr></table></html>")


def test_no_file_is_read_without_end(installation, remitd):
    done = installation.remit(remitd, "huaxin", "import", "open-items", "/dev/zero", check=False)
    assert (done.returncode, done.stderr) == (66, "remit: /dev/zero is larger than 48 MiB: part it\n")


def test_an_administrator_finds_no_fault(installation, remitd):
    no_fault(installation, remitd)


@pytest.mark.parametrize("kind, header, cell, faults, words", [
    ("invoices", "number,customer,date,due,amount,Type", "Credit Memo", 1, "remit import credit-notes"),
    ("invoices", "number,customer,date,due,amount,Type", "Proforma Invoice", 1, "is no invoice"),
    ("invoices", "number,customer,date,due,amount,Belegart", "Gutschrift", 1, "remit import credit-notes"),
    ("invoices", "number,customer,date,due,amount,Belegart", "Rechnung", 0, ""),
    ("invoices", "number,customer,date,due,amount,单据类型", "销售退货单", 1, "remit import credit-notes"),
    ("invoices", "number,customer,date,due,amount,单据类型", "收款单", 1, "is no invoice"),
    ("invoices", "number,customer,date,due,amount,发票类型", "增值税专用发票", 0, ""),
    ("invoices", "number,customer,date,due,amount,是否正数发票", "否", 1, "remit import credit-notes"),
    ("invoices", "number,customer,date,due,amount,是否正数发票", "是", 0, ""),
    ("invoices", "number,customer,date,due,amount,Status", "Reversed", 1, "no valid document"),
    ("invoices", "number,customer,date,due,amount,Status", "Abgelehnt", 1, "no valid document"),
    ("invoices", "number,customer,date,due,amount,单据状态", "暂存", 1, "no valid document"),
    ("OpenItems", "number,customer,date,due,open,Type", "Credit Memo", 1, "has no minus"),
    ("CreditNotes", "number,customer,date,due,amount,Type", "Invoice", 1, "is no credit note"),
    ("receipts", "number,customer,date,due,amount,Type", "Refund", 1, "remit post refund"),
    ("receipts", "number,customer,date,due,amount,交易类型", "转账汇出", 1, "remit post refund"),
    ("receipts", "number,customer,date,due,amount,收支标志", "支出", 1, "went out"),
    ("receipts", "number,customer,date,due,amount,收/付", "", 1, "must be given where the file has it"),
    ("receipts", "number,customer,date,due,amount,交易状态", "交易失败", 1, "no valid document"),
    ("receipts", "number,customer,date,due,amount,Status", "declined", 1, "no valid document"),
    ("receipts", "number,customer,date,due,amount,Type", "SEPA Credit Transfer", 0, "")])
def test_what_a_row_says_that_it_is_counts(nordwind, kind, header, cell, faults, words):
    named = header.replace("number,", "transaction id,") if kind == "receipts" else header
    result = load(nordwind, kind, f"{named}\nKIND-1,1001,2026-01-05,2026-02-05,10.00,{cell}\n", dry_run=True)
    found = issues(result)
    assert len(found) == faults and all(words in i[2] and i[1] == header.rsplit(",", 1)[1] for i in found), found


def test_words_that_are_not_known_are_refused_until_the_column_is_left_aside(nordwind):
    rows = "".join(f"UNK-{n},1001,2026-01-05,2026-02-05,10.00,{state},Sonstiges\n" for n, state in enumerate(["strange", "Paid - Voided", "bezahlt"]))
    file = "number,customer,date,due,amount,Status,Belegart\n" + rows
    result = load(nordwind, "invoices", file, dry_run=True)
    assert [(r, c) for r, c, _ in issues(result)] == [(2, "Status"), (2, "Belegart"), (3, "Status"), (3, "Belegart"), (4, "Belegart")]
    assert "--column status=" in issues(result)[0][2] and "--column document_type=" in issues(result)[1][2]
    assert load(nordwind, "invoices", file, columns={"status": "", "document_type": ""}).created == 3
    result = load(nordwind, "invoices", "number,customer,date,due,amount,发票状态\nRED-1,1001,2026-01-05,2026-02-05,10.00,已红冲-全额\n", dry_run=True)
    assert result.created == 1 and "credit-notes" in issues(result, NOTE)[0][2]
    assert "set number aside" in refused(nordwind, "invoices", file, columns={"number": ""})


@pytest.mark.parametrize("kind, words", [
    ("receipts", "Vendor payment,Zahlungsausgang,Bill Payment,Payment to supplier,Gehaltszahlung,转账付款,收款作废,Payment reversal,Lieferantenzahlung,ACCPAYPAYMENT,Debit,往账,Withdrawal"),
    ("invoices", "Deleted invoice,Payable Invoice,作废发票,采购发票,Eingangsrechnung,Stornierte Rechnung,冲红发票,应付发票,Draft Invoice,Purchase Invoice,ACCPAY,Rechnung (storniert)"),
    ("CreditNotes", "Vendor Credit,ACCPAYCREDIT,Eingangsgutschrift,Refund"),
    ("OpenItems", "Purchase Invoice,采购发票,付款单")])
def test_what_only_sounds_like_it_is_refused(nordwind, kind, words):
    for word in words.split(","):
        number = "transaction id" if kind == "receipts" else "number"
        result = load(nordwind, kind, f"{number},customer,date,due,amount,Type\nS-1,1001,2026-01-05,2026-02-05,10.00,{word}\n", dry_run=True)
        assert result.refused == 1, word


@pytest.mark.parametrize("kind, words", [
    ("receipts", "Payment,Customer Payment,SEPA Credit Transfer,收款单,Zahlungseingang,网银转账,来账,DZ"),
    ("invoices", "Invoice,Sales invoice,增值税专用发票,电子发票（普通发票）,标准应收单,Ausgangsrechnung,销售出库单,RV,DR"),
    ("CreditNotes", "Credit Memo,Gutschrift,销售退货单,红字增值税专用发票,Rechnungskorrektur"),
    ("OpenItems", "Invoice,Rechnung,应收单")])
def test_what_it_is_in_the_words_of_other_systems_is_taken(nordwind, kind, words):
    for word in words.split(","):
        number = "transaction id" if kind == "receipts" else "number"
        result = load(nordwind, kind, f"{number},customer,date,due,amount,Type\nS-1,1001,2026-01-05,2026-02-05,10.00,{word}\n", dry_run=True)
        assert result.created == 1, (word, result.issues)


@pytest.mark.parametrize("kind, header, row", [
    ("invoices", "number,customer,date,due,amount,作废标志", "M-1,1001,2026-01-05,2026-02-05,1.00,是"),
    ("invoices", "number,customer,date,due,amount,Voided", "M-1,1001,2026-01-05,2026-02-05,1.00,Yes"),
    ("invoices", "number,customer,date,due,amount,红蓝字", "M-1,1001,2026-01-05,2026-02-05,1.00,红字"),
    ("invoices", "Rechnungsnummer,Kundennummer,Datum,Fällig,Betrag,Typ", "M-1,1001,2026-01-05,2026-02-05,1.00,Gutschrift"),
    ("receipts", "customer,date,amount,交易方向", "1001,2026-01-05,1.00,支出"),
    ("receipts", "customer,date,amount,direction", "1001,2026-01-05,1.00,OUT"),
    ("CreditNotes", "customer,number,date,amount,S/H", "1001,M-1,2026-01-05,1.00,S")])
def test_a_mark_says_it_too(nordwind, kind, header, row):
    assert load(nordwind, kind, f"{header}\n{row}\n", dry_run=True).refused == 1


@pytest.mark.parametrize("kind, header, words", [
    ("OpenItems", "Date,Number,Customer,Due Date,Invoice Amount,Rest", "Invoice Amount and Rest"),
    ("OpenItems", "客户编号,单据编号,单据日期,借方发生额,贷方发生额,余额", "借方发生额 and 贷方发生额"),
    ("OpenItems", "Kundennummer,Rechnungsnummer,Datum,Betrag Soll,Betrag Haben,Saldo", "Betrag Soll and Betrag Haben"),
    ("invoices", "number,customer,date,due,Betrag,Steuer,Betrag brutto", "Betrag and Betrag brutto"),
    ("invoices", "发票号码,客户编号,开票日期,到期日,金额,增值税,合计金额", "金额 and 合计金额")])
def test_which_of_two_amounts_is_asked(nordwind, kind, header, words):
    assert words in refused(nordwind, kind, header + "\n")


def test_the_open_balance_is_what_is_open(nordwind):
    file = "Date,Transaction Type,Invoice No,Customer,Due Date,Amount,Open Balance\n2026-01-05,Invoice,QB-1,1001,2026-02-05,\"1,200.00\",200.00\n"
    assert load(nordwind, "OpenItems", file).created == 1 and amounts(nordwind, "QB-1") == ["200.00"]


def test_lines_of_one_number_are_all_refused_or_added_up(nordwind, huaxin):
    file = INVOICES + "LN-1,1001,2026-01-05,2026-02-05,10.00\nLN-1,1001,2026-01-05,2026-02-05,20.00\nLN-2,1001,2026-01-05,2026-02-05,1.00\n"
    result = load(nordwind, "invoices", file, skip_refused=True)
    assert result.created == 1 and [r for r, _, _ in issues(result)] == [2, 3]
    assert load(nordwind, "invoices", file, add_up_lines=True).created == 2 and amounts(nordwind, "LN-1") == ["30.00"]
    red = "number,customer,date,amount,tax\nLC-1,1001,2026-01-06,-100.00,-19.00\nLC-1,1001,2026-01-06,-50.00,-9.50\nLC-1,1001,2026-01-06,20.00,3.80\n"
    assert load(nordwind, "CreditNotes", red).refused == 3
    assert load(nordwind, "CreditNotes", red, add_up_lines=True).created == 3 and amounts(nordwind, "LC-1") == ["-130.00"]
    assert nordwind.call("GetDocument", pb.GetDocumentRequest(kind="credit_note", number="LC-1")).document.tax.amount == "24.70"
    lone = "number,customer,date,due,amount\nLO-1,1001,2026-01-05,2026-02-05,10.00\n,,,,20.00\n"
    assert load(nordwind, "invoices", lone, dry_run=True).refused == 1


def test_a_column_is_named_by_its_place_and_given_to_one_field(nordwind):
    file = "Rechnungsnummer;Kundennummer;Rechnungsdatum;Betrag;Währung;Währung\nCN-7;1001;05012026;5,00;;EUR\n"
    assert "Währung and Währung" in refused(nordwind, "CreditNotes", file, columns={"number": "Rechnungsnummer"}, date_order=pb.DAY_MONTH_YEAR)
    result = load(nordwind, "CreditNotes", file, columns={"number": "Rechnungsnummer", "currency": "#6"}, date_order=pb.DAY_MONTH_YEAR)
    assert result.created == 1, result.issues


def test_a_number_and_its_code_are_one_invoice(huaxin):
    header = "发票代码,发票号码,客户编号,开票日期,到期日,价税合计\n"
    one = "011001900111,55501,2001,2026-01-05,2026-02-05,10.00\n"
    result = load(huaxin, "invoices", header + one + "011001900112,55501,2001,2026-01-06,2026-02-05,20.00\n", skip_refused=True, add_up_lines=True)
    assert result.created == 0 and [(r, "with another 发票代码" in w) for r, _, w in issues(result)] == [(2, True), (3, True)]
    assert load(huaxin, "invoices", header + one).created == 1
    result = load(huaxin, "invoices", header + "011001900113,55501,2001,2026-01-07,2026-02-05,30.00\n")
    assert [(r, "differ by 发票代码" in w) for r, _, w in issues(result)] == [(2, True)]
    again = load(huaxin, "invoices", header + "011001900111,55501,2001,2026-01-05,2026-02-05,10.00\n")
    assert (again.unchanged, again.created) == (1, 0) and amounts(huaxin, "55501") == ["10.00"]


def test_an_invoice_is_known_by_either_of_its_numbers(huaxin):
    assert load(huaxin, "invoices", "发票号码,客户编号,开票日期,到期日,价税合计\n66601,2001,2026-01-05,2026-02-05,11.00\n").created == 1
    both = "发票号码,数电发票号码,客户编号,开票日期,到期日,价税合计\n"
    result = load(huaxin, "invoices", both + "66601,26952000000000000001,2001,2026-01-05,2026-02-05,11.00\n66602,-,2001,2026-01-05,2026-02-05,12.00\n0,26952000000000000002,2001,2026-01-05,2026-02-05,13.00\n")
    assert (result.unchanged, result.created) == (1, 2) and [(r, "another number of it" in w) for r, _, w in issues(result, NOTE)] == [(2, True)]
    assert amounts(huaxin, "66601", "66602", "26952000000000000002") == ["11.00", "12.00", "13.00"]
    paid = load(huaxin, "receipts", "发票号码,数电发票号码,收款日期,收款金额\n66602,,2026-01-10,12.00\n,26952000000000000002,2026-01-10,13.00\n")
    assert paid.created == 2 and amounts(huaxin, "66602", "26952000000000000002") == []


def test_an_export_of_invoices_and_red_ones_is_imported_in_two_turns(huaxin):
    file = ("发票代码,发票号码,数电发票号码,购买方名称,开票日期,金额,税额,价税合计,发票状态,是否正数发票,备注\n"
            ",,26952000000000000010,华信贸易,2026-01-05,100.00,13.00,113.00,已红冲-全额,是,\n"
            ",,26952000000000000011,华信贸易,2026-01-06,50.00,免税,50.00,正常,是,\n"
            ",,26952000000000000012,华信贸易,2026-01-07,-100.00,-13.00,-113.00,正常,否,被红冲蓝字数电发票号码：26952000000000000010 红字发票信息确认单编号：37010026010000000001\n"
            ",,26952000000000000013,华信贸易,2026-01-07,-1.00,0.00,-1.00,正常,否,被红冲蓝字数电发票号码：25000000000000000000\n")
    assert load(huaxin, "invoices", file, net_days=30, skip_refused=True).created == 2
    result = load(huaxin, "CreditNotes", file, skip_refused=True)
    assert (result.created, result.refused) == (2, 2) and "25000000000000000000, which is not in the books" in issues(result, NOTE)[0][2]
    assert amounts(huaxin, "26952000000000000010", "26952000000000000011", "26952000000000000012", "26952000000000000013") == ["50.00", "-1.00"]


def test_terms_in_a_column_say_when_an_invoice_is_due(nordwind):
    file = "number,customer,date,due,amount,Terms\n"
    rows = [("TM-1", "", "Net 60"), ("TM-2", "", "14 Tage netto"), ("TM-3", "2026-02-01", "2/10 net 30"), ("TM-4", "", ""), ("TM-5", "", "sofort fällig")]
    result = load(nordwind, "invoices", file + "".join(f"{n},1001,2026-01-05,{due},10.00,{terms}\n" for n, due, terms in rows), net_days=10)
    assert result.created == 5, result.issues
    assert {i.number: i.due_on for i in nordwind.items() if i.number.startswith("TM-")} == {
        "TM-1": "2026-03-06", "TM-2": "2026-01-19", "TM-3": "2026-02-01", "TM-4": "2026-01-15", "TM-5": "2026-01-05"}
    result = load(nordwind, "invoices", "number,customer,date,amount,Zahlungsziel\nTM-6,1001,2026-01-05,10.00,2% 10 Tage\nTM-7,1001,2026-01-05,10.00,\n")
    assert [(r, c) for r, c, _ in issues(result)] == [(2, "Zahlungsziel"), (3, "due_on")]


def test_gross_and_net_without_tax_and_currencies_by_name(nordwind):
    result = load(nordwind, "invoices", "number,customer,date,due,Gross,Net,currency\nGN-1,1001,2026-01-05,2026-02-05,119.00,100.00,€\nGN-2,1001,2026-01-05,2026-02-05,50.00,50.00,欧元\n")
    assert result.created == 2 and [(r, c) for r, c, _ in issues(result, NOTE)] == [(2, "Net")]
    document = nordwind.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="GN-1"))
    assert document.document.tax.amount == "19.00"
    result = load(nordwind, "invoices", "number,customer,date,due,Gross,Net\nGN-3,1001,2026-01-05,2026-02-05,100.00,119.00\n")
    assert result.refused == 1


def test_totals_of_a_month_are_left_out_and_a_case_is_free_again(nordwind):
    result = load(nordwind, "invoices", INVOICES + "tc-1,1001,2026-01-05,2026-02-05,10.00\n,Summe November,,,10.00\n,,,Übertrag,10.00\n")
    assert result.created == 1 and len(issues(result, NOTE)) == 2
    reverse(nordwind, "invoice", "tc-1")
    assert load(nordwind, "invoices", INVOICES + "TC-1,1001,2026-01-05,2026-02-05,10.00\n").created == 1


def test_the_invoice_tells_which_of_two_of_one_name_paid(nordwind):
    load(nordwind, "customers", "number,name\n3001,Zwilling GmbH\n3002,Zwilling GmbH\n")
    load(nordwind, "invoices", INVOICES + "ZW-1,3002,2026-01-05,2026-02-05,10.00\n")
    result = load(nordwind, "receipts", "payer,date,amount,invoice\nZwilling GmbH,2026-01-10,10.00,ZW-1\nZwilling GmbH,2026-01-10,1.00,\n", skip_refused=True)
    assert result.created == 1 and [r for r, _, _ in issues(result)] == [3] and amounts(nordwind, "ZW-1") == []
