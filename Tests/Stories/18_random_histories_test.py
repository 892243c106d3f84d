"""Histories of hundreds of operations made at random: whatever happened, the books agree, at every day and as known at every instant; the same history
again gives the same books; and everything reversed gives nothing.

HISTORIES=n says how many, SEED=n from which seed on; a failure names its seed.
"""

import collections
import concurrent.futures
import hashlib
import os
import random
from decimal import Decimal

import grpc
import pytest
from companies import Company, books_agree, day, no_fault
from conftest import details
from google.protobuf.timestamp_pb2 import Timestamp
from remit.ledger.v1 import books_pb2 as books
from remit.ledger.v1 import ledger_pb2 as pb
from remit.type.v1.money_pb2 import Money

pytestmark = pytest.mark.timeout(1800)
HISTORIES, SEED, STEPS = int(os.environ.get("HISTORIES", 4)), int(os.environ.get("SEED", 1)), 300
RATES = {"EUR": None, "USD": "1/1.0850", "JPY": "0.0061", "KWD": "2.9876"}
DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
# What a controller may be told; anything else is a defect.
REFUSALS = {
    "INVALID", "ITEM_CHANGED", "OTHER_PAYER", "OTHER_CURRENCY", "OTHER_CUSTOMER", "NO_ITEM", "HAS_ALLOCATIONS", "REVERSED_ALREADY", "UNDONE_ALREADY",
    "PERIOD_CLOSED", "PERIODS_OVERLAP", "CUSTOMER_MERGED", "NO_MERGE", "MERGED_SINCE", "IS_NO_ORIGINAL", "REVERSES_DOCUMENT", "PAYER_HAS_PAYER"}


