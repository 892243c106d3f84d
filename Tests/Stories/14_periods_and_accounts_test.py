"""As a controller: close a month, see the trial balance, post to other accounts, and hand the journal to the general ledger."""

import csv
import io
import threading

import grpc
import pytest
from companies import Company, books_agree, day, eventually
from conftest import details
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

OPEN, SOFT_CLOSED, CLOSED = books.Period.OPEN, books.Period.SOFT_CLOSED, books.Period.CLOSED


def eur(amount):
    return Money(currency="EUR", amount=amount)


def set_period(company, first, last, state, reason="", **who):
    return company.call("SetPeriod", books.SetPeriodRequest(
        period=books.Period(starts_on=day(first), ends_on=day(last), state=state, reason=reason or "as told")))


def refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return details(refused.value)["ErrorInfo"].reason, refused.value.details()


@pytest.fixture(scope="module")
def clerk(installation, remitd):
    """A person of nordwind who may post and close, but neither post into what is soft-closed nor open again what is closed."""
    installation.remit(remitd, "nordwind", "role", "save", "closer", "ledger.invoice.*", "ledger.period.set", "ledger.customer.*")
    installation.keys["clerk"] = installation.remit(remitd, "nordwind", "key", "create", "clara", "--role", "closer").stdout.strip()
    with remitd.channel() as channel:
        yield Company(installation, channel, "clerk")


def test_into_a_closed_period_nothing_is_posted_and_the_reason_is_said(nordwind):
    customer = nordwind.customer("P-1")
    invoice = nordwind.invoice(customer, "P-1-1", "100.00", issued=-50)
    nordwind.invoice(customer, "P-1-2", "50.00", issued=-50)
    receipt = nordwind.receipt(customer, "50.00", received=-50)
    allocation = nordwind.allocate(credits=[receipt.number], debits=["P-1-2"]).allocations[0]
    set_period(nordwind, -60, -40, CLOSED, "audited")
    document = lambda kind, **more: nordwind.call("PostDocument", pb.PostDocumentRequest(
        document=pb.Document(kind=kind, customer_id=customer, issued_on=day(-45), amount=eur("1.00"), **more)))
    for attempt in (
            lambda: nordwind.invoice(customer, "P-1-3", "1.00", issued=-45),
            lambda: nordwind.receipt(customer, "1.00", received=-40),
            lambda: document("credit_note"),
            lambda: nordwind.call("ReverseDocument", pb.ReverseDocumentRequest(id=invoice.id, effective_on=day(-45), reason="wrong")),
            lambda: nordwind.undo(allocation.id, effective_on=day(-45))):
        reason, words = refusal(attempt)
        assert reason == "PERIOD_CLOSED", words
        assert f"is in the period {day(-60)} to {day(-40)}, which owner has closed: audited" in words
    nordwind.invoice(customer, "P-1-4", "1.00", issued=-39)
    nordwind.undo(allocation.id, effective_on=day(-39))
    assert nordwind.open("P-1-1", "P-1-2", "P-1-3") == ["100.00", "50.00", "0"]
    set_period(nordwind, -60, -40, OPEN, "the auditors found more")
    nordwind.invoice(customer, "P-1-3", "1.00", issued=-45)


def test_into_a_soft_closed_period_only_those_with_the_permission_post(nordwind, clerk):
    customer = nordwind.customer("P-2")
    set_period(nordwind, -99, -90, SOFT_CLOSED)
    assert refusal(lambda: clerk.invoice(customer, "P-2-1", "1.00", issued=-95))[0] == "PERIOD_CLOSED"
    nordwind.invoice(customer, "P-2-1", "1.00", issued=-95)


def test_only_those_with_the_permission_open_a_closed_period_again(nordwind, clerk):
    set_period(clerk, -120, -110, SOFT_CLOSED)
    set_period(clerk, -120, -110, CLOSED)
    reason, words = refusal(lambda: set_period(clerk, -120, -110, OPEN))
    assert reason == "NO_PERMISSION" and "clara has no permission ledger.period.reopen" in words
    set_period(nordwind, -120, -110, OPEN)
    periods = nordwind.call("ListPeriods", books.ListPeriodsRequest()).periods
    assert [p.starts_on for p in periods] == sorted(p.starts_on for p in periods)
    assert [(p.state, p.recorded_by) for p in periods if p.starts_on == day(-120)] == [(OPEN, "owner")]


@pytest.mark.parametrize("first, last, state, reason", [
    (-115, -105, CLOSED, "PERIODS_OVERLAP"), (-10, -20, CLOSED, "INVALID"), (-300, -290, 0, "INVALID")])
