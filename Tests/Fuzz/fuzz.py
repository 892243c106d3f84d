"""Calls every method of a remitd of its own with what no client should send: python Tests/Fuzz/fuzz.py --seconds 60 [--seed N] (see README.md)."""

import argparse
import collections
import concurrent.futures
import contextlib
import pathlib
import random
import re
import sys
import tempfile
import time

from google.protobuf import descriptor_pool, message_factory, text_format
from google.protobuf.message import EncodeError
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "Stories"), str(TESTS / "Hostile")]
import conftest
import json_door
from connections import odd_connection
from maker import BOOKS, LARGEST, LEDGER, PLATFORM, Maker, day
from target import DEATHS_MAX, SKIPPED, Call, Method, Target


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
            try:
                path, bodies = self.maker.bodies()
            except EncodeError:
                continue  # nested deeper than protobuf writes
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

    def ask_as_json(self, end):
        """The same methods by the JSON door."""
        requests = json_door.JSONRequests(self.maker, self.target.methods)
        while time.monotonic() < end and self.target.deaths < DEATHS_MAX:
            try:
                method, sent, text = requests.one(self.target.installation.key(self.company)[0][1])
            except EncodeError:
                continue
            if method.rsplit("/", 1)[1] not in {*SKIPPED, "SetPeriod", "RevokeKey"} and self.target.killers[f"JSON {method}"] < 2:
                self.target.ask_as_json(self, Call(f"JSON {method}", [sent], text=text))

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
    of_json = [Worker(target, company, f"{seed}/j{company}") for company in ("nordwind", "huaxin")]
    operator.ask(PLATFORM + "TenantService/CreateTenant", tenant=dict(slug="grand", name="Grand", base_currency="EUR", time_zone="Europe/Berlin", locale="de-DE"))
    [key] = operator.ask(PLATFORM + "KeyService/CreateKey", tenant="grand", principal="fuzz", roles=["owner"])[1]
    installation.keys["grand"] = key.secret
    target.own_keys = [key.id for tenant in ("", "nordwind", "huaxin", "grand") for key in operator.ask(PLATFORM + "KeyService/ListKeys", tenant=tenant)[1][0].keys]
    target.archive = b"".join(part.data for part in operator.ask(PLATFORM + "TenantService/ExportTenant", slug="huaxin")[1])
    grand.invoice_the_largest(seconds)
    begun, memory = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(len(workers) + 3) as threads:
        running = [threads.submit(worker.run, begun + seconds) for worker in workers] + [threads.submit(odd.connect, begun + seconds)]
        running += [threads.submit(worker.ask_as_json, begun + seconds) for worker in of_json]
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
