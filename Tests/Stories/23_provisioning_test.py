"""An operator makes a third company, its owner gives keys, a clerk is refused; the company is suspended, moved to another installation, deleted."""

import hashlib
import json
import re
import subprocess
import time

import grpc
import pytest
from companies import Company, books_agree, eventually
from conftest import BIN, ROOT, Installation, details

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import key_pb2, key_pb2_grpc, operation_pb2, operation_pb2_grpc, tenant_pb2, tenant_pb2_grpc

TENANT = """\
kind: tenant
name: acme
title: Acme Trading Ltd
base_currency: GBP
time_zone: Europe/London
locale: en-GB
"""
CLERK = 'kind: role\nname: clerk\npermissions: ["ledger.*.get", "ledger.*.list"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme")
    (folder / "tenant.yaml").write_text(TENANT)
    (folder / "role.clerk.yaml").write_text(CLERK)
    (folder / "accounts.csv").write_text("code,name\n1100,Debtors\n4010,Sales abroad\n")
    (folder / "customers.csv").write_text("number,name\nA-1,Alpha Ltd\nA-2,Beta Ltd\n")
    (folder / "invoices.csv").write_text(
        "customer,invoice,amount,date,due date\nA-1,I-1,100,2026-01-05,2026-02-04\nA-2,I-2,250,2026-01-05,2026-02-04\nA-9,I-3,1,2026-01-05,2026-02-04\n")
    return folder


@pytest.fixture(scope="module")
def acme(installation, remitd, folder):
    """The third company, as `remit tenant create` makes it."""
    made = installation.remit(remitd, "operator", "tenant", "create", "--from", folder, "--data", folder, "--owner", "olga")
    assert made.stdout.startswith("remit_") and made.stdout.count("\n") == 1
    assert "acme is made: Acme Trading Ltd" in made.stderr
    assert "2 customers: 2 imported" in made.stderr and "3 invoices: 2 imported, 1 refused" in made.stderr
    installation.keys["acme"] = made.stdout.strip()
    return made


