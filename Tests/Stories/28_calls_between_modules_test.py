"""A second plugin (Plugins/Examples) calls the ledger: in the caller's transaction, as the caller, with both named in the audit trail."""

import grpc
import pytest
from companies import Company, books_agree, day
from conftest import BIN, Installation, details

import notes_pb2
import notes_pb2_grpc
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

LEDGER, NOTES = "/remit.ledger.v1.LedgerService", "/remit.notes.v1.NotesService"


@pytest.fixture(scope="module", params=["libNotes.so", "libNotesC.so"])
def installation(request, tmp_path_factory):
    """The same module in Swift and in C."""
    installation = Installation(tmp_path_factory.mktemp("modules"), "ledger", f"notes={BIN}/{request.param}")
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def notes(remitd):
    with remitd.channel() as channel:
        yield notes_pb2_grpc.NotesServiceStub(channel)


@pytest.fixture(scope="module")
def customer(nordwind):
    return nordwind.customer("N-1")


def bill(notes, metadata, customer, number, amount="119.00", text="for March"):
    return notes.Bill(
        notes_pb2.BillRequest(customer_id=customer, number=number, amount=Money(currency="EUR", amount=amount), text=text), metadata=metadata, timeout=60)


def titles(notes, metadata):
    return [note.title for note in notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=metadata, timeout=60).notes]


def refusal(call, *arguments):
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments)
    return refused.value.code().name, details(refused.value)["ErrorInfo"].reason


def test_an_invoice_and_its_note_are_written_together(installation, notes, nordwind, customer):
    note = bill(notes, nordwind.metadata, customer, "B-1")
    assert nordwind.open("B-1") == ["119.00"] and "B-1" in titles(notes, nordwind.metadata)
    rows = installation.psql(f"SELECT method, via, principal, request_id LIKE 'via/%' FROM host.call WHERE resource LIKE 'note/{note.id}' OR via <> '' ORDER BY via").stdout.split()
    assert rows == [f"{NOTES}/Bill||owner|f", f"{LEDGER}/PostInvoice|{NOTES}/Bill|owner|t"]
    trail = installation.remit(installation.servers[-1], "nordwind", "audit", "list", "--limit", "2").stdout
    assert "PostInvoice via Bill" in trail


def test_what_the_ledger_refuses_leaves_no_note_and_is_told_as_it_is(notes, nordwind, customer):
    before = titles(notes, nordwind.metadata)
    assert refusal(bill, notes, nordwind.metadata, customer, "B-2", "-5") == ("INVALID_ARGUMENT", "INVALID")
    assert refusal(bill, notes, nordwind.metadata, customer, "B-1") == ("ALREADY_EXISTS", "NUMBER_TAKEN")
    assert titles(notes, nordwind.metadata) == before


def test_a_note_that_is_refused_takes_the_invoice_back(notes, nordwind, customer):
    notes.AddNote(notes_pb2.AddNoteRequest(title="B-3"), metadata=nordwind.metadata)
    assert refusal(bill, notes, nordwind.metadata, customer, "B-3") == ("ALREADY_EXISTS", "TITLE_TAKEN")
    assert nordwind.open("B-3") == ["0"]


def test_a_repeat_does_both_once(notes, nordwind, customer, installation):
    metadata = nordwind.metadata + [("idempotency-key", "bill-4" * 21)]
    assert bill(notes, metadata, customer, "B-4") == bill(notes, metadata, customer, "B-4")
    assert nordwind.open("B-4") == ["119.00"]
    books_agree(installation, 2)


def relay(notes, metadata, method, request=None, call="Relay", **more):
    return getattr(notes, call)(
        notes_pb2.RelayRequest(method=method, request=request.SerializeToString() if request else b"", **more), metadata=metadata, timeout=60)


def new(number):
    return pb.CreateCustomerRequest(customer=pb.Customer(number=number, name=number))


def test_a_refusal_can_be_caught_and_what_came_before_stays(notes, nordwind):
    reply = relay(notes, nordwind.metadata, f"{LEDGER}/CreateCustomer", new("N-1"), title="kept", go_on=True)
    assert reply.refusal == "NUMBER_TAKEN" and "kept" in titles(notes, nordwind.metadata)
    assert refusal(relay, notes, nordwind.metadata, f"{LEDGER}/CreateCustomer", new("N-1")) == ("ALREADY_EXISTS", "NUMBER_TAKEN")


def test_the_callee_sees_what_the_caller_wrote_and_reads_only_where_it_reads(notes, nordwind):
    inner = notes_pb2.RelayRequest(method=f"{NOTES}/ListNotes")
    reply = relay(notes, nordwind.metadata, f"{NOTES}/Relay", inner, title="seen inside")
    listed = notes_pb2.ListNotesReply.FromString(notes_pb2.RelayReply.FromString(reply.reply).reply)
    assert "seen inside" in [note.title for note in listed.notes]


