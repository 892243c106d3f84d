"""Published views: what a module reads of another, by SQL; only that, only of the company of the call, and with the columns that the proto has."""

import grpc
import pytest
from companies import eventually
from conftest import BIN, Installation, details

import notes_pb2
import notes_pb2_grpc


@pytest.fixture(scope="module", params=["libNotes.so", "libNotesC.so"])
def installation(request, tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("views"), "ledger", f"notes={BIN}/{request.param}")
    yield installation
    installation.close()


def as_notes(installation, sql, tenant=2, check=True):
    """As a statement of the module runs."""
    return installation.psql(f"BEGIN; SELECT set_config('remit.tenant', '{tenant}', true); SET LOCAL ROLE remit_notes; {sql}; COMMIT", check=check)


def test_a_module_reads_what_another_publishes(remitd, nordwind):
    customer = nordwind.customer("V-1")
    nordwind.invoice(customer, "V-R1", "12.50")
    with remitd.channel() as channel:
        notes = notes_pb2_grpc.NotesServiceStub(channel)
        owed = lambda: [(o.customer_number, o.amount.amount, o.amount.currency) for o in notes.ListOwed(notes_pb2.ListOwedRequest(), metadata=nordwind.metadata, timeout=60).owed]
        eventually(lambda: owed() == [("V-1", "12.50", "EUR")], "its copy has the ledger's number")


def test_it_reads_nothing_else_and_writes_nothing(installation, nordwind):
    assert as_notes(installation, "SELECT number FROM ledger.customer_v1").stdout.split()[-1] == "V-1"
    assert as_notes(installation, "SELECT count(*) FROM ledger.customer_v1", tenant=1).stdout.split()[-1] == "0", "of the company of the call only"
    for sql in ["SELECT * FROM ledger.customer", "SELECT * FROM ledger.item_v1", "UPDATE ledger.customer_v1 SET name = 'x'", "DELETE FROM ledger.customer_v1",
                "INSERT INTO ledger.customer_v1 (number) VALUES ('x')", "SELECT * FROM ledger.entry"]:
        refused = as_notes(installation, sql, check=False)
        assert refused.returncode != 0 and "permission denied" in refused.stderr, sql


def test_every_published_view_has_the_columns_that_the_proto_has_and_no_more_is_granted(installation):
    """remitd migrate compares them; here the grants are looked at."""
    granted = installation.psql("""
        SELECT c.oid::regclass, g.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'ledger' AND g.grantee = 'remit_notes'::regrole""").stdout.split()
    assert granted == ["ledger.customer_v1|SELECT"]


def test_a_view_that_is_not_as_published_is_refused(installation):
    installation.psql("ALTER VIEW ledger.period_v1 RENAME COLUMN state TO condition")
    refused = installation.run("remitd", "migrate", "--database", installation.url(), *installation.plugins, check=False)
    assert refused.returncode == 1 and "the columns of ledger.period_v1 are not the fields of remit.ledger.v1.PeriodV1" in refused.stderr
    installation.psql("ALTER VIEW ledger.period_v1 RENAME COLUMN condition TO state")


def test_what_is_granted_beyond_the_manifests_is_taken_back_or_refused(installation):
    installation.psql("GRANT SELECT ON ledger.item_v1 TO remit_notes")
    installation.run("remitd", "migrate", "--database", installation.url(), *installation.plugins)
    assert as_notes(installation, "SELECT * FROM ledger.item_v1", check=False).returncode != 0
    installation.psql("GRANT SELECT ON ledger.item TO remit_notes")
    refused = installation.run("remitd", "migrate", "--database", installation.url(), *installation.plugins, check=False)
    assert refused.returncode == 1 and "has no right to what is another's" in refused.stderr
    installation.psql("REVOKE SELECT ON ledger.item FROM remit_notes")
    installation.psql("REVOKE SELECT ON ledger.customer_v1 FROM remit_notes")
    late = installation.run("remitd", "serve", "--database", installation.url("remitd"), "--grpc", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *installation.plugins, check=False)
    assert late.returncode == 1 and "remit_notes may not read ledger.customer_v1; run remitd migrate" in late.stderr
    installation.run("remitd", "migrate", "--database", installation.url(), *installation.plugins)
