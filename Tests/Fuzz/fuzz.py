"""Calls every method of a remitd of its own with what no client should send: python Tests/Fuzz/fuzz.py --seconds 60 [--seed N] (see README.md)."""

import argparse
import base64
import collections
import concurrent.futures
import contextlib
import csv
import dataclasses
import datetime
import io
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal

import grpc
from google.protobuf import descriptor_pool, message_factory, text_format
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "Stories"), str(TESTS / "Hostile")]
import clients
import conftest

LEDGER, BOOKS, PLATFORM = "/remit.ledger.v1.LedgerService/", "/remit.ledger.v1.BooksService/", "/remit.platform.v1."
FAULTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}
SKIPPED = {"SuspendTenant", "DeleteTenant"}
FINDINGS_MAX, DEATHS_MAX, REPLY_BYTES_MAX = 50, 20, 32 << 20
TODAY = datetime.date.today()


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


# ---- what is sent ------------------------------------------------------------------------------

LARGEST = {"EUR": "10000000000000.00", "USD": "10000000000000.00", "CNY": "10000000000000.00", "JPY": "1000000000000000", "KWD": "1000000000000.000"}
DECIMALS = {"EUR": 2, "USD": 2, "CNY": 2, "JPY": 0, "KWD": 3}
DATES = ["0001-01-01", "9999-12-31", "2024-02-30", "0000-00-00", "1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01", "-001-01-01", "10000-01-01",
         "2024-2-3", "20240203", "2024-02-03T00:00:00Z", "２０２４-02-03", "2024-02-29", "2023-02-29", "99999999999999999999-01-01", "2024-13-01", "2024-00-10", " "]
DECIMAL_TEXTS = ["0", "-0", "1e5", "1E+400", ".", "-", "+1", "1.", ".5", "00001.00", "1,5", "١٢", "NaN", "inf", "0x10", "9" * 18, "9" * 19, "9" * 100,
    "-" + "9" * 19,
                 "999999999999.99", "10000000000000.00", "10000000000000.01", "-10000000000000.00", "9223372036854775807", "-9223372036854775808",
                 "92233720368547758.07", "-92233720368547758.08", "0.001", "0.0000000000000000001", "1." + "0" * 100, "99999999999999999", "100.01", "-1",
                 "1/0", "1/1e9", "1/-1", "1/0.0000000000000000001", "99999999999999999/1", "1/3/3", "/", "0.000001", "999999999"]
TEXTS = ["", " ", "x", "\t\n", "\0", "a\0b", "e" + "\u0301" * 5000, "\u202eabc", "\u200f\u061c", "e\u0301\u00e9", "\u00e9", "\ufeff", "\uffff\U0010ffff",
    "🙂" * 300, "x" * 4096, "ﷺ" * 1000,
         "'; DROP TABLE ledger.entry; --", "$1", "%s%n%x", "\\", "\\x00", "{number}{year}{number}", "{number" * 50, "=1+1,\"a\r\nb\"", "job/x", "via/x", "../..",
         "*", "ledger.*",
         "customer/", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0193e0c2", "DE136695976", "DE89370400440532013000", "İıſß",
         "null", "\x7f\x1b[31m", "\u0085\u2028"]
WORDS = {
    "kind": "invoice receipt debit_note credit_note refund write_off adjustment opening reversal zh en short".split(),
    "account": ["1000", "1100", "2200", "4000", "4100", "9000"], "code": ["1100", "4000", "4711", "4712"], "role": "receivable bank revenue tax other fx".split(),
    "key": "bank revenue tax discount write_off bank_fee received_on amount number".split(), "value": ["1000", "4711", "Amount", "Date"],
    "scheme": ["uscc", "eu_vat", "iban"], "value_of": [], "encoding": ["utf-8", "utf-16", "gb18030", "windows-1252", "x"], "delimiter": [",", ";", "\t", "|", "a"],
    "time_zone": ["Europe/Berlin", "Asia/Shanghai", "UTC", "Nowhere/X", "../etc/passwd"], "locale": ["de-DE", "zh-CN", "x"],
    "roles": ["owner", "clerk", "auditor", "nobody"],
    "permissions": ["*", "ledger.*", "ledger.*.get", "platform.key.list"], "method": ["PostInvoice", "Import", "%", "_"],
    "resource": ["customer/", "document/", "%"],
    "paths": "number name payer_id posting_profile names identifiers id version x names.kind".split(), "source": ["S", "ECB"], "posting_profile": ["", "P1", "P2"],
    "pattern": ["R-{number}", "R-{year}-{number}", "{number}", "R"], "service": ["", "remit.ledger.v1.LedgerService", "x"], "principal": ["p1", "p2"]}
KINDS = [("date", r"_on$|^(on|from|to|after|as_of)$|_until$"), ("currency", r"currency$"), ("decimal", r"^amount$|percent$|rate$"), ("slug", r"slug$|^tenant$"),
         ("known", r"(^|_)id$|^number$|token$|^name$|^against$|^reverses$")]
EDGES = {"INT32": [0, 1, -1, 2, 12, 31, 32, 366, 367, 1000, 1001, 2**31 - 1, 2**31 - 2, -2**31, -2**31 + 1],
         "INT64": [0, 1, -1, 2**63 - 1, 2**63 - 2, -2**63, -2**63 + 1, 253402300799, 253402300800, -62135596800, -62135596801, 2**31, 2**53],
         "UINT32": [0, 1, 2, 2**32 - 1, 2**32 - 2, 2**31], "UINT64": [0, 1, 2**64 - 1, 2**64 - 2]}


