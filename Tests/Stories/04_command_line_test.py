"""A finance person imports files and reads reports with `remit`."""

import csv
import io
import json
import os
import pty
import subprocess

import pytest
from conftest import BIN

CUSTOMERS = "客户编号,客户名称\nC-1,上海华东机械有限公司\nC-2,Müller AG\n"
INVOICES = """customer,invoice,amount,date,due date
C-1,R-1,"1,000.00",2024-01-05,2024-02-04
C-2,R-2,250.5,2024-01-05,2024-06-30
"""
RECEIPTS = "invoice,amount,received\nR-1,400,2024-02-10\n"


@pytest.fixture(scope="module")
def remit(installation, remitd, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")

    def run(*arguments, company="nordwind", files=(), code=0, **environment):
        for name, content in files:
            (folder / name).write_text(content)
        environment = {"REMIT_ADDRESS": f"127.0.0.1:{remitd.port}", "REMIT_KEY": installation.keys[company]} | environment
        done = subprocess.run([BIN / "remit", *arguments], cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    run.folder = folder
    return run


def test_three_files_are_imported_and_aged(remit):
    assert remit("import", "customers", "c.csv", files=[("c.csv", CUSTOMERS)]).stdout == "2 customers: 2 imported\n"
    assert remit("import", "invoices", "i.csv", "--dry-run", files=[("i.csv", INVOICES)]).stdout == "2 invoices: 2 would be imported\n"
    assert remit("import", "invoices", "i.csv").stdout == "2 invoices: 2 imported\n"
    assert remit("import", "receipts", "r.csv", files=[("r.csv", RECEIPTS)]).stdout == "1 receipts: 1 imported\n"
    assert remit("import", "receipts", "r.csv").stdout == "1 receipts: 0 imported, 1 known already\n"

    assert remit("ageing", "--as-of", "2024-03-10", "--by", "customer").stdout == """\
Ageing as at 2024-03-10

customer  name                  currency  not due  1-30   31-60  61-90  over 90  credits  balance
--------  --------------------  --------  -------  ----  ------  -----  -------  -------  -------
C-1       上海华东机械有限公司  EUR          0.00  0.00  600.00   0.00     0.00     0.00   600.00
C-2       Müller AG             EUR        250.50  0.00    0.00   0.00     0.00     0.00   250.50
--------  --------------------  --------  -------  ----  ------  -----  -------  -------  -------
          total                 EUR        250.50  0.00  600.00   0.00     0.00     0.00   850.50
"""
    assert "EUR        250.50  0.00  600.00" in remit("ageing", "--as-of", "2024-03-10").stdout


def test_lists_come_as_table_json_and_csv(remit):
    assert remit("items").stdout.splitlines()[-1].split()[:2] == ["total", "EUR"]
    items = json.loads(remit("items", "--output", "json").stdout)["items"]
    assert [(i["number"], i["open"]) for i in items] == [
        ("R-1", {"currency": "EUR", "amount": "600.00"}), ("R-2", {"currency": "EUR", "amount": "250.50"})]
    rows = list(csv.DictReader(io.StringIO(remit("items", "--output", "csv", "--customer", "C-1").stdout)))
    assert [(r["number"], r["name"], r["open"]) for r in rows] == [("R-1", "上海华东机械有限公司", "600.00")]
    assert remit("customers", "--number", "C-2").stdout.splitlines()[2].startswith("C-2     Müller AG  ")
    ageing = json.loads(remit("ageing", "--as-of", "2024-03-10", "--edges", "1,366", "--output", "json").stdout)
    assert ageing["totals"][0]["buckets"] == [{"currency": "EUR", "amount": "250.50"}, {"currency": "EUR", "amount": "600.00"},
                                              {"currency": "EUR", "amount": "0.00"}]


def test_refused_rows_are_listed_and_the_file_is_held_back(remit):
    bad = INVOICES.replace("R-1", "R-3").replace("R-2", "R-4").replace("250.5", "250,5,0").replace("C-1", "C-9")
    done = remit("import", "invoices", "bad.csv", files=[("bad.csv", bad.replace("250,5,0", '"250,5,0"') + "C-2,R-5,7,2024-01-05,2024-02-04\n")], code=65)
    assert "2    refused  customer  C-9" in done.stdout and "import the customer first" in done.stdout
    assert "3    refused  amount    250,5,0" in done.stdout
    assert done.stdout.endswith("3 invoices: 0 imported, 2 refused, 1 held back\n") and "--skip-refused" in done.stderr
    assert remit("import", "invoices", "bad.csv", "--skip-refused", code=65).stdout.endswith("3 invoices: 1 imported, 2 refused\n")


@pytest.mark.parametrize("arguments, environment, code, words", [
    (["items"], {"REMIT_KEY": ""}, 77, "no key: give --key or set REMIT_KEY"),
    (["items"], {"REMIT_KEY": "remit_000000000000_" + "A" * 43}, 77, "the key is not valid"),
    (["items"], {"REMIT_ADDRESS": "127.0.0.1:1"}, 69, "no remitd answers at 127.0.0.1:1"),
    (["items"], {"REMIT_ADDRESS": "nowhere"}, 64, "a host and a port"),
    (["items", "--customer", "C-99"], {}, 1, "there is no customer C-99"),
    (["items", "--as-of", "soon"], {}, 1, "--as-of is not a date such as"),
    (["ageing", "--edges", "a"], {}, 64, "numbers of days"),
    (["import", "invoices", "nothing.csv"], {}, 66, "nothing.csv cannot be read: No such file"),
    (["import", "invoices", "c.csv"], {}, 1, "--column must say which is number, amount, issued_on, due_on (number=HEADER), or after how many days invoices without a due date are due (--net-days); the header has"),
    (["import", "invoices", "i.csv", "--column", "x"], {}, 64, "a field and a header"),
    (["import", "orders", "i.csv"], {}, 64, "customers"),
    (["frobnicate"], {}, 64, "frobnicate")])
def test_errors_are_one_line_that_says_what_to_do(remit, arguments, environment, code, words):
    done = remit(*arguments, code=code, **environment)
    assert words in done.stderr and not done.stdout and "Swift" not in done.stderr


def test_a_terminal_sees_how_far_an_import_is(remit, installation, remitd):
    rows = "".join(f"C-1,P-{n},1,2024-01-05,2024-02-04\n" for n in range(6000))
    (remit.folder / "many.csv").write_text("customer,invoice,amount,date,due date\n" + rows)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [BIN / "remit", "import", "invoices", "many.csv", "--key", installation.keys["nordwind"], "--address", f"127.0.0.1:{remitd.port}"],
        cwd=remit.folder, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # Linux says EIO when the other side is closed
            break
        if not chunk:
            break
        seen += chunk
    assert process.wait(timeout=60) == 0 and process.stdout.read() == "6000 invoices: 6000 imported\n"
    os.close(ours)
    text = seen.decode()
    assert "checking [##############################] 6000 of 6000" in text and "writing  [##########....................] 2000 of 6000" in text
    assert text.endswith("\r\x1b[K")


def test_cash_is_allocated_shown_and_taken_back(remit):
    remit("import", "customers", "a.csv", files=[("a.csv", "number,name\nA-1,Alpha\n")])
    remit("import", "invoices", "ai.csv", files=[("ai.csv", "customer,invoice,amount,date,due date\nA-1,A-R1,100,2024-01-05,2024-02-04\nA-1,A-R2,50,2024-01-05,2024-02-05\n")])
    remit("import", "receipts", "ar.csv", files=[("ar.csv", "number,customer,amount,received\nA-Z1,A-1,119.97,2024-02-10\n")])
    dry = remit("allocate", "--customer", "A-1", "--dry-run").stdout
    assert dry == """\
invoice A-R1, due 2024-02-04, 100.00 EUR open: 100.00 EUR by receipt A-Z1 on 2024-02-10; settled
invoice A-R2, due 2024-02-05, 50.00 EUR open: 19.97 EUR by receipt A-Z1 on 2024-02-10
30.03 EUR of invoice A-R2 stay open
2 allocations would be made
"""
    assert remit("allocate", "--customer", "A-1").stdout == dry.replace("would be made", "").replace("allocations \n", "allocations\n")
    rows = list(csv.DictReader(io.StringIO(remit("allocations", "A-R1", "--output", "csv").stdout)))
    assert [(r["credit"], r["amount"], r["by"]) for r in rows] == [("A-Z1", "100.00", "owner")]
    assert remit("undo", rows[0]["id"], "--on", "2024-03-01", "--reason", "wrong one").stdout == "A-R1 and A-Z1 are open again from 2024-03-01\n"
    assert "UNDONE" not in remit("undo", rows[0]["id"], code=1).stderr
    done = remit("allocate", "--receipt", "A-Z1", "--invoice", "A-R1", "--by", "listed", "--tolerance", "0.05", "--currency", "EUR", "--on", "2024-03-02")
    assert done.stdout.splitlines()[0].endswith("100.00 EUR by receipt A-Z1 on 2024-03-02; settled")
    assert remit("allocate", "--by", "exact", "--dry-run").stdout == "0 allocations would be made\n"
    table = remit("allocations", "A-R1").stdout
    assert "undone" in table and "undoes" in table
    assert "named ones" in remit("allocate", "--by", "exact", "--receipt", "A-Z1", "--invoice", "A-R1", code=64).stderr
    assert "no debit with the number A-R9" in remit("allocate", "--receipt", "A-Z1", "--invoice", "A-R9", code=1).stderr


def test_statement_and_reports_as_they_were_known(remit):
    remit("import", "customers", "s.csv", files=[("s.csv", "number,name\nS-1,Sigma\n")])
    remit("import", "invoices", "si.csv", files=[("si.csv", "customer,invoice,amount,date,due date\nS-1,S-R1,100,2024-01-05,2024-02-04\nS-1,S-R2,50,2024-03-01,2024-03-31\n")])
    remit("import", "receipts", "sr.csv", files=[("sr.csv", "number,invoice,amount,received\nS-Z1,S-R1,60,2024-02-10\n")])
    assert remit("statement", "--customer", "S-1", "--from", "2024-02-01", "--to", "2024-03-15").stdout == """\
Statement of S-1 Sigma from 2024-02-01 to 2024-03-15

on          document  number  currency  amount  balance
----------  --------  ------  --------  ------  -------
2024-02-01  opening           EUR                100.00
2024-02-10  receipt   S-Z1    EUR       -60.00    40.00
2024-03-01  invoice   S-R2    EUR        50.00    90.00
2024-03-15  closing           EUR                 90.00
"""
    assert "S-R1" not in remit("items", "--customer", "S-1", "--known-at", "2024-03-15T00:00:00Z").stdout
    assert "S-1" in remit("ageing", "--by", "payer", "--basis", "document", "--as-of", "2024-03-15").stdout
    assert "such as 2026-11-24T08:00:00Z" in remit("items", "--known-at", "yesterday", code=64).stderr
