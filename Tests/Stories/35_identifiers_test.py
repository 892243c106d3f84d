"""As who takes over thousands of customers: a VAT number, IBAN or 统一社会信用代码 is taken exactly where an independent library takes it."""

import csv
import io
import random
import re
import string
import zlib

import pytest
import stdnum.eu.vat
import stdnum.iban
from conftest import shared
from remit.ledger.v1 import ledger_pb2 as pb
from stdnum import numdb
from stdnum.cn import uscc
from stdnum.es import ccc

CHANCE = random.Random(35)
DIGITS, LETTERS, BLANKS = string.digits, string.ascii_uppercase, " \u00a0\u202f\u2009"
COLUMNS = ["eu_vat", "iban", "uscc"]


def digits(count):
    return "".join(CHANCE.choices(DIGITS, k=count))


def letters(count):
    return "".join(CHANCE.choices(LETTERS, k=count))


def born(order="ymd", months=(0,)):
    """A day, with what a state adds to the month."""
    part = {"y": CHANCE.randrange(100), "m": CHANCE.randint(1, 12) + CHANCE.choice(months), "d": CHANCE.randint(1, 31)}
    return "".join(f"{part[o]:02}" for o in order)


def office(prefix):
    number = CHANCE.randrange(1000)
    return f"{prefix}8888{number:03}{number % 97:02}"


# After the letters of the state: of each kind of number that it has. Most have the wrong check digit.
VAT_FORMS = {
    "AT": [lambda: "U" + digits(8)],
    "BE": [lambda: CHANCE.choice("01") + digits(9), lambda: digits(9)],
    "BG": [lambda: digits(9), lambda: digits(10), lambda: born(months=(0, 20, 40)) + digits(4)],
    "CY": [lambda: digits(8) + letters(1)],
    "CZ": [lambda: digits(8), lambda: "6" + digits(8), lambda: born(months=(0, 20, 50, 70)) + digits(CHANCE.choice([3, 4]))],
    "DE": [lambda: digits(9)],
    "DK": [lambda: digits(8)],
    "EE": [lambda: digits(9)],
    "EL": [lambda: digits(9), lambda: digits(8)],
    "ES": [lambda: digits(8) + letters(1), lambda: CHANCE.choice("XYZKLM") + digits(7) + letters(1), lambda: letters(1) + digits(8),
           lambda: letters(1) + digits(7) + CHANCE.choice("ABCDEFGHIJ")],
    "FI": [lambda: digits(8)],
    "FR": [lambda: digits(11), lambda: digits(2) + "000" + digits(6), lambda: letters(1) + digits(10), lambda: digits(1) + letters(1) + digits(9),
           lambda: letters(2) + digits(9)],
    "GR": [lambda: digits(9)],
    "HR": [lambda: digits(11)],
    "HU": [lambda: digits(8)],
    "IE": [lambda: digits(7) + letters(1), lambda: digits(7) + letters(2), lambda: digits(1) + CHANCE.choice(LETTERS + "+*") + digits(5) + letters(1)],
    "IT": [lambda: digits(11)],
    "LT": [lambda: digits(7) + "1" + digits(1), lambda: digits(10) + "1" + digits(1)],
    "LU": [lambda: digits(8)],
    "LV": [lambda: digits(11), lambda: "32" + digits(9), lambda: born("dmy") + digits(5)],
    "MT": [lambda: digits(8)],
    "NL": [lambda: digits(9) + "B" + digits(2), lambda: digits(7) + "B" + digits(2)],
    "PL": [lambda: digits(10)],
    "PT": [lambda: digits(9)],
    "RO": [lambda: digits(CHANCE.randint(2, 10)), lambda: CHANCE.choice(DIGITS) + born() + digits(6)],
    "SE": [lambda: digits(10) + "01"],
    "SI": [lambda: digits(8)],
    "SK": [lambda: digits(10), lambda: born(months=(0, 50)) + digits(4)],
    "XI": [lambda: digits(9), lambda: digits(12), lambda: CHANCE.choice(["GD", "HA"]) + digits(3), lambda: office("GD"), lambda: office("HA")],
}
IBAN_FORMS = {country: props["bban"] for _, country, _, props, _ in numdb.get("iban").prefixes}