class History:
    def __init__(self, company, seed):
        self.company, self.chance, self.seed = company, random.Random(seed), seed
        self.customers, self.documents, self.allocations, self.happened = [], [], [], collections.Counter()
        payer = company.customer("H-0")
        self.customers = [payer] + [company.customer(f"H-{n}", payer=payer if n == 1 else "") for n in range(1, 5)]
        company.call("SaveExchangeRates", books.SaveExchangeRatesRequest(source="S", rates=[
            books.ExchangeRate(currency=c, valid_on=day(on), rate=rate) for c in ("USD", "JPY", "KWD")
            for on, rate in ((-200, RATES[c]), (-90, RATES[c].replace("0", "1")), (-30, RATES[c]))]))
        company.call("SetRatePolicy", books.SetRatePolicyRequest(policy=books.RatePolicy(source="S", days_max=366)))
        for kind in ("reversal", "refund"):
            company.call("SetNumberSeries", books.SetNumberSeriesRequest(series=books.NumberSeries(kind=kind, pattern=kind + "-{number}")))

    def run(self):
        steps = [(getattr(self, name), weight) for name, weight in (
            ("invoice", 30), ("receipt", 22), ("document", 12), ("settling", 8), ("allocate", 10), ("told", 5), ("unapplied", 2), ("undo", 8), ("reverse", 8),
            ("revalue", 1), ("period", 1), ("merge", 1), ("unmerge", 3), ("amend", 2))]
        for self.step in range(STEPS):
            step = self.chance.choices(*zip(*steps))[0]
            try:
                step()
                self.happened[step.__name__] += 1
            except grpc.RpcError as error:
                reason = details(error)["ErrorInfo"].reason
                assert reason in REFUSALS, (self.seed, self.step, step.__name__, reason, error.details())
                self.happened[f"{step.__name__} {reason}"] += 1
        return self

    def money(self, most=100_000):
        currency = self.chance.choice(["EUR", "EUR", "EUR", "USD", "JPY", "KWD"])
        return Money(currency=currency, amount=str(Decimal(self.chance.randint(1, most)).scaleb(-DECIMALS[currency])))

    def number(self, kind):
        return f"{kind}-{self.step}"

    def day(self, first=-180):
        return day(self.chance.randint(first, 0))

    def customer(self):
        return self.chance.choice(self.customers)

    def kept(self, document, kind):
        self.documents.append((document.id, kind, document.number))
        return document

    def invoice(self):
        amount = self.money()
        invoice = pb.Invoice(customer_id=self.customer(), number=self.number("R"), amount=amount, issued_on=self.day())
        if self.chance.random() < 0.2 and amount.currency == "EUR":
            first, second = self.chance.sample(range(1, 99), 2)
            invoice.instalments.extend([
                pb.Instalment(due_on=day(10), percent=str(first)), pb.Instalment(due_on=day(40), percent=str(100 - first))])
        elif self.chance.random() < 0.3:
            invoice.terms.CopyFrom(pb.PaymentTerms(net_days=30, discount_percent="2", discount_days=10))
        else:
            invoice.due_on = day(self.chance.randint(0, 60))
        if self.chance.random() < 0.3:
            invoice.tax.CopyFrom(Money(currency=amount.currency, amount="0"))
        self.kept(self.company.call("PostInvoice", pb.PostInvoiceRequest(invoice=invoice)), "invoice")

    def receipt(self):
        invoices = [id for id, kind, _ in self.documents if kind == "invoice"]
        invoice = self.chance.choice(invoices) if invoices and self.chance.random() < 0.4 else ""
        customer, amount = self.customer(), self.money()
        if invoice:
            found = self.company.call("GetDocument", pb.GetDocumentRequest(id=invoice)).document
            customer, amount = found.customer_id, Money(currency=found.amount.currency, amount=amount.amount.split(".")[0] if found.amount.currency == "JPY" else str(
                Decimal(self.chance.randint(1, 90_000)).scaleb(-DECIMALS[found.amount.currency])))
        self.kept(self.company.call("PostReceipt", pb.PostReceiptRequest(invoice_id=invoice, receipt=pb.Receipt(
            customer_id=customer, number=self.number("Z"), amount=amount, received_on=self.day()))), "receipt")

    def document(self):
        kind = self.chance.choice(["credit_note", "debit_note", "adjustment", "opening"])
        amount = self.money(20_000)
        if kind in ("adjustment", "opening") and self.chance.random() < 0.5:
            amount.amount = "-" + amount.amount
        self.kept(self.company.call("PostDocument", pb.PostDocumentRequest(document=pb.Document(
            kind=kind, customer_id=self.customer(), number=self.number(kind), amount=amount, issued_on=self.day(),
            account="4100" if kind == "adjustment" else ""))).document, kind)

    def settling(self):
        """A write-off, refund or credit note against what is open."""
        items = self.items(self.customer())
        if not items:
            return
        item = self.chance.choice(items)
        credit = item.open.amount.startswith("-")
        kind = "refund" if credit else self.chance.choice(["write_off", "credit_note"])
        amount = Money(currency=item.open.currency, amount=item.open.amount.lstrip("-")) if kind == "credit_note" else None
        self.kept(self.company.call("PostDocument", pb.PostDocumentRequest(against=pb.ItemChoice(item_id=item.id), document=pb.Document(
            kind=kind, customer_id=item.customer_id, number="" if credit else self.number(kind), amount=amount, issued_on=self.day()))).document, kind)

    def items(self, customer=""):
        return sorted(self.company.items(page_size=1000, customer_id=customer), key=lambda i: (i.number, i.due_on, i.kind))

    def allocate(self):
        customer, currency = self.customer(), self.chance.choice(["EUR", "USD", "JPY", "KWD"])
        items = [i for i in self.items(customer) if i.open.currency == currency]
        chosen = self.chance.sample(items, min(len(items), self.chance.randint(2, 6)))
        pick = lambda credit: [pb.ItemChoice(item_id=i.id) for i in chosen if i.open.amount.startswith("-") == credit]
        if not pick(True) or not pick(False):
            return
        method = self.chance.choice(["OLDEST", "LISTED", "PROPORTION"])
        reply = self.company.allocate(
            method, pick(True), pick(False), take_discount=method == "OLDEST",
            tolerance=Money(currency=currency, amount="3") if self.chance.random() < 0.5 else None)
        self.allocations += [a.id for a in reply.allocations]

    def told(self):
        """With discount, bank fee and write-off."""
        items = self.items(self.customer())
        if not items:
            return
        debit = self.chance.choice(items)
        credits = [i for i in items if i.open.amount.startswith("-") and i.open.currency == debit.open.currency]
        if not credits or debit.open.amount.startswith("-"):
            return
        credit = self.chance.choice(credits)
        unit = Decimal(1).scaleb(-DECIMALS[debit.open.currency])
        share = lambda most: Money(currency=debit.open.currency, amount=str(unit * self.chance.randint(0, most)))
        amount = min(Decimal(debit.open.amount) - 12 * unit, -Decimal(credit.open.amount))
        line = pb.AllocationLine(
            debit=pb.ItemChoice(item_id=debit.id), credit=pb.ItemChoice(item_id=credit.id), amount=Money(currency=debit.open.currency, amount=str(amount)),
            discount=share(4), bank_fee=share(4), write_off=share(4), reason="short")
        self.allocations += [a.id for a in self.company.allocate("TOLD", lines=[line]).allocations]

    def unapplied(self):
        reply = self.company.call("AllocateUnapplied", pb.AllocateUnappliedRequest(
            rule=self.chance.choice(["EXACT", "OLDEST_FIRST"]), customer_id=self.customer()))
        self.allocations += [a.id for a in reply.allocations]

    def undo(self):
        if self.allocations:
            self.company.undo(self.chance.choice(self.allocations), effective_on=self.chance.choice(["", self.day(-30)]))

    def reverse(self):
        if self.documents:
            self.company.call("ReverseDocument", pb.ReverseDocumentRequest(
                id=self.chance.choice(self.documents)[0], effective_on=self.chance.choice(["", self.day(-30)]), undo_allocations=self.chance.random() < 0.7, reason="wrong"))

    def revalue(self):
        self.company.call("Revalue", books.RevalueRequest(on=day(self.chance.choice([-60, -30, -5]))))

    def period(self):
        first = self.chance.choice([-180, -150])
        self.set_period(first, self.chance.choice([books.Period.OPEN, books.Period.CLOSED, books.Period.SOFT_CLOSED]))

    def set_period(self, first, state):
        self.company.call("SetPeriod", books.SetPeriodRequest(period=books.Period(starts_on=day(first), ends_on=day(first + 20), state=state, reason="late entries")))

    def merge(self):
        first, second = self.chance.sample(self.customers, 2)
        self.company.call("MergeCustomers", pb.MergeCustomersRequest(from_id=first, into_id=second))

    def unmerge(self):
        merged = [c for c in self.customers if self.company.call("GetCustomer", pb.GetCustomerRequest(id=c)).merged_into_id]
        if merged:
            self.company.call("UndoMerge", pb.UndoMergeRequest(from_id=self.chance.choice(merged)))

    def amend(self):
        if self.documents:
            id, kind, _ = self.chance.choice(self.documents)
            reply = self.company.call("AmendDocument", pb.AmendDocumentRequest(reversal=pb.ReverseDocumentRequest(id=id, undo_allocations=True, reason="wrong")))
            draft = reply.draft
            content = {"invoice": draft.invoice.invoice, "receipt": draft.receipt.receipt}.get(kind, draft.document.document)
            content.number = self.number("A")
            saved = self.company.call("SaveDraft", pb.SaveDraftRequest(draft=draft))
            try:
                posted = self.company.call("PostDraft", pb.PostDraftRequest(id=saved.id, version=saved.version))
            except grpc.RpcError:
                self.company.call("DiscardDraft", pb.DiscardDraftRequest(id=saved.id))
                raise
            which = posted.WhichOneof("posted")
            self.kept(posted.document.document if which == "document" else getattr(posted, which), kind)

    def reverse_all(self):
        for first in (-180, -150):
            self.set_period(first, books.Period.OPEN)
        for id, _, _ in reversed(self.documents):
            try:
                self.company.call("ReverseDocument", pb.ReverseDocumentRequest(id=id, undo_allocations=True, reason="wrong"))
            except grpc.RpcError as error:
                assert details(error)["ErrorInfo"].reason == "REVERSED_ALREADY", (self.seed, error.details())


