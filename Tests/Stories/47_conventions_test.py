"""What an integrator learns once holds for every method of every module: looked up by server reflection, as a stock client does."""

import re

import pytest
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from remit.api.v1 import options_pb2

VERBS = {
    "Apply", "Plan", "Rollback",
    "Close", "Comment", "Decide", "Remind", "Reopen", "Resubmit", "Wake", "Withdraw", "Invite", "End",
    "Add", "Admit", "Adopt", "Allocate", "Amend", "Check", "Copy", "Count", "Create", "Delete", "Discard", "Drop", "Echo", "Evaluate", "Export", "Find", "Fold", "Get", "Hear", "Import", "List", "Measure", "Merge", "Move",
    "Post", "Propose", "Replay", "Resume", "Retry", "Revalue", "Reverse", "Revoke", "Rotate", "Save", "Set", "Simulate", "Start", "Stop", "Submit", "Suspend", "Test", "Transfer", "Try", "Undo", "Update", "Who",
}
# Of these a company has few.
SHORT_LISTS = {"ListAccounts", "ListPostingProfiles", "ListNumberSeries", "ListPeriods", "ListRoles", "ListPlugins", "ListKinds", "ListRecordKinds", "ListFlows"}


@pytest.fixture(scope="module")
def methods(remitd):
    with remitd.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        services = [pool.FindServiceByName(name) for name in database.get_services() if name.startswith("remit.")]
        yield [method for service in services for method in service.methods]


def rule(method):
    return options_pb2.Rule.FromString(method.GetOptions().Extensions[options_pb2.rule].SerializeToString())


def test_there_are_methods(methods):
    assert len(methods) > 60


def test_verbs_are_fixed_and_permissions_are_named_alike(methods):
    for method in methods:
        assert re.match("[A-Z][a-z]+", method.name)[0] in VERBS, method.full_name
        module, noun, verb = rule(method).permission.split(".")
        assert module == method.full_name.split(".")[1] and re.fullmatch("[a-z_]+", noun + verb), method.full_name


def test_what_only_reads_is_called_so(methods):
    for method in methods:
        reads = re.match("Admit|Get|List|Find|Plan|Propose|Check|Count|Evaluate|Measure|Simulate|Try|Who|Echo", method.name) is not None
        assert (rule(method).effect == options_pb2.Rule.READ) == reads, method.full_name


def test_lists_come_by_page(methods):
    lists = [m for m in methods if m.name.startswith("List") and m.name not in SHORT_LISTS]
    assert len(lists) >= 8
    for method in lists:
        request, reply = method.input_type.fields_by_name, method.output_type.fields_by_name
        assert {"page_size", "page_token"} <= set(request) and "next_page_token" in reply, method.full_name


def test_masters_are_changed_under_their_version(methods):
    for method in methods:
        if method.name.startswith("Update"):
            assert any(f.message_type and "version" in f.message_type.fields_by_name for f in method.input_type.fields), method.full_name


def test_a_call_ends_in_half_a_minute_or_says_when(methods):
    assert {m.name: rule(m).timeout_seconds for m in methods if rule(m).timeout_seconds} == {
        "CheckTenant": 3600, "DeleteTenant": 3600, "ExportTenant": 3600, "ImportTenant": 3600,
        "CheckFile": 600, "ImportFile": 3600, "ResumeImport": 3600}


def test_money_days_and_instants_have_one_form(methods):
    seen = set()

    def check(message):
        if message.full_name in seen or message.full_name.startswith("google."):
            return
        seen.add(message.full_name)
        for field in message.fields:
            assert field.type not in (field.TYPE_FLOAT, field.TYPE_DOUBLE), field.full_name
            is_own = field.message_type and field.message_type.full_name.startswith("remit.")
            if not is_own and (field.name.endswith("_on") or field.name in ("date", "as_of", "to")):
                assert field.type == field.TYPE_STRING, field.full_name
            if field.name.endswith("_at"):
                assert field.message_type.full_name == "google.protobuf.Timestamp", field.full_name
            if field.message_type:
                check(field.message_type)

    for method in methods:
        check(method.input_type), check(method.output_type)
    assert len(seen) > 100