def vat(number):
    """What is kept of a right one, with its leading zeros and EL for Greece; None where it is wrong."""
    return re.sub("^GR", "EL", stdnum.eu.vat.validate(number)) if stdnum.eu.vat.is_valid(number) else None


def iban(number):
    """As stdnum, but without 00, 01 and 99, which no calculation gives, and without its list of the Belgian banks of one month."""
    if not number[2:4].isdigit() or not 2 <= int(number[2:4]) <= 98:
        return None
    if number.startswith("BE"):
        right = stdnum.iban.is_valid(number, check_country=False) and int(number[-2:]) == (int(number[4:-2]) % 97 or 97)
    else:
        right = stdnum.iban.is_valid(number)
    return number if right else None


JUDGES = {"eu_vat": vat, "iban": iban, "uscc": lambda number: number if uscc.is_valid(number) else None}


def random_vat(state):
    return state + CHANCE.choice(VAT_FORMS[state])()


def random_iban(country):
    """Right but for the check digits that some countries have within."""
    kinds = {"n": DIGITS, "a": LETTERS, "c": LETTERS + DIGITS}
    parts = re.findall(r"(\d+)!([nac])", IBAN_FORMS[country])
    body = "".join("".join(CHANCE.choices(kinds[kind], k=int(count))) for count, kind in parts)
    if country == "ES":
        body = body[:8] + ccc.calc_check_digits(body) + body[10:]
    if country == "NO" and CHANCE.random() < 0.2:
        body = "0000" + body[4:]
    return country + stdnum.iban.calc_check_digits(f"{country}00{body}") + body


def random_uscc():
    number = digits(8) + "".join(CHANCE.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=9))
    return number + uscc.calc_check_digit(number)


def mistyped(number):
    """One sign is another digit or a letter, two are exchanged, one is missing or twice: after the first two, which are a country's."""
    signs, place, other = list(number), CHANCE.randrange(2, len(number)), CHANCE.randrange(2, len(number))
    match CHANCE.randrange(5):
        case 0: signs[place] = CHANCE.choice(DIGITS)
        case 1: signs[place], signs[other] = signs[other], signs[place]
        case 2: del signs[place]
        case 3: signs.insert(place, signs[place])
        case 4: signs[place] = CHANCE.choice(LETTERS)
    return "".join(signs)


def spelled(number):
    """In small letters or in groups, as some people write it."""
    if CHANCE.random() < 0.1:
        number = number.lower()
    if CHANCE.random() < 0.1:
        place = CHANCE.randrange(2, len(number))
        number = number[:place] + CHANCE.choice(BLANKS) + number[place:]
    return number


def numbers(make, judge, right, wrong):
    """As many different right ones, each as it is written and in plain form; and wrong ones, with None. Wrong ones are right ones mistyped,
    and ones of the right form with random digits."""
    found, refused = {}, set()
    while len(found) < right or len(refused) < wrong:
        number = make()
        plain = judge(number)
        if plain and len(found) < right:
            found[plain] = number
        if len(refused) < wrong:
            near = mistyped(number) if plain else number
            if judge(near) is None:
                refused.add(near)
    return [(spelled(number), plain) for plain, number in found.items()] + [(number, None) for number in sorted(refused)]


@pytest.fixture(scope="module")
def rows():
    """Cells, each with its plain form or None, by column: every state and country has some, in an order by chance."""
    columns = {
        "eu_vat": [n for state in VAT_FORMS for n in numbers(lambda: random_vat(state), vat, 200, 70)],
        "iban": [n for country in IBAN_FORMS for n in numbers(lambda: random_iban(country), iban, 55, 20)],
        "uscc": numbers(random_uscc, JUDGES["uscc"], 4000, 1500),
    }
    for column in columns.values():
        CHANCE.shuffle(column)
    count = max(map(len, columns.values()))
    assert 7000 < count < 8000
    return [{name: column[i] if i < len(column) else ("", None) for name, column in columns.items()} for i in range(count)]


