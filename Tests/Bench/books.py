"""Part of `make bench`: the ledger's heavy calls through gRPC, each against the same work as plain SQL in the same run.

Arguments: port, key, company's tenant id, database as administrator, database as remitd, pid of remitd, pgbench, remit-bench, another company's key.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT, KEY, TENANT, ADMIN, URL, PID, PGBENCH, LOAD, OTHER_KEY = sys.argv[1:10]
STUBS = tempfile.mkdtemp(prefix="remit-stubs-")
subprocess.run(
    [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"--python_out={STUBS}", f"--grpc_python_out={STUBS}",
     *map(str, (ROOT / "proto/remit").rglob("*.proto"))], check=True)
sys.path.insert(0, STUBS)

import grpc  # noqa: E402
from remit.ledger.v1 import books_pb2, books_pb2_grpc, ledger_pb2_grpc  # noqa: E402
from remit.ledger.v1 import ledger_pb2 as pb  # noqa: E402
from remit.type.v1.money_pb2 import Money  # noqa: E402

ITEMS = int(os.environ.get("ITEMS", 1_000_000))
CUSTOMERS = 50_000
channel = grpc.insecure_channel(f"127.0.0.1:{PORT}", options=[("grpc.max_receive_message_length", 64 << 20)])
ledger, books = ledger_pb2_grpc.LedgerServiceStub(channel), books_pb2_grpc.BooksServiceStub(channel)
metadata = [("authorization", f"Bearer {KEY}")]


def call(method, request):
    return getattr(ledger if hasattr(ledger, method) else books, method)(request, metadata=metadata, timeout=30)


def sql(text):
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", ADMIN, "-c", text], check=True, capture_output=True, text=True).stdout


def seconds(body):
    begin = time.monotonic()
    body()
    return time.monotonic() - begin


def as_company(text):
    """SQL as the module would send it: its role, its company."""
    return f"SET remit.tenant = {TENANT}; SET ROLE remit_ledger; {text}"


def pgbench(script, clients=1, **variables):
    """Transactions a second, and the latencies in ms."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "script.sql"
        path.write_text(script)
        count = variables.pop("transactions", None)
        done = subprocess.run(
            [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", *(["-t", str(count)] if count else ["-T", "5"]), "-l", f"--log-prefix={folder}/log",
             *(f"-D{name}={value}" for name, value in variables.items()), "-f", path, URL], capture_output=True, text=True)
        out = done.stdout
        assert done.returncode == 0, done.stderr
        latencies = [int(line.split()[2]) / 1000 for log in pathlib.Path(folder).glob("log*") for line in log.read_text().splitlines()]
    return float(re.search(r"^tps = ([\d.]+)", out, re.M)[1]), latencies


def median(latencies):
    return statistics.median(latencies)


def p99(latencies):
    return sorted(latencies)[int(len(latencies) * 0.99)]


def peak_rss():
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{PID}/status").read_text())[1]) // 1024


def rows(prefix, count, tenant, customers):
    """Inserts invoices as plain SQL, `count` at once: documents, entries, items, movements, deltas."""
    return f"""
        BEGIN;
        SET LOCAL remit.tenant = {tenant};
        CREATE TEMP TABLE r ON COMMIT DROP AS
          SELECT n, gen_random_uuid() AS d, gen_random_uuid() AS i, lpad(to_hex(n % {customers} + 1), 32, '0')::uuid AS c, 100 + n % 99900 AS m,
                 date '2026-01-01' + n % 300 AS due FROM generate_series(1, {count}) n;
        INSERT INTO ledger.document (document_id, kind, number, customer_id, currency, amount_minor, base_minor, issued_on, effective_on, recorded_at, recorded_by)
          SELECT d, 'invoice', '{prefix}' || n, c, 'EUR', m, m, due - 30, due - 30, now(), 'bench' FROM r;
        INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor) SELECT d, 2, '1100', '4000', 'EUR', m, m FROM r;
        INSERT INTO ledger.item (item_id, document_id, line, customer_id, currency, side, amount_minor, base_minor, due_on, open_minor, open_base_minor)
          SELECT i, d, 1, c, 'EUR', 1, m, m, due, m, m FROM r;
        INSERT INTO ledger.movement (item_id, movement_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor, effective_on, recorded_at)
          SELECT i, gen_random_uuid(), d, c, 'EUR', 1, due, m, m, due - 30, now() FROM r;
        INSERT INTO ledger.ageing_delta (currency, side, due_on, amount_minor, base_minor) SELECT 'EUR', 1, due, sum(m), sum(m) FROM r GROUP BY due;
        COMMIT;"""