class Maker:
    """Makes requests: by their fields' types and names, or valid ones. Knows the ids of earlier replies."""

    def __init__(self, seed, company, methods):
        self.chance, self.company, self.methods = random.Random(seed), company, methods
        self.pool = collections.defaultdict(lambda: collections.deque(maxlen=300))
        self.prefix = f"{seed}".replace("/", "-")
        self.count, self.refused = 0, collections.Counter()  # of methods for which the company's key has no permission

    def happens(self, probability):
        return self.chance.random() < probability

    # Ids, numbers, tokens and versions of replies, to be used again.

    @staticmethod
    def known_as(field):
        """What an id is of: "id" of a Draft and of a PostDraftRequest are a Draft's."""
        found = re.search("Allocation|Customer|Draft|Document|Invoice|Receipt|Key|Item", field.containing_type.name if field.name == "id" else field.name.title())
        name = found[0] if found and field.name.endswith("id") else {"payer_id": "Customer", "from_id": "Customer", "into_id": "Customer"}.get(field.name,
            field.name)
        return "Document" if name in ("Invoice", "Receipt") else name

    def harvest(self, company, message, left=200):
        if message.DESCRIPTOR.name == "Customer" and message.version:
            self.pool[company, "version of"].append((message.id, message.version))
        for field, value in message.ListFields():
            if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
                for part in (value[:left] if field.is_repeated else [value]):
                    self.harvest(company, part, 20)
            elif field.type == field.TYPE_STRING and not field.is_repeated and value and re.search(KINDS[-1][1], field.name):
                self.pool[company, self.known_as(field)].append(value)

    def known(self, name):
        company = self.company if self.happens(0.97) else self.chance.choice(["nordwind", "huaxin", "operator"])
        found = self.pool[company, name]
        return self.chance.choice(found) if found else ""

    # Any field.

    def scalar(self, field, nasty):
        kind = next(name.removeprefix("TYPE_") for name in ("TYPE_INT32", "TYPE_INT64", "TYPE_UINT32", "TYPE_UINT64", "TYPE_ENUM", "TYPE_BOOL", "TYPE_BYTES",
            "TYPE_STRING", "")
                    if not name or field.type == getattr(field, name))
        if kind in EDGES:
            return self.chance.choice(EDGES[kind]) if nasty else self.chance.choice([0, 1, 2, 5, 10, 30, 100])
        if kind == "ENUM":
            return self.chance.choice([-1, 99, 2**31 - 1]) if nasty else self.chance.choice(field.enum_type.values).number
        if kind == "BOOL":
            return self.happens(0.5)
        if kind == "BYTES":
            return self.file()[1]
        return self.text(field, nasty)

    def text(self, field, nasty):
        kind = next((kind for kind, pattern in KINDS if re.search(pattern, field.name)), "")
        if nasty:
            special = {"date": DATES, "decimal": DECIMAL_TEXTS, "currency": ["eur", "XXX", "EURO", "E", "€", "BTC", "CLF", "XAU", "ABC"],
                "slug": ["operator", "system", "-", "A" * 32]}.get(kind)
            if special and self.happens(0.8):
                return self.chance.choice(special)
            return self.long() if self.happens(0.03) else self.chance.choice(TEXTS)
        if kind == "date":
            return self.date()
        if kind == "decimal":
            return self.chance.choice(["10.00", "1", "2", "19", "0.5", "33.33", "1/1.0850", "-5", "1000"])
        if kind == "currency":
            return self.chance.choice(list(DECIMALS))
        if kind == "slug":
            return self.chance.choice(["nordwind", "huaxin", "", f"t{self.chance.randint(0, 20)}"])
        if kind == "known" and (found := self.known(self.known_as(field))):
            return found
        return self.chance.choice(WORDS.get(field.name) or TEXTS[:3] + [self.number()])

    def long(self):
        return self.chance.choice(["x", "\0", "\u0301", "漢"]) * self.chance.choice([4096, 70_000, 70_000, 1 << 20])

    def date(self):
        month_end = TODAY.replace(day=1) - datetime.timedelta(days=1)
        return self.chance.choice([day(0), day(self.chance.randint(-200, 0)), day(self.chance.randint(0, 60)), month_end.isoformat(), "", "2024-02-29"])

    def number(self):
        self.count += 1
        return f"{self.prefix}-{self.count}"

    def set(self, message, field, nasty):
        name = field.name
        if not field.is_repeated:
            if field.type == field.TYPE_MESSAGE:
                getattr(message, name).SetInParent()
                self.fill(getattr(message, name), nasty)
            else:
                setattr(message, name, self.scalar(field, nasty))
            return
        message.ClearField(name)
        count = self.chance.choice([0, 1, 2, 20, 20, 1001, 20_000] if nasty and self.happens(0.2) else [0, 1, 2, 3])
        values = getattr(message, name)
        if field.type != field.TYPE_MESSAGE:
            some = [self.scalar(field, nasty) for _ in range(min(count, 20))]
            size = sum(len(value) if isinstance(value, (str, bytes)) else 1 for value in some)
            values.extend((some * 1000)[:count] if size < 5000 else some)
        elif field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            for index in range(count):
                values[self.scalar(key, nasty) if count < 20 else f"{self.scalar(key, False)}{index}"] = self.scalar(value, nasty and count < 20)
        else:
            elements = [values.add() for _ in range(min(count, 3))]
            for element in elements:
                self.fill(element, nasty)
            # 8 MB at most, which is twice what most methods take.
            values.extend(elements[:1] * min(count - len(elements), (8 << 20) // (elements[0].ByteSize() + 2) if elements else 0))

    def fill(self, message, nasty=False):
        rate = self.chance.choice([0, 0.05, 0.4]) if not nasty else 0.4
        chosen = {}
        for field in message.DESCRIPTOR.fields:
            if self.happens(0.6):
                chosen[field.containing_oneof.name if field.containing_oneof else field.name] = field
        for field in chosen.values():
            self.set(message, field, self.happens(rate))
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            message.seconds = self.chance.choice(EDGES["INT64"]) if nasty else int(time.time()) + self.chance.choice([-86400, -60, 86400])
            message.nanos = self.chance.choice([0, 0, 0, -1, 999_999_999, 1_000_000_000, 2**31 - 1, -2**31]) if nasty else 0
        return message

    def mutate(self, message):
        """Another value in one place."""
        holder, field = self.chance.choice(list(self.places(message)))
        if self.happens(0.12):
            holder.ClearField(field.name)
        else:
            self.set(holder, field, nasty=True)
        return message

    def places(self, message):
        for field in message.DESCRIPTOR.fields:
            yield message, field
            if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
                value = getattr(message, field.name)
                for part in (value[:2] if field.is_repeated else [value] if message.HasField(field.name) else []):
                    yield from self.places(part)

    def spoil(self, body):
        """Bytes that are no message any more, or another."""
        body = bytearray(body or b"\x0a\x03abc")
        match self.chance.randrange(5):
            case 0: return bytes(body[:self.chance.randrange(len(body))])
            case 1: return self.chance.randbytes(self.chance.choice([1, 20, 300, 5000]))
            case 2: return bytes(body) + self.chance.choice([b"\xff" * 11, b"\x0b" * 5000, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a" * 4000, b"\xf8\xff\xff\xff\x0f\x01"])
            case 3:  # strings that are not UTF-8
                for at in [index for index, byte in enumerate(body) if byte > 0x2c][-5:]:
                    body[at] = self.chance.choice([0xff, 0xc3, 0xed, 0x80])
            case 4:
                for _ in range(self.chance.choice([1, 1, 3, 10])):
                    body[self.chance.randrange(len(body))] ^= 1 << self.chance.randrange(8)
        return bytes(body)

    # Valid requests.

    def money(self, currency=""):
        currency = currency or self.chance.choice(["EUR", "EUR", "CNY", *DECIMALS])
        amount = LARGEST[currency] if self.happens(0.1) else str(Decimal(self.chance.randint(1, 100_000)).scaleb(-DECIMALS[currency]))
        return dict(currency=currency, amount=amount)

    def item(self):
        return dict(item_id=self.known("Item")) if self.happens(0.7) else dict(number=self.known("number"))

    def invoice(self):
        money = self.money()
        invoice = dict(customer_id=self.known("Customer"), number=self.number(), amount=money, issued_on=day(-self.chance.randint(0, 200)))
        if money["currency"] != {"huaxin": "CNY"}.get(self.company, "EUR"):
            invoice["exchange_rate"] = self.chance.choice(["1.5", "1/1.0850", "0.0000001", "999999"])
        match self.chance.randrange(5):
            case 0: invoice["terms"] = dict(net_days=30, discount_percent="2", discount_days=10, end_of_month=self.happens(0.5),
                day_of_month=self.chance.choice([0, 31]))
            case 1: invoice["instalments"] = [dict(due_on=day(10 + n), percent="25") for n in range(4)]
            case 2: invoice["instalments"] = [dict(due_on=day(10), amount=money)]
            case 3:
                zero = dict(currency=money["currency"], amount="0")
                invoice |= dict(due_on=day(9), tax=zero, taxes=[dict(rate_percent="0", net=money, tax=zero)])
            case 4: invoice["due_on"] = day(self.chance.randint(0, 60))
        return LEDGER + "PostInvoice", dict(invoice=invoice)

    def receipt(self):
        return LEDGER + "PostReceipt", dict(invoice_id=self.known("Document") if self.happens(0.4) else "", receipt=dict(
            customer_id=self.known("Customer"), number=self.number(), amount=self.money(self.chance.choice(["", "EUR"])),
            received_on=day(-self.chance.randint(0, 90)), exchange_rate=""))

    def document(self):
        kind = self.chance.choice(["debit_note", "credit_note", "refund", "write_off", "adjustment", "opening"])
        document = dict(kind=kind, customer_id=self.known("Customer"), number=self.number(), issued_on=day(-self.chance.randint(0, 90)),
            account="4100" if kind == "adjustment" else "", reason="r")
        if kind not in ("refund", "write_off") or self.happens(0.3):
            document["amount"] = self.money()
            if kind in ("adjustment", "opening") and self.happens(0.5):
                document["amount"]["amount"] = "-" + document["amount"]["amount"]
        against = dict(against=self.item()) if kind in ("refund", "write_off") or kind == "credit_note" and self.happens(0.4) else {}
        return LEDGER + "PostDocument", dict(document=document, **against)

    def allocation(self):
        request = dict(method=self.chance.randrange(5), dry_run=self.happens(0.3), take_discount=self.happens(0.3))
        if request["method"] == 4:
            most = dict(currency="EUR", amount=LARGEST["EUR"])
            line = lambda: dict(debit=self.item(), credit=self.item(), amount=self.chance.choice([most, self.money("EUR")]),
                **(dict(discount=most, write_off=most, bank_fee=most, reason="r") if self.happens(0.2) else {}))
            request["lines"] = [line() for _ in range(self.chance.choice([1, 2, 20]))] * self.chance.choice([1, 1, 1, 100])
        else:
            request |= dict(customer_id=self.known("Customer"), tolerance=self.money() if self.happens(0.3) else None)
            if self.happens(0.4):
                request |= dict(credits=[self.item() for _ in range(self.chance.randint(1, 5))], debits=[self.item() for _ in range(self.chance.randint(1, 5))])
        return LEDGER + "Allocate", request

    def draft(self):
        method, content = self.chance.choice([("invoice", self.invoice), ("receipt", self.receipt), ("document", self.document)])
        return LEDGER + "SaveDraft", dict(draft={"title": "d", method: content()[1]})

    def customer(self):
        names = dict(names=[dict(kind="zh", name="华信")], identifiers=[dict(scheme="eu_vat", value="DE136695976")]) if self.happens(0.3) else {}
        return LEDGER + "CreateCustomer", dict(customer=dict(number=self.number(), name=self.chance.choice(["Müller AG", "华信精密", "Acme"]), **names))

    def customer_again(self):
        id, version = self.chance.choice(self.pool[self.company, "version of"] or [("", 1)])
        return LEDGER + "UpdateCustomer", dict(customer=dict(id=id, version=version, name="Neu", number=self.number()), update_mask=dict(paths=["name"]))

    def file(self):
        kind = self.chance.choice(["Customers", "Invoices", "Invoices", "Receipts"])
        known, numbers = self.known("customer_number") or self.known("number"), lambda: self.number()
        header, row = {
            "Customers": (["number", "name", "IBAN"], lambda: [numbers(), "Acme", ""]),
            "Invoices": (["customer", "number", "amount", "date", "due", "rate", "currency"],
                lambda: [known, numbers(), self.money("EUR")["amount"], day(-40), day(20), "", "EUR"]),
            "Receipts": (["customer", "amount", "received", "number", "invoice"], lambda: [known, "10.00", day(-3), numbers(), self.known("number")])}[kind]
        rows = [row() for _ in range(self.chance.choice([0, 1, 5, 20, 20]))]
        if self.happens(0.02):
            rows = [["1"]] * self.chance.choice([1001, 20_000, 50_001])
        if rows and self.happens(0.6):
            for _ in range(self.chance.choice([1, 1, 5])):
                chosen = self.chance.choice(rows)
                chosen[self.chance.randrange(len(chosen))] = self.long() if self.happens(0.02) else self.chance.choice(self.chance.choice([DATES, DECIMAL_TEXTS,
                    TEXTS, TEXTS]))
        text = io.StringIO()
        # A reader of csv would refuse some cells that a file may well have.
        text.write("\r\n".join(self.chance.choice([",", ",", ",", ";", "\t"]).join(cell if self.happens(0.1) else '"' + cell.replace('"',
            '""') + '"' for cell in line) for line in [header, *rows]))
        body = text.getvalue().encode(self.chance.choice(["utf-8"] * 6 + ["utf-16", "utf-16-le", "gb18030", "utf-8-sig", "cp1252", "utf-32"]), "replace")
        return kind, body if self.happens(0.9) else self.spoil(body)

    def import_of_file(self):
        kind, body = self.file()
        return LEDGER + "Import" + kind, dict(file=body, skip_refused=self.happens(0.5), dry_run=self.happens(0.3), date_order=self.chance.randrange(4),
            decimal_mark=self.chance.randrange(3))

    def others(self):
        """What is short to say."""
        customer, as_of = self.known("Customer"), self.chance.choice(["", day(-30), day(30)])
        known_at = dict(known_at=dict(seconds=int(time.time()) - 40)) if self.happens(0.2) else {}
        return self.chance.choice([
            (LEDGER + "UndoAllocation", dict(id=self.known("Allocation"), reason="r")),
            (LEDGER + "ReverseDocument", dict(id=self.known("Document"), reason="r", undo_allocations=self.happens(0.5))),
            (LEDGER + "AmendDocument", dict(reversal=dict(id=self.known("Document"), reason="r", undo_allocations=True))),
            (LEDGER + "CopyDocument", dict(id=self.known("Document"))), (LEDGER + "PostDraft", dict(id=self.known("Draft"), version=1)),
            (LEDGER + "MergeCustomers", dict(from_id=customer, into_id=self.known("Customer"), reason="r")), (LEDGER + "UndoMerge", dict(from_id=customer)),
            (LEDGER + "ListOpenItems", dict(page_size=20, as_of=as_of, page_token=self.known("next_page_token"), **known_at)),
            (LEDGER + "ListOpenItems", dict(customer_id=customer)),
            (LEDGER + "GetAgeing", dict(as_of=as_of, by_customer=self.happens(0.5), by_payer=self.happens(0.2), edges=self.chance.choice([[], [1, 31], [-5, 0]]),
                basis=self.chance.randrange(3), **known_at)),
            (LEDGER + "GetBalance", dict(customer_id=customer, as_of=as_of, **known_at)),
            (LEDGER + "GetStatement", {"customer_id": customer, "from": day(-90), **known_at}),
            (LEDGER + "GetDocument", dict(id=self.known("Document"))), (LEDGER + "ListAllocations", dict(item_id=self.known("Item"))),
            (LEDGER + "ListCustomers", dict(page_size=30)),
            (LEDGER + "FindSimilarCustomers", dict(customer=dict(name="Muller"))),
            (LEDGER + "AllocateUnapplied", dict(rule=self.chance.randrange(3), dry_run=self.happens(0.5), page_size=2)),
            (BOOKS + "SetPeriod", dict(period=dict(starts_on="2014-01-01", ends_on="2014-12-31", state=self.chance.randrange(4), reason="r"))),
            (BOOKS + "SaveExchangeRates", dict(source="S",
                rates=[dict(currency=c, valid_on=day(-n), rate=self.chance.choice(["1/1.0850", "0.0061", "999999", "0.000001"])) for c in ("USD", "JPY",
                    "KWD") for n in (0, 40)])),
            (BOOKS + "SetRatePolicy", dict(policy=dict(source="S", days_max=366))), (BOOKS + "Revalue", dict(on=day(-1), dry_run=self.happens(0.7))),
            (BOOKS + "SetNumberSeries", dict(series=dict(kind=self.chance.choice(WORDS["kind"]), pattern=f"{self.prefix}-{{year}}-{{number}}", digits=5))),
            (BOOKS + "SaveAccount", dict(account=dict(code="4711", name="x"))),
            (BOOKS + "SavePostingProfile", dict(profile=dict(name="P1", accounts={"revenue": "4000", "bank": "1000"}))),
            (BOOKS + "GetTrialBalance", {"from": day(-365), **known_at}),
            (BOOKS + "GetIndicators", dict(months=self.chance.choice([0, 1, 24]), as_of=as_of, **known_at)),
            (BOOKS + "ProposeInterest", dict(annual_percent="12.25", page_size=self.chance.choice([0, 1]))),
            (BOOKS + "ExportJournal", dict(number=self.chance.choice([0, 1]))),
            (PLATFORM + "KeyService/CreateKey", dict(tenant=self.tenant(), principal="p1", roles=["clerk"])),
            (PLATFORM + "KeyService/ListKeys", dict(tenant=self.tenant())),
            (PLATFORM + "KeyService/SaveRole", dict(tenant=self.tenant(), role=dict(name="reader", permissions=["ledger.*.get"]))),
            (PLATFORM + "AuditService/ListCalls", dict(tenant=self.tenant(), page_size=5)),
            (PLATFORM + "TenantService/CreateTenant",
                dict(tenant=dict(slug=f"t{self.chance.randint(0, 20)}", name="T", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE")))])

    def tenant(self):
        return self.chance.choice(["nordwind", "huaxin"]) if self.company == "operator" else ""

    def valid(self):
        if len(self.pool[self.company, "Customer"]) < 3 and self.company != "operator":
            make = self.customer
        else:
            make = self.chance.choice([self.invoice] * 4 + [self.receipt] * 3 + [self.document, self.allocation] * 2 + [self.draft, self.customer,
                self.customer_again, self.import_of_file] + [self.others] * 10)
        path, fields = make()
        return path, self.methods[path].request(**fields)

    def bodies(self):
        """A method and its serialized requests."""
        if self.happens(0.6):
            path, request = self.valid()
            for _ in range(self.chance.choice([0, 1, 1, 2])):
                self.mutate(request)
            body = request.SerializeToString()
            body = self.spoil(body) if self.happens(0.1) else body
        else:
            path = self.chance.choice([path for path in self.methods if self.refused[path] < 5 or self.happens(0.03)])
            body = self.fill(self.methods[path].request()).SerializeToString()
            body = self.spoil(body) if self.happens(0.15) else body
        if self.methods[path].streams:
            return path, [body] * self.chance.choice([0, 1,
                2]) + [self.fill(self.methods[path].request()).SerializeToString() for _ in range(self.chance.randint(0, 3))]
        return path, [body] if self.happens(0.99) else [body] * self.chance.choice([0, 2])


# ---- connections ---------------------------------------------------------------------------------


class Odd(clients.Bad):
    """A connection from an address of its own, so that nobody waits for what another broke."""

    def __init__(self, port, address):
        self.socket = clients.socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0))

    def answer(self, seconds):
        """The frames that came, until a call ended, the connection ended, or nothing came."""
        received, end = b"", time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not (some := self.socket.recv(1 << 16)):
                    break
                received += some
                if any(kind == clients.RST_STREAM or kind == clients.HEADERS and flags & clients.END_STREAM for kind, flags, _ in self.frames(received)):
                    break
        self.socket.close()
        return list(self.frames(received))

    @staticmethod
    def frames(received):
        while len(received) >= 9:
            length = int.from_bytes(received[:3], "big")
            yield received[3], received[4], received[9:9 + length]
            received = received[9 + length:]


# What HPACK's Huffman code (RFC 7541, appendix B) makes of "grpc-status" and of digits; the first on a connection is always a literal.
HUFFMAN = dict(zip("grpc-stau0123456789", (
    "100110 101100 101011 00100 010110 01000 01001 00011 101101 00000 00001 00010 011001 011010 011011 011100 011101 011110 011111").split()))
STATUS_NAME = int("".join(HUFFMAN[letter] for letter in "grpc-status") + "1111", 2).to_bytes(8, "big")
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}


def status(block):
    """The code of trailers; None where they have none that could be read."""
    _, found, rest = block.partition(STATUS_NAME)
    if found and rest:
        bits = "".join(f"{byte:08b}" for byte in rest[1:1 + (rest[0] & 0x7f)])
        for code in range(17):
            text = "".join(HUFFMAN[digit] for digit in str(code))
            if bits.startswith(text) and set(bits[len(text):]) <= {"1"} and len(bits) - len(text) < 8:
                return code
    found = re.search(rb"grpc-status[\x01\x02](\d+)", block)
    return int(found[1]) if found else None


def odd_connection(chance, key, body):
    """What is odd, the odd headers, and all bytes of a connection: of one call with odd headers, or odd frames."""
    frame, number = clients.frame, lambda value: value.to_bytes(4, "big")
    fields = [(":method", "POST"), (":scheme", "http"), (":path", LEDGER + "ListCustomers"), (":authority", "localhost"), ("content-type", "application/grpc"),
        ("te", "trailers"), ("authorization", f"Bearer {key}")]
    begin = clients.PREFACE + frame(clients.SETTINGS, 0, 0) + frame(clients.SETTINGS, 1, 0)
    data = frame(clients.DATA, clients.END_STREAM, 1, clients.message(body))
    block = lambda fields: b"".join(b"\0" + clients.text(name) + clients.text(value) for name, value in fields)
    head = frame(clients.HEADERS, clients.END_HEADERS, 1, block(fields))
    if chance.random() < 0.6:
        odd = {
            "grpc-timeout": ["-1S", "+5S", "1", "S", "99999999999S", "1Ś", "", "00000000S", "99999999H", "-9223372036854775808n", "1n", "0n", "1.5S", " 1S",
                "99999999999999999999H", "1s", "٣S"],
            "grpc-encoding": ["gzip", "identity", "deflate", "x", "", "gzip,gzip"], "grpc-accept-encoding": ["gzip", "x,,,", "identity;q=0", "," * 3000],
            "content-type": ["application/grpc+proto", "application/grpc+json", "application/grpcx", "application/json", "", "APPLICATION/GRPC",
                "application/grpc;x=\"", "text/html"],
            "te": ["", "x", "gzip"], ":path": ["", "/", "//", "x", "/é", "/%00%ff", "/" + "a" * 7000, "*", "/a/b/c", LEDGER, LEDGER + "ListCustomers?x=1",
                LEDGER + "ListCustomers/", "http://x/y"],
            ":method": ["GET", "", "PUT", "post", "CONNECT"], ":scheme": ["", "https", "x"], ":authority": ["", "é", "a" * 3000, "[::1", "@:99999"],
            ":status": ["200"], ":x": ["y"], "connection": ["close"], "transfer-encoding": ["chunked"],
            "idempotency-key": ["", " ", "é", "x" * 128, "x" * 129, "x" * 7000, "job/x", "via/x", "\t", "''"],
            "authorization": ["", "Bearer", "Bearer é", "Bearer " + "x" * 7000, "Bearer rk_", "Basic eDp4", "bearer " + key],
            "traceparent": ["", "00", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "ff-" + "g" * 32 + "-x-y", "'*/; --",
                "é" * 50], "tracestate": ["x" * 3000, "="],
            "user-agent": ["x" * 7000, ""], "x-bin": ["=", "é", "####", "YQ", "YQ=="], "grpc-status": ["13"], "grpc-message": ["%"],
            "content-length": ["-1", "5", "x", "99999999999999999999"],
            "Upper-Case": ["x"], "with blank": ["x"], "": ["x"], "x\0": ["y"], "x-value": ["a\r\nb", "a\0b"], "cookie": ["a=b"], "host": ["x"],
            "expect": ["100-continue"]}
        names = chance.sample(list(odd), chance.choice([1, 1, 2, 3]))
        for name in names:
            fields = [field for field in fields if field[0] != name or chance.random() < 0.2]
            fields.insert(chance.choice([0, len(fields), len(fields)]), (name, chance.choice(odd[name])))
        if chance.random() < 0.05:
            fields += [(f"x-{n}", "y") for n in range(200)]
        shown = ", ".join(f"{field[:30]}: {value[:24]!r}" for field, value in fields if field in names)
        return f"(headers) {' '.join(sorted(names))}", shown, begin + frame(clients.HEADERS, clients.END_HEADERS, 1, block(fields)) + data
    priority, padded = 2, 8
    kinds = {
        "length of 4 GB": head + frame(0, 1, 1, b"\0\xff\xff\xff\xff" + body), "compressed": head + frame(0, 1, 1, b"\1" + clients.message(body)[1:]),
        "flag 255": head + frame(0, 1, 1, b"\xff" + clients.message(body)[1:]),
        "split prefix": head + frame(0, 0, 1, b"\0\0") + frame(0, 0, 1, b"\0\0") + frame(0, 1, 1, b"\0"), "half prefix": head + frame(0, 1, 1, b"\0\0"),
        "message in bytes": head + b"".join(frame(0, 0, 1, bytes([byte])) for byte in clients.message(body)) + frame(0, 1, 1),
        "two messages": head + frame(0, 1, 1, clients.message(body) * 2), "no message": head + frame(0, 1, 1),
        "200 messages": head + frame(0, 1, 1, clients.message(b"") * 200), "too little": head + frame(0, 1, 1, b"\0\0\0\0\x09abc"),
        "DATA after the end": head + data + data, "DATA before HEADERS": data + head, "HEADERS twice": head + head + data,
        "HEADERS again at the end": head + frame(clients.HEADERS, 5, 1, block([("x", "y")])),
        "trailers with :path": head + frame(clients.HEADERS, 5, 1, block(fields[2:3])),
        "PRIORITY on itself": head + frame(priority, 0, 1, number(1) + b"\x10") + data,
        "HEADERS on itself": frame(clients.HEADERS, 0x24, 1, number(1) + b"\x10" + block(fields)) + data, "PRIORITY short": frame(priority, 0, 1, b"x"),
        "padding too long": head + frame(0, padded | 1, 1, b"\xffabc"), "padding of HEADERS too long": frame(clients.HEADERS, padded | 4, 1, b"\xff" + b"ab"),
        "only padding": head + frame(0, padded | 1, 1, b"\x05" + bytes(5)), "empty padded": head + frame(0, padded, 1),
        "WINDOW_UPDATE 0": head + frame(8, 0, 1, number(0)) + data, "WINDOW_UPDATE 0 of all": frame(8, 0, 0, number(0)),
        "WINDOW_UPDATE short": frame(8, 0, 0, b"x"), "WINDOW_UPDATE of idle": frame(8, 0, 7, number(5)),
        "window over": head + frame(8, 0, 1, number(2**31 - 1)) + data,
        **{f"SETTINGS {kind} {value}": frame(4, 0, 0, kind.to_bytes(2, "big") + number(value)) + head + data for kind,
            value in ((4, 2**31), (4, 0), (4, 1), (5, 0), (5, 2**24), (1, 2**32 - 1), (1, 0), (2, 7), (3, 0), (6, 0), (6, 1), (99, 1), (8, 2))},
        "SETTINGS of 5 bytes": frame(4, 0, 0, b"12345"), "SETTINGS on a stream": frame(4, 0, 1), "SETTINGS ACK with payload": frame(4, 1, 0, bytes(6)),
        "SETTINGS ACK never asked": frame(4, 1, 0) * 3 + head + data, "window 0, then negative": frame(4, 0, 0, b"\0\4" + number(65535)) + head + frame(4, 0, 0,
            b"\0\4" + number(0)) + data,
        "PING of 3": frame(6, 0, 0, b"abc"), "PING on a stream": frame(6, 0, 1, bytes(8)), "PING ACK": frame(6, 1, 0, bytes(8)) + head + data,
        "GOAWAY": frame(7, 0, 0, number(0) + number(0)) + head + data, "GOAWAY short": frame(7, 0, 0, b"x"), "GOAWAY on a stream": frame(7, 0, 1, bytes(8)),
        "RST of idle": frame(3, 0, 99, number(8)), "RST short": head + frame(3, 0, 1, b"x"), "RST of 0": frame(3, 0, 0, number(8)),
        "RST then DATA": head + frame(3, 0, 1, number(8)) + data, "RST at the end": head + data + frame(3, 0, 1, number(8)),
        "unknown frames": frame(0xbb, 0xff, 1, b"x" * 99) + head + frame(0xee, 1, 0, b"") + data, "PUSH_PROMISE": head + frame(5, 4, 1, number(2)),
        "CONTINUATION alone": frame(9, 4, 1, block(fields)), "CONTINUATION broken": frame(1, 0, 1, block(fields)) + data,
        "CONTINUATION of bytes": frame(1, 0, 1) + b"".join(frame(9, 0, 1, bytes([byte])) for byte in block(fields)) + frame(9, 4, 1) + data,
        "even stream": frame(1, 4, 2, block(fields)), "stream 0": frame(1, 4, 0, block(fields)), "stream goes back": frame(1, 5, 9, block(fields)) + head + data,
        "last stream": frame(1, 5, 2**31 - 1, block(fields)), "reserved bit": frame(1, 5, 2**31 + 1, block(fields)),
        "frame of 16 MB": b"\xff\xff\xff\0\1\0\0\0\1" + b"x" * 999, "frame of 16385": head + frame(0, 1, 1, bytes(16385)),
        "HPACK index 0": frame(1, 5, 1, b"\x80"), "HPACK index 9999": frame(1, 5, 1, b"\xff\x90\x4d"),
        "HPACK huge integer": frame(1, 5, 1, b"\xff" + b"\xff" * 12 + b"\x01"),
        "HPACK long length": frame(1, 5, 1, b"\0\x7f\xff\xff\xff\xff\x0f"), "HPACK table size": frame(1, 5, 1, b"\x3f\xff\xff\xff\xff\x0f" + block(fields)),
        "HPACK size at the end": frame(1, 5, 1, block(fields) + b"\x20"), "HPACK bad Huffman": frame(1, 5, 1, b"\0\x84\xff\xff\xff\xff\x01a"),
        "HPACK cut": frame(1, 5, 1, block(fields)[:-3]), "no headers": frame(1, 5, 1),
        "bomb": frame(1, 4, 1, b"\x40" + clients.text("x") + clients.text("y" * 3000) + b"\xbe" * 13000)}
    kind = chance.choice(list(kinds))
    return f"(frames) {kind}", "", begin + kinds[kind]


# ---- remitd under fire -----------------------------------------------------------------------------


@dataclasses.dataclass
class Method:
    path: str
    request: type
    reply: type
    streams: bool


@dataclasses.dataclass
class Call:
    path: str
    bodies: list  # serialized requests; of a connection all its bytes
    metadata: list = None
    text: str = ""
    timeout: float = 20

    @property
    def is_connection(self):
        return self.metadata is None


class Target:
    """remitd. Where it dies it is started again, and what killed it is found by calling again what was in flight."""

    def __init__(self, installation, out, patience):
        self.installation, self.out, self.until = installation, out, time.monotonic() + patience
        self.lock, self.telling, self.in_flight, self.codes, self.findings = threading.Lock(), threading.Lock(), {}, collections.Counter(), {}
        self.generation, self.deaths, self.killers, self.methods, self.late = 0, 0, collections.Counter(), {}, collections.Counter()
        self.start()
        self.port = self.server.port

    def start(self, backtrace=False):
        os.environ["SWIFT_BACKTRACE"] = "enable=yes,color=no,interactive=no,threads=crashed,images=none,sanitize=no" if backtrace else "enable=no"
        self.server = self.installation.serve()

    @property
    def alive(self):
        return self.server.process.poll() is None

    def channel(self, port=None):
        big = [(f"grpc.{name}", 1 << 28) for name in ("max_receive_message_length", "max_send_message_length", "max_metadata_size", "absolute_max_metadata_size")]
        return grpc.insecure_channel(f"127.0.0.1:{port or self.port}", [*big, ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)])

    def send(self, channel, call):
        """Code, message and replies."""
        begin = channel.unary_stream if len(call.bodies) == 1 else channel.stream_stream
        replies, size = [], 0
        running = begin(call.path, request_serializer=bytes, response_deserializer=bytes)(call.bodies[0] if len(call.bodies) == 1 else iter(call.bodies),
            metadata=call.metadata, timeout=call.timeout)
        try:
            for reply in running:
                replies.append(reply)
                size += len(reply)
                if size > REPLY_BYTES_MAX or len(replies) > 5000:
                    running.cancel()
                    return "OK", "", replies
            return "OK", "", replies
        except grpc.RpcError as error:
            message = error.details() or ""
            if len(message.encode()) > 4096:
                self.find(call, "TOO LONG", f"a message of {len(message.encode())} bytes: {message[:200]}")
            for key, value in error.trailing_metadata() or ():
                if key == "grpc-status-details-bin":
                    for detail in status_pb2.Status.FromString(value).details:
                        bad = error_details_pb2.BadRequest()
                        if detail.Unpack(bad) and len(bad.field_violations) > 100:
                            self.find(call, "TOO MANY", f"{len(bad.field_violations)} field violations")
            return error.code().name, message, replies

    def call(self, who, call):
        """Sends, and judges the answer. Gives code and replies, or None where remitd died meanwhile."""
        generation, channel = who.channel_of(self)
        self.in_flight[who] = call
        try:
            code, message, replies = self.send(channel, call)
            if code == "UNAVAILABLE":
                if self.recover(generation):
                    return None
                self.find(call, code, message)
            elif code in FAULTS or "metadata size" in message:
                fails = lambda other: (sent := self.send(channel, other))[0] == code and self.plain(sent[1]) == self.plain(message)
                self.find(call, code, message, lambda: self.shrink(call, fails, 60))
            self.codes[code] += 1
            if code == "DEADLINE_EXCEEDED" and call.timeout > 1:
                self.late[call.path] += 1
            return code, replies
        finally:
            self.in_flight.pop(who, None)

    def connect(self, who, call, address):
        """A connection of odd bytes, judged by what can be read of the answer."""
        generation, port = self.generation, self.port
        self.in_flight[who] = call
        try:
            frames = []
            with contextlib.suppress(OSError):
                connection = Odd(port, address)
                connection.send(*call.bodies)
                frames = connection.answer(1)
            if not self.alive:
                return self.recover(generation)
            found = [status(payload) for kind, _, payload in frames if kind == clients.HEADERS]
            found += [13 for kind, _, payload in frames if kind == clients.RST_STREAM and payload == b"\0\0\0\2"]
            code = next((NAMES[code] for code in found if code is not None), "ended" if frames else "without answer")
            self.codes[f"connection {code}"] += 1
            # Odd headers together fail as one of them alone does.
            if code in FAULTS and not any(set(known.split()) <= set(call.path.split()) for known, _, _ in list(self.findings)):
                self.find(call, code, "")
        finally:
            self.in_flight.pop(who, None)

    # What was found.

    @staticmethod
    def plain(message):
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", message)[:200]

    def text(self, call):
        if call.text or call.is_connection:
            return call.text
        for body in call.bodies:
            with contextlib.suppress(Exception):
                return short(text_format.MessageToString(self.methods[call.path].request.FromString(body), as_one_line=True), 2000)
        return short(repr(call.bodies), 2000)

    def find(self, call, code, message, smaller=None):
        """Tells of it, once; `smaller` gives a smaller call that fails in the same way."""
        key = (call.path, code, "" if code.startswith("TOO") else self.plain(message))
        with self.telling:
            if key in self.findings or len(self.findings) >= FINDINGS_MAX:
                return
            self.findings[key] = name = f"{len(self.findings) + 1:02}-{re.sub('[^A-Za-z0-9]+', '-', call.path)[-40:]}"
        time.sleep(0.05)
        log = next((line for line in reversed(self.server.lines[-50:]) if call.path in line), "")
        shown = smaller() if smaller else call
        for index, body in enumerate(shown.bodies):
            (self.out / f"{name}{f'.{index}' if index else ''}.bin").write_bytes(body)
        print(f"FINDING {name} {call.path}: {code} {short(message, 600)}\n  request: {self.text(shown)}" + (f"\n  log: {log[:1000]}" if log else ""), flush=True)

    def shrink(self, call, fails, tries):
        """The call with as much left out as possible, so that it still fails."""
        until = min(self.until, time.monotonic() + 15)
        try:
            request = self.methods[call.path].request.FromString(*call.bodies)
            if not fails(call):
                return call
        except Exception:  # bytes that are no message, a stream, a connection
            return call
        parts = smaller(request)
        while tries and time.monotonic() < until and (part := next(parts, None)) is not None:
            tries -= 1
            with contextlib.suppress(Exception):
                candidate = dataclasses.replace(call, bodies=[part.SerializeToString()])
                if fails(candidate):
                    call, parts = candidate, smaller(part)
        return call

    # What killed it.

    def recover(self, generation):
        """Whether remitd had died; then it runs again."""
        with self.lock:
            if generation != self.generation:
                return True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.process.wait(timeout=15)
            if self.alive:
                return False
            self.deaths += 1
            suspects, words = list(self.in_flight.values()), self.last_words()
            self.start(backtrace=True)
            killer = next((call for call in suspects if self.kills(call)), None) if time.monotonic() < self.until else None
            if killer:
                words = self.last_words()
                self.killers[killer.path] += 1
                self.find(killer, "DIED", words, lambda: self.shrink(killer, self.kills, 25))
            else:
                listed = "".join(f"\n  in flight: {call.path} {self.text(call)[:500]}" for call in suspects)
                self.find(Call("remitd", [body for call in suspects for body in call.bodies], text="one of these, or together:" + listed), "DIED", words)
            # With backtraces it would die slowly, and what was in flight would be known no more.
            self.server.process.kill()
            self.server.process.wait()
            self.start()
            self.port, self.generation = self.server.port, self.generation + 1
            return True

    def kills(self, call):
        """Whether remitd dies of it. It is started where it is dead."""
        if not self.alive:
            self.start()
        with contextlib.suppress(OSError):
            if call.is_connection:
                connection = Odd(self.server.port, "127.77.77.77")
                connection.send(*call.bodies)
                connection.answer(1)
            else:
                with self.channel(self.server.port) as channel:
                    if self.send(channel, call)[0] not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                        return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.process.wait(timeout=60 if "Crash" in "".join(self.server.lines[-200:]) or "Fatal" in "".join(self.server.lines[-200:]) else 2)
        return not self.alive

    def last_words(self):
        """Why it died and where, as far as it said."""
        time.sleep(0.2)
        lines = self.server.lines[-400:]
        why = [re.sub(r" at 0x\w+", "", line) for line in lines if re.search(r"Fatal error|Program crashed|runtime failure", line)][:1]
        where = [found[0] for line in lines if (found := re.search(r"in \S.* at /\S*/(Plugins|Sources)/\S+", line))][:3]
        return f"exit {self.server.process.poll()}: " + " | ".join(why + where)


def short(text, length):
    """Without what is the same again and again."""
    return re.sub(r"(.{1,300}?)\1{7,}", lambda same: f"{same[1]}[{len(same[0]) // len(same[1])} times]", text[:20_000])[:length]


def smaller(message):
    """Copies of a message with one thing left out."""
    for field, value in message.ListFields():
        def copy(change):
            changed = type(message)()
            changed.CopyFrom(message)
            change(changed)
            return changed
        yield copy(lambda m: m.ClearField(field.name))
        if field.type == field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            continue
        if field.is_repeated and len(value) > 1:
            for half in (value[:len(value) // 2], value[len(value) // 2:]):
                yield copy(lambda m: (m.ClearField(field.name), getattr(m, field.name).extend(half)))
        elif field.type == field.TYPE_MESSAGE:
            for part in smaller(value[0] if field.is_repeated else value):
                yield copy(lambda m: (getattr(m, field.name)[0] if field.is_repeated else getattr(m, field.name)).CopyFrom(part))
        elif not field.is_repeated and isinstance(value, (str, bytes)) and len(value) > 20:
            for half in (value[:len(value) // 2], value[len(value) // 2:]):
                yield copy(lambda m: setattr(m, field.name, half))


# ---- who calls -------------------------------------------------------------------------------------


class Worker:
    """A client of one company."""

    def __init__(self, target, company, seed):
        self.target, self.company, self.maker = target, company, Maker(seed, company, target.methods)
        self.chance, self.generation, self.channel = self.maker.chance, -1, None

    def channel_of(self, target):
        with target.lock:
            if self.generation != target.generation:
                if self.channel:
                    self.channel.close()
                self.generation, self.channel = target.generation, target.channel()
            return self.generation, self.channel

    def call(self, path, bodies, metadata=None, timeout=20):
        answer = self.target.call(self, Call(path, bodies, self.target.installation.key(self.company) if metadata is None else metadata, timeout=timeout))
        if answer and answer[0] == "OK":
            for reply in answer[1][:20]:
                self.maker.harvest(self.company, self.target.methods[path].reply.FromString(reply))
        return answer

    def ask(self, path, timeout=60, **fields):
        """A valid call: its code and replies."""
        code, replies = self.call(path, [self.target.methods[path].request(**fields).SerializeToString()], timeout=timeout) or ("DIED", [])
        return code, [self.target.methods[path].reply.FromString(reply) for reply in replies]

    def headers(self):
        """Mostly the own key; sometimes another's, none, a wrong one; and a key of the request that was there before."""
        company = self.company if self.chance.random() < 0.95 else self.chance.choice(["nordwind", "huaxin", "operator"])
        key = self.target.installation.key(company)
        key = self.chance.choice([[], [("authorization", "Bearer rk_x")], [("authorization", key[0][1][:-1])]]) if self.chance.random() < 0.03 else key
        return key + ([("idempotency-key", f"k{self.chance.randint(0, 50)}")] if self.chance.random() < 0.05 else [])

    def run(self, end):
        while time.monotonic() < end and self.target.deaths < DEATHS_MAX:
            path, bodies = self.maker.bodies()
            name = path.rsplit("/", 1)[1]
            # What kills it each time is left alone after the second time, so that other findings come.
            if name in SKIPPED or self.target.killers[path] >= 2 or name == "RevokeKey" and any(id.encode() in body for id in self.target.own_keys for body in bodies):
                continue
            if name == "SetPeriod":
                bodies = [self.harmless(path, body) for body in bodies]
            if name == "ImportTenant":
                bodies = self.archive(path)
            answer = self.call(path, bodies, self.headers(), timeout=1 if name == "Watch" else 20)
            self.maker.refused[path] += 1 if answer and answer[0] == "PERMISSION_DENIED" else -5

    def harmless(self, path, body):
        """Does not close the days that others post into."""
        with contextlib.suppress(Exception):
            request = self.target.methods[path].request.FromString(body)
            if request.period.ends_on[:4] >= "2015" and request.period.starts_on < "2150":
                request.period.state = 1
                return request.SerializeToString()
        return body

    def archive(self, path):
        """The archive of a company with some other values in it."""
        text = self.target.archive
        for _ in range(self.chance.choice([0, 1, 1, 3])):
            found = list(re.finditer(rb'(?<=[:\[,])("[^"\n]*"|-?\d+|null|true)', text))
            if found:
                chosen = self.chance.choice(found)
                other = self.chance.choice([b"null", b"-1", b"9223372036854775808", b"1e999", b'"\\u0000"', b'"\\ud800"', b"[]", b"{}", b'""', b'"2024-02-30"',
                    b"[" * 5000, b'"x'])
                text = text[:chosen.start()] + other + text[chosen.end():]
        text = self.maker.spoil(text) if self.chance.random() < 0.2 else text
        make, cut = self.target.methods[path].request, self.chance.choice([100, 5000, 1 << 16])
        return [make(slug=f"i{self.chance.randint(0, 10**6)}" if not at else "", data=text[at:at + cut]).SerializeToString() for at in range(0, len(text), cut)]

    def connect(self, end):
        """Connections that speak HTTP/2 in odd ways."""
        body = self.target.methods[LEDGER + "ListCustomers"].request(page_size=1).SerializeToString()
        while time.monotonic() < end and self.target.deaths < DEATHS_MAX:
            path, text, sent = odd_connection(self.chance, self.target.installation.keys[self.company], body)
            address = f"127.{self.chance.randint(1, 250)}.{self.chance.randint(1, 250)}.{self.chance.randint(1, 250)}"
            if self.target.killers[path] < 2:
                self.target.connect(self, Call(path, [sent], text=text), address)
            time.sleep(0.02)

    # A company whose sums leave 64 bits.

    def invoice_the_largest(self, seconds):
        """Sums beyond 64 bits take 10,000; they are left to longer runs, and to story 38."""
        lines = lambda number, currency, count: "\r\n".join(
            ["customer,number,amount,date,due,currency,rate",
                *(f"{number},{currency}-{n},{LARGEST[currency]},{day(-(n % 300) - 1)},{day(-(n % 300) + 29)},{currency},{'' if currency == 'EUR' else 1}" for n in range(count))])
        for number in ("L-1", "L-2"):
            self.ask(LEDGER + "CreateCustomer", customer=dict(number=number, name=number))
        for number, currency, count in (("L-1", "EUR", 12_000 if seconds >= 300 else 600), ("L-2", "USD", 50)):
            code, replies = self.ask(LEDGER + "ImportInvoices", file=lines(number, currency, count).encode(), timeout=120)
            print(f"{count} invoices of {LARGEST[currency]} {currency}: {code} {text_format.MessageToString(replies[-1], as_one_line=True)[:300] if replies else ''}", flush=True)

    def report_the_largest(self):
        customers = [id for id, _ in self.maker.pool[self.company, "version of"]] + ["", ""]
        known_at = dict(known_at=dict(seconds=int(time.time()) - 31))
        reports = [("GetAgeing", dict(page_size=page, basis=basis, **by, **at)) for page,
            basis in ((0, 1), (1, 2)) for by in ({}, dict(by_customer=True), dict(by_payer=True), dict(edges=[1]))
                   for at in ({}, dict(as_of=day(-100)), dict(as_of=day(400)), known_at)]
        for id in customers[:2]:
            reports += [("GetBalance", dict(customer_id=id, **known_at)), ("GetBalance", dict(customer_id=id)),
                ("GetStatement", {"customer_id": id, "from": day(-400)}), ("GetStatement", {"customer_id": id, "from": day(-5)})]
        rates = lambda rate: ("SaveExchangeRates", dict(source="S", rates=[dict(currency="USD", valid_on=day(-300), rate=rate)]))
        reports += [("GetTrialBalance", {}), ("GetTrialBalance", {"from": day(-10)}),
            *[("GetIndicators", dict(months=n, as_of=day(-a))) for n in (1, 3, 24) for a in (0, 40)],
                    *[("ProposeInterest", dict(annual_percent=p)) for p in ("12", "999", "0.01")], ("ListOpenItems", dict(page_size=1000)),
                    ("ListOpenItems", dict(as_of=day(-100), **known_at)),
                    ("SetRatePolicy", dict(policy=dict(source="S", days_max=366))),
                    *[pair for rate in ("1", "1.5", "99999", "0.00001") for pair in (rates(rate), ("Revalue", dict(on=day(-1), dry_run=True)))],
                    ("Revalue", dict(on=day(-1))), ("FoldAgeing", {}), ("ExportJournal", {}), ("GetAgeing", {}), ("GetTrialBalance", {}),
                    ("PostReceipt", dict(receipt=dict(customer_id=customers[0], amount=dict(currency="EUR", amount=LARGEST["EUR"]), received_on=day(0)))),
                    ("AllocateUnapplied", dict(rule=1, dry_run=True)), ("AllocateUnapplied", dict(rule=2)),
                    ("Allocate", dict(customer_id=customers[0], dry_run=True)),
                    ("PostReceipt", dict(receipt=dict(customer_id=customers[0], amount=dict(currency="EUR", amount=LARGEST["EUR"]), received_on=day(0)))),
                    ("Allocate", dict(customer_id=customers[0], method=3)), ("GetAgeing", {})]
        codes = collections.Counter()
        for method, fields in reports:
            path = (LEDGER if LEDGER + method in self.target.methods else BOOKS) + method
            codes[f"{method} {self.ask(path, **fields)[0] if self.target.killers[path] < 4 else 'left alone'}"] += 1
        print("the largest: " + ", ".join(f"{count} {code}" for code, count in sorted(codes.items())), flush=True)


def methods_of(target):
    """All methods, as reflection tells."""
    with target.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        methods = {}
        for service in sorted(database.get_services()):
            for method in pool.FindServiceByName(service).methods:
                path = f"/{service}/{method.name}"
                methods[path] = Method(path, *map(message_factory.GetMessageClass, (method.input_type, method.output_type)), method.client_streaming)
    return methods


def megabytes(server):
    with contextlib.suppress(OSError):
        return int(pathlib.Path(f"/proc/{server.process.pid}/status").read_text().split("VmRSS:")[1].split()[0]) // 1024
    return 0


def fuzz(installation, seed, seconds, out):
    target = Target(installation, out, seconds + 120)
    target.methods.update(methods_of(target))
    workers = [Worker(target, company, f"{seed}/{n}") for n, company in enumerate(["nordwind", "huaxin", "operator", "nordwind", "huaxin", "nordwind", "huaxin"])]
    operator, grand, odd = workers[2], Worker(target, "grand", f"{seed}/g"), Worker(target, "nordwind", f"{seed}/c")
    operator.ask(PLATFORM + "TenantService/CreateTenant", tenant=dict(slug="grand", name="Grand", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE"))
    [key] = operator.ask(PLATFORM + "KeyService/CreateKey", tenant="grand", principal="fuzz", roles=["owner"])[1]
    installation.keys["grand"] = key.secret
    target.own_keys = [key.id for tenant in ("", "nordwind", "huaxin", "grand") for key in operator.ask(PLATFORM + "KeyService/ListKeys", tenant=tenant)[1][0].keys]
    target.archive = b"".join(part.data for part in operator.ask(PLATFORM + "TenantService/ExportTenant", slug="huaxin")[1])
    grand.invoice_the_largest(seconds)
    begun, memory = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(len(workers) + 1) as threads:
        running = [threads.submit(worker.run, begun + seconds) for worker in workers] + [threads.submit(odd.connect, begun + seconds)]
        for quarter in (1, 2, 3, 4):
            concurrent.futures.wait(running, timeout=max(0, begun + seconds * quarter / 4 - 0.2 - time.monotonic()))
            memory.append(megabytes(target.server))
        for one in running:
            one.result()
    took = time.monotonic() - begun
    grand.report_the_largest()
    memory.append(megabytes(target.server))
    for worker in (*workers[:3], grand):
        before = time.monotonic()
        path = LEDGER + "ListCustomers" if worker is not operator else PLATFORM + "TenantService/ListTenants"
        code, _ = worker.ask(path, page_size=10)
        if code != "OK" or time.monotonic() - before > 5:
            target.find(Call(path, [], []), "NOT SERVED", f"a plain call at the end got {code} after {time.monotonic() - before:.1f} s")
    for tenant in installation.psql("SELECT DISTINCT tenant_id FROM ledger.entry ORDER BY 1").stdout.split():
        from companies import books_agree
        try:
            books_agree(installation, tenant)
        except AssertionError as error:
            target.find(Call("books", [], []), "APART", f"of tenant {tenant}: {error}")
    if target.late:
        print("not before the deadline: " + ", ".join(f"{count} {path}" for path, count in target.late.most_common(20)))
    codes = ", ".join(f"{count} {code}" for code, count in target.codes.most_common())
    print(f"fuzz: {sum(target.codes.values())} calls ({codes}), {len(target.methods)} methods, {took:.0f} s, RSS {'/'.join(map(str, memory[:4]))} MB, {memory[4]} MB after the largest, "
          f"{target.deaths} deaths, {len(target.findings)} findings, seed {seed}", flush=True)
    return 1 if target.findings else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--minutes", type=float, help="instead of --seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--out", type=pathlib.Path, default="/tmp/remit-fuzz", help="where the requests of findings are written")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for old in chosen.out.glob("*.bin"):
        old.unlink()
    conftest.pytest_configure(None)  # stubs, for companies.py
    with tempfile.TemporaryDirectory() as folder:
        installation = conftest.Installation(pathlib.Path(folder))
        try:
            return fuzz(installation, chosen.seed, chosen.minutes * 60 if chosen.minutes else chosen.seconds, chosen.out)
        finally:
            installation.close()


if __name__ == "__main__":
    sys.exit(main())