def load(company, rows):
    out = io.StringIO()
    csv.writer(out).writerows([["customer no", "name", *COLUMNS]] + [
        [f"ID-{i}", f"Identified {i}"] + [row[name][0] for name in COLUMNS] for i, row in enumerate(rows)])
    return company.load("customers", out.getvalue().encode(), skip_refused=True)[0]


def refusals(result):
    assert result.issues_left_out == 0
    found = {(i.row, i.column): i.reason for i in result.issues if i.severity == pb.ImportIssue.REFUSED}
    assert all(0 < len(reason) < 300 and "\n" not in reason for reason in found.values())
    return found


def test_what_a_library_takes_of_a_file_is_taken_and_kept_in_plain_form_and_nothing_else(nordwind, installation, rows):
    result = load(nordwind, rows)
    wrong = {(i + 2, name): row[name][0] for i, row in enumerate(rows) for name in COLUMNS if row[name][0] and row[name][1] is None}
    found = refusals(result)
    assert {place: wrong[place] for place in wrong.keys() - found.keys()} == {}, "refused by stdnum, taken here"
    assert {place: found[place] for place in found.keys() - wrong.keys()} == {}, "taken by stdnum, refused here"
    taken = [i for i in range(len(rows)) if not any((i + 2, name) in wrong for name in COLUMNS)]
    assert (result.created, result.refused) == (len(taken), len(rows) - len(taken)) and len(taken) > 2000
    kept = installation.psql("""
        SELECT number, scheme, value FROM ledger.customer_identifier JOIN ledger.customer USING (tenant_id, customer_id)
         WHERE number LIKE 'ID-%'""").stdout.split()
    assert set(kept) == {f"ID-{i}|{name}|{rows[i][name][1]}" for i in taken for name in COLUMNS if rows[i][name][1]}


@pytest.mark.parametrize("file, taken", [("vat.csv", ["F1", "F2", "F3"]), ("iban.csv", ["G1", "G4"])])
def test_numbers_that_once_were_judged_wrongly(nordwind, installation, file, taken):
    data = (shared("cases") / file).read_bytes()
    given = [row[0] for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))][1:]
    result, _ = nordwind.load("customers", data, skip_refused=True)
    assert {row for row, _ in refusals(result)} == {i + 2 for i, number in enumerate(given) if number not in taken}
    assert result.created == len(taken)


@pytest.mark.parametrize("column, written, plain", [
    ("iban", "IBAN DE89 3704 0044 0532 0130 00", "DE89370400440532013000"), ("iban", "iban:DE89370400440532013000", "DE89370400440532013000"),
    ("uscc", "９１１１００００６０００３７３４１ｌ", "91110000600037341L"), ("eu_vat", "\u200bＤＥ 136\u2011695\u2011976\u2066", "DE136695976"),
    ("eu_vat", "BE (0)428.759.497", "BE0428759497"), ("eu_vat", "GR094259216", "EL094259216"), ("iban", "DE99370400440000000024", None),
    ("iban", "DE00370400440000000060", None), ("uscc", "9" * 65, None), ("eu_vat", "DE" + "\u0301" * 500, None), ("iban", "BE71" + "é" * 9, None)])
def test_as_people_write_them(nordwind, installation, column, written, plain):
    number = f"W-{column}-{zlib.crc32(written.encode())}"
    result, _ = nordwind.load("customers", f'customer no,name,{column}\n{number},Written {number},"{written}"\n'.encode(), skip_refused=True)
    kept = installation.psql(f"""
        SELECT value FROM ledger.customer_identifier JOIN ledger.customer USING (tenant_id, customer_id) WHERE number = '{number}'""").stdout
    assert kept.strip() == (plain or "") and list(refusals(result)) == ([] if plain else [(2, column)])
