"""Makes the requests."""

import collections
import datetime
import io
import json
import pathlib
import random
import re
import time
from decimal import Decimal

import openpyxl

LEDGER, BOOKS, PLATFORM = "/remit.ledger.v1.LedgerService/", "/remit.ledger.v1.BooksService/", "/remit.platform.v1."
TODAY = datetime.date.today()


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


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
FILTERS = ["it.custom.yearly_limit.amount > decimal('5') && !it.closed", "it.custom.ends_on < today + days(30) || has(it.custom.contact)",
           "it.custom.customer in ['a', 'b'] ? it.version > 1 : it.id.startsWith('SA-')", "it.custom.discount * 2 - 1 >= decimal('1.5')",
           "it.custom.yearly_limit == money('5', 'EUR')", "now - it.recorded_at > duration('1h')", "it.custom.contact.matches('a+')"]
DOCUMENTS = [path.read_text() for path in (pathlib.Path(__file__).resolve().parents[2] / "tenants").glob("*/*.yaml")]
SNIPPETS = ["(", ")", "[", "]", "{", "}", "'", '"', ":", ": ", "-", "- ", "\n", "\n  ", "\t", "#", "&a ", "*a", "!!str ", "<<: ", "|", ">", "it.", ".custom", "&&", "||", "!", "==", "-9223372036854775808",
            "1e999", "0x1p3", "null", "true", "today", ".map(x, x)", ".all(x, ", "size(", "decimal('1e99')", "date('0000-00-00')", "'\\u0000'", "\ufeff", "\u202e", "漢", "𝔘", "\0"]
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
        self.count, self.made = 0, 0  # numbers, messages
        self.refused = collections.Counter()  # of methods for which the company's key has no permission

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
            "TYPE_DOUBLE", "TYPE_STRING", "")
                    if not name or field.type == getattr(field, name))
        if kind in EDGES:
            return self.chance.choice(EDGES[kind]) if nasty else self.chance.choice([0, 1, 2, 5, 10, 30, 100])
        if kind == "ENUM":
            return self.chance.choice([-1, 99, 2**31 - 1]) if nasty else self.chance.choice(field.enum_type.values).number
        if kind == "BOOL":
            return self.happens(0.5)
        if kind == "DOUBLE":
            return self.chance.choice([0.0, 1.5, -1e308, float("inf"), float("nan"), 5e-324] if nasty else [0.0, 1.0, 2.5])
        if kind == "BYTES":
            return self.table() if field.containing_type.full_name.startswith("remit.platform.") else self.file()[1]
        return self.text(field, nasty)

    def spoiled(self, text):
        """A text in a language, changed in some places."""
        for _ in range(self.chance.choice([0, 1, 1, 2, 5, 20])):
            at, to = sorted((self.chance.randrange(len(text) + 1), self.chance.randrange(len(text) + 1)))
            text = self.chance.choice([
                lambda: text[:at] + self.chance.choice(SNIPPETS) + text[at:], lambda: text[:at] + text[min(to, at + 9):],
                lambda: text[:to] + text[at:to] * self.chance.choice([1, 2, 50]) + text[to:], lambda: text[:at] + self.chance.choice(SNIPPETS) * self.chance.choice([1, 40, 400]) + text[at:],
                lambda: text[:at]])()[:8000]
        return text

    def text(self, field, nasty):
        if self.happens(0.9):
            if field.name == "filter":
                return self.spoiled(self.chance.choice(FILTERS))
            if field.name == "text" and field.containing_type.name == "SourceDocument":
                return self.spoiled(self.chance.choice(DOCUMENTS))
            if field.name == "kind" and "Record" in field.containing_type.name:
                return {"nordwind": "service_agreement", "huaxin": "sales_contract"}.get(self.company, "x")
            if field.name == "source" and re.search("File|Import", field.containing_type.name):
                return self.chance.choice(["billing", "crm_customers", "tax_export", "contract_list"])
            if field.name == "order_by":
                return self.chance.choice(["id", "custom.ends_on desc", "custom.amount", "custom.yearly_limit desc", "version", "custom.nothing", "id asc asc"])
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

    def object(self, nasty):
        """Of a google.protobuf.Struct, such as fields of a company's own."""
        names = ["cost_centre", "segment", "contact_email", "contract", "x" * 2000, "", "名"] if nasty else ["cost_centre", "segment"]
        values = ["AB12", "key", "", "x" * 5000, 1.5, -1e308, float("inf"), float("nan"), True, None, [1, [2, {}]], {"amount": "1", "currency": "EUR"}]
        some = {name: self.chance.choice(values if nasty else values[:2]) for name in names if self.happens(0.5)}
        return some | {f"n{n}": n for n in range(1001)} if nasty and self.happens(0.1) else some

    def set(self, message, field, nasty):
        name = field.name
        if not field.is_repeated:
            if field.type == field.TYPE_MESSAGE and field.message_type.full_name == "google.protobuf.Struct":
                message.ClearField(name)
                getattr(message, name).update(self.object(nasty))
            elif field.type == field.TYPE_MESSAGE:
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
            if value.type == value.TYPE_MESSAGE:
                # Of a Struct, which is made whole.
                return
            for index in range(count):
                values[self.scalar(key, nasty) if count < 20 else f"{self.scalar(key, False)}{index}"] = self.scalar(value, nasty and count < 20)
        else:
            for _ in range(min(count, 3)):
                before = self.made
                self.fill(element := values.add(), nasty)
                weight = self.made - before
            if count > 3:
                # 8 MB at most, which is twice what most methods take; and 40,000 messages, of which the smallest take 200 bytes here.
                copies = min(count - 3, (8 << 20) // (element.ByteSize() + 2), 40_000 // weight)
                values.extend([element] * copies)
                self.made += weight * copies

    def fill(self, message, nasty=False):
        # These hold themselves: what they hold is made by `object`.
        self.made += 1
        kind = message.DESCRIPTOR.full_name
        if kind in ("google.protobuf.Value", "google.protobuf.ListValue", "google.protobuf.Struct"):
            if kind == "google.protobuf.Value":
                message.string_value = "x"
            return
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

    def table(self):
        """A file of rows in one of the forms that sources take."""
        names = self.chance.choice([["Account No", "Account Name", "Segment"], ["数电发票号码", "购方名称", "开票日期", "税额", "价税合计"],
                                    ["合同编号", "客户编号", "项目名称", "合同金额", "签订日期", "客户等级"], ["number", "id", "customer.number", "gross", "currency", "date", "due", "share"]])
        cell = lambda: self.chance.choice([self.number(), "1", "12.50", day(-9), "B", self.known("number"), self.chance.choice(TEXTS + DATES + DECIMAL_TEXTS)])
        rows = [[cell() for _ in names] for _ in range(self.chance.choice([1, 3, 10]))]
        form = self.chance.randrange(3)
        if form == 0:
            body = "\n".join(self.chance.choice(",;\t").join(f'"{c}"' for c in row) for row in [names, *rows]).encode("utf-8", "replace")
        elif form == 1:
            body = json.dumps({"invoices": [dict(zip(names, row)) for row in rows]}).encode()
        else:
            book, out = openpyxl.Workbook(), io.BytesIO()
            for row in [names, *rows]:
                book.active.append([re.sub("[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f]", "", str(c))[:30000] for c in row])
            book.save(out)
            body = out.getvalue()
        return body if self.happens(0.7) else self.spoil(body)

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