def test_reads_call_reads_and_nothing_that_writes(notes, nordwind, customer):
    reply = relay(notes, nordwind.metadata, f"{LEDGER}/GetCustomer", pb.GetCustomerRequest(id=customer), "Peek")
    assert pb.Customer.FromString(reply.reply).number == "N-1"
    assert refusal(relay, notes, nordwind.metadata, f"{LEDGER}/CreateCustomer", new("N-9"), "Peek") == ("FAILED_PRECONDITION", "READ_ONLY")


def test_calls_are_at_most_four_deep(notes, nordwind):
    def nested(depth):
        request = notes_pb2.RelayRequest(method=f"{NOTES}/ListNotes")
        for _ in range(depth - 2):
            request = notes_pb2.RelayRequest(method=f"{NOTES}/Relay", request=request.SerializeToString(), title=f"deep {depth} {_}")
        return relay(notes, nordwind.metadata, f"{NOTES}/Relay", request)
    assert nested(4)
    assert {"deep 4 0", "deep 4 1"} <= set(titles(notes, nordwind.metadata))
    assert refusal(nested, 5) == ("FAILED_PRECONDITION", "TOO_DEEP")
    assert "deep 5 0" not in titles(notes, nordwind.metadata)


def test_what_is_called_apart_stays(notes, nordwind, installation):
    relay(notes, nordwind.metadata, f"{LEDGER}/CreateCustomer", new("APART"), apart=True)
    assert nordwind.call("ListCustomers", pb.ListCustomersRequest(number="APART")).customers
    with pytest.raises(grpc.RpcError) as refused:
        relay(notes, nordwind.metadata, f"{LEDGER}/CreateCustomer", new("APART-2"), apart=True, title="before")
    assert details(refused.value)["ErrorInfo"].reason == "TRANSACTION_OPEN"


@pytest.mark.parametrize("method, expected", [
    ("/remit.ledger.v1.LedgerService/Nothing", ("UNIMPLEMENTED", "NO_METHOD")), ("", ("UNIMPLEMENTED", "NO_METHOD")),
    ("/remit.ledger.v1.BooksService/ListAccounts", ("PERMISSION_DENIED", "NOT_DECLARED")),
    ("/remit.platform.v1.KeyService/CreateKey", ("PERMISSION_DENIED", "NOT_DECLARED")),
    ("/remit.ledger.v1.LedgerService/ImportCustomers", ("UNIMPLEMENTED", "STREAMS"))])
def test_what_cannot_be_called_is_told(notes, nordwind, method, expected):
    assert refusal(relay, notes, nordwind.metadata, method) == expected


def test_the_callers_permissions_hold_for_the_callee(notes, nordwind, installation, remitd, customer):
    installation.remit(remitd, "nordwind", "role", "save", "noter", "notes.*")
    installation.keys["noter"] = installation.remit(remitd, "nordwind", "key", "create", "nora", "--role", "noter").stdout.strip()
    assert refusal(bill, notes, installation.key("noter"), customer, "B-9") == ("PERMISSION_DENIED", "NO_PERMISSION")
    assert nordwind.open("B-9") == ["0"]


def test_a_deadline_ends_the_callee_too(notes, nordwind):
    with pytest.raises(grpc.RpcError) as ended:
        notes.Relay(notes_pb2.RelayRequest(method=f"{NOTES}/Wait", title="never"), metadata=nordwind.metadata, timeout=0.5)
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert "never" not in titles(notes, nordwind.metadata)


def test_it_is_checked_with_what_it_calls_and_called_with_json(installation, remitd):
    """Step 4 of docs/integrate.md."""
    library = installation.plugins[-1]
    assert "plugin notes: version 1.0.0, 13 methods" in installation.run("remit", "plugin", "check", "ledger", library).stdout
    made = installation.remit(
        remitd, "nordwind", "call", "remit.notes.v1.NotesService/AddNote", "-d", '{"title": "Call them", "text": "about March"}').stdout
    assert '"title":"Call them"' in made and '"recordedBy":"owner"' in made
    assert "remit notes note add " in installation.remit(remitd, "nordwind", "notes").stdout
    made = installation.remit(remitd, "nordwind", "notes", "note", "add", "Call again", "--text", "about March").stdout
    assert "Call again" in made and "recordedBy" in made


def test_a_plugin_that_calls_what_nobody_serves_is_refused_in_one_line(installation):
    alone = installation.run("remitd", "check-plugin", f"notes={BIN}/libNotes.so", check=False)
    assert alone.returncode == 1 and "it calls remit.ledger.v1.LedgerService, which no plugin serves" in alone.stderr
