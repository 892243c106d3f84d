"""An administrator tells Remit how a company works by documents in a folder: checks, plans, applies, looks back, goes back."""

import json
import threading

import grpc
import jsonschema_rs
import pytest
from companies import eventually
from conftest import ROOT, details

from remit.platform.v1 import configuration_pb2 as pb
from remit.platform.v1 import configuration_pb2_grpc

ROLE = '# Sees.\nkind: role\nname: viewer\npermissions: ["ledger.*.get"]\n'


@pytest.fixture(scope="module")
def service(remitd):
    with remitd.channel() as channel:
        yield configuration_pb2_grpc.ConfigurationServiceStub(channel)


@pytest.fixture(scope="module")
def remit(installation, remitd):
    def run(*arguments, company="nordwind", code=0):
        done = installation.remit(remitd, company, *arguments, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr
    return run


@pytest.fixture
def folder(remit, tmp_path):
    """What the company has, as files."""
    remit("config", "export", tmp_path / "n")
    return tmp_path / "n"


def version(remit, company="nordwind"):
    return int(remit("config", "history", "--output", "csv", company=company).splitlines()[1].split(",")[0])


def source(name, text):
    return pb.SourceDocument(path=name, text=text)


def plan(service, installation, *documents, complete=False, company="nordwind"):
    return service.PlanConfiguration(
        pb.PlanConfigurationRequest(documents=documents, complete=complete), metadata=installation.key(company))


def messages(plan):
    return [(f.line, f.column, f.message) for f in plan.findings]


def refused(call, request, key):
    with pytest.raises(grpc.RpcError) as error:
        call(request, metadata=key)
    return details(error.value)["ErrorInfo"].reason


# ---- a folder and back ----------------------------------------------------------------------------


def test_a_company_begins_with_the_documents_it_was_made_of(remit, folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in (ROOT / "tenants" / "nordwind").glob("*.yaml"))
    for name in names:
        assert (folder / name).read_text() == (ROOT / "tenants" / "nordwind" / name).read_text()


def test_what_was_exported_changes_nothing_when_it_is_applied(remit, folder):
    before = version(remit)
    assert remit("config", "validate", folder) == "9 documents, nothing is wrong with them\n"
    assert remit("config", "plan", folder) == "nothing changes\n"
    assert remit("config", "apply", folder) == f"version {before} already is what these documents say\n"
    assert version(remit) == before


def test_a_change_is_planned_applied_seen_and_taken_back(remit, installation, folder):
    before = version(remit)
    (folder / "roles").mkdir()
    (folder / "roles" / "viewer.yaml").write_text(ROLE)
    (folder / "role.clerk.yaml").write_text((folder / "role.clerk.yaml").read_text().replace(']', ', "ledger.receipt.post"]'))
    planned = remit("config", "plan", folder)
    assert planned == "~ role clerk\n    permissions[4]: (none) -> ledger.receipt.post\n+ role viewer\n"
    assert remit("config", "apply", folder, "--reason", "the clerk takes cash") == planned + f"version {before + 1} holds from now on\n"
    assert "ledger.receipt.post" in remit("role", "show", "clerk") and "viewer" in remit("role", "list")
    history = remit("config", "history")
    assert history.splitlines()[2].split() == [str(before + 1), *history.splitlines()[2].split()[1:3], "owner", "1", "1", "0", *"the clerk takes cash".split()]
    assert remit("config", "diff", str(before)) == planned
    assert remit("config", "rollback", str(before), "--reason", "not yet") == f"version {before + 2}, which is as version {before} was, holds from now on\n"
    assert "ledger.receipt.post" not in remit("role", "show", "clerk") and "viewer" not in remit("role", "list")
    assert f"as version {before}: not yet" in remit("config", "history")
    assert remit("config", "diff", str(before), str(before + 2)) == "nothing changes\n"
    assert remit("config", "rollback", str(before)) == f"version {before + 2} already is as version {before} was\n"


def test_comments_are_kept_and_a_change_of_them_is_a_version(remit, folder):
    text = (folder / "role.clerk.yaml").read_text() + "# and not more\n"
    (folder / "role.clerk.yaml").write_text(text)
    assert remit("config", "plan", folder) == "~ role clerk\n    only its comments, layout or place\n"
    remit("config", "apply", folder)
    remit("config", "export", folder.parent / "again")
    assert (folder.parent / "again" / "role.clerk.yaml").read_text() == text
    assert "has documents already" in remit("config", "export", folder.parent / "again", code=73)


def test_what_the_folder_has_not_goes_only_when_that_is_said(remit, folder):
    (folder / "role.auditor.yaml").unlink()
    assert remit("config", "plan", folder) == "- role auditor\n"
    assert "Documents are removed. Apply? Say so with --yes" in remit("config", "apply", folder, code=64)
    assert remit("config", "plan", folder, "--only-these") == "nothing changes\n"
    before = version(remit)
    assert "version" in remit("config", "apply", folder, "--yes") and "auditor" not in remit("role", "list")
    remit("config", "rollback", str(before))
    assert "auditor" in remit("role", "list")


def test_the_company_itself_is_a_document(remit, folder, installation):
    tenant = (folder / "tenant.yaml").read_text()
    (folder / "tenant.yaml").write_text(tenant.replace("Nordwind Services GmbH", "Nordwind Services SE"))
    before = version(remit)
    assert remit("config", "plan", folder) == "~ tenant nordwind\n    title: Nordwind Services GmbH -> Nordwind Services SE\n"
    remit("config", "apply", folder)
    assert "Nordwind Services SE" in remit("tenant", "show", "nordwind", company="operator")
    remit("config", "rollback", str(before))
    assert "Nordwind Services GmbH" in remit("tenant", "show", "nordwind", company="operator")
    (folder / "tenant.yaml").write_text(tenant.replace("EUR", "USD"))
    assert "tenant.yaml:4:1: a company keeps its base currency for ever: EUR" in remit("config", "plan", folder, code=65)
    (folder / "tenant.yaml").write_text(tenant.replace("Europe/Berlin", "Mars/Olympus"))
    assert "tenant.yaml:5:1: must be of the IANA database" in remit("config", "plan", folder, code=65)


# ---- mistakes --------------------------------------------------------------------------------------


def test_all_mistakes_are_told_at_once_with_places(remit, folder):
    (folder / "role.clerk.yaml").write_text('kind: role\nname: clerk\npermisions: ["ledger.*"]\n')
    (folder / "a.yaml").write_text('kind: rolle\nname: x\n')
    (folder / "b.yaml").write_text('kind: role\nname: b\npermissions:\n\t- "ledger.*"\n')
    (folder / "c.yaml").write_text('kind: role\nname: owner\npermissions: ["ledger.*"]\n')
    (folder / "d.yaml").write_text('kind: role\nname: auditor\npermissions: ["ledger.*"]\n')
    before = version(remit)
    for command in ["validate", "plan", "apply"]:
        told = remit("config", command, folder, code=65)
        for line in [
                "role.clerk.yaml:3:1: there is no field 'permisions'; did you mean 'permissions'?", "role.clerk.yaml:1:1: 'permissions' is missing",
                "a.yaml:1:7: there is no kind 'rolle'; did you mean 'role'?", "b.yaml:4:1:", "c.yaml:2:1: the role owner stays as it is",
                "role.auditor.yaml:1:1: the role auditor stands in d.yaml too"]:
            assert str(folder / line) in told, (line, told)
    assert version(remit) == before


def test_mistakes_are_told_in_the_language_of_the_company(remit, tmp_path):
    remit("config", "export", tmp_path / "h", company="huaxin")
    (tmp_path / "h" / "x.yaml").write_text("kind: role\nname: x\npermisions: [a]\n")
    told = remit("config", "validate", tmp_path / "h", company="huaxin", code=65)
    assert "x.yaml:3:1: 没有字段 'permisions'；是否指 'permissions'？" in told


@pytest.mark.parametrize("text, message", [
    ("", "it is empty"), ("a: &x 1\nb: *x\n", "anchor"), ("kind: role\nkind: role\nname: x\n", "stands in line 1 already"), ("kind: role\n---\nkind: role\n", "document"),
    ("kind: !!str role\nname: x\n", "tag"), ("- " * 5000, "deep"), ("kind: role\nname: X Y\npermissions: [a]\n", "a name has"),
    ("kind: role\nname: x\npermissions: [" + "a," * 1001 + "a]\n", "at most 1000"), ("kind: role\nname: x\n<<: {a: b}\n", "merge"),
    ("\x00", "character"), ("kind: role\nname: x\npermissions: [no, 007]\n", "no method has: no"), ("kind: 5\n", "there is no kind '5'"),
    ("[a, b]", "begins with its kind"), ("kind: role\npermissions: [a]\n", "has no name")])
def test_hostile_documents_are_refused_with_a_place(service, installation, remit, text, message):
    if "\x00" in text:
        with pytest.raises(grpc.RpcError) as error:
            plan(service, installation, source("x.yaml", text))
        assert "U+0000" in error.value.details()
        return
    found = plan(service, installation, source("x.yaml", text)).findings
    assert found and all(f.path == "x.yaml" and f.line > 0 and f.column > 0 for f in found)
    assert any(message in f.message for f in found), found


@pytest.mark.parametrize("path", ["", "/etc/x.yaml", "../x.yaml", "a/../b.yaml", "x.txt", ".x.yaml", "a//b.yaml", "a\\b.yaml", "c:x.yaml", "a\nb.yaml"])
def test_a_path_must_be_that_of_a_file_below_the_folder(service, installation, remit, path):
    assert "below the folder" in plan(service, installation, source(path, ROLE)).findings[0].message


def test_two_documents_with_one_path_are_refused(service, installation, remit):
    found = plan(service, installation, source("x.yaml", ROLE), source("x.yaml", ROLE.replace("viewer", "other")))
    assert any("have the same path" in f.message for f in found.findings)


def test_a_document_of_more_than_a_mebibyte_and_too_many_are_refused(service, installation, remit):
    for documents in [[source("x.yaml", "#" * (1 << 20) + "\n")], [source(f"{n}.yaml", ROLE) for n in range(2001)]]:
        with pytest.raises(grpc.RpcError) as error:
            plan(service, installation, *documents)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


# ---- who, and when ----------------------------------------------------------------------------------


def test_a_plan_that_somebody_overtook_is_stale(service, installation, remit):
    made = plan(service, installation, source("role.viewer.yaml", ROLE))
    request = pb.ApplyConfigurationRequest(
        documents=[source("role.viewer.yaml", ROLE)], base_version=made.base_version, fingerprint=made.fingerprint)
    remit("role", "save", "other", "ledger.customer.get")
    assert refused(service.ApplyConfiguration, request, installation.key("nordwind")) == "STALE_PLAN"
    request.base_version += 1
    assert refused(service.ApplyConfiguration, request, installation.key("nordwind")) == "STALE_PLAN"
    made = plan(service, installation, source("role.viewer.yaml", ROLE))
    request.base_version, request.fingerprint = made.base_version, made.fingerprint
    request.documents[0].text = ROLE.replace("ledger.*.get", "ledger.*")
    assert refused(service.ApplyConfiguration, request, installation.key("nordwind")) == "STALE_PLAN"
    remit("role", "delete", "other")


def test_of_two_who_apply_at_once_one_is_told_to_plan_again(service, installation, remit):
    for _ in range(5):
        base = plan(service, installation).base_version
        outcomes = []

        def apply(name):
            request = pb.ApplyConfigurationRequest(documents=[source(f"role.{name}.yaml", ROLE.replace("viewer", name))], base_version=base)
            try:
                outcomes.append(service.ApplyConfiguration(request, metadata=installation.key("nordwind")).version)
            except grpc.RpcError as error:
                outcomes.append(details(error)["ErrorInfo"].reason)

        threads = [threading.Thread(target=apply, args=[name]) for name in ("one", "two")]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert sorted(map(str, outcomes)) == sorted([str(base + 1), "STALE_PLAN"])
        remit("config", "rollback", str(base))


def test_a_role_is_saved_as_a_document(remit, service, installation):
    before = version(remit)
    remit("role", "save", "teller", "ledger.receipt.post", "ledger.*.get")
    documents = {d.path: d.text for d in service.GetConfiguration(pb.GetConfigurationRequest(), metadata=installation.key("nordwind")).documents}
    assert documents["role.teller.yaml"] == 'kind: role\nname: teller\npermissions:\n  - "ledger.receipt.post"\n  - "ledger.*.get"\n'
    assert version(remit) == before + 1
    remit("role", "delete", "teller")
    assert version(remit) == before + 2 and "teller" not in remit("role", "list")


def test_nobody_gives_or_takes_more_than_they_have_by_documents_either(remit, service, installation):
    remit("role", "save", "configurer", "platform.configuration.*", "ledger.customer.get")
    installation.keys["configurer"] = remit("key", "create", "conny", "--role", "configurer").strip()
    key = installation.key("configurer")
    remit("role", "save", "big", "ledger.*"), remit("role", "delete", "big")
    base = service.PlanConfiguration(pb.PlanConfigurationRequest(), metadata=key).base_version

    def apply(*documents, complete=False):
        return service.ApplyConfiguration, pb.ApplyConfigurationRequest(documents=documents, base_version=base, complete=complete), key

    assert refused(*apply(source("role.mine.yaml", ROLE))) == "ROLE_EXCEEDS"
    assert refused(*apply(source("role.auditor.yaml", ROLE.replace("viewer", "auditor").replace("*.get", "customer.get")))) == "ROLE_EXCEEDS"
    assert refused(service.RollbackConfiguration, pb.RollbackConfigurationRequest(version=base - 1, base_version=base), key) == "ROLE_EXCEEDS"
    made = service.ApplyConfiguration(
        pb.ApplyConfigurationRequest(documents=[source("role.mine.yaml", ROLE.replace("*.get", "customer.get"))], base_version=base), metadata=key)
    assert made.version == base + 1 and made.applied_by == "conny"
    remit("role", "save", "applier", "platform.configuration.apply", "platform.configuration.plan")
    installation.keys["applier"] = remit("key", "create", "app", "--role", "applier").strip()
    request = pb.ApplyConfigurationRequest(documents=[source("role.a.yaml", ROLE)], base_version=base + 2)
    assert refused(service.ApplyConfiguration, request, installation.key("applier")) == "NO_PERMISSION"


def test_a_role_that_somebody_has_is_not_removed(remit, service, installation):
    remit("role", "save", "held", "ledger.customer.get")
    remit("key", "create", "hilda", "--role", "held")
    base = plan(service, installation).base_version
    documents = [d for d in service.GetConfiguration(pb.GetConfigurationRequest(), metadata=installation.key("nordwind")).documents
                 if d.path != "role.held.yaml"]
    request = pb.ApplyConfigurationRequest(documents=documents, complete=True, base_version=base)
    assert refused(service.ApplyConfiguration, request, installation.key("nordwind")) == "ROLE_IN_USE"
    assert "1 key has the role held" in plan(service, installation, source("role.held.yaml", ROLE.replace("viewer", "held"))).effects


def test_one_company_sees_nothing_of_another(remit, service, installation):
    before = version(remit, "huaxin")
    remit("role", "save", "northern", "ledger.customer.get")
    assert version(remit, "huaxin") == before and "northern" not in remit("role", "list", company="huaxin")
    assert refused(service.GetConfiguration, pb.GetConfigurationRequest(tenant="nordwind"), installation.key("huaxin")) == "OTHER_TENANT"
    assert "northern" in remit("role", "list", "--tenant", "nordwind", company="operator")
    assert remit("config", "plan", ROOT / "tenants" / "huaxin", "--tenant", "huaxin", company="operator") == "nothing changes\n"


def test_the_page_of_kinds_is_current(remit):
    assert remit("config", "kinds", "--page") == (ROOT / "docs/kinds.md").read_text(), "write it anew: remit config kinds --page > docs/kinds.md"


def test_the_page_of_methods_is_current(remit):
    assert remit("call", "--page") == (ROOT / "docs/api.md").read_text(), "write it anew: remit call --page > docs/api.md"


def test_kinds_have_a_schema_for_editors(remit):
    assert remit("config", "kinds").splitlines()[2:] == ["approval  platform  remit.document.v1.Approval", "calendar  platform  remit.document.v1.Calendar", "flow      workflow  remit.workflow.v1.Flow", "form      platform  remit.document.v1.Form", "record    platform  remit.document.v1.RecordKind", "role      platform  remit.document.v1.Role", "rule      platform  remit.document.v1.Rule", "source    platform  remit.document.v1.Source", "tenant    platform  remit.document.v1.Tenant"]
    schema = json.loads(remit("config", "kinds", "role"))
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"kind": "role", "name": "x", "permissions": ["ledger.*"]})
    assert not validator.is_valid({"kind": "role", "name": "x", "permisions": ["ledger.*"]})


