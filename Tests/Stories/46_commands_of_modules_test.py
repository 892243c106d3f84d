"""Any method of any module as a command, made of the module's own descriptors: remit MODULE NOUN VERB."""

import csv
import io
import json

import pytest


@pytest.fixture(scope="module")
def remit(installation, remitd):
    def run(*arguments, company="nordwind", code=0):
        done = installation.remit(remitd, company, *arguments, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr
    return run


def table(text):
    """The rows under a line of dashes, as wide as its dashes."""
    lines = text.splitlines()
    rule = next(n for n, line in enumerate(lines) if line and set(line) == {"-", " "})
    ends = [n for n in range(len(lines[rule])) if lines[rule][n] == "-" and lines[rule][n - 1:n] != "-"] + [None]
    return [[line[a:b].strip() for a, b in zip(ends, ends[1:])] for line in [lines[rule - 1]] + lines[rule + 1:] if line]


def test_what_a_module_does_is_listed(remit):
    commands = [row[0] for row in table(remit("ledger"))[1:]]
    assert {"remit ledger tax-policy get", "remit ledger tax-policy set", "remit ledger invoice post", "remit ledger customer undo"} <= set(commands)
    assert len(set(commands)) == len(commands), "each has a name of its own"
    assert [row[0] for row in table(remit("ledger", "tax-policy"))[1:]] == ["remit ledger tax-policy get", "remit ledger tax-policy set"]
    assert "remit platform key create" in remit("platform", "key")
    assert "--amount <119.00 EUR>" in remit("ledger", "invoice", "post", "--help")
    words = remit("ledger", "tax-policy", "set", "--help")
    assert "policy.correctDiscounts: for early payment" in words, "what the proto file says of it"


def test_a_policy_is_set_and_read_back(remit):
    assert table(remit("ledger", "tax-policy", "set", "--correct-discounts", "--correct-write-offs=false"))[1:] == [
        ["correctDiscounts", "true"], ["correctWriteOffs", "false"]]
    assert json.loads(remit("ledger", "tax-policy", "get", "--output", "json")) == {"correctDiscounts": True}
    remit("ledger", "tax-policy", "set", "true", "true")
    assert table(remit("ledger", "tax-policy", "get"))[1:] == [["correctDiscounts", "true"], ["correctWriteOffs", "true"]]


def test_an_invoice_is_posted_once_listed_and_read(remit):
    made = [json.loads(remit("ledger", "customer", "create", "--number=M-1", "--name", "阿尔法", "--idempotency-key=m1", "--output", "json")) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    invoice = ["ledger", "invoice", "post", "--customer-id", made[0]["id"], "--amount", "1190.00 eur", "--issued-on", "2026-01-05", "--due-on", "2026-02-05"]
    for n in range(3):
        assert ["number", f"M-{n}"] in table(remit(*invoice, "--number", f"M-{n}"))
    rows = list(csv.DictReader(io.StringIO(remit("ledger", "item", "list", "--customer-id", made[0]["id"], "--page-size", "1", "--output", "csv").removeprefix("\ufeff"))))
    assert [(row["number"], row["customerName"], row["open"], row["open.currency"]) for row in rows] == [(f"M-{n}", "阿尔法", "1190.00", "EUR") for n in range(3)], "all pages"
    assert remit("ledger", "document", "list", "--output", "csv").removeprefix("\ufeff").startswith("document.id,"), "also where a reply has more than the list"
    assert ["document.amount", "1190.00 EUR"] in table(remit("ledger", "document", "get", "--kind", "invoice", "--number", "M-1"))
    assert ["id", made[0]["id"]] == [remit("ledger", "customer", "get", made[0]["id"], "--output", "csv").removeprefix("\ufeff").splitlines()[1].split(",")[n] for n in (0, 1)]
    ageing = table(remit("ledger", "ageing", "get").split("\ntotals\n")[1])
    assert dict(zip(*ageing))["buckets"].split(", ")[0] == "0.00 EUR", "amounts within a row are shown"
    remit("ledger", "posting-profile", "save", "m-export", "--accounts", "revenue=4000")
    assert ["m-export", "4000"] in table(remit("ledger", "posting-profile", "list"))


def test_roles_are_saved_by_words(remit):
    remit("platform", "role", "save", "m-reader", "--permissions", "ledger.*.get", "--permissions", "ledger.*.list")
    assert ["m-reader", "ledger.*.get, ledger.*.list"] in table(remit("platform", "role", "list"))


def test_what_is_wrong_is_said(remit):
    said = lambda *words, code=64: remit(*words, code=code)
    assert "nope is neither a command nor a module" in said("nope")
    assert "ledger has no nonsense" in said("ledger", "nonsense")
    assert "has no invoice burn" in said("ledger", "invoice", "burn")
    assert "there is no option --x" in said("ledger", "item", "list", "--x")
    assert 'such as "119.00 EUR"' in said("ledger", "invoice", "post", "--amount", "5")
    assert "--number needs a value" in said("ledger", "invoice", "post", "--number")
    assert "--number is given twice" in said("ledger", "invoice", "post", "--number", "1", "--number", "2")
    assert "is true or false" in said("ledger", "tax-policy", "set", "--correct-discounts=maybe")
    assert "--correct-discounts is true or false, not yes" in said("ledger", "tax-policy", "set", "--correct-discounts", "yes")
    assert "--correct-write-offs must be given too" in said("ledger", "tax-policy", "set", "--correct-discounts=true")
    assert "has no journal export" in said("ledger", "journal", "export"), "a file is no table: nothing is exported"
    assert "one value too many" in said("ledger", "tax-policy", "set", "true", "true", "true")
    assert "such as revenue=4120" in said("ledger", "posting-profile", "save", "x", "--accounts", "revenue")
    assert "--taxes: at byte" in said("ledger", "invoice", "post", "--taxes", "{")
    assert "page_size" in said("ledger", "item", "list", "--page-size", "-1", code=1)
    assert "pageSize" in said("ledger", "item", "list", "--page-size", "many")
    assert "customer_id must be given" in said("ledger", "invoice", "post", "--amount", "5 EUR", code=1)
    assert "value" in remit("ledger", "tax-policy", "get", "--timeout=60")