def imports():
    file = lambda part: ("customer,invoice,amount,date,due date\n" + "".join(
        f"B{n % 500 + 1},I{part}-{n},{100 + n}.00,2025-12-01,2026-{1 + n % 9:02}-15\n" for n in range(50_000))).encode()
    files = [file(part) for part in range(2)]
    before = peak_rss()
    ours, peaks = [], []
    for data in files:
        ours.append(seconds(lambda: [None for _ in call("ImportInvoices", pb.ImportRequest(file=data))]))
        peaks.append(peak_rss())
    plain = seconds(lambda: sql(rows("P", 100_000, TENANT, 500)))
    print(f"import of 100,000 invoices: {sum(ours):.1f} s against {plain:.1f} s of the same rows by UNNEST; ratio {plain / sum(ours):.2f}; "
          f"remitd at most {before} MB before, {peaks[0]} MB after the first half, {peaks[1]} MB after the second")


def receipts():
    found = []
    for count in (1, 10, 100):
        rounds = 100 if count < 100 else 30
        customer = call("CreateCustomer", pb.CreateCustomerRequest(customer=pb.Customer(number=f"R-{count}", name=f"Receipts {count}"))).id
        data = "customer,invoice,amount,date,due date\n" + "".join(f"R-{count},N{count}-{n},1.00,2026-01-05,2026-02-04\n" for n in range(2 * rounds * count))
        for _ in call("ImportInvoices", pb.ImportRequest(file=data.encode())):
            pass
        sql("ANALYZE")
        ours = []
        for n in range(rounds):
            begin = time.monotonic()
            receipt = call("PostReceipt", pb.PostReceiptRequest(receipt=pb.Receipt(
                customer_id=customer, number=f"R{count}-Z{n}", amount=Money(currency="EUR", amount=f"{count}.00"), received_on="2026-02-01")))
            call("Allocate", pb.AllocateRequest(
                method="LISTED", credits=[pb.ItemChoice(number=receipt.number)],
                debits=[pb.ItemChoice(number=f"N{count}-{n * count + k}") for k in range(count)]))
            ours.append((time.monotonic() - begin) * 1000)
        items = sql(f"SELECT i.item_id FROM ledger.item i JOIN ledger.document d USING (tenant_id, document_id) WHERE i.tenant_id = {TENANT}"
                    f" AND d.number LIKE 'N{count}-%' AND i.open_minor > 0 LIMIT {rounds * count}").split()
        plain = pgbench(plain_receipts(customer, [items[n * count:(n + 1) * count] for n in range(rounds)]), transactions=1)[1][0] / rounds
        found.append(f"{count}: {median(ours):.1f} ms against {plain:.1f} ms ({plain / median(ours):.2f})")
    print("a receipt and its allocation to so many invoices, one client, against the same SQL in pgbench: " + "; ".join(found))


