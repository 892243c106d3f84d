"""remit_plugin.h held by both sides: one suite over the same module in Swift and in C."""

import concurrent.futures
import random
import re
import subprocess
import threading
import time

import grpc
import pytest
from companies import eventually
from conftest import BIN, ROOT, Installation, details

import notes_pb2 as pb
import notes_pb2_grpc
from remit.ledger.v1 import ledger_pb2, ledger_pb2_grpc
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc
from remit.plugin.v1 import plugin_pb2


@pytest.fixture(scope="module", params=["libNotes.so", "libNotesC.so"])
def installation(request, tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("conformance"), "ledger", f"notes={BIN}/{request.param}")
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def remitd(installation):
    return installation.serve("--calls-per-tenant", "2000")


@pytest.fixture(scope="module")
def notes(remitd):
    options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20)]
    with grpc.insecure_channel(f"127.0.0.1:{remitd.port}", options) as channel:
        yield notes_pb2_grpc.NotesServiceStub(channel)


@pytest.fixture(scope="module")
def key(installation):
    return installation.key("nordwind")


def titles(notes, key):
    return [note.title for note in notes.ListNotes(pb.ListNotesRequest(), metadata=key, timeout=60).notes]


def test_bytes_come_back_as_they_went(notes, key):
    for size in (0, 1, 1000, 1 << 20, 30 << 20):
        text = random.Random(size).randbytes(size)
        assert notes.Echo(pb.Text(text=text), metadata=key, timeout=60).text == text


def test_a_thousand_calls_at_once_each_get_their_own_answer(notes, key):
    calls = [notes.Echo.future(pb.Text(text=f"{n}".encode() * 50), metadata=key, timeout=60) for n in range(1000)]
    assert [call.result().text for call in calls] == [f"{n}".encode() * 50 for n in range(1000)]


def test_what_is_written_is_read_back(notes, key):
    written = notes.AddNote(pb.AddNoteRequest(title="Erste 第一", text="über 🙂"), metadata=key, timeout=60)
    assert written.recorded_by == "owner" and written.id[14] == "7" and written.recorded_at.seconds > 0
    assert written in notes.ListNotes(pb.ListNotesRequest(), metadata=key, timeout=60).notes


def test_many_write_at_once_and_of_two_with_one_title_one_is_refused(notes, key):
    calls = [notes.AddNote.future(pb.AddNoteRequest(title=f"T{n % 50}"), metadata=key, timeout=60) for n in range(100)]
    refused = [call.exception() for call in calls if call.exception()]
    assert len(refused) == 50 and {details(error)["ErrorInfo"].reason for error in refused} == {"TITLE_TAKEN"}
    assert len([title for title in titles(notes, key) if title.startswith("T")]) == 50


def test_a_repeat_is_answered_the_same_without_the_plugin_writing_again(notes, key):
    metadata = key + [("idempotency-key", "conformance-1")]
    first = notes.AddNote(pb.AddNoteRequest(title="once"), metadata=metadata, timeout=60)
    assert notes.AddNote(pb.AddNoteRequest(title="once"), metadata=metadata, timeout=60) == first


@pytest.mark.parametrize("request_, reason, fields", [
    (pb.AddNoteRequest(title=""), "INVALID", ["title"]), (pb.AddNoteRequest(title="x" * 201), "INVALID", ["title"]),
    (pb.AddNoteRequest(title="ä" * 200, text="fits"), None, [])])
def test_refusals_name_the_field(notes, key, request_, reason, fields):
    if reason is None:
        assert notes.AddNote(request_, metadata=key, timeout=60).title == request_.title
        return
    with pytest.raises(grpc.RpcError) as refused:
        notes.AddNote(request_, metadata=key, timeout=60)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and details(refused.value)["ErrorInfo"].reason == reason
    assert [v.field for v in details(refused.value)["BadRequest"].field_violations] == fields


@pytest.mark.parametrize("code", range(1, 17))
def test_every_code_arrives_with_its_details(notes, key, code):
    with pytest.raises(grpc.RpcError) as failed:
        notes.Fail(pb.FailRequest(code=code, reason="TOLD", message="as told: ü", field="a.b[1]", retry_after_ms=1500), metadata=key, timeout=60)
    assert failed.value.code().value[0] == code and failed.value.details() == "as told: ü"
    found = details(failed.value)
    assert (found["ErrorInfo"].reason, found["ErrorInfo"].domain) == ("TOLD", "notes.remit")
    assert found["BadRequest"].field_violations[0].field == "a.b[1]" and found["RetryInfo"].retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize("code", [-1, 17, 9999])
