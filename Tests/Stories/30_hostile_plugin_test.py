"""A module that does whatever it is told tries to leave its company, its module and its call. Each attempt is a line in the output; none works."""

import concurrent.futures
import functools
import pathlib
import re
import subprocess
import sys
import tempfile

import grpc
import pytest
from companies import Company, eventually
from conftest import ROOT, Installation

from google.protobuf import descriptor_pb2
from remit.plugin.v1 import plugin_pb2 as pb

HOSTILE = ROOT / "Tests/Hostile"
TABLE = """
CREATE TABLE {0}.thing (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  thing_id bigint NOT NULL, text text NOT NULL,
  PRIMARY KEY (tenant_id, thing_id));
SELECT host.tenant_table('{0}.thing', 'SELECT, INSERT, UPDATE, DELETE');
"""


@functools.cache
def compiled():
    """The hostile module without a manifest."""
    object_ = pathlib.Path(tempfile.mkdtemp(prefix="remit-hostile-")) / "hostile.o"
    subprocess.run(
        ["cc", "-c", "-fPIC", "-fvisibility=hidden", "-Wall", "-Werror", f"-I{ROOT}/Sources/CRemitPlugin/include", "-o", object_, HOSTILE / "hostile.c"], check=True)
    return object_


@functools.cache
def descriptors(name):
    """Those of hostile.proto, with another name for what is called hostile in it."""
    proto = compiled().with_name(f"{name}.proto")
    proto.write_text(
        (HOSTILE / "hostile.proto").read_text().replace("hostile.script", f"{name}.script").replace("remit.hostile", f"remit.{name}").replace("Hostile", name.capitalize()))
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"-I{proto.parent}", "--include_imports",
         f"--descriptor_set_out={proto.with_suffix('.binpb')}", proto], check=True)
    return proto.with_suffix(".binpb").read_bytes()


def link(folder, manifest, name="hostile"):
    (folder / f"{name}.manifest").write_bytes(manifest.SerializeToString())
    library = folder / f"lib{name}.so"
    subprocess.run(["cc", "-shared", f'-DMANIFEST="{folder / f"{name}.manifest"}"', "-o", library, compiled(), HOSTILE / "manifest.S"], check=True)
    return library


def build(folder, name="hostile", migrations=(), **manifest):
    """The hostile module as a library: its manifest is what the test wants it to be."""
    values = {"name": name, "version": "1", "descriptors": descriptors("hostile"), "services": ["remit.hostile.v1.HostileService"]} | manifest
    values["migrations"] = [pb.Migration(number=n, name=f"{n:04}_it", sql=sql) for n, sql in enumerate(migrations, 1)]
    return link(folder, pb.Manifest(**values), name)


class Hostile:
    def __init__(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("hostile")
        library = build(folder, migrations=[TABLE.format("hostile")], calls=["remit.hostile.v1.HostileService"])
        self.installation = Installation(folder, "ledger", f"hostile={library}")
        self.server = self.installation.serve()
        self.channel = self.server.channel()
        messages = {}
        sys.path.insert(0, str(folder))
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"-I{HOSTILE}", f"--python_out={folder}",
                        HOSTILE / "hostile.proto"], check=True)
        import hostile_pb2
        self.pb = hostile_pb2
        for company in ("huaxin", "nordwind"):
            self.run("Write", [batch(f"INSERT INTO hostile.thing (thing_id, text) VALUES (1, 'of {company}')", end=pb.Batch.COMMIT)], company)
        self.huaxin = huaxin = Company(self.installation, self.channel, "huaxin")
        huaxin.invoice(huaxin.customer("C1"), "H-1", "100.00", currency="CNY")
        self.before = self.of_the_other()

    def run(self, method, steps, company="nordwind", **options):
        call = self.channel.unary_unary(
            f"/remit.hostile.v1.HostileService/{method}", request_serializer=self.pb.Script.SerializeToString,
            response_deserializer=self.pb.Outcome.FromString)
        return list(call(self.pb.Script(steps=steps), metadata=self.installation.key(company), timeout=options.pop("timeout", 20)).results)

    def of_the_other(self):
        """Everything that the other company has, all roles and all settings, as an administrator sees them."""
        tables = self.installation.psql(
            "SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('host', 'ledger', 'hostile') ORDER BY 1").stdout.split()
        rows = {table: self.installation.psql(f"SELECT t::text FROM {table} t WHERE tenant_id = 1 ORDER BY 1").stdout
                for table in tables if table != "host.job"}
        assert rows["ledger.document"] and rows["hostile.thing"] and rows["host.api_key"]
        rows["roles"] = self.installation.psql("SELECT r::text FROM pg_roles r ORDER BY 1").stdout
        rows["members"] = self.installation.psql("SELECT roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 1, 2").stdout
        rows["settings"] = self.installation.psql("SELECT s::text FROM pg_db_role_setting s ORDER BY 1").stdout
        rows["objects"] = self.installation.psql(
            "SELECT c.oid::regclass, relkind, relowner::regrole, relacl FROM pg_class c WHERE relnamespace::regnamespace::text !~ '^pg_' ORDER BY 1").stdout
        rows["functions"] = self.installation.psql("SELECT p.oid::regprocedure, proacl FROM pg_proc p ORDER BY 1").stdout
        return rows


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    hostile = Hostile(tmp_path_factory)
    yield hostile
    hostile.channel.close()
    hostile.installation.close()