@pytest.fixture(scope="module")
def remit(installation, remitd, acme):
    def run(company, *arguments, code=0):
        done = installation.remit(remitd, company, *arguments, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr
    return run


@pytest.fixture(scope="module")
def keys(remitd):
    with remitd.channel() as channel:
        yield key_pb2_grpc.KeyServiceStub(channel)


@pytest.fixture(scope="module")
def tenants(remitd):
    with remitd.channel() as channel:
        yield tenant_pb2_grpc.TenantServiceStub(channel)


def refusal(call, request, metadata):
    with pytest.raises(grpc.RpcError) as refused:
        call(request, metadata=metadata, timeout=60)
    return refused.value.code().name, details(refused.value)["ErrorInfo"].reason, refused.value.details()


# ---- making a company ---------------------------------------------------------------------------


def test_the_company_has_its_accounts_roles_and_files(remit):
    accounts = remit("acme", "accounts")
    assert "1100     Debtors" in accounts and "4010     Sales abroad" in accounts and "Revenue" in accounts
    assert "clerk  ledger.*.get ledger.*.list" in remit("acme", "role")
    assert remit("acme", "role", "show", "clerk").split() == ["permission", "-" * 13, "ledger.*.get", "ledger.*.list"]
    assert "GBP" in remit("acme", "ageing") and "350.00" in remit("acme", "ageing")


def test_operators_see_all_companies_and_nobody_else_does(remit, tenants, installation):
    shown = remit("operator", "tenant", "list")
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["acme", "huaxin", "nordwind"]
    assert "Europe/London" in remit("operator", "tenant", "show", "acme")
    code, reason, message = refusal(tenants.ListTenants, tenant_pb2.ListTenantsRequest(), installation.key("acme"))
    assert (code, reason) == ("PERMISSION_DENIED", "OPERATORS_ONLY") and "operators" in message
    # And an operator sees no receivables.
    assert "no permission ledger.customer.list" in remit("operator", "customers", code=77)


def test_pages_of_companies(tenants, installation):
    seen, token = [], ""
    while True:
        page = tenants.ListTenants(tenant_pb2.ListTenantsRequest(page_size=2, page_token=token), metadata=installation.key("operator"))
        seen += [tenant.slug for tenant in page.tenants]
        token = page.next_page_token
        if not token:
            break
    assert seen == ["acme", "huaxin", "nordwind"]


@pytest.mark.parametrize("field, value, message", [
    ("slug", "Acme!", "must begin with a letter"), ("slug", "", "must begin with a letter"), ("name", "", "1 to 200 characters"),
    ("base_currency", "euro", "ISO 4217"), ("time_zone", "Mars/Olympus", "IANA"), ("locale", "german", "BCP 47")])
def test_a_company_that_cannot_be_is_refused_with_the_field(tenants, installation, field, value, message):
    tenant = tenant_pb2.Tenant(slug="other", name="Other", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE")
    setattr(tenant, field, value)
    with pytest.raises(grpc.RpcError) as refused:
        tenants.CreateTenant(tenant_pb2.CreateTenantRequest(tenant=tenant), metadata=installation.key("operator"))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and message in refused.value.details()
    assert [violation.field for violation in details(refused.value)["BadRequest"].field_violations] == [f"tenant.{field}"]
    assert installation.psql("SELECT count(*) FROM host.tenant WHERE slug = 'other'").stdout == "0\n"


def test_a_name_is_taken_once_and_a_repeat_is_answered_the_same(tenants, installation):
    tenant = tenant_pb2.Tenant(slug="twice", name="Twice", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE")
    request, operator = tenant_pb2.CreateTenantRequest(tenant=tenant), installation.key("operator")
    first = tenants.CreateTenant(request, metadata=operator + [("idempotency-key", "make-twice")])
    assert tenants.CreateTenant(request, metadata=operator + [("idempotency-key", "make-twice")]) == first
    assert refusal(tenants.CreateTenant, request, operator)[:2] == ("ALREADY_EXISTS", "SLUG_TAKEN")


def test_a_mistake_in_the_folder_is_told_with_file_line_and_column(remit, folder, tmp_path):
    (tmp_path / "tenant.yaml").write_text(TENANT.replace("locale:", "local:").replace("acme", "mistaken"))
    told = remit("operator", "tenant", "create", "--from", tmp_path, code=65)
    assert "tenant.yaml:6:1: there is no field 'local'; did you mean 'locale'?" in told and "tenant.yaml:1:1: 'locale' is missing" in told
    (tmp_path / "tenant.yaml").write_text(TENANT.replace("acme", "mistaken").replace("Europe/London", "Europe/Londinium"))
    assert "tenant.yaml:5:1: must be of the IANA database" in remit("operator", "tenant", "create", "--from", tmp_path, code=65)
    (tmp_path / "tenant.yaml").write_text(TENANT.replace("acme", "mistaken"))
    (tmp_path / "role.clerk.yaml").write_text(CLERK.replace("ledger.*.get", "ledgr.*.get"))
    assert "role.clerk.yaml:3:15: is a permission that no method has: ledgr.*.get" in remit("operator", "tenant", "create", "--from", tmp_path, code=65)
    (tmp_path / "role.clerk.yaml").unlink()
    (tmp_path / "tenant.yaml").unlink()
    assert "slug must begin with a letter" in remit("operator", "tenant", "create", "--from", tmp_path, code=1)
    assert "is it a folder?" in remit("operator", "tenant", "create", "--from", tmp_path / "nowhere", code=66)
    assert "mistaken" not in remit("operator", "tenant", "list")


# ---- keys and roles -----------------------------------------------------------------------------


def test_a_clerk_may_read_but_not_post(remit, installation):
    installation.keys["acme-clerk"] = remit("acme", "key", "create", "carl", "--role", "clerk", "--days", "30").strip()
    assert "Alpha Ltd" in remit("acme-clerk", "customers")
    refused = remit("acme-clerk", "customers", "add", "A-3", "Gamma Ltd", code=77)
    assert "carl has no permission ledger.customer.create" in refused
    assert "no permission platform.key.create" in remit("acme-clerk", "key", "create", "x", "--role", "owner", code=77)
    listed = remit("acme", "key", "list")
    assert "carl" in listed and "valid until" in listed and "olga" in listed
    assert installation.keys["acme-clerk"].split("_", 2)[2] not in listed


def test_nobody_hands_out_more_than_they_have(remit, keys, installation):
    remit("acme", "role", "save", "keykeeper", "platform.key.*", "platform.role.*", "ledger.*.get")
    installation.keys["keykeeper"] = remit("acme", "key", "create", "kim", "--role", "keykeeper").strip()
    assert "may *, which kim may not" in remit("keykeeper", "key", "create", "kim2", "--role", "owner", code=77)
    assert "may ledger.*, which kim may not" in remit("keykeeper", "role", "save", "all", "ledger.*", code=77)
    # Nor takes away what they do not have.
    assert "may ledger.*.list, which kim may not" in remit("keykeeper", "role", "save", "clerk", "ledger.*.get", code=77)
    assert "stays as it is" in remit("acme", "role", "save", "owner", "ledger.*", code=1)
    remit("keykeeper", "role", "save", "reader", "ledger.customer.get")


def test_a_key_of_one_company_is_none_of_another(keys, installation, remit):
    foreign = key_pb2.ListKeysRequest(tenant="nordwind")
    assert refusal(keys.ListKeys, foreign, installation.key("acme"))[:2] == ("PERMISSION_DENIED", "OTHER_TENANT")
    theirs = keys.ListKeys(foreign, metadata=installation.key("operator")).keys[0]
    assert refusal(keys.RevokeKey, key_pb2.RevokeKeyRequest(id=theirs.id), installation.key("acme"))[:2] == ("NOT_FOUND", "NO_KEY")
    assert "there is no company nobody" in remit("operator", "key", "list", "--tenant", "nobody", code=1)


def test_a_revoked_key_is_refused_at_once(remit, installation):
    secret = remit("acme", "key", "create", "temp", "--role", "clerk").strip()
    installation.keys["temp"] = secret
    assert "Alpha" in remit("temp", "customers")
    key = secret.split("_")[1]
    assert f"the key {key} of temp is revoked" in remit("acme", "key", "revoke", key)
    assert "not valid" in remit("temp", "customers", code=77)
    assert "revoked" in remit("acme", "key", "list")


def test_an_expired_key_is_refused(installation, remitd, keys, acme):
    secret = keys.CreateKey(
        key_pb2.CreateKeyRequest(principal="soon", roles=["clerk"], expires_at={"seconds": int(time.time()) + 2}),
        metadata=installation.key("acme")).secret
    installation.keys["soon"] = secret
    eventually(lambda: installation.remit(remitd, "soon", "customers", check=False).returncode == 77, "the key expires")


def test_a_secret_is_told_once_and_stored_nowhere(keys, installation):
    request = key_pb2.CreateKeyRequest(principal="robot", roles=["clerk"])
    metadata = installation.key("acme") + [("idempotency-key", "robot-1")]
    first, again = keys.CreateKey(request, metadata=metadata), keys.CreateKey(request, metadata=metadata)
    assert first.secret and again.secret == "" and again.key == first.key
    dump = subprocess.run(
        ["pg_dump", "--data-only", "--inserts", "-d", installation.url()], capture_output=True, text=True, check=True).stdout
    assert first.key.id in dump and first.secret.split("_", 2)[2] not in dump
    assert first.secret.encode().hex() not in dump


@pytest.mark.parametrize("request_, message", [
    (dict(principal="", roles=["clerk"]), "principal"), (dict(principal="x", roles=[]), "roles"),
    (dict(principal="x", roles=["clerk"], expires_at={"seconds": 1}), "expires_at")])
def test_bad_keys_are_refused_with_the_field(keys, installation, acme, request_, message):
    with pytest.raises(grpc.RpcError) as refused:
        keys.CreateKey(key_pb2.CreateKeyRequest(**request_), metadata=installation.key("acme"))
    assert [v.field for v in details(refused.value)["BadRequest"].field_violations] == [message]


@pytest.mark.parametrize("principal", ["operator anna", "Job fold_ageing", "ＯＰＥＲＡＴＯＲ anna", "job"])
def test_nobody_is_named_as_what_remit_names_itself(keys, installation, acme, principal):
    code, _, message = refusal(keys.CreateKey, key_pb2.CreateKeyRequest(principal=principal, roles=["clerk"]), installation.key("acme"))
    assert code == "INVALID_ARGUMENT" and "must not begin with job or operator" in message
    keys.CreateKey(key_pb2.CreateKeyRequest(principal="operatorin maria", roles=["clerk"]), metadata=installation.key("acme"))


def test_a_role_that_is_not_there(keys, installation, acme):
    request = key_pb2.CreateKeyRequest(principal="x", roles=["clerk", "king"])
    code, reason, message = refusal(keys.CreateKey, request, installation.key("acme"))
    assert (code, reason) == ("NOT_FOUND", "NO_ROLE") and "king" in message


def test_a_permission_that_is_none(remit):
    assert "must be like" in remit("acme", "role", "save", "odd", "ledger.Customer!", code=1)


# ---- the audit trail ----------------------------------------------------------------------------


def test_the_audit_trail_says_who_did_what(remit, installation):
    remit("acme", "customers", "add", "A-7", "Zeta Ltd")
    trail = remit("acme", "audit", "list", "--limit", "3")
    first = trail.splitlines()[2]
    assert "olga" in first and "CreateCustomer" in first and "customer A-7 Zeta Ltd" in first
    assert len(trail.splitlines()) == 5
    rows = json.loads(remit("acme", "audit", "list", "--method", "CreateKey", "--output", "json"))["calls"]
    assert rows and all(row["method"].endswith("/CreateKey") and row["resource"].startswith("key/") for row in rows)
    assert "carl" not in remit("acme", "audit", "list", "--principal", "nobody")
    assert "no permission platform.audit.list" in remit("acme-clerk", "audit", "list", code=77)
    # What operators did stands in theirs, and what they did to a company in its own as well.
    assert "CreateTenant" in remit("operator", "audit", "list")
    assert "CreateCustomer" in remit("operator", "audit", "list", "--tenant", "acme")


def test_pages_of_the_audit_trail(remitd, installation, remit):
    for number in range(7):
        remit("acme", "customers", "add", f"P-{number}", f"Page {number}", "--anyway")
    with remitd.channel() as channel:
        audit, seen, token = operation_pb2_grpc.AuditServiceStub(channel), [], ""
        while True:
            page = audit.ListCalls(
                operation_pb2.ListCallsRequest(method="CreateCustomer", page_size=3, page_token=token), metadata=installation.key("acme"))
            assert len(page.calls) <= 3
            seen += [call.request_id for call in page.calls]
            token = page.next_page_token
            if not token:
                break
    assert len(seen) == len(set(seen)) >= 7


# ---- operations ---------------------------------------------------------------------------------


def test_plugins_and_database_are_shown(remit):
    plugins = remit("operator", "plugin", "list")
    assert "ledger" in plugins and "remit.ledger.v1.BooksService" in plugins
    status = remit("operator", "db", "status")
    assert "PostgreSQL" in status and "module ledger" in status and "connections" in status
    assert "operators" in remit("acme", "db", "status", code=77)


def test_the_rows_of_companies_are_checked(remit, remitd, installation):
    check = lambda: installation.remit(remitd, "operator", "db", "check", "checked", check=False).stdout.splitlines()
    remit("operator", "tenant", "create", "checked", "--name", "Checked Ltd", "--currency", "EUR", "--time-zone", "UTC", "--locale", "en-GB")
    assert check() == ["checked: all is well"]
    tenant = installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'checked'").stdout.strip()
    installation.psql(f"""
        INSERT INTO ledger.customer (tenant_id, customer_id, number, name, recorded_at)
        SELECT {tenant}, gen_random_uuid(), n, 'Old', now() FROM unnest(ARRAY['c-1', 'C-1', U&'u\\0308', 'plain']) n""")
    assert check() == ["checked: the numbers of these customers differ by case only: C-1, c-1", "checked: the number of the customer u\u0308 looks like \u00fc"]
    installation.psql(f"""
        INSERT INTO ledger.ageing_delta (tenant_id, currency, side, due_on, amount_minor, base_minor)
        SELECT {tenant}, 'EUR', 1, '2026-01-01', 1, 1""")
    assert check()[0] == "checked: in EUR the ageing does not agree with the open items"
    remit("operator", "db", "check", "checked", code=1)
    assert "operators" in remit("acme", "db", "check", code=77)
    assert "no company nobody" in remit("operator", "db", "check", "nobody", code=1)


def test_a_plugin_is_checked_without_a_server(installation, tmp_path):
    checked = installation.run("remit", "plugin", "check", "ledger")
    assert "plugin ledger: version" in checked.stdout and "it can be used" in checked.stdout
    bad = tmp_path / "bad.so"
    bad.write_text("no library")
    refused = installation.run("remit", "plugin", "check", f"bad={bad}", check=False)
    assert refused.returncode == 1 and "plugin bad:" in refused.stderr and refused.stderr.count("\n") == 1
    wrong = installation.run("remit", "plugin", "check", f"risk={BIN}/libLedger.so", check=False)
    assert "its manifest names it ledger" in wrong.stderr
    none = installation.run("remit", "plugin", "check", "=x", check=False)
    assert none.returncode == 64 and "NAME=PATH" in none.stderr


def test_a_plugin_that_crashes_is_named_and_one_beside_is_found(tmp_path):
    """As its author runs it: in the folder where it was built."""
    (tmp_path / "crash.c").write_text("void *remit_plugin_main_v1(void *host) { (void)host; __builtin_trap(); }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "libCrash.so", "crash.c"], cwd=tmp_path, check=True)
    checked = subprocess.run([f"{BIN}/remit", "plugin", "check", "crash=libCrash.so"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 1 and re.search(r"remit: a plugin ended the process with signal \d+ .*remit_plugin_main_v1", checked.stderr)


def test_the_first_operators_key_is_made_once(installation):
    again = installation.run("remitd", "init", "--database", installation.url(), check=False)
    assert again.returncode == 1 and "there is a key of an operator already" in again.stderr
    assert installation.run("remitd", "init", "--another", "--database", installation.url()).stdout.startswith("remit_")


# ---- suspended, moved, deleted ------------------------------------------------------------------


def test_a_suspended_company_is_refused_until_it_is_resumed(remit):
    assert remit("operator", "tenant", "suspend", "acme") == "acme is suspended\n"
    assert "acme is suspended" in remit("acme", "customers", code=77)
    assert "suspended already" in remit("operator", "tenant", "suspend", "acme", code=1)
    assert "suspended" in remit("operator", "tenant", "show", "acme")
    assert remit("operator", "tenant", "resume", "acme") == "acme is active\n"
    assert "Alpha" in remit("acme", "customers")


def reports(run, company):
    """What the company sees of its books, as the command line prints it."""
    return {
        "ageing": run(company, "ageing", "--by", "customer", "--as-of", "2026-06-30"), "customers": run(company, "customers"),
        "items": run(company, "items"), "balance": run(company, "trial-balance"), "accounts": run(company, "accounts"),
        "roles": run(company, "role"), "audit": run(company, "audit", "list", "--resource", "document/", "--output", "csv"),
        "history": run(company, "history", "invoice", "I-1")}


@pytest.fixture(scope="module")
def archive(remit, installation, remitd, tmp_path_factory):
    """acme with allocations, a reversal and a payer; exported."""
    with remitd.channel() as channel:
        company = Company(installation, channel, "acme")
        payer = company.customer("PAYER")
        child = company.customer("CHILD", payer=payer)
        company.invoice(child, "X-1", "80.00", currency="GBP")
        company.receipt(payer, "50.00", currency="GBP", number="RC-1")
        company.allocate(credits=["RC-1"], debits=["X-1"])
        wrong = company.call("GetDocument", pb.GetDocumentRequest(kind="invoice", number="I-2")).document.id
        company.call("ReverseDocument", pb.ReverseDocumentRequest(id=wrong, reason="wrong"))
    file = tmp_path_factory.mktemp("archive") / "acme.jsonl"
    assert remit("operator", "tenant", "export", "acme", file) == f"acme is in {file}\n"
    return file


def test_an_archive_is_lines_of_json_that_anybody_can_read(archive, remit):
    lines = [json.loads(line) for line in archive.read_text().splitlines()]
    assert lines[0]["format"] == "remit.tenant.v1" and lines[0]["tenant"]["slug"] == "acme"
    numbers = {line["row"]["number"] for line in lines[1:-1] if line["table"] == "ledger.document"}
    assert {"I-1", "I-2", "X-1", "RC-1"} <= numbers
    assert sum(lines[-1]["rows"].values()) == len(lines) - 2
    assert not any("secret" in line for line in archive.read_text().splitlines())
    assert archive.stat().st_mode & 0o77 == 0
    assert "is there already" in remit("operator", "tenant", "export", "acme", archive, code=73)
    assert "ExportTenant" in remit("operator", "audit", "list")


def test_another_installation_imports_it_with_ids_history_and_audit(archive, remit, tmp_path_factory):
    other = Installation(tmp_path_factory.mktemp("other"))
    try:
        server = other.serve()

        def run(company, *arguments, code=0):
            done = other.remit(server, company, *arguments, check=False)
            assert done.returncode == code, (done.stdout, done.stderr)
            return done.stdout if code == 0 else done.stderr
        counted = run("operator", "tenant", "import", archive)
        assert "ledger.document" in counted and "host.call" in counted
        other.keys["acme"] = run("operator", "key", "create", "olga", "--role", "owner", "--tenant", "acme").strip()
        assert reports(run, "acme") == reports(remit, "acme")
        books_agree(other, 3)
        # It lives on.
        run("acme", "customers", "add", "NEW-1", "New Ltd")
        run("acme", "post", "invoice", "--customer", "NEW-1", "--number", "N-1", "--amount", "10", "--currency", "GBP", "--on", "2026-11-01", "--due", "2026-12-01")
        assert "there is a company acme already" in run("operator", "tenant", "import", archive, code=1)
        again = run("operator", "tenant", "import", archive, "--slug", "acme2", code=0)
        assert again.splitlines()[0].endswith("rows of acme2")
    finally:
        other.close()


@pytest.mark.parametrize("table, fields, message", [
    ("ledger.customer", {"version": -5}, "a version that cannot be: -5"),
    ("ledger.customer", {"version": 2_147_483_647}, "a number or a time in ledger.customer is out of all bounds"),
    ("ledger.customer", {"recorded_at": "infinity"}, "a number or a time in ledger.customer"),
    ("ledger.movement", {"amount_minor": 9_000_000_000_000_000_000}, "a number or a time in ledger.movement"),
    ("ledger.movement", {"amount_minor": 5}, "do not agree"),
    ("ledger.movement", {"effective_on": "-infinity"}, "a number or a time in ledger.movement"),
    ("ledger.entry", {"base_minor": 7}, "do not agree"),
    ("ledger.item", {"side": 7}, "refused"),
    ("ledger.document", {"amount_minor": 77}, "has not the amount of its items"),
    ("ledger.document", {"customer_id": None}, "has not the amount of its items"),
    ("ledger.document", {"exchange_rate": "1/0"}, "a rate that cannot be"),
    ("ledger.document", {"effective_on": "2020-01-01"}, "journal and movements do not agree"),
    ("host.call", {"called_at": "9998-01-01T00:00:00Z"}, "the audit trail has a row"),
    ("ledger.allocation", {"amount_minor": 4999}, "is not what its items moved by"),
    ("ledger.allocation", lambda row: {"debit_item": row["credit_item"]}, "the allocation"),
    ("ledger.allocation", lambda row: {"debit_item": row["credit_item"], "credit_item": row["debit_item"]}, "the allocation"),
    ("ledger.movement", {"cause_id": "00000000-0000-0000-0000-00000000000a"}, "has no cause"),
    ("ledger.movement", {"customer_id": "00000000-0000-0000-0000-00000000000a"}, "is not as its movements are"),
    ("ledger.item", {"customer_id": "00000000-0000-0000-0000-00000000000a"}, "is of another customer than its document"),
    ("ledger.document", {"kind": "receipt"}, "has an item on the wrong side"),
    ("ledger.document", {"issued_on": "2199-01-01"}, "is in the books before it was issued"),
    ("ledger.entry", {"tax_rate": "19"}, "has another tax than its journal"),
    ("ledger.document", lambda row: {"number": "X-1" if row["number"] != "X-1" else "I-1", "number_use": 1}, "two documents that stand are the invoice"),
    ("ledger.customer", lambda row: {"merged_into": row["customer_id"]}, "leads to one who leads further"),
    ("ledger.customer", lambda row: {"payer_id": row["customer_id"]}, "leads to one who leads further"),
    ("host.role", {"permissions": ["%"]}, "the archive cannot be: of the role"),
    ("host.role", {"name": "x'; drop"}, "the archive cannot be: of the role"),
    ("host.role", {"permissions": ["ledger.customer.get"]}, "there must be a role owner that may everything"),
])
def test_an_archive_that_was_forged_is_refused(archive, remit, installation, tmp_path, table, fields, message):
    """As one who knows how to compute its digest would write it."""
    lines = archive.read_text().splitlines(keepends=True)
    index = next(i for i, line in enumerate(lines) if f'"table":"{table}"' in line)
    line = json.loads(lines[index])
    line["row"].update(fields(line["row"]) if callable(fields) else fields)
    lines[index] = json.dumps(line, separators=(",", ":")) + "\n"
    end = json.loads(lines[-1])
    end["sha256"] = hashlib.sha256("".join(lines[:-1]).encode()).hexdigest()
    forged = tmp_path / "forged.jsonl"
    forged.write_text("".join(lines[:-1]) + json.dumps(end, separators=(",", ":")) + "\n")
    assert message in remit("operator", "tenant", "import", str(forged), "--slug", "forged", code=1)
    assert installation.psql("SELECT count(*) FROM host.tenant WHERE slug = 'forged'").stdout == "0\n"


@pytest.mark.parametrize("spoil, message", [
    (lambda lines: lines[:-1], "ends before its last line"),
    (lambda lines: lines[:-1] + [lines[-1].rstrip("\n")], "ends before its last line"),
    (lambda lines: lines[:5] + lines[6:], "not what was exported"),
    (lambda lines: [line.replace('"Debtors"', '"Debtorz"') for line in lines], "not what was exported"),
    (lambda lines: lines[:3] + ["nonsense\n"] + lines[3:], "neither a row nor the end"),
    (lambda lines: lines[:3] + ['{"table":"host.tenant","row":{}}\n'] + lines[3:], "there is no table host.tenant"),
    (lambda lines: lines[:3] + ['{"table":"ledger.account","row":{"code":"1"}}\n'] + lines[3:], "are refused"),
    (lambda lines: ["{}\n"] + lines[1:], "it is not the archive of a company"),
    (lambda lines: [lines[0].replace('"ledger":"', '"ledger":"0')] + lines[1:], "bring both to one version"),
    (lambda lines: lines + ["\n"], "more after its end"),
    (lambda lines: [], "ends before its last line"),
])
def test_an_archive_that_was_spoilt_leaves_nothing(archive, remit, installation, tmp_path, spoil, message):
    spoilt = tmp_path / "spoilt.jsonl"
    spoilt.write_text("".join(spoil(archive.read_text().splitlines(keepends=True))))
    assert message in remit("operator", "tenant", "import", spoilt, "--slug", "spoilt", code=1)
    assert installation.psql("SELECT count(*) FROM host.tenant WHERE slug = 'spoilt'").stdout == "0\n"


def test_delete_leaves_nothing_and_says_what_it_removed(archive, remit, installation):
    tenant = installation.psql("SELECT tenant_id FROM host.tenant WHERE slug = 'acme'").stdout.strip()
    tables = installation.psql(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^pg_'").stdout.split()
    assert len(tables) > 20
    rows = lambda t: installation.psql(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table} WHERE tenant_id = {t}" for table in tables)).stdout.split()
    count = lambda t: {table: int(number) for table, number in (row.split("|") for row in rows(t))}
    before, others = count(tenant), (count(1), count(2))
    assert "suspend it first" in remit("operator", "tenant", "delete", "acme", code=1)
    remit("operator", "tenant", "suspend", "acme")
    # As if it had been so for 25 seconds: the deletion waits for the rest of what a call from before may last, and would write after it.
    suspended = time.monotonic()
    installation.psql("UPDATE host.call SET called_at = called_at - interval '25 s' WHERE tenant_id = 0 AND method LIKE '%/SuspendTenant'")
    before["host.call"] += 1  # the suspension stands in the company's own trail
    removed = json.loads(remit("operator", "tenant", "delete", "acme", "--output", "json"))["tables"]
    assert {row["table"]: int(row["rows"]) for row in removed} == {table: rows for table, rows in before.items() if rows}
    assert time.monotonic() - suspended > 30 - 25
    assert not any(count(tenant).values()) and (count(1), count(2)) == others
    assert "not valid" in remit("acme", "customers", code=77)
    assert "there is no company acme" in remit("operator", "tenant", "show", "acme", code=1)
    assert "DeleteTenant" in remit("operator", "audit", "list")