def test_a_code_that_is_none_becomes_unknown(notes, key, code):
    with pytest.raises(grpc.RpcError) as failed:
        notes.Fail(pb.FailRequest(code=code, reason="ODD", message="odd"), metadata=key, timeout=60)
    assert failed.value.code() == grpc.StatusCode.UNKNOWN


def test_a_request_that_is_no_message_is_refused(remitd, key):
    with remitd.channel() as channel:
        raw = channel.unary_unary("/remit.notes.v1.NotesService/AddNote", request_serializer=bytes, response_deserializer=bytes)
        for body in (b"\xff", b"\x0a\xff", b"\x08\x01\x0a"):
            with pytest.raises(grpc.RpcError) as refused:
                raw(body, metadata=key, timeout=60)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and details(refused.value)["ErrorInfo"].reason == "MALFORMED_REQUEST"


# ---- streams ------------------------------------------------------------------------------------


def test_a_stream_comes_whole_and_in_order(notes, key):
    numbers = [int(text.text) for text in notes.Count(pb.CountRequest(count=5000), metadata=key, timeout=60)]
    assert numbers == list(range(1, 5001))


def test_a_slow_reader_slows_the_plugin_and_not_the_host(notes, key, remitd):
    rss = lambda: int(next(line for line in open(f"/proc/{remitd.process.pid}/status") if line.startswith("VmRSS")).split()[1]) // 1024
    before = rss()
    stream = notes.Count(pb.CountRequest(count=400, bytes=1 << 20), metadata=key, timeout=60)
    next(stream)
    time.sleep(2)
    assert rss() < before + 100  # MB; without waiting it would be 400
    stream.cancel()


def test_a_reader_that_goes_away_ends_the_stream(notes, key):
    for _ in range(20):
        stream = notes.Count(pb.CountRequest(count=1_000_000), metadata=key, timeout=60)
        assert next(stream).text == b"1"
        stream.cancel()
    assert notes.Echo(pb.Text(text=b"on"), metadata=key, timeout=60).text == b"on"


# ---- deadlines and cancellation -----------------------------------------------------------------


def test_a_deadline_ends_a_call_that_hangs(notes, key):
    began = time.monotonic()
    with pytest.raises(grpc.RpcError) as ended:
        notes.Wait(pb.Text(), metadata=key, timeout=0.5)
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED and time.monotonic() - began < 10


def test_hundreds_of_cancellations_at_any_moment_leave_nothing_behind(remitd, notes, key):
    chance = random.Random(7)
    # On several connections: who resets more than 200 calls of one within ten seconds loses it.
    channels = [grpc.insecure_channel(f"127.0.0.1:{remitd.port}", [("grpc.use_local_subchannel_pool", 1)]) for _ in range(5)]
    stubs = [notes_pb2_grpc.NotesServiceStub(channel) for channel in channels]
    calls = [stubs[n % 5].Wait.future(pb.Text(), metadata=key, timeout=60) for n in range(300)]
    calls += [stubs[n % 5].AddNote.future(pb.AddNoteRequest(title=f"cancel {n}"), metadata=key, timeout=60) for n in range(200)]
    chance.shuffle(calls)
    for call in calls:
        threading.Timer(chance.random() * 0.5, call.cancel).start()
    # The waiting ones end by being cancelled; of the others each is written whole or not at all, and told so or cancelled.
    eventually(lambda: all(call.done() for call in calls), "all calls end", 30)
    assert all(call.cancelled() or call.exception() is None for call in calls)
    for channel in channels:
        channel.close()
    assert notes.Echo(pb.Text(text=b"on"), metadata=key, timeout=60).text == b"on"


def test_calls_within_calls_at_once(notes, key):
    """Re-entrancy: each relays to its own module, which reads and writes."""
    inner = pb.RelayRequest(method="/remit.notes.v1.NotesService/ListNotes")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        def one(number):
            reply = notes.Relay(pb.RelayRequest(
                method="/remit.notes.v1.NotesService/Relay", request=inner.SerializeToString(), title=f"R{number}"), metadata=key, timeout=60)
            listed = pb.ListNotesReply.FromString(pb.RelayReply.FromString(reply.reply).reply)
            return f"R{number}" in [note.title for note in listed.notes]
        assert all(pool.map(one, range(100)))
    assert len([title for title in titles(notes, key) if title.startswith("R")]) == 100