def batch(*statements, end=pb.Batch.CONTINUE, reply=True):
    value = pb.Batch(statements=[s if isinstance(s, pb.Statement) else pb.Statement(sql=s) for s in statements], end=end)
    if end == pb.Batch.COMMIT and reply:
        value.reply.SetInParent()
    return b"x" + value.SerializeToString()


def told(result):
    """What the host answered, in a few words."""
    code, body = int.from_bytes(result[:4], "big"), result[4:]
    if code:
        status = pb.Status.FromString(body)
        return f"{status.reason} {status.metadata.get('sqlstate', '')}".strip()
    rows = pb.Results.FromString(body).results
    return "; ".join(f"{r.count} rows" + (f" {bytes(r.cells)!r}" if r.count else f", {r.affected} changed") for r in rows)


def identity(hostile, company):
    """Who a call is, on whatever connection it gets."""
    result = hostile.run("Read", [batch("SELECT current_setting('remit.tenant') || ' ' || current_user || ' ' || session_user")], company)[0]
    return re.search(rb"\d \w+ \w+", result).group().decode()


GUARDED = [
    "SET remit.tenant = '1'", "SET LOCAL remit.tenant = '1'", "SET ROLE remitd", "SET LOCAL ROLE NONE", "RESET ROLE", "RESET ALL", "SET SESSION AUTHORIZATION remit",
    "SET row_security = off", "BEGIN", "COMMIT", "ROLLBACK", "END", "ABORT", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO remit", "PREPARE p AS SELECT 1", "EXECUTE p",
    "DEALLOCATE ALL", "DISCARD ALL", "DO $$ BEGIN PERFORM set_config('remit.tenant', '1', true); END $$", "CALL p()",
    "COPY hostile.thing TO PROGRAM 'cat'", "COPY hostile.thing TO STDOUT", "COPY hostile.thing FROM '/etc/passwd'", "LISTEN a", "NOTIFY a", "UNLISTEN *",
    "LOCK TABLE hostile.thing", "EXPLAIN ANALYZE SELECT * FROM hostile.thing", "SHOW ALL", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH ALL FROM rows",
    "MOVE ALL FROM rows", "CLOSE ALL", "CREATE TABLE hostile.t (a int)", "CREATE TEMP TABLE t (a int)", "CREATE FUNCTION hostile.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE hostile.thing NO FORCE ROW LEVEL SECURITY", "DROP TABLE hostile.thing", "TRUNCATE hostile.thing", "GRANT ALL ON hostile.thing TO PUBLIC",
    "ALTER ROLE remit_hostile SUPERUSER", "VACUUM", "ANALYZE", "CHECKPOINT", "CLUSTER", "REINDEX TABLE hostile.thing", "LOAD 'plpgsql'", "REFRESH MATERIALIZED VIEW v",
    "ALTER SYSTEM SET fsync = off", "SECURITY LABEL ON TABLE hostile.thing IS ''", "REASSIGN OWNED BY remitd TO remit_hostile", "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c",
    "/* SELECT */ SET ROLE remitd", "/* /* */ SELECT */ SET ROLE remitd", "-- SELECT\nSET ROLE remitd", "-- a\rSET ROLE remitd", "; SET ROLE remitd", "(((SET ROLE remitd",
    "\u00a0SET ROLE remitd", "\ufeffSELECT 1", "", "/* SELECT 1", "\\! id",
]
READS = [
    # (SQL, what the module is told)
    ("SELECT 1; SET ROLE remitd", "DATABASE 42601"),
    ("SELECT 1 -- \n; COMMIT", "DATABASE 42601"),
    ("SELECT set_config('remit.tenant', '1', true)", "DATABASE 42501"),
    ("SELECT set_config('role', 'remitd', true)", "DATABASE 42501"),
    ("SELECT pg_catalog.set_config('row_security', 'off', false)", "DATABASE 42501"),
    ("WITH a AS MATERIALIZED (SELECT set_config('remit.tenant', '1', true)) SELECT * FROM a, hostile.thing", "DATABASE 42501"),
    ("SELECT * FROM hostile.thing WHERE set_config('remit.tenant', '1', true) IS NOT NULL", "DATABASE 42501"),
    ("SELECT * FROM hostile.thing ORDER BY set_config('remit.tenant', '1', true)", "DATABASE 42501"),
    ("SELECT query_to_xml('SELECT * FROM hostile.thing', true, true, '')", "DATABASE 42501"),
    ("SELECT database_to_xml(true, true, '')", "DATABASE 42501"),
    ("SELECT ts_stat('SELECT set_config(''remit.tenant'', ''1'', true)::tsvector')", "DATABASE 42501"),
    ("SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, set_config(''role'', ''remitd'', true)::tsquery')", "DATABASE 42501"),
    ("SELECT pg_advisory_lock(1)", "DATABASE 42501"),
    ("SELECT pg_try_advisory_xact_lock(1)", "DATABASE 42501"),
    ("SELECT pg_notify('a', 'b')", "DATABASE 42501"),
    ("SELECT pg_sleep(100)", "DATABASE 42501"),
    ("SELECT lo_from_bytea(0, 'a')", "DATABASE 42501"),
    ("SELECT lo_export(1, '/tmp/x')", "DATABASE 42501"),
    ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", "DATABASE 42501"),
    ("SELECT pg_cancel_backend(pid) FROM pg_stat_activity", "DATABASE 42501"),
    ("SELECT pg_export_snapshot()", "DATABASE 42501"),
    ("SELECT pg_logical_emit_message(true, 'a', 'b')", "DATABASE 42501"),
    ("SELECT pg_read_file('/etc/passwd')", "DATABASE 42501"),
    ("SELECT pg_ls_dir('.')", "DATABASE 42501"),
    ("SELECT pg_reload_conf()", "DATABASE 42501"),
    ("SELECT pg_switch_wal()", "DATABASE 42501"),
    ("SELECT pg_stat_reset()", "DATABASE 42501"),
    ("SELECT current_setting('data_directory')", "DATABASE 42501"),
    ("SELECT host.lock(1, 'a', 'b')", "DATABASE 42883"),
    ("SELECT host.tenant_table('hostile.thing', 'ALL')", "DATABASE 42501"),
    ("SELECT * FROM ledger.document", "DATABASE 42501"),
    ("SELECT * FROM ledger.open_items_v1", "DATABASE 42501"),
    ("SELECT * FROM host.api_key", "DATABASE 42501"),
    ("SELECT * FROM host.tenant", "DATABASE 42501"),
    ("SELECT * FROM host.role", "DATABASE 42501"),
    ("SELECT * FROM host.call", "DATABASE 42501"),
    ("SELECT * FROM host.migration", "DATABASE 42501"),
    ("SELECT * FROM pg_authid", "DATABASE 42501"),
    ("SELECT * FROM pg_shadow", "DATABASE 42501"),
    ("SELECT * FROM pg_statistic", "DATABASE 42501"),
    ("SELECT * FROM pg_largeobject", "DATABASE 42501"),
    ("SELECT * FROM pg_subscription", "DATABASE 42501"),
    ("SELECT * FROM pg_hba_file_rules", "DATABASE 42501"),
    ("SELECT most_common_vals FROM pg_stats WHERE schemaname IN ('hostile', 'ledger', 'host')", "0 rows"),
    ("SELECT text FROM hostile.thing WHERE tenant_id = 1", "0 rows"),
    ("SELECT text FROM hostile.thing WHERE tenant_id <> 2 OR 1 = 1", "1 rows .*of nordwind'$"),
    ("SELECT (SELECT string_agg(text, ',') FROM hostile.thing)", "1 rows .*of nordwind'$"),
    ("SELECT t::text FROM hostile.thing t CROSS JOIN hostile.thing o WHERE t.tenant_id <> o.tenant_id", "0 rows"),
    ("SELECT 1 FROM hostile.thing WHERE 1 / (tenant_id - 1) > 0 OR thing_id = 1", "1 rows"),
    ("SELECT query FROM pg_stat_activity WHERE query ~ 'remit.tenant'", "0 rows"),
    ("SELECT * FROM hostile.thing FOR UPDATE", "DATABASE 25006"),
    ("INSERT INTO hostile.thing VALUES (2, 9, 'x')", "DATABASE 25006"),
    ("WITH a AS (DELETE FROM hostile.thing RETURNING 1) SELECT * FROM a", "DATABASE 25006"),
    ("SELECT repeat('x', 40000000)", "RESULTS_TOO_LARGE"),
]
WRITES = [
    ("INSERT INTO hostile.thing (tenant_id, thing_id, text) VALUES (1, 2, 'planted')", "DATABASE 42501"),
    ("INSERT INTO hostile.thing VALUES (1, 1, 'x') ON CONFLICT DO NOTHING", "DATABASE 42501"),
    ("INSERT INTO hostile.thing VALUES (1, 1, 'x') ON CONFLICT (tenant_id, thing_id) DO UPDATE SET text = 'x'", "DATABASE 42501"),
    ("UPDATE hostile.thing SET tenant_id = 1, thing_id = 2", "DATABASE 42501"),
    ("UPDATE hostile.thing SET text = 'x' WHERE tenant_id = 1", "0 rows, 0 changed"),
    ("DELETE FROM hostile.thing WHERE tenant_id = 1", "0 rows, 0 changed"),
    ("MERGE INTO hostile.thing t USING (VALUES (1)) v (a) ON t.tenant_id = 1 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1, 7, 'x')", "DATABASE 42501"),
    ("WITH a AS (UPDATE hostile.thing SET tenant_id = 1 RETURNING 1) SELECT * FROM a", "DATABASE 42501"),
    ("SELECT * INTO hostile.copy FROM hostile.thing", "DATABASE 42501"),
    ("UPDATE pg_settings SET setting = '1' WHERE name = 'remit.tenant'", "DATABASE 42501"),
    ("UPDATE pg_settings SET setting = 'off' WHERE name = 'row_security'", "DATABASE 42501"),
    ("INSERT INTO host.call (request_id) VALUES ('forged')", "DATABASE 42501"),
    ("UPDATE host.api_key SET tenant_id = 2", "DATABASE 42501"),
    ("INSERT INTO host.role VALUES (2, 'all', '{*}')", "DATABASE 42501"),
    ("DELETE FROM host.job", "DATABASE 42501"),
    ("UPDATE ledger.customer SET name = 'x'", "DATABASE 42501"),
    ("DELETE FROM pg_class", "DATABASE 42501"),
    ("UPDATE pg_database SET datallowconn = false", "DATABASE 42501"),
]


