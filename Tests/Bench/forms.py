"""Part of `make bench`: what a form costs on a posting and on a file, and a source beside the ledger's own import.

Arguments: folder of the binaries, port, key, ids of customers ...
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

BIN, PORT, KEY, *IDS = sys.argv[1:]
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="remit-forms-"))
ROWS, ROUNDS = 20_000, 5
CHECKS = "".join(f"  - {{name: c{n}, that: it.amount.amount > decimal({n}) - decimal(100) && size(it.number) < {50 + n}, say: no}}\n" for n in range(10))
FORM = f"kind: form\nname: invoice\nmethod: remit.ledger.v1.LedgerService/PostInvoice\nat: invoice\nfields:\n  - {{name: number, clean: [trim]}}\nchecks:\n{CHECKS}"
SOURCE = """kind: source
name: bench
method: remit.ledger.v1.LedgerService/PostInvoice
fields:
  - {field: invoice.number, column: number}
  - {field: invoice.customer_id, column: customer, find: {view: ledger.customer_v1, by: [number], gives: customer_id}}
  - {field: invoice.amount, column: amount}
  - {field: invoice.issued_on, column: issued}
  - {field: invoice.due_on, column: due}
"""


def remit(*arguments):
    done = subprocess.run([f"{BIN}/remit", *arguments, "--address", f"127.0.0.1:{PORT}", "--key", KEY, "--timeout", "600"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def configure(*documents):
    for path in FOLDER.glob("*.yaml"):
        if path.name.startswith(("form.", "source.")):
            path.unlink()
    for document in documents:
        (FOLDER / f"{document.split()[1]}.bench.yaml").write_text(document)
    remit("config", "apply", str(FOLDER), "--yes", "--reason", "bench")


def posted(prefix, clients):
    customers = [option for id in IDS for option in ("--customer", id)]
    done = subprocess.run(
        [f"{BIN}/remit-bench", "post-invoice", "--port", PORT, "--key", KEY, "--seconds", "4", "--clients", str(clients), "--prefix", prefix, *customers],
        check=True, capture_output=True, text=True)
    return int(done.stdout)


def file(name, rows):
    path = FOLDER / name
    path.write_text("number,customer,amount,issued,due\n" + "".join(f"{name}-{n},B{n % 500 + 1},{n % 900 + 1}.50,2026-01-05,2026-02-05\n" for n in range(rows)))
    return str(path)


def seconds(*arguments):
    begun = time.monotonic()
    remit(*arguments)
    return time.monotonic() - begun


remit("config", "export", str(FOLDER))
for clients in (1, 8):
    without, with_form = [], []
    for round in range(ROUNDS):
        configure()
        without.append(posted(f"FA{clients}-{round}", clients))
        configure(FORM)
        with_form.append(posted(f"FB{clients}-{round}", clients))
    a, b = statistics.median(without), statistics.median(with_form)
    print(f"PostInvoice by {clients}: {a:.0f}/s without a form, {b:.0f}/s with ten checks; ratio {b / a:.2f}; {clients / b * 1e6 - clients / a * 1e6:.0f} us a call")
configure()
plain = seconds("import", "invoices", file("IA", ROWS))
configure(FORM, SOURCE)
formed = seconds("import", "invoices", file("IB", ROWS))
sourced = seconds("source", "import", "bench", file("IC", ROWS))
print(f"{ROWS} invoices by file: {ROWS / plain:.0f}/s; through the form {ROWS / formed:.0f}/s, ratio {formed / plain:.2f}; "
      f"by a source, each a call of its own, {ROWS / sourced:.0f}/s")
