"""A file is read as what it is, or refused with a sentence: the small inputs that once failed, and months as bookkeepers keep them."""

import grpc
import pytest
from conftest import shared

from remit.ledger.v1 import ledger_pb2 as pb

REFUSED, NOTE = pb.ImportIssue.REFUSED, pb.ImportIssue.NOTE
HEADER = "customer,number,amount,date,due\n"


def case(name):
    return (shared("cases") / name).read_bytes()


def issues(result, severity=REFUSED):
    return [(i.row, i.column, i.reason) for i in result.issues if i.severity == severity]


def said(result, severity, *expected):
    """Whether the issues of a severity are these: row, column, words of the reason."""
    found = issues(result, severity)
    assert [(row, column) for row, column, _ in found] == [(row, column) for row, column, _ in expected], found
    for (_, _, reason), (_, _, words) in zip(found, expected):
        assert words in reason
    return True


def item(company, number):
    return next(i for i in company.items(page_size=1000) if i.number == number)


@pytest.fixture(scope="module", autouse=True)
def customers(nordwind):
    assert nordwind.load("customers", b"customer no,name\n1001,Alpha Bau\n1002,Beta Handel\n")[0].created == 2


def refusal(company, kind, file, **options):
    with pytest.raises(grpc.RpcError) as error:
        company.load(kind, file, **options)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    return error.value.details()


# ---- the small inputs ---------------------------------------------------------------------------


def test_a_receipt_is_never_posted_again_in_silence(nordwind):
    assert nordwind.load("customers", case("customers.csv"))[0].unchanged == 2
    assert nordwind.load("receipts", case("receipts.csv"))[0].created == 2
    result, _ = nordwind.load("receipts", case("receipts-resaved.csv"))
    assert (result.created, result.unchanged) == (0, 2) and said(result, NOTE, (2, "", "is like receipt"), (3, "", "--repeated-are-new"))
    result, _ = nordwind.load("receipts", case("receipts-overlap.csv"))
    assert (result.created, result.unchanged) == (1, 1) and said(result, NOTE, (2, "", "is like receipt"))
    two = b"customer,amount,date\n" + b"1001,50.00,2026-03-10\n" * 3
    assert nordwind.load("receipts", two, dry_run=True, repeated_are_new=True)[0].created == 3
    result, _ = nordwind.load("receipts", two)
    assert (result.created, result.unchanged) == (2, 1), "the books had one of the three"
    assert said(result, NOTE, (2, "", "is like receipt"), (4, "", "is like line 3 (same customer, day and amount); both are posted"))


def test_lines_of_one_invoice_are_added_up_or_refused(nordwind):
    result, _ = nordwind.load("invoices", case("lines.csv"))
    assert result.created == 0 and said(result, REFUSED, (3, "number", "is on line 2 too; if these are lines of one invoice"))
    result, _ = nordwind.load("invoices", case("lines.csv"), add_up_lines=True)
    assert result.created == 2 and item(nordwind, "L-1").amount.amount == "20.00"
    assert nordwind.load("invoices", case("lines.csv") + b"\n", add_up_lines=True)[0].unchanged == 2
    differing = (HEADER + "1001,L-2,1.00,2026-01-05,2026-02-05\n1001,L-2,1.00,2026-01-06,2026-02-05\n").encode()
    result, _ = nordwind.load("invoices", differing, add_up_lines=True)
    assert result.refused == 2 and (3, "date") in [issue[:2] for issue in issues(result)]


def test_what_a_spreadsheet_changed_is_refused(nordwind):
    result, _ = nordwind.load("invoices", case("scientific.csv"))
    assert said(result, REFUSED, (2, "number", "was changed by a spreadsheet"), (3, "number", "format the column as text"))