def shows(capsys, what, answer):
    with capsys.disabled():
        print(f"  {what[:100]!r}: {answer[:60]}")


@pytest.mark.parametrize("sql", GUARDED)
def test_a_statement_that_is_none_for_rows(hostile, sql, capsys):
    for method in ("Read", "Write"):
        answer = told(hostile.run(method, [batch(sql)])[0])
        assert answer == "STATEMENT_REFUSED"
    shows(capsys, sql, answer)


@pytest.mark.parametrize("sql, expected", READS)
def test_a_read(hostile, sql, expected, capsys):
    answer = told(hostile.run("Read", [batch(sql)])[0])
    shows(capsys, sql, answer)
    assert re.match(expected, answer), answer
    if expected.startswith("DATABASE") and not expected.endswith("25006"):
        assert re.match(expected, told(hostile.run("Write", [batch(sql)])[0]))
    assert identity(hostile, "nordwind") == "2 remit_hostile remitd" and identity(hostile, "huaxin") == "1 remit_hostile remitd"


@pytest.mark.parametrize("sql, expected", WRITES)
def test_a_write(hostile, sql, expected, capsys):
    answer = told(hostile.run("Write", [batch(sql)])[0])
    shows(capsys, sql, answer)
    assert re.match(expected, answer), answer
    hostile.run("Write", [batch(sql, end=pb.Batch.COMMIT)])
    hostile.run("Write", [batch("SELECT 1"), batch(sql, end=pb.Batch.COMMIT)])
    assert identity(hostile, "nordwind") == "2 remit_hostile remitd" and identity(hostile, "huaxin") == "1 remit_hostile remitd"