def plain_receipts(customer, groups):
    """All receipts as one pgbench script: what PostReceipt and Allocate write, each in a transaction."""
    lines = [f"SELECT set_config('remit.tenant', '{TENANT}', false), set_config('role', 'remit_ledger', false);"]
    array = lambda values, type: "'{" + ",".join(map(str, values)) + f"}}'::{type}[]"
    for items in groups:
        count, receipt, credit = len(items), uuid.uuid4(), uuid.uuid4()
        check = "SELECT host.lock('periods', false);\nSELECT host.require(false, 'PERIOD_CLOSED') FROM ledger.period p WHERE date '2026-02-01' BETWEEN p.starts_on AND p.ends_on AND p.state = 'closed';"
        record = lambda size: ("SET LOCAL ROLE NONE;\nINSERT INTO host.call (request_id, principal, method, body_sha256, resource, reply, called_at, via) VALUES "
                               f"('{uuid.uuid4()}', 'demo', 'm', sha256('x'), 'r', repeat('x', {size})::bytea, now(), '');")
        lines += ["\\startpipeline", "BEGIN;", check, f"""
INSERT INTO ledger.document (document_id, kind, number, customer_id, currency, amount_minor, base_minor, issued_on, effective_on, recorded_at, recorded_by) VALUES ('{receipt}', 'receipt', '{receipt}', '{customer}', 'EUR', {count * 100}, {count * 100}, '2026-02-01', '2026-02-01', now(), 'demo');
INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor) VALUES ('{receipt}', 1, '1000', '1100', 'EUR', {count * 100}, {count * 100});
INSERT INTO ledger.item (item_id, document_id, line, customer_id, currency, side, amount_minor, base_minor, due_on, open_minor, open_base_minor) VALUES ('{credit}', '{receipt}', 1, '{customer}', 'EUR', -1, {-count * 100}, {-count * 100}, '2026-02-01', {-count * 100}, {-count * 100});
INSERT INTO ledger.movement (item_id, movement_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor, effective_on, recorded_at) VALUES ('{credit}', gen_random_uuid(), '{receipt}', '{customer}', 'EUR', -1, '2026-02-01', {-count * 100}, {-count * 100}, '2026-02-01', now());
INSERT INTO ledger.ageing_delta (currency, side, due_on, amount_minor, base_minor) VALUES ('EUR', -1, '2026-02-01', {-count * 100}, {-count * 100});""",
                  record(200), "COMMIT;", "\\endpipeline", "\\startpipeline", "BEGIN;",
                  f"SELECT i.*, d.number, c.payer_id FROM ledger.document d JOIN ledger.item i USING (tenant_id, document_id) JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (i.tenant_id, i.customer_id) WHERE i.item_id = ANY ({array([*items, credit], 'uuid')}) ORDER BY i.item_id FOR UPDATE OF i;",
                  "\\endpipeline", "\\startpipeline", check, f"""
UPDATE ledger.item i SET open_minor = 0, open_base_minor = 0 WHERE i.item_id = ANY ({array([*items, credit], 'uuid')});
INSERT INTO ledger.allocation (allocation_id, debit_item, credit_item, amount_minor, reason, effective_on, recorded_at, recorded_by) SELECT gen_random_uuid(), u, '{credit}', 100, '', '2026-02-01', now(), 'demo' FROM unnest({array(items, 'uuid')}) u;
INSERT INTO ledger.movement (item_id, movement_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor, effective_on, recorded_at) SELECT u, gen_random_uuid(), gen_random_uuid(), '{customer}', 'EUR', s, '2026-02-04', -s * 100, -s * 100, '2026-02-01', now() FROM unnest({array([*items, *[credit] * count], 'uuid')}, {array([1] * count + [-1] * count, 'smallint')}) x (u, s);
INSERT INTO ledger.ageing_delta (currency, side, due_on, amount_minor, base_minor) VALUES ('EUR', 1, '2026-02-04', {-count * 100}, {-count * 100}), ('EUR', -1, '2026-02-01', {count * 100}, {count * 100});""",
                  record(200 * count), "COMMIT;", "\\endpipeline"]
    return "\n".join(lines) + "\n"


def posting(prefix, *options):
    customers = [part for n in range(1, 501) for part in ("--customer", f"00000000-0000-0000-0000-{n:012x}")]
    return int(subprocess.run([LOAD, "post-invoice", "--port", PORT, "--key", KEY, "--seconds", "5", "--prefix", prefix, *options, *customers],
                              check=True, capture_output=True, text=True).stdout)