def test_a_period_that_cannot_be_is_refused(nordwind, first, last, state, reason):
    assert refusal(lambda: set_period(nordwind, first, last, state))[0] == reason


def test_a_posting_under_way_comes_before_the_close_and_one_that_is_later_is_refused(installation, nordwind):
    """Nothing is recorded in a period after it was closed."""
    customer = nordwind.customer("P-3")
    hold = installation.hold("LOCK TABLE ledger.movement IN SHARE MODE")
    first = threading.Thread(target=lambda: nordwind.invoice(customer, "P-3-1", "1.00", issued=-205))
    first.start()
    waiting = lambda what: lambda: installation.psql(
        f"SELECT count(*) FROM pg_stat_activity WHERE usename = 'remitd' AND wait_event_type = 'Lock' AND wait_event = '{what}'").stdout.strip() == "1"
    eventually(waiting("relation"), "the posting waits")
    closing = threading.Thread(target=lambda: set_period(nordwind, -210, -200, CLOSED))
    closing.start()
    eventually(waiting("advisory"), "the close waits for the posting")
    hold.release()
    first.join()
    closing.join()
    assert refusal(lambda: nordwind.invoice(customer, "P-3-2", "1.00", issued=-205))[0] == "PERIOD_CLOSED"
    assert nordwind.open("P-3-1", "P-3-2") == ["1.00", "0"]


def test_rows_of_a_file_in_a_closed_period_are_refused_one_by_one(nordwind):
    nordwind.customer("P-4")
    set_period(nordwind, -330, -320, CLOSED)
    file = f"customer,invoice,amount,date,due date\nP-4,P-4-1,1.00,{day(-325)},{day(-300)}\nP-4,P-4-2,1.00,{day(-310)},{day(-300)}\n"
    result, _ = nordwind.load("invoices", file.encode(), skip_refused=True)
    assert (result.created, result.refused) == (1, 1)
    assert [(i.row, i.column, "has closed" in i.reason) for i in result.issues] == [(2, "date", True)]


def test_the_trial_balance_balances_and_shows_what_each_account_has(installation, nordwind):
    balance = lambda **request: nordwind.call("GetTrialBalance", books.GetTrialBalanceRequest(**request))
    line = lambda reply, code: next((l for l in reply.lines if l.account.code == code), books.TrialBalanceLine())
    before = balance(**{"from": day(-5)})
    customer = nordwind.customer("P-5")
    nordwind.invoice(customer, "P-5-1", "119.00", issued=-4, due=3, tax=eur("19.00"))
    nordwind.invoice(customer, "P-5-2", "100.00", "USD", issued=-4, due=3, exchange_rate="0.90")
    nordwind.receipt(customer, "19.00", received=-3)
    after = balance(**{"from": day(-5)})
    change = lambda code, what: round(float(getattr(line(after, code), what).amount or 0) - float(getattr(line(before, code), what).amount or 0), 2)
    assert (change("1100", "debits"), change("1100", "credits"), change("1100", "closing")) == (209.0, 19.0, 190.0)
    assert (change("2200", "credits"), change("4000", "credits"), change("1000", "debits")) == (19.0, 190.0, 19.0)
    for reply in (before, after, balance(), balance(to=day(-50))):
        assert reply.total.debits == reply.total.credits
        assert (reply.total.opening.amount, reply.total.closing.amount) == ("0.00", "0.00")
    assert [(c.closing.currency) for c in line(after, "1100").currencies] == ["EUR", "USD"]
    assert float(line(after, "1100").closing.amount) == sum(float(total) for total in [nordwind_base(installation)])


def nordwind_base(installation):
    return int(installation.psql("SELECT sum(base_minor) FROM ledger.movement WHERE tenant_id = 2").stdout) / 100


