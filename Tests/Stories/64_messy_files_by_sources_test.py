"""Real files as they come: receivables of a US company, dirtied, and a Chinese list in each messy kind, by source, form and rules: taken, cleaned, refused and known
add up to the file, and the books agree with what was taken to the cent."""

import collections
import csv
import datetime
import io
import random
import re
from decimal import Decimal

import openpyxl
import pytest
from companies import Company, day
from conftest import shared

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, import_pb2, import_pb2_grpc

FORM = """kind: form
name: invoice
method: remit.ledger.v1.LedgerService/PostInvoice
at: invoice
fields:
  - {name: country, type: text, pattern: "[0-9]{3}", required: "true", say: x}
  - {name: paper, type: text, one_of: [paper, electronic], clean: [trim, lower]}
  - {name: disputed, type: bool}
  - {name: paperless_on, type: date}
checks:
  - {name: amount, that: it.amount.amount > decimal(0), at: amount, say: must be more than nothing}
""".replace(", say: x", "")
SOURCE = """kind: source
name: receivables
method: remit.ledger.v1.LedgerService/PostInvoice
file: {date_order: month_day_year, decimal_mark: point}
fields:
  - {field: invoice.number, column: invoiceNumber, or: [Invoice No.]}
  - {field: invoice.customer_id, column: customerID, or: [Customer], find: {view: ledger.customer_v1, by: [number], gives: customer_id}}
  - {field: invoice.issued_on, column: InvoiceDate}
  - {field: invoice.due_on, column: DueDate}
  - {field: invoice.amount, column: InvoiceAmount, or: [Amount]}
  - {field: invoice.custom.country, column: countryCode}
  - {field: invoice.custom.paper, column: PaperlessBill, optional: true}
  - {field: invoice.custom.disputed, column: Disputed, optional: true}
  - {field: invoice.custom.paperless_on, column: PaperlessDate, optional: true}
"""


class Files:
    def __init__(self, installation, remitd, company):
        self.channel = remitd.channel()
        self.company = Company(installation, self.channel, company)
        self.configuration, self.imports = configuration_pb2_grpc.ConfigurationServiceStub(self.channel), import_pb2_grpc.ImportServiceStub(self.channel)
        self.key = installation.key(company)

    def configure(self, *texts):
        documents = [configuration_pb2.SourceDocument(path=f"{t.splitlines()[0][6:]}.{t.splitlines()[1][6:]}.yaml", text=t) for t in texts]
        made = self.configuration.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=self.key)
        assert not [f for f in made.findings if not f.is_warning], made.findings
        self.configuration.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=documents, base_version=made.base_version), metadata=self.key)

    def take(self, source, file):
        update = list(self.imports.ImportFile(import_pb2.ImportFileRequest(source=source, file=file), metadata=self.key, timeout=300))[-1]
        done = getattr(update, "import")
        assert not update.stopped and done.rows == done.taken + done.known + done.review and not done.waiting, update
        rows, token = [], ""
        while True:
            page = self.imports.ListImportRows(import_pb2.ListImportRowsRequest(id=done.id, page_size=1000, page_token=token), metadata=self.key)
            rows, token = rows + list(page.rows), page.next_page_token
            if not token:
                break
        assert collections.Counter(r.state for r in rows) == {k: v for k, v in {
            import_pb2.TAKEN: done.taken, import_pb2.KNOWN: done.known, import_pb2.REVIEW: done.review}.items() if v}
        return done, rows

    def open(self, customers):
        found = Decimal(0)
        for customer in customers:
            for item in self.company.items(customer_id=customer):
                found += Decimal(item.open.amount)
        return found