def numbers():
    call("SetNumberSeries", books_pb2.SetNumberSeriesRequest(series=books_pb2.NumberSeries(kind="invoice", pattern="G-{number}")))
    script = (ROOT / "Tests/Bench/post_invoice.pgbench").read_text()
    take = """SELECT set_config('remit.tenant', :tenant::text, true), set_config('role', 'remit_ledger', true);
WITH taken AS (INSERT INTO ledger.number_counter AS c (kind, year, last) SELECT s.kind, CASE WHEN s.pattern LIKE '%{year}%' THEN 2026 ELSE 0 END, 1 FROM ledger.number_series s WHERE s.kind = 'invoice' ON CONFLICT (tenant_id, kind, year) DO UPDATE SET last = c.last + 1 RETURNING kind, last), next AS MATERIALIZED (SELECT replace(replace(s.pattern, '{year}', '2026'), '{number}', lpad(t.last::text, greatest(s.digits, length(t.last::text)), '0')) AS number FROM taken t JOIN ledger.number_series s USING (kind)) SELECT n.number AS number, (SELECT 1 FROM ledger.document d WHERE d.kind = 'invoice' AND d.number = n.number LIMIT 1) IS NOT NULL AS taken FROM next n
\\gset
SET LOCAL ROLE NONE;
\\startpipeline"""
    script = script.replace("\\startpipeline", "BEGIN;\n" + take).replace("ARRAY['B' || :a::text || '-' || :b::text]", "ARRAY[:number::text]")
    script = script.replace("\\endpipeline", "COMMIT;\n\\endpipeline")
    posting("", "--by-series")
    pairs = []
    for _ in range(3):
        ours = posting("", "--by-series")
        pairs.append((ours, pgbench(script, clients=8, tenant=TENANT, customers=500)[0]))
    ours, plain = (statistics.median(column) for column in zip(*pairs))
    gaps = sql(f"SELECT max(substr(number, 3)::int) - count(*) FROM ledger.document WHERE tenant_id = {TENANT} AND number ~ '^G-'").strip()
    print(f"gapless numbers of one company, 8 clients: {ours:.0f}/s against {plain:.0f}/s of pgbench with the same statements; ratio {ours / plain:.2f}; gaps: {gaps}")
    call("SetNumberSeries", books_pb2.SetNumberSeriesRequest(series=books_pb2.NumberSeries(kind="invoice")))


def posting_at_few():
    """(how many items of the company, postings a second)."""
    items = int(sql(f"SELECT count(*) FROM ledger.item WHERE tenant_id = {TENANT}"))
    if items < 10_000:
        sql(rows("F", 10_000 - items, TENANT, 500))
    sql("VACUUM ANALYZE")
    return max(items, 10_000), sorted(posting(f"S{n}") for n in range(3))[1]