# ---- the functions of remit_plugin.h -------------------------------------------------------------

SELECT = pb.Batch(statements=[pb.Statement(sql="SELECT 1")])
TOO_MANY = pb.Batch(statements=[pb.Statement(sql="SELECT 1")] * 1001)
FORGED = pb.Invoke(method="/remit.platform.v1.KeyService/CreateKey")
UNDECLARED = pb.Invoke(method="/remit.ledger.v1.LedgerService/ListCustomers")
BEHALF = pb.Invoke(method="/remit.platform.v1.KeyService/CreateKey", on_behalf="operator/1")
PASSED = pb.Invoke(method="/remit.ledger.v1.LedgerService/ListCustomers", **{"pass": pb.Pass(approvals=["credits"], resource="case/1")})
LOOP = pb.Invoke(method="/remit.hostile.v1.HostileService/Write")
STEPS = [
    ("the call of nobody", "Read", [b"f" + bytes(8) + SELECT.SerializeToString()], "CALL_ENDED"),
    ("a call to come", "Read", [b"f" + (1 << 40).to_bytes(8, "big") + SELECT.SerializeToString()], "CALL_ENDED"),
    ("a batch that is none", "Write", [b"x\xff\xff\xff"], "MALFORMED_BATCH"),
    ("a batch of too many statements", "Write", [b"x" + TOO_MANY.SerializeToString()], "BATCH_TOO_LARGE"),
    ("a parameter that ends too early", "Write", [batch(pb.Statement(sql="SELECT $1::text", types=[25], cells=b"\0\0\0\x09abc"))], "INVALID_STATEMENT"),
    ("a parameter of less than no length", "Write", [batch(pb.Statement(sql="SELECT $1::text", types=[25], cells=b"\xff\xff\xff\x00"))], "INVALID_STATEMENT"),
    ("a parameter too many", "Write", [batch(pb.Statement(sql="SELECT $1::text", types=[25], cells=b"\0\0\0\x01a\0\0\0\x01b"))], "INVALID_STATEMENT"),
    ("a parameter of a type that is none", "Write", [batch(pb.Statement(sql="SELECT $1", types=[4_000_000], cells=b"\0\0\0\x01a"))], "DATABASE"),
    ("a statement with a NUL", "Read", [batch("SELECT 1\0; SET ROLE remitd")], "(INVALID_STATEMENT|DATABASE|1 rows|STATEMENT_REFUSED)"),
    ("a COMMIT without a reply", "Write", [batch("DELETE FROM hostile.thing", end=pb.Batch.COMMIT, reply=False)], "COMMIT_WITHOUT_REPLY"),
    ("a write after the ROLLBACK", "Write", [batch("SELECT 1", end=pb.Batch.ROLLBACK), batch("DELETE FROM hostile.thing")], "TRANSACTION_ENDED"),
    ("a COMMIT in a read", "Read", [batch("UPDATE hostile.thing SET text = 'x'", end=pb.Batch.COMMIT)], "DATABASE 25006"),
    ("a message where none is streamed", "Read", [b"sx"], "NO_STREAM"),
    ("a method of the host, as a module", "Write", [b"i" + FORGED.SerializeToString()], "NOT_DECLARED"),
    ("a module that its manifest does not name", "Read", [b"i" + UNDECLARED.SerializeToString()], "NOT_DECLARED"),
    ("a call as who called something else", "Write", [b"i" + BEHALF.SerializeToString()], "NOT_LENT"),
    ("a pass for what it does not carry out", "Write", [b"i" + PASSED.SerializeToString()], "NOT_DECLARED"),
    ("a write from a read", "Read", [b"i" + LOOP.SerializeToString()], "READ_ONLY"),
    ("an invoke that is none", "Write", [b"i\xff\xff"], "MALFORMED_INVOKE"),
]