def test_dates_follow_the_order_given_and_differences_are_named(nordwind):
    assert nordwind.load("invoices", case("dots-mdy.csv"), date_order=pb.MONTH_DAY_YEAR)[0].created == 1
    assert (item(nordwind, "D-1").issued_on, item(nordwind, "D-1").due_on) == ("2026-03-09", "2026-09-09")
    result, _ = nordwind.load("invoices", case("other-customer.csv"))
    assert result.unchanged == 0 and said(result, REFUSED, (2, "number", "an invoice over 5.00 EUR of 2026-03-09 of customer 1001 in the books"))
    result, _ = nordwind.load("invoices", case("other-customer.csv").replace(b"1002", b"1001"))
    assert result.unchanged == 1 and said(result, NOTE, (2, "date", "have 2026-03-09"))


def test_dashes_are_no_minus(nordwind):
    assert nordwind.load("invoices", case("dash.csv"))[0].created == 2
    assert [item(nordwind, n).amount.amount for n in ("K-1", "K-2")] == ["100.00", "1234.00"]


def test_damaged_text_is_told_as_what_it_is(nordwind, huaxin):
    assert "is UTF-8 but for byte 61, on line 3" in refusal(huaxin, "customers", case("broken-utf8.csv"))
    assert "holds a zero byte on line 2" in refusal(nordwind, "invoices", case("nul.csv"))
    assert nordwind.load("invoices", case("quoted-sep.csv"))[0].created == 1
    for start, words in ((b"PK\x03\x04", "XLSX"), (b"\xd0\xcf\x11\xe0", "XLS"), (b"%PDF-1.7", "PDF"), (b"\x1f\x8b\x08", "gzip")):
        assert words in (text := refusal(nordwind, "invoices", start + b"\0" * 99)) and "CSV" in text


def test_identifiers_and_formulas(nordwind, installation, remitd):
    result, _ = nordwind.load("customers", case("vat.csv"), dry_run=True)
    refused = {row for row, _, _ in issues(result)}
    assert 5 in refused and not refused & {2, 3, 4}
    result, _ = nordwind.load("customers", case("iban.csv"), dry_run=True)
    refused = {row for row, _, _ in issues(result)}
    assert 3 in refused and 2 not in refused
    assert nordwind.load("customers", case("formula.csv"))[0].created == 1
    listed = installation.remit(remitd, "nordwind", "customers", "--output", "csv").stdout
    assert """\nX1,"'=HYPERLINK(""" in listed.replace("\r", "")


# ---- months as they are kept --------------------------------------------------------------------


def test_a_month_in_chinese(huaxin):
    names = "客户编码,客户名称,税号\nH01,上海华东机械有限公司,91110000802100433B\nH02,北京远景科技有限公司,\n"
    assert huaxin.load("customers", names.encode("gb18030"))[0].created == 2
    month = """2026年3月销售发票明细表,,,,,,
单位：元,,,,,,
购买方名称,发票号码,金额（元）,税额（元）,价税合计（元）,开票日期,付款期限
上海华东机械有限公司,00000101,"1,000.00",130.00,"1,130.00",2026年3月5日,2026/4/5
北京远景科技有限公司,00000102,２，０００．００,260.00,￥2260.00,2026-03-06,2026.4.6
上海华东机械有限公司,00000103,-100.00,-13.00,-113.00,2026-03-08,2026-04-08
合计,,"2,900.00",377.00,"3,277.00",,
制表人：王会计,,,,,,
"""
    result, _ = huaxin.load("invoices", month.encode("gb18030"), skip_refused=True)
    assert (result.rows, result.created, result.refused) == (3, 2, 1)
    assert {row for row, _, _ in issues(result)} == {6} and [row for row, _, _ in issues(result, NOTE)] == [7, 8]
    found = {i.number: (i.customer_number, i.amount.amount, i.issued_on, i.due_on) for i in huaxin.items()}
    assert found == {"00000101": ("H01", "1130.00", "2026-03-05", "2026-04-05"), "00000102": ("H02", "2260.00", "2026-03-06", "2026-04-06")}
    net = "统一社会信用代码,发票号码,金额,税额,开票日期,到期日\n91110000802100433B,00000104,100.00,13.00,2026-03-09,2026-04-09\n"
    assert huaxin.load("invoices", net.encode())[0].created == 1 and item(huaxin, "00000104").amount.amount == "113.00"
    receipts = "对方户名,到账日期,收款金额\n上海华东机械有限公司,2026-03-20,\"1,130.00\"\n没有的公司,2026-03-21,5.00\n"
    result, _ = huaxin.load("receipts", receipts.encode(), skip_refused=True)
    assert result.created == 1 and said(result, REFUSED, (3, "对方户名", "is no customer's name"))


