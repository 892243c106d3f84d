"""Whoever calls - a client, a module, a job - comes by one road: permission, operators only, places, numbers and log are the same for each."""

import sys

import pytest
from companies import eventually
from conftest import ROOT, Installation

sys.path.insert(0, str(ROOT / "Tests/Stories"))
from importlib import import_module

from remit.plugin.v1 import plugin_pb2 as pb
from remit.platform.v1 import key_pb2

hostile_story = import_module("30_hostile_plugin_test")
KEYS, TENANTS, BOOKS = "remit.platform.v1.KeyService", "remit.platform.v1.TenantService", "remit.ledger.v1.BooksService"


class Caller(hostile_story.Hostile):
    """A module that may call services of the host and of the ledger."""

    def __init__(self, folder):
        library = hostile_story.build(
            folder, migrations=[hostile_story.TABLE.format("hostile")], calls=["remit.hostile.v1.HostileService", KEYS, TENANTS, BOOKS])
        self.installation = Installation(folder, "ledger", f"hostile={library}")
        self.server = self.installation.serve("--log-level", "debug")
        self.channel = self.server.channel()
        hostile_story.subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"-I{hostile_story.HOSTILE}", f"--python_out={folder}",
             hostile_story.HOSTILE / "hostile.proto"], check=True)
        sys.path.insert(0, str(folder))
        self.pb = import_module("hostile_pb2")

    def counted(self, method):
        """How many calls of a method ended, by code."""
        lines = [line for line in self.server.http("/metrics")[1].splitlines() if line.startswith("remit_calls_total") and f'method="{method}"' in line]
        return {line.split('code="')[1].split('"')[0]: int(line.rsplit(" ", 1)[1]) for line in lines}


@pytest.fixture(scope="module")
def caller(tmp_path_factory):
    caller = Caller(tmp_path_factory.mktemp("caller"))
    yield caller
    caller.channel.close()
    caller.installation.close()


def invoke(service, method, request=None):
    return b"i" + pb.Invoke(method=f"/{service}/{method}", request=request.SerializeToString() if request else b"").SerializeToString()


def reason(result):
    return pb.Status.FromString(result[4:]).reason if int.from_bytes(result[:4], "big") else "OK"


def test_a_module_calls_a_service_of_the_host_as_its_caller(caller):
    before = caller.counted("ListKeys").get("OK", 0)
    result = caller.run("Read", [invoke(KEYS, "ListKeys")])[0]
    assert "owner" in [key.principal for key in key_pb2.ListKeysReply.FromString(result[4:]).keys]
    assert caller.counted("ListKeys")["OK"] == before + 1, "counted as any call"
    eventually(lambda: any("/ListKeys" in line and "via=/remit.hostile.v1.HostileService/Read" in line for line in caller.server.lines), "the log tells it")
    caller.installation.remit(caller.server, "nordwind", "role", "save", "scripts", "hostile.*")
    caller.installation.keys["weak"] = caller.installation.remit(caller.server, "nordwind", "key", "create", "wanda", "--role", "scripts").stdout.strip()
    assert reason(caller.run("Read", [invoke(KEYS, "ListKeys")], "weak")[0]) == "NO_PERMISSION"
    assert caller.counted("ListKeys") == {"OK": before + 1, "PERMISSION_DENIED": 1}, "a refusal is counted too"


def test_what_is_for_operators_is_no_module_s(caller):
    assert reason(caller.run("Read", [invoke(TENANTS, "ListTenants")])[0]) == "OPERATORS_ONLY"
    assert reason(caller.run("Write", [invoke(TENANTS, "ExportTenant")])[0]) == "OPERATORS_ONLY"
    assert reason(caller.run("Read", [invoke(BOOKS, "ExportJournal")])[0]) in ("STREAMS", "READ_ONLY")


def test_what_the_host_writes_for_a_module_stays_or_goes_with_it(caller):
    role = lambda name: key_pb2.SaveRoleRequest(role=key_pb2.Role(name=name, permissions=["hostile.*"]))
    mine = lambda n, end: hostile_story.batch(f"INSERT INTO hostile.thing (thing_id, text) VALUES ({n}, 'with a role')", end=end)
    roles = lambda: caller.installation.remit(caller.server, "nordwind", "role", "list").stdout
    things = lambda: caller.installation.psql("SELECT thing_id FROM hostile.thing ORDER BY 1").stdout.split()
    caller.run("Write", [invoke(KEYS, "SaveRole", role("kept")), mine(11, pb.Batch.COMMIT)])
    assert "kept" in roles() and things() == ["11"]
    caller.run("Write", [invoke(KEYS, "SaveRole", role("lost")), mine(12, pb.Batch.ROLLBACK)])
    assert "lost" not in roles() and things() == ["11"]
    # It stands in the trail as what it is: a call of the host's method, by the same person.
    trail = caller.installation.remit(caller.server, "nordwind", "audit", "list", "--method", "SaveRole").stdout
    assert "role/kept" in trail or "kept" in trail


def test_too_large_a_request_is_refused_on_every_way(caller):
    names = key_pb2.SaveRoleRequest(role=key_pb2.Role(name="x", permissions=["hostile.*"] * 5000))
    assert reason(caller.run("Write", [invoke(KEYS, "SaveRole", names)])[0]) == "INVALID"


def test_jobs_are_counted_and_take_a_place_as_any_call(caller):
    eventually(lambda: caller.counted("FoldAgeing").get("OK", 0) >= 2, "both companies' job is counted")