@pytest.mark.parametrize("what, method, steps, expected", STEPS, ids=[step[0] for step in STEPS])
def test_a_misuse_of_the_header(hostile, what, method, steps, expected, capsys):
    answer = told(hostile.run(method, steps)[-1])
    shows(capsys, what, answer)
    assert re.match(expected, answer), answer
    assert identity(hostile, "nordwind") == "2 remit_hostile remitd"


def test_a_call_within_itself_without_end(hostile, capsys):
    script = hostile.pb.Script(steps=[batch("SELECT 1")])
    for _ in range(6):
        script = hostile.pb.Script(steps=[b"i" + pb.Invoke(method=LOOP.method, request=script.SerializeToString()).SerializeToString()])
    result = hostile.run("Write", script.steps)[0]
    for depth in range(1, 10):
        if int.from_bytes(result[:4], "big"):
            break
        result = hostile.pb.Outcome.FromString(result[4:]).results[0]
    shows(capsys, "a call within itself without end", told(result))
    assert told(result) == "TOO_DEEP" and depth == 5


def test_the_call_of_another_company_that_runs_in_another_module_s_hands(hostile, capsys):
    """Every number of a call there can be: those of this module are its own to use, those of others it never reaches."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        held = hostile.installation.hold("LOCK TABLE ledger.customer IN ACCESS EXCLUSIVE MODE")
        waits = pool.submit(hostile.huaxin.customer, "C2")
        eventually(lambda: hostile.installation.psql("SELECT count(*) FROM pg_locks WHERE NOT granted").stdout.strip() != "0", "the call waits")
        mine = int.from_bytes(hostile.run("Read", [b"k"])[0][4:], "little")
        steps = [b"f" + number.to_bytes(8, "big") + SELECT.SerializeToString() for number in range(max(0, mine - 500), mine + 1)]
        answers = {told(result) for result in hostile.run("Read", steps)}
        held.release()
        assert waits.result()
    hostile.before = hostile.of_the_other()
    shows(capsys, "the calls in hands of other modules", str(answers))
    assert answers == {"CALL_ENDED"}


def test_two_replies_and_work_after_the_end(hostile, capsys):
    outcome = hostile.pb.Outcome(results=[b"first"]).SerializeToString()
    steps = [b"r" + outcome, batch("INSERT INTO hostile.thing (thing_id, text) VALUES (77, 'late')"), batch("SELECT 1", end=pb.Batch.COMMIT)]
    assert hostile.run("Write", steps) == [b"first"]
    assert hostile.installation.psql("SELECT count(*) FROM hostile.thing WHERE thing_id = 77").stdout.strip() == "0"
    shows(capsys, "two replies, and work after them", "the first, and nothing")


def test_a_call_that_is_never_answered(hostile, capsys):
    with pytest.raises(grpc.RpcError) as ended:
        hostile.run("Write", [batch("UPDATE hostile.thing SET text = 'x'"), b"h"], timeout=0.5)
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    shows(capsys, "a call that is never answered, with its rows locked", "DEADLINE_EXCEEDED")
    assert told(hostile.run("Write", [batch("UPDATE hostile.thing SET text = text")], timeout=3)[0]) == "0 rows, 1 changed"


def test_ever_new_statements_do_not_fill_the_server(hostile, capsys):
    for first in range(0, 3000, 500):
        hostile.run("Read", [batch(*[f"SELECT {number}" for number in range(first, first + 500)])])
    prepared = int(hostile.installation.psql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd'").stdout)
    shows(capsys, "3000 statements of its own", f"{prepared} connections")
    assert prepared <= 8 and identity(hostile, "nordwind") == "2 remit_hostile remitd"


def test_a_batch_that_outlives_its_deadline_statement_by_statement(hostile, capsys):
    slow = "SELECT count(*) FROM generate_series(1, 3000000) g"
    with pytest.raises(grpc.RpcError) as ended:
        hostile.run("Read", [batch(*[slow] * 100)], timeout=1)
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    eventually(lambda: hostile.installation.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND state = 'active'").stdout.strip() == "0", "the database works no more", seconds=15)
    shows(capsys, "a hundred statements of a third of a second, with a second", "DEADLINE_EXCEEDED, and ended")


def test_more_locks_than_a_transaction_may_have(hostile, capsys):
    answer = told(hostile.run("Write", [batch("SELECT host.lock(g::text, false) FROM generate_series(1, 100000) g")])[0])
    shows(capsys, "a hundred thousand locks", answer)
    assert answer == "TOO_MANY_LOCKS RM001"
    assert told(hostile.run("Write", [batch("SELECT host.lock(g::text, true) FROM generate_series(1, 100) g")])[0]).startswith("100 rows")
    assert told(hostile.run("Write", [batch("SELECT set_config('remit.locks', '0', true)")])[0]) == "DATABASE 42501"


def test_a_read_apart_within_a_transaction(hostile, capsys):
    def apart(sql):
        value = pb.Batch(statements=[pb.Statement(sql=sql)], apart=True)
        return b"x" + value.SerializeToString()
    results = hostile.run("Write", [apart("SELECT 1"), apart("UPDATE hostile.thing SET text = 'apart'"), batch("UPDATE hostile.thing SET text = text"), apart("SELECT 1")])
    answers = [told(result) for result in results]
    shows(capsys, "reads apart, one that writes, one within a transaction", str(answers))
    assert answers[0].startswith("1 rows") and answers[1].endswith("25006") and answers[3] == "TRANSACTION_OPEN"


def test_a_sort_that_fills_the_disk(hostile, capsys):
    answer = told(hostile.run("Read", [batch("SELECT count(*) FROM (SELECT g, repeat(g::text, 100) r FROM generate_series(1, 100000000) g ORDER BY r) o")], timeout=60)[0])
    shows(capsys, "a sort that fills the disk", answer)
    assert answer in ("DATABASE_OVERLOADED 53400", "DEADLINE_EXCEEDED 57014")


def test_a_line_in_the_log_that_looks_like_the_host_s(hostile, capsys):
    record = pb.LogRecord(message="well\nremitd: everything is forgotten", attributes={"tenant": "huaxin", "request": "forged\nremitd: line"})
    hostile.run("Read", [b"l" + record.SerializeToString()])
    assert hostile.run("Read", [batch("SELECT 1")])
    lines = [line for line in hostile.server.lines if "everything is forgotten" in line]
    shows(capsys, "a line in the log that looks like the host's", lines[0])
    assert len(lines) == 1 and "well" in lines[0] and "hostile" in lines[0] and "nordwind" in lines[0] and "huaxin" not in lines[0]
    assert not any(line.startswith("remitd: line") for line in hostile.server.lines)


# ---- manifests and migrations -------------------------------------------------------------------

MANIFESTS = [
    ("the name of the host", {"name": "host"}, "cannot be the name"),
    ("the name of the host's owner", {"name": "host_owner"}, "cannot be the name"),
    ("the name of the ledger's owner", {"name": "ledger_owner"}, "cannot be the name"),
    ("the name of a schema of Postgres", {"name": "pg_temp"}, "cannot be the name"),
    ("a name that is SQL", {"name": "a; DROP SCHEMA host"}, "cannot be the name"),
    ("a service of the host", {"services": ["remit.platform.v1.KeyService"]}, "is served by remitd itself"),
    ("a permission of another module", {"name": "other"}, "must begin with other"),
    ("provisioning that becomes another role", {"provisioning": ["SET ROLE remitd"]}, "may only insert, update and delete"),
    ("a permission that is another module's", {"permissions": ["ledger.invoice.post"]}, "must begin with hostile"),
    ("a check that writes", {"checks": ["DROP TABLE hostile.thing"]}, "may only select"),
    ("reading a view that nobody publishes", {"reads": ["ghost.thing_v1"]}, "which no plugin publishes"),
    ("reading a table", {"reads": ["ledger.item"]}, "which no plugin publishes"),
    ("calling what nobody serves", {"calls": ["remit.ghost.v1.Ghost"]}, "which no plugin serves"),
]


@pytest.mark.parametrize("what, manifest, message", MANIFESTS, ids=[m[0] for m in MANIFESTS])
def test_a_manifest(what, manifest, message, hostile, tmp_path, capsys):
    name = manifest.get("name", "hostile")
    values = {"name": name, "version": "1", "descriptors": descriptors("hostile"), "services": ["remit.hostile.v1.HostileService"]} | manifest
    library = link(tmp_path, pb.Manifest(**values))
    done = hostile.installation.run("remitd", "check-plugin", f"{name}={library}", check=False)
    shows(capsys, what, done.stderr.strip().split(": ", 2)[-1])
    assert done.returncode == 1 and message in done.stderr and done.stderr.count("\n") == 1, done.stderr


MIGRATIONS = [
    ("RESET ROLE", "a migration defines tables"),
    ("SELECT 1; RESET ROLE; ALTER ROLE remit_evil SUPERUSER", "a migration defines tables"),
    ("SELECT ';'; /* ; */ SET ROLE remitd", "a migration defines tables"),
    ("COMMIT", "a migration defines tables"),
    ("DO $$ BEGIN END $$", "a migration defines tables"),
    ("COPY (SELECT 1) TO PROGRAM 'cat'", "a migration defines tables"),
    ("SELECT set_config('role', 'remitd', true)", "42501"),
    ("CREATE FUNCTION evil.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "42501"),
    ("CREATE FUNCTION evil.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN RETURN 1; END$$", "42501"),
    ("CREATE FUNCTION evil.f(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'", "42501"),
    ("CREATE EXTENSION pgcrypto", "42501"),
    ("CREATE SCHEMA other", "42501"),
    ("ALTER ROLE remit_evil_owner SUPERUSER", "42501"),
    ("GRANT remit_hostile_owner TO remit_evil_owner", "42501"),
    ("CREATE VIEW evil.all_v1 AS SELECT * FROM ledger.document", "42501"),
    ("CREATE TABLE evil.a (LIKE ledger.customer)", "42501"),
    ("ALTER TABLE hostile.thing NO FORCE ROW LEVEL SECURITY", "42501"),
    ("SELECT host.tenant_table('ledger.customer', 'ALL')", "42501"),
    ("SELECT host.tenant_table('hostile.thing', 'SELECT')", "42501"),
    ("CREATE TABLE evil.open (tenant_id int, a int)", "breaks the rule: Row-level security"),
    ("ALTER TABLE evil.thing NO FORCE ROW LEVEL SECURITY", "breaks the rule: Row-level security"),
    ("ALTER TABLE evil.thing DISABLE ROW LEVEL SECURITY", "breaks the rule: Row-level security"),
    ("CREATE POLICY all_ ON evil.thing USING (true)", "breaks the rule: Row-level security"),
    ("ALTER POLICY tenant ON evil.thing USING (true)", "breaks the rule: Row-level security"),
    ("ALTER TABLE evil.thing ADD UNIQUE (thing_id)", "breaks the rule: tenant_id is the first column"),
    ("CREATE INDEX ON evil.thing (text)", "breaks the rule: tenant_id is the first column of every index"),
    ("GRANT TRUNCATE ON evil.thing TO remit_evil", "breaks the rule: TRUNCATE"),
    ("GRANT TRUNCATE ON evil.thing TO PUBLIC", "breaks the rule: TRUNCATE"),
    ("ALTER TABLE evil.thing ALTER text SET DEFAULT set_config('remit.tenant', '1', true)", "breaks the rule: Nothing runs by itself"),
    ("ALTER TABLE evil.thing ADD CHECK (set_config('role', 'remitd', true) IS NOT NULL)", "42501"),
    ("CREATE TABLE evil.a (tenant_id int, CHECK (set_config('role', 'remitd', true) IS NOT NULL))", "breaks the rule"),
    ("CREATE RULE r AS ON DELETE TO evil.thing DO ALSO SELECT set_config('remit.tenant', '1', true)", "breaks the rule: Nothing runs by itself"),
    ("CREATE VIEW evil.v AS SELECT set_config('remit.tenant', '1', true)", "breaks the rule: Nothing runs by itself"),
    ("CREATE TRIGGER t BEFORE UPDATE ON evil.thing FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", "breaks the rule: Nothing runs by itself"),
]


@pytest.mark.parametrize("sql, message", MIGRATIONS)
def test_a_migration(hostile, sql, message, tmp_path, capsys):
    """It is refused whole: nothing of it stays, and the module can come again without it."""
    library = build(tmp_path, "evil", [TABLE.format("evil"), sql], descriptors=descriptors("evil"), services=["remit.evil.v1.EvilService"])
    done = hostile.installation.run(
        "remitd", "migrate", "--database", hostile.installation.url(), *hostile.installation.plugins, "--plugin", f"evil={library}", check=False)
    shows(capsys, sql, done.stderr.strip().split("rolled back: ")[-1])
    assert done.returncode != 0 and "evil/0002_it failed and was rolled back" in done.stderr and message in done.stderr, done.stderr
    assert hostile.installation.psql("SELECT string_agg(number::text, ',') FROM host.migration WHERE module = 'evil'").stdout.strip() == "1"


def test_nothing_of_the_other_company_was_seen_changed_or_moved(hostile):
    """Last: after all of it the other company, the roles and the settings are what they were."""
    after = hostile.of_the_other()
    for what, rows in hostile.before.items():
        if what in ("roles", "members", "objects", "functions"):
            # The module that could not come has left its roles, its schema and its first table.
            kept = [re.sub(r",remit_evil(_owner)?=X/remit_host_owner", "", line) for line in after[what].splitlines()]
            assert [line for line in kept if "evil" not in line] == rows.splitlines(), what
        else:
            assert after[what] == rows, what
    with grpc.insecure_channel(f"127.0.0.1:{hostile.server.port}"):
        assert hostile.server.process.poll() is None