def large(items, small):
    sql(f"""INSERT INTO ledger.customer (tenant_id, customer_id, number, name, recorded_at)
            SELECT {TENANT}, lpad(to_hex(n), 32, '0')::uuid, 'B' || n, 'Bench ' || n, now() FROM generate_series(501, {CUSTOMERS}) n""")
    sql("""INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale)
           SELECT 'other-' || n, 'Other', 'EUR', 'UTC', 'en' FROM generate_series(1, 198) n""")
    sql("""INSERT INTO ledger.customer (tenant_id, customer_id, number, name, recorded_at)
           SELECT t.tenant_id, lpad(to_hex(n), 32, '0')::uuid, 'B' || n, 'B', now() FROM host.tenant t, generate_series(1, 50) n WHERE slug ~ '^other'""")
    sql("INSERT INTO ledger.account (tenant_id, code, name, role) SELECT tenant_id, a, a, CASE a WHEN '1100' THEN 'receivable' ELSE 'revenue' END"
        " FROM host.tenant, unnest(ARRAY['1100', '4000']) a WHERE slug ~ '^other'")
    for tenant in sql("SELECT tenant_id FROM host.tenant WHERE slug ~ '^other'").split():
        sql(rows("O", 1000, tenant, 50))
    for part in range(4):
        sql(rows(f"L{part}-", ITEMS // 4, TENANT, CUSTOMERS))
    sql("VACUUM ANALYZE")
    call("FoldAgeing", pb.FoldAgeingRequest())
    count = int(sql(f"SELECT count(*) FROM ledger.item WHERE tenant_id = {TENANT}"))
    big = sorted(posting(f"M{n}") for n in range(3))[1]
    print(f"PostInvoice with 8 clients: {small}/s at {items:,} items of the company, {big}/s at {count:,}; ratio {big / small:.2f}")
    call("FoldAgeing", pb.FoldAgeingRequest())

    ask = lambda: call("GetAgeing", pb.GetAgeingRequest())
    [ask() for _ in range(20)]
    ours = [seconds(ask) * 1000 for _ in range(500)]
    print(f"ageing today, {count:,} open items of one company among 200: median {median(ours):.1f} ms, p99 {p99(ours):.1f} ms")

    def by_customer():
        token = ""
        while True:
            reply = call("GetAgeing", pb.GetAgeingRequest(by_customer=True, page_size=1000, page_token=token))
            token = reply.next_page_token
            if not token:
                return
    plain = as_company("""
        SELECT c.number, c.name, m.currency, m.side, width_bucket(current_date - m.due_on, ARRAY[1, 31, 61, 91]), sum(m.amount_minor)
          FROM ledger.movement m JOIN ledger.customer c USING (tenant_id, customer_id) WHERE m.effective_on <= current_date
         GROUP BY 1, 2, 3, 4, 5 HAVING sum(m.amount_minor) <> 0 ORDER BY 1""")
    pairs = [(seconds(by_customer), seconds(lambda: sql(plain))) for _ in range(3)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs))
    print(f"ageing by {CUSTOMERS:,} customers, page by page: {ours:.1f} s against {theirs:.1f} s of one plain query; {ours / theirs:.2f} times as long")


def fairness():
    """One company asks for eight heavy reports at once, all the time; another posts meanwhile."""
    other = [("authorization", f"Bearer {OTHER_KEY}")]
    customer = ledger.CreateCustomer(pb.CreateCustomerRequest(customer=pb.Customer(number="FAIR", name="Fair")), metadata=other, timeout=30).id
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))

    def post(number):
        ledger.PostInvoice(pb.PostInvoiceRequest(invoice=pb.Invoice(
            customer_id=customer, number=number, amount=Money(currency="CNY", amount="1"), issued_on=today, due_on=today)), metadata=other, timeout=30)

    def posting(prefix, count):
        latencies = []
        for number in range(count):
            latencies.append(seconds(lambda: post(f"{prefix}{number}")) * 1000)
            time.sleep(0.005)
        return latencies

    stop, reports = threading.Event(), []

    def report():
        while not stop.is_set():
            reports.append(seconds(lambda: call("GetAgeing", pb.GetAgeingRequest(as_of=time.strftime("%Y-%m-%d", time.gmtime(time.time() - 20 * 86400))))))

    posting("W", 200)
    idle = posting("I", 1000)
    threads = [threading.Thread(target=report) for _ in range(8)]
    [thread.start() for thread in threads]
    time.sleep(1)
    under = posting("U", 1000)
    stop.set()
    [thread.join() for thread in threads]
    print(f"one company posts while another asks for eight heavy reports at once ({len(reports)}, the median after {statistics.median(reports):.2f} s): "
          f"p99 {p99(under):.1f} ms against {p99(idle):.1f} ms idle; {p99(under) / p99(idle):.1f} times")


few = posting_at_few()
for part in (imports, receipts, numbers):
    part()
large(*few)
fairness()