@pytest.fixture(scope="module")
def tenants(installation):
    """Two companies for each history, with their keys."""
    # Tables that grow from nothing to many companies within a minute are analysed soon: plans made for empty ones are slow.
    installation.psql("ALTER SYSTEM SET autovacuum_naptime = 3")
    installation.psql("SELECT pg_reload_conf()")
    secret = "h" * 43
    installation.psql(f"""
        INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale)
        SELECT 'h' || n, 'History ' || n, 'EUR', 'Europe/Berlin', 'en' FROM generate_series(1, {2 * HISTORIES}) n;
        INSERT INTO host.role (tenant_id, name, permissions) SELECT tenant_id, 'owner', '{{*}}' FROM host.tenant WHERE slug ~ '^h[0-9]';
        INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles)
        SELECT slug, tenant_id, decode('{hashlib.sha256(secret.encode()).hexdigest()}', 'hex'), 'history', '{{owner}}' FROM host.tenant WHERE slug ~ '^h[0-9]'""")
    installation.run("remitd", "migrate", "--database", installation.url())
    ids = dict(row.split("|") for row in installation.psql("SELECT slug, tenant_id FROM host.tenant WHERE slug ~ '^h[0-9]'").stdout.split())
    for slug in ids:
        installation.keys[slug] = f"remit_{slug}_{secret}"
    return ids