def test_a_company_moves_with_its_documents_and_their_history(remit, installation, remitd, tmp_path):
    remit("tenant", "export", "nordwind", str(tmp_path / "n.jsonl"), company="operator")
    remit("tenant", "import", str(tmp_path / "n.jsonl"), "--slug", "moved", company="operator")
    key = remit("key", "create", "olga", "--role", "owner", "--tenant", "moved", company="operator").strip()
    installation.keys["moved"] = key
    assert version(remit, "moved") == version(remit)
    remit("role", "save", "settled", "ledger.customer.get", company="moved")
    assert version(remit, "moved") == version(remit) + 1


# ---- a change while others work ------------------------------------------------------------------


def test_a_change_while_eight_post_makes_no_call_fail(remit, nordwind):
    customer = nordwind.customer("CFG-1")
    failures, posted, stop = [], [], threading.Event()

    def post(number):
        n = 0
        while not stop.is_set():
            try:
                nordwind.invoice(customer, f"CFG-{number}-{n}", "10.00")
                posted.append(1)
            except grpc.RpcError as error:
                failures.append(error.details())
            n += 1

    threads = [threading.Thread(target=post, args=[n]) for n in range(8)]
    [thread.start() for thread in threads]
    for applied in range(6):
        remit("role", "save", "changing", "ledger.customer.get" if applied % 2 else "ledger.customer.list")
    eventually(lambda: failures or len(posted) > 20, "they post")
    stop.set()
    [thread.join() for thread in threads]
    assert not failures, failures[:3]