def test_it_stops_at_once_when_all_is_done(installation):
    server = installation.serve()
    with server.channel() as channel:
        stub = notes_pb2_grpc.NotesServiceStub(channel)
        calls = [stub.Wait.future(pb.Text(), metadata=installation.key("nordwind"), timeout=0.2) for _ in range(20)]
        assert all(call.exception() for call in calls)
    began = time.monotonic()
    assert server.stop() == 0 and time.monotonic() - began < 15


# ---- plugins that cannot be used ----------------------------------------------------------------

NOTE_FORM = """\
kind: form
name: note
method: remit.notes.v1.NotesService/AddNote
fields:
  - {name: title, clean: [trim, one_space], max: 20}
  - {name: text, required: it.title.startsWith('Call'), default: "it.title == 'Today' ? string(today) : ''"}
checks:
  - {name: quiet, that: it.title != it.title.upperAscii() || it.title == '', at: title, say: do not shout}
"""


def test_a_company_s_form_shapes_and_judges_a_method_of_any_module(installation, remitd, notes, key):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        documents = [configuration_pb2.SourceDocument(path="note.yaml", text=NOTE_FORM)]
        made = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)
        assert not [f for f in made.findings if not f.is_warning], made.findings
        service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=documents, base_version=made.base_version), metadata=key)
    assert notes.AddNote(pb.AddNoteRequest(title="  Two   words ", text="x"), metadata=key).title == "Two words"
    for request, fault in [(pb.AddNoteRequest(title="Call them"), "text must be given"), (pb.AddNoteRequest(title="x" * 21), "title must be at most 20"),
                           (pb.AddNoteRequest(title="HEAR ME", text="x"), "title do not shout")]:
        with pytest.raises(grpc.RpcError) as refused:
            notes.AddNote(request, metadata=key)
        assert details(refused.value)["ErrorInfo"].reason == "FORM" and fault in refused.value.details()
    assert notes.AddNote(pb.AddNoteRequest(title="Today"), metadata=key).text.startswith("20")
    installation.remit(remitd, "nordwind", "config", "rollback", str(made.base_version))


RULE = """\
kind: note_rule
name: manners
forbidden: [damn, rubbish]
say: we do not speak so
exempt: auditor
where: it.title != ''
"""


def test_a_kind_of_document_that_a_module_declares_is_checked_kept_and_handed_out(installation, remitd, notes, key):
    with remitd.channel() as channel:
        service = configuration_pb2_grpc.ConfigurationServiceStub(channel)

        def plan(text):
            documents = [configuration_pb2.SourceDocument(path="note_rule.manners.yaml", text=text)]
            return documents, service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=key)

        for change, said, place in [
                (("rubbish", "Rubbish"), "is no word in small letters", (3, 19)), (("auditor", "editor"), "there is no role 'editor'", (5, 9)),
                (("say: we do not speak so\n", ""), "say", (1, 1)), (("it.title", "it.titel"), "did you mean 'title'", (6, 10)),
                (("it.title != ''", "it.title"), "bool", (6, 8)), (("forbidden", "forbiden"), "did you mean 'forbidden'", (3, 1))]:
            findings = plan(RULE.replace(*change, 1))[1].findings
            assert any(said in f.message for f in findings), (change, findings)
        documents, made = plan(RULE)
        assert not [f for f in made.findings if not f.is_warning], made.findings
        applied = service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=documents, base_version=made.base_version), metadata=key)
        with pytest.raises(grpc.RpcError) as refused:
            notes.AddNote(pb.AddNoteRequest(title="This is RUBBISH"), metadata=key)
        assert refused.value.details().endswith("we do not speak so") and details(refused.value)["BadRequest"].field_violations[0].field == "title"
        assert notes.AddNote(pb.AddNoteRequest(title="Rubbishy talk"), metadata=key).title == "Rubbishy talk"
        kinds = {kind.kind: kind for kind in service.ListKinds(configuration_pb2.ListKindsRequest(), metadata=key).kinds}
        assert (kinds["note_rule"].module, kinds["note_rule"].message) == ("notes", "remit.notes.v1.NoteRule")
        # What others declare is not handed out, and nobody asks from outside.
        asked = plugin_pb2.GetDocuments(kind="role").SerializeToString()
        with pytest.raises(grpc.RpcError) as refused:
            notes.Peek(pb.RelayRequest(method="/remit.platform.v1.AdmissionService/GetDocuments", request=asked), metadata=key)
        assert details(refused.value)["ErrorInfo"].reason == "NOT_DECLARED"
        own = plugin_pb2.GetDocuments(kind="note_rule").SerializeToString()
        told = plugin_pb2.GetDocumentsReply.FromString(
            notes.Peek(pb.RelayRequest(method="/remit.platform.v1.AdmissionService/GetDocuments", request=own), metadata=key).reply)
        assert told.version >= applied.version and [d.name for d in told.documents] == ["manners"]
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/remit.platform.v1.AdmissionService/GetDocuments")(own, metadata=key)
        assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
        service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(documents=[configuration_pb2.SourceDocument(
            path="note_rule.manners.yaml", text=RULE.replace("rubbish", "nonsense"))], base_version=applied.version), metadata=key)
        assert notes.AddNote(pb.AddNoteRequest(title="All rubbish"), metadata=key).title == "All rubbish"
    assert "note_rule" in installation.remit(remitd, "nordwind", "config", "kinds").stdout
    installation.remit(remitd, "nordwind", "config", "rollback", str(made.base_version))
    assert notes.AddNote(pb.AddNoteRequest(title="Such nonsense"), metadata=key).title == "Such nonsense"