@pytest.fixture(scope="module")
def histories(installation, remitd, tenants):
    """Each history twice: (number, is again) -> history."""
    channels = [remitd.channel() for _ in range(8)]

    def run(pair):
        number, again = pair
        return pair, History(Company(installation, channels[number % 8], f"h{2 * number + again + 1}"), SEED + number).run()

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        done = dict(clients.map(run, [(number, again) for number in range(HISTORIES) for again in (0, 1)]))
    # As if it had been an hour ago: reports as known at an instant want it settled.
    for table in ("document", "movement", "allocation"):
        installation.psql(f"UPDATE ledger.{table} SET recorded_at = recorded_at - interval '1 hour' WHERE tenant_id > 2")
    yield done
    for channel in channels:
        channel.close()


def test_the_histories_are_worth_the_name(histories):
    happened = sum((history.happened for history in histories.values()), collections.Counter())
    print(happened)
    for name in ("invoice", "receipt", "document", "settling", "allocate", "told", "undo", "reverse", "amend", "revalue", "merge", "unmerge", "period"):
        assert happened[name] >= len(histories) / 5, happened
    assert sum(n for name, n in happened.items() if " " in name) < 0.35 * sum(happened.values()), happened


def test_the_books_agree_at_every_day_and_as_known_at_every_instant(installation, tenants, histories):
    for (number, again), history in histories.items():
        assert books_agree(installation, tenants[f"h{2 * number + again + 1}"]), f"seed {history.seed}"