def dirty(chance, row):
    """One cell otherwise than it should be: how, and whether it is still taken."""
    how = chance.randrange(14)
    amount, date = row["InvoiceAmount"], row["InvoiceDate"]
    month, d, year = date.split("/")
    changes = [
        ("InvoiceAmount", f"${amount}", True), ("InvoiceAmount", f"{amount} USD", True), ("InvoiceAmount", f"1,{'9' * 3}.00", True), ("InvoiceAmount", "n/a", False),
        ("InvoiceAmount", "", False), ("InvoiceAmount", f"-{amount}", False), ("InvoiceAmount", "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in amount), True),
        ("InvoiceDate", f"{year}-{int(month):02}-{int(d):02}", True), ("InvoiceDate", f"31/31/{year}", False), ("InvoiceDate", "soon", False),
        ("customerID", f"  {row['customerID'].lower()} ", True), ("customerID", "0000-NOONE", False), ("countryCode", "US", False), ("PaperlessBill", "Fax", False)]
    column, text, fine = changes[how]
    return row | {column: text}, fine


def test_receivables_that_were_dirtied_add_up(installation, remitd):
    path = shared("data/ar-ibm/WA_Fn-UseC_-Accounts-Receivable.csv")
    rows = list(csv.DictReader(path.open(newline="")))[:400]
    files, chance = Files(installation, remitd, "nordwind"), random.Random(7)
    ids = {number: files.company.customer(number) for number in sorted({r["customerID"] for r in rows})}
    files.configure(FORM, SOURCE.replace("file: {", "file: {format: csv, "))
    dirtied, wanted, expected = [], collections.Counter(), Decimal(0)
    for row in rows:
        # The company's currency, whatever the file's sign would be.
        made, fine = dirty(chance, row) if chance.random() < 0.4 else (row, True)
        if "USD" in made["InvoiceAmount"] or "$" in made["InvoiceAmount"]:
            fine = False
        dirtied.append(made)
        wanted["taken" if fine else "review"] += 1
        if fine:
            expected += Decimal("1999.00") if made["InvoiceAmount"].startswith("1,999") else Decimal(row["InvoiceAmount"])
    # The same row twice, a blank line, and a line of totals.
    dirtied += [dirtied[0]] * 2
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(dirtied)
    out.write("\n,,,,,,\n")
    out.write(f",TOTAL,,,,,{sum(Decimal(r['InvoiceAmount']) for r in rows)},,,,,\n")
    done, told = files.take("receivables", out.getvalue().encode("utf-8-sig"))
    assert done.rows == len(dirtied) + 1
    assert done.taken == wanted["taken"], [(r.line, [p.message for p in r.problems]) for r in told if r.state == import_pb2.REVIEW][:20]
    assert all(r.problems and all(p.message for p in r.problems) for r in told if r.state == import_pb2.REVIEW)
    assert files.open(ids.values()) == expected
    # The same by a workbook: nothing is taken twice.
    book = openpyxl.Workbook()
    book.active.append(["Receivables as at 2013"])
    book.active.append(list(rows[0]))
    for row in dirtied:
        book.active.append(list(row.values()))
    bytes_ = io.BytesIO()
    book.save(bytes_)
    files.configure(SOURCE.replace("file: {", "file: {format: xlsx, "))
    again, _ = files.take("receivables", bytes_.getvalue())
    assert again.taken == 0 and again.known >= wanted["taken"] and again.rows == len(dirtied)
    assert files.open(ids.values()) == expected


CHINESE = ["发票号码", "购方名称", "开票日期", "到期日", "价税合计", "备注"]
KINDS = {
    "utf-8": lambda text: text.encode(), "with a mark": lambda text: text.encode("utf-8-sig"), "GB18030": lambda text: text.encode("gb18030"),
    "UTF-16": lambda text: text.encode("utf-16"), "tabs": lambda text: text.replace(",", "\t").encode("utf-16"), "semicolons": lambda text: text.replace(",", ";").encode("gb18030"),
    "line ends of old": lambda text: text.replace("\n", "\r").encode("gb18030")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chinese_list_of_each_messy_kind_adds_up(installation, remitd, kind):
    files = Files(installation, remitd, "huaxin")
    tag = re.sub("[^A-Z0-9]", "", kind.upper()) or kind.encode().hex()[:6].upper()
    ids = [files.company.call("CreateCustomer", pb.CreateCustomerRequest(customer=pb.Customer(number=f"M{tag}{n}", name=f"{tag}苏州华信{n}（集团）有限公司"))).id for n in range(2)]
    files.configure("""kind: source
name: messy
method: remit.ledger.v1.LedgerService/PostInvoice
fields:
  - {field: invoice.number, column: 发票号码}
  - {field: invoice.customer_id, column: 购方名称, find: {view: ledger.customer_v1, by: [name, number], gives: customer_id}}
  - {field: invoice.issued_on, column: 开票日期}
  - {field: invoice.due_on, column: 到期日}
  - {field: invoice.amount, column: 价税合计}
""")
    issued = datetime.date.fromisoformat(day(-20))
    name = lambda n: f"{tag}苏州华信{n}（集团）有限公司"
    dates = [f"{issued.year}年{issued.month}月{issued.day}日", issued.isoformat(), issued.strftime("%Y/%m/%d"), f"{issued.year}．{issued.month}．{issued.day}".replace("．", "."),
             issued.strftime("%Y%m%d"), f"{issued.isoformat()} 10:21:33"]
    fine = [(f"{tag}-{n}", name(n % 2), dates[n], day(30), amount, "") for n, amount in enumerate(["1130.00", "￥1130.50", "１１３０．５０", "1130.5元", "RMB 20", "7"])]
    wrong = [(f"{tag}-w1", "没有这家", dates[0], day(30), "5", ""), (f"{tag}-w2", name(0), "昨天", day(30), "5", ""), (f"{tag}-w3", name(0), dates[0], day(30), "五元", ""),
             (f"{tag}-w4", name(0), dates[0], day(-40), "5", ""), ("", name(0), dates[0], "", "5", "无到期日")]
    lines = [CHINESE, *fine, *wrong, fine[0]]
    text = "\n".join(",".join(f'"{c}"' if "," in c else c for c in line) for line in lines) + "\n"
    done, rows = files.take("messy", KINDS[kind](text))
    assert (done.rows, done.taken, done.known) == (12, 6, 1), [(r.line, r.state, [p.message for p in r.problems]) for r in rows]
    assert done.review == 5
    assert files.open(ids) == Decimal("1130.00") + Decimal("1130.50") * 2 + Decimal("1130.5") + 20 + 7