BROKEN = {
    "is no library": (None, "invalid ELF header|file too short"),
    "exports nothing": ("int nothing(void) { return 1; }", "exports no remit_plugin_main_v1"),
    "needs what is not there": ("extern int missing(void); int remit_plugin_main_v1(void) { return missing(); }", "undefined symbol: missing"),
    "refuses the host": ('#include "remit_plugin.h"\nconst remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) { (void)h; return 0; }', "refuses this remitd"),
    "is of another version": ('#include "remit_plugin.h"\nstatic remit_plugin_v1 p = {sizeof p, 2};\nconst remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) { (void)h; return &p; }', "another version of remit_plugin.h"),
    "has another size": ('#include "remit_plugin.h"\nstatic remit_plugin_v1 p = {8, REMIT_ABI_V1};\nconst remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) { (void)h; return &p; }', "another version of remit_plugin.h"),
    "lacks functions": ('#include "remit_plugin.h"\nstatic remit_plugin_v1 p = {sizeof p, REMIT_ABI_V1};\nconst remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) { (void)h; return &p; }', "lacks start, invoke, cancel or stop"),
    "has a manifest that is none": ('''#include "remit_plugin.h"
static void s(void *p, remit_bytes b, remit_done d, void *c) { (void)p, (void)b, (void)d, (void)c; }
static void i(void *p, remit_call x, remit_bytes a, remit_bytes b) { (void)p, (void)x, (void)a, (void)b; }
static void c(void *p, remit_call x) { (void)p, (void)x; }
static void t(void *p, remit_done d, void *x) { (void)p, (void)d, (void)x; }
static remit_plugin_v1 p = {sizeof p, REMIT_ABI_V1, 0, {(const uint8_t *)"\\xff\\xff", 2}, s, i, c, t};
const remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) { (void)h; return &p; }''', "its manifest is not a remit.plugin.v1.Manifest"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_refused_in_one_line_and_the_others_serve(what, tmp_path, installation):
    source, message = BROKEN[what]
    library = tmp_path / "broken.so"
    if source is None:
        library.write_text("#!/bin/sh\n")
    else:
        (tmp_path / "broken.c").write_text(source)
        subprocess.run(["cc", "-shared", "-fPIC", f"-I{ROOT}/Sources/CRemitPlugin/include", "-o", library, tmp_path / "broken.c"], check=True)
    done = installation.run("remitd", "check-plugin", "ledger", f"broken={library}", check=False)
    assert done.returncode == 1 and "plugin ledger: version" in done.stdout
    assert re.search(message, done.stderr) and done.stderr.count("\n") == 1, done.stderr


def test_the_ledger_serves_beside_a_broken_plugin_which_is_listed(installation, tmp_path):
    library = tmp_path / "broken.so"
    library.write_text("nothing")
    server = installation.serve("--plugin", f"broken={library}")
    assert any("plugin broken:" in line for line in server.lines)
    assert "broken" in installation.remit(server, "operator", "plugin", "list").stdout
    with server.channel() as channel:
        assert ledger_pb2_grpc.LedgerServiceStub(channel).ListCustomers(ledger_pb2.ListCustomersRequest(), metadata=installation.key("nordwind"), timeout=60) is not None