def test_the_reports_say_the_same_at_any_day_and_instant(installation, tenants, histories):
    """Ageing, open items, balances of customers and trial balance, each through the API, against the journal."""
    def check(pair):
        number, again = pair
        if again:
            return
        history, tenant = histories[pair], tenants[f"h{2 * number + 1}"]
        chance, company = random.Random(history.seed), history.company
        instants = installation.psql(f"SELECT DISTINCT extract(epoch FROM recorded_at) FROM ledger.document WHERE tenant_id = {tenant} ORDER BY 1").stdout.split()
        for _ in range(2):
            on, instant = day(chance.randint(-180, 0)), Decimal(chance.choice(instants))
            known_at = chance.choice([None, Timestamp(seconds=int(instant), nanos=int(instant % 1 * 10**9))])
            known = f"AND d.recorded_at <= to_timestamp({instant})" if known_at else ""
            journal = {}
            for row in installation.psql(f"""
                    SELECT e.currency, sum(CASE WHEN debit = '1100' THEN e.amount_minor ELSE -e.amount_minor END),
                           sum(CASE WHEN debit = '1100' THEN e.base_minor ELSE -e.base_minor END)
                      FROM ledger.entry e JOIN ledger.document d USING (tenant_id, document_id)
                     WHERE tenant_id = {tenant} AND '1100' IN (debit, credit) AND d.effective_on <= '{on}' {known} GROUP BY 1""").stdout.split():
                currency, amount, base = row.split("|")
                journal[currency] = (Decimal(amount).scaleb(-DECIMALS[currency]), Decimal(base).scaleb(-2))
            amounts = {c: a for c, (a, _) in journal.items() if a}
            total = lambda pairs: {c: s for c, s in sum_by(pairs).items() if s}
            cut = dict(as_of=on, known_at=known_at)
            where = f"seed {history.seed}, as at {on}, known at {known_at}"
            ageing = company.ageing(by_customer=True, page_size=1000, **cut)
            assert total((t.currency, t.balance.amount) for t in ageing.totals) == amounts, where
            assert total((l.currency, l.balance.amount) for l in ageing.customers) == amounts, where
            assert total((l.currency, l.balance.amount) for l in company.ageing(by_payer=True, page_size=1000, **cut).customers) == amounts, where
            assert total((i.open.currency, i.open.amount) for i in company.items(page_size=1000, **cut)) == amounts, where
            balances = [company.call("GetBalance", pb.GetBalanceRequest(customer_id=c, **cut)) for c in living(company, history.customers)]
            assert total((b.currency, b.amount) for balance in balances for b in balance.balances) == amounts, where
            base = sum(b for _, b in journal.values())
            assert sum(Decimal(balance.base_amount.amount) for balance in balances) == base, where
            trial = company.call("GetTrialBalance", books.GetTrialBalanceRequest(to=on, known_at=known_at))
            assert next((Decimal(l.closing.amount) for l in trial.lines if l.account.code == "1100"), 0) == base, where
            assert trial.total.debits == trial.total.credits and Decimal(trial.total.closing.amount or 0) == 0, where

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        list(clients.map(check, histories))


def sum_by(pairs):
    sums = collections.defaultdict(Decimal)
    for currency, amount in pairs:
        sums[currency] += Decimal(amount)
    return sums


def living(company, customers):
    return [c for c in customers if not company.call("GetCustomer", pb.GetCustomerRequest(id=c)).merged_into_id]


def test_the_same_history_again_gives_the_same_books(installation, tenants, histories):
    def books_of(number, again):
        tenant = tenants[f"h{2 * number + again + 1}"]
        return installation.psql(f"""
            SELECT 'item', d.kind, i.line, c.number, i.due_on, i.currency, i.amount_minor, i.base_minor, i.open_minor, i.open_base_minor,
                   CASE WHEN d.number = d.document_id::text THEN '' ELSE d.number END
              FROM ledger.item i JOIN ledger.document d USING (tenant_id, document_id) JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (i.tenant_id, i.customer_id)
             WHERE i.tenant_id = {tenant}
            UNION ALL SELECT 'entry', d.kind, e.line, e.debit, d.effective_on, e.currency, e.amount_minor, e.base_minor, 0, 0, e.credit
              FROM ledger.entry e JOIN ledger.document d USING (tenant_id, document_id) WHERE e.tenant_id = {tenant}
            UNION ALL SELECT 'allocation', '', 0, '', effective_on, '', amount_minor, discount_minor, fee_minor, write_off_minor, reason
              FROM ledger.allocation WHERE tenant_id = {tenant}
            ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11""").stdout

    for number in range(HISTORIES):
        first, again = books_of(number, 0), books_of(number, 1)
        assert first == again and first.count("\n") > STEPS, f"seed {SEED + number}"
        assert histories[number, 0].happened == histories[number, 1].happened


def test_an_administrator_finds_no_fault(installation, remitd, histories):
    no_fault(installation, remitd)


def test_everything_reversed_gives_nothing(installation, tenants, histories):
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda pair: pair[1] or histories[pair].reverse_all(), histories))
    for number in range(HISTORIES):
        tenant, where = tenants[f"h{2 * number + 1}"], f"seed {SEED + number}"
        assert set(books_agree(installation, tenant).values()) == {(0, 0)}, where
        assert installation.psql(f"SELECT count(*) FROM ledger.item WHERE tenant_id = {tenant} AND (open_minor, open_base_minor) <> (0, 0)").stdout == "0\n", where
        trial = histories[number, 0].company.call("GetTrialBalance", books.GetTrialBalanceRequest())
        assert [l.account.code for l in trial.lines if Decimal(l.closing.amount)] == [], where