def test_a_posting_profile_gives_other_accounts(nordwind):
    customer = nordwind.customer("P-6")
    for code, name in [("4120", "Revenue, export"), ("1010", "Second bank")]:
        assert nordwind.call("SaveAccount", books.SaveAccountRequest(account=books.Account(code=code, name=name))).role == "other"
    nordwind.call("SavePostingProfile", books.SavePostingProfileRequest(
        profile=books.PostingProfile(name="export", accounts={"revenue": "4120", "bank": "1010"})))
    entries = lambda id: [(e.debit, e.credit) for e in nordwind.call("GetDocument", pb.GetDocumentRequest(id=id)).entries]
    assert entries(nordwind.invoice(customer, "P-6-1", "10.00", tax=eur("1.00"), posting_profile="export").id) == [("1100", "2200"), ("1100", "4120")]
    assert entries(nordwind.receipt(customer, "10.00", posting_profile="export").id) == [("1010", "1100")]
    assert entries(nordwind.invoice(customer, "P-6-2", "10.00").id) == [("1100", "4000")]
    assert refusal(lambda: nordwind.invoice(customer, "P-6-3", "10.00", posting_profile="imports"))[0] == "NO_PROFILE"
    profiles = nordwind.call("ListPostingProfiles", books.ListPostingProfilesRequest()).profiles
    assert [(p.name, dict(p.accounts)) for p in profiles] == [("export", {"revenue": "4120", "bank": "1010"})]
    for accounts, reason in [({"revenue": "9999"}, "NO_ACCOUNT"), ({"revenue": "1100"}, "NO_ACCOUNT"), ({"receivable": "4120"}, "INVALID")]:
        assert refusal(lambda: nordwind.call("SavePostingProfile", books.SavePostingProfileRequest(
            profile=books.PostingProfile(name="export", accounts=accounts))))[0] == reason
    assert refusal(lambda: nordwind.call("SaveAccount", books.SaveAccountRequest(
        account=books.Account(code="4120", name="Bank", role="bank"))))[0] == "OTHER_ROLE"
    assert nordwind.call("SaveAccount", books.SaveAccountRequest(account=books.Account(code="1000", name="Hausbank"))).role == "bank"
    accounts = {a.code: a.name for a in nordwind.call("ListAccounts", books.ListAccountsRequest()).accounts}
    assert (accounts["1000"], accounts["4120"]) == ("Hausbank", "Revenue, export")


def export(company, number=0):
    updates = list(company.call("ExportJournal", books.ExportJournalRequest(number=number)))
    return updates[-1].result, b"".join(update.csv for update in updates[:-1])


def test_each_entry_of_the_journal_is_exported_once(installation, nordwind):
    """What is younger than 30 s waits. The recorded times are moved back here, as a test cannot wait so long."""
    exports = lambda: nordwind.call("ListJournalExports", books.ListJournalExportsRequest())
    assert export(nordwind)[0].number == 0, "all is younger than 30 s"
    waiting = exports().documents_waiting
    assert waiting > 3
    installation.psql("UPDATE ledger.document SET recorded_at = recorded_at - interval '1 hour' WHERE tenant_id = 2")
    first, file = export(nordwind)
    rows = list(csv.DictReader(io.StringIO(file.decode())))
    assert (first.number, first.documents, first.entries) == (1, waiting, len(rows))
    assert len({row["document_id"] for row in rows}) == waiting
    entries = int(installation.psql("SELECT count(*) FROM ledger.entry WHERE tenant_id = 2").stdout)
    assert len({(row["document_id"], row["line"]) for row in rows}) == len(rows) == entries
    invoice = [(r["kind"], r["customer"], r["debit"], r["credit"], r["currency"], r["amount"], r["base_currency"], r["base_amount"])
               for r in rows if r["number"] == "P-5-2"]
    assert invoice == [("invoice", "P-5", "1100", "4000", "USD", "100.00", "EUR", "90.00")]

    nordwind.invoice(nordwind.customer("P-7"), "P-7-1", "10.00", issued=-300)
    assert exports().documents_waiting == 1
    assert export(nordwind)[0].number == 0
    installation.psql("""
        UPDATE ledger.journal_export SET until = until - interval '1 minute';
        UPDATE ledger.document SET recorded_at = recorded_at - interval '40 s' WHERE tenant_id = 2 AND number = 'P-7-1'""")
    second, more = export(nordwind)
    assert (second.number, second.entries) == (2, 1) and b"P-7-1" in more
    assert export(nordwind, 1)[1] == file and export(nordwind, 2) == (second, more)
    assert [e.number for e in exports().exports] == [2, 1] and exports().documents_waiting == 0
    first_page = nordwind.call("ListJournalExports", books.ListJournalExportsRequest(page_size=1))
    second_page = nordwind.call("ListJournalExports", books.ListJournalExportsRequest(page_size=1, page_token=first_page.next_page_token))
    assert [e.number for page in (first_page, second_page) for e in page.exports] == [2, 1] and not second_page.next_page_token
    assert refusal(lambda: nordwind.call("ListJournalExports", books.ListJournalExportsRequest(page_token="x")))
    assert refusal(lambda: export(nordwind, 3))[0] == "NO_EXPORT"


def test_the_books_agree(installation, nordwind):
    installation.psql("UPDATE ledger.movement m SET recorded_at = d.recorded_at FROM ledger.document d WHERE m.cause_id = d.document_id")
    books_agree(installation, 2)