def test_a_month_in_english(nordwind):
    month = """Sales ledger March 2026,,,,,
,,,,,
Customer Name,Inv No,Amount (EUR),Inv Date,Due On,Remarks
Alpha Bau GmbH,A-1,"1,234.50",13/3/2026,12/4/2026,
Beta Handel,A-2,"€ 2,000.00",3/4/2026,3/5/2026,mixed
Subtotal,,"3,234.50",,,
Alpha Bau,A-3,(50.00),14/3/2026,13/4/2026,credit
Nobody Ltd,A-4,5.00,14/3/2026,13/4/2026,
Grand total:,,"3,189.50",,,
Printed by Jane,,,,,
"""
    result, _ = nordwind.load("invoices", month.encode(), skip_refused=True)
    assert (result.rows, result.created, result.refused) == (4, 2, 2)
    assert {row for row, _, _ in issues(result)} == {7, 8} and [row for row, _, _ in issues(result, NOTE)] == [6, 9, 10]
    assert (item(nordwind, "A-1").customer_number, item(nordwind, "A-1").amount.amount) == ("1001", "1234.50")
    assert (item(nordwind, "A-2").issued_on, item(nordwind, "A-2").due_on) == ("2026-04-03", "2026-05-03")
    contradicting = (HEADER + "1001,A-5,1.00,13/3/2026,2026-04-12\n1001,A-6,1.00,3/14/2026,2026-04-12\n").encode()
    assert said(nordwind.load("invoices", contradicting)[0], REFUSED, (3, "date", "line 2"))


def test_customers_are_found_where_exactly_one_is_meant(nordwind):
    assert nordwind.load("customers", "number,name\nTw-1,Twin AG\nTw-2,Twin GmbH\nlow-1,Low\n".encode())[0].created == 3
    rows = "Twin,C-1,1.00,2026-03-01,2026-04-01\nLOW-1,C-2,1.00,2026-03-01,2026-04-01\n"
    result, _ = nordwind.load("invoices", (HEADER + rows).encode(), skip_refused=True)
    assert result.created == 1 and said(result, REFUSED, (2, "customer", "2 customers, Tw-1, Tw-2"))
    assert item(nordwind, "C-2").customer_number == "low-1"
    result, _ = nordwind.load("customers", b"number,name\nca-1,One\nCA-1,Two\n")
    assert said(result, REFUSED, (3, "number", "differs by case only from ca-1 on line 2"))
    result, _ = nordwind.load("customers", b"number,name\ntwice,One\ntwice,One\n")
    assert (result.created, result.unchanged) == (1, 1) and said(result, NOTE, (3, "number", "is on line 2 too"))


def test_a_receipt_may_pay_for_one_with_the_same_payer(nordwind):
    payer = nordwind.customer("P-0")
    for number in ("P-1", "P-2"):
        nordwind.customer(number, payer=payer)
    assert nordwind.load("invoices", (HEADER + "P-1,P-R1,10.00,2026-03-01,2026-04-01\n").encode())[0].created == 1
    assert nordwind.load("receipts", b"customer,invoice,amount,date\nP-2,P-R1,4.00,2026-03-20\n")[0].created == 1
    assert nordwind.open("P-R1") == ["6.00"]
    result, _ = nordwind.load("receipts", b"customer,invoice,amount,date\n1001,P-R1,4.00,2026-03-21\n")
    assert said(result, REFUSED, (2, "invoice", "another customer's"))
