"""People of a company sign in to the console: invitation, password, cookie, roles, lock-out, sessions; and what a thief or another site gets by it."""

import concurrent.futures
import json
import re
import time
import urllib.error
import urllib.request

import pytest
from companies import eventually

PERSONS, KEYS, LEDGER = "/remit.platform.v1.PersonService", "/remit.platform.v1.KeyService", "/remit.ledger.v1.LedgerService"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    file = tmp_path_factory.mktemp("clock") / "ahead"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def server(installation, clock):
    server = installation.serve("--http", "127.0.0.1:0", "--clock", clock)
    yield server
    assert server.stop() == 0


class Browser:
    """What a browser sends: its cookies, and where it comes from."""

    def __init__(self, server, key=None):
        self.url, self.cookie, self.origin = f"http://127.0.0.1:{server.http_port}", None, None
        self.authorization = key[0][1] if key else None

    def ask(self, path, body, method="POST", kind="application/json", **headers):
        sent = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["cookie"] = f"theme=dark; {self.cookie}"
        if self.authorization:
            sent["authorization"] = self.authorization
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data, headers=sent, method=method), timeout=60) as answer:
                told = answer.headers.get("set-cookie")
                if told:
                    self.set_cookie, self.cookie = told, told.split(";")[0] if "Max-Age=0" not in told else None
                return answer.status, json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            self.retry_after = error.headers.get("retry-after")
            return error.code, json.loads(error.read() or "{}")

    def must(self, path, body, **headers):
        status, answer = self.ask(path, body, **headers)
        assert status == 200, answer
        return answer

    def sign_in(self, login, password=PASSWORD, company="nordwind"):
        return self.ask("/session", {"company": company, "login": login, "password": password})


def reason(answer):
    return next((d["debug"]["reason"] for d in answer.get("details", []) if d["type"] == "google.rpc.ErrorInfo"), answer)


@pytest.fixture(scope="module")
def owner(server, installation):
    return Browser(server, installation.key("nordwind"))


def person(owner, login, *roles, name="Anna Berg", password=PASSWORD):
    made = owner.must(f"{PERSONS}/CreatePerson", {"person": {"login": login, "name": name, "roles": roles or ["owner"]}})
    if password:
        invitation = owner.must(f"{PERSONS}/InvitePerson", {"id": made["id"]})["invitation"]
        owner_like = Browser.__new__(Browser)
        owner_like.__dict__ = {"url": owner.url, "cookie": None, "authorization": None}
        owner_like.must("/session/invitation", {"invitation": invitation, "password": password})
        return made, owner_like
    return made, None


def test_invited_a_person_sets_a_password_and_works(owner, server, installation):
    made = owner.must(f"{PERSONS}/CreatePerson", {"person": {"login": "Anna", "name": "Anna Berg", "email": "anna@example.com", "locale": "de-DE", "roles": ["owner"]}})
    assert made["login"] == "anna" and made["state"] == "ACTIVE" and not made.get("hasPassword") and made["version"] == 1
    told = owner.must(f"{PERSONS}/InvitePerson", {"id": "anna"}, idempotency_key="invite-anna")
    assert owner.must(f"{PERSONS}/InvitePerson", {"id": "anna"}, idempotency_key="invite-anna").get("invitation", "") == "", "a secret is told once"
    anna = Browser(server)
    assert anna.sign_in("anna", "")[0] == 401
    for weak, words in [("short", "10 characters"), ("a" * 20, "different"), ("annaanna2026", "name"), ("Nordwind2026", "company"), ("1234567890", "row"), ("qwertzuiop", "row"), ("password1234", "row"), ("x" * 2000, "")]:
        status, error = anna.ask("/session/invitation", {"invitation": told["invitation"], "password": weak})
        assert status == 400 and words in json.dumps(error), (weak, error)
    anna.must("/session/invitation", {"invitation": told["invitation"], "password": PASSWORD})
    assert re.fullmatch(r"__Host-remit=[0-9a-f]{32}\.[0-9a-f]{64}; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict", anna.set_cookie)
    who = anna.must(f"{KEYS}/WhoAmI", {})
    assert who["principal"] == "anna" and who["person"]["name"] == "Anna Berg" and who["person"]["locale"] == "de-DE" and who["person"]["hasPassword"] and who["tenant"]["slug"] == "nordwind"
    customer = anna.must(f"{LEDGER}/CreateCustomer", {"customer": {"number": "P-1", "name": "Von Anna"}})
    again = Browser(server)
    assert again.ask("/session/invitation", {"invitation": told["invitation"], "password": PASSWORD})[0] == 401, "once only"
    assert again.sign_in("ANNA ", PASSWORD)[0] == 200
    trail = owner.must("/remit.platform.v1.AuditService/ListCalls", {"principal": "anna"})["calls"]
    assert [c["resource"] for c in trail if c["method"].endswith("CreateCustomer")] == [f"customer/{customer['id']}"]
    assert sum(c["title"] == "signed in" for c in trail) == 2


def test_logins_are_one_persons_for_ever(owner, installation):
    person(owner, "bert", password=None)
    for login, code in [("bert", "LOGIN_TAKEN"), ("BERT", "LOGIN_TAKEN"), ("demo", "LOGIN_TAKEN"), ("b", None), ("job", None), ("ann a", None), ("анна", None), ("", None), ("x" * 101, None)]:
        status, error = owner.ask(f"{PERSONS}/CreatePerson", {"person": {"login": login, "name": "X", "roles": ["owner"]}})
        if login == "demo" and status == 200:
            continue  # no key of that name here
        assert status in (400, 409) and (code is None or reason(error) == code), (login, error)
    for wrong in ({"name": ""}, {"name": "x" * 201}, {"name": "a\u202eb"}, {"email": "no"}, {"email": "a@b c.de"}, {"locale": "deutsch sprache"}, {"roles": []}, {"roles": ["nothing"]}, {"roles": ["owner", "owner"]}):
        status, error = owner.ask(f"{PERSONS}/CreatePerson", {"person": {"login": "wrong", "name": "X", "roles": ["owner"]} | wrong})
        assert status in (400, 404), (wrong, error)
    found = owner.must(f"{PERSONS}/ListPersons", {"pageSize": 1})
    assert len(found["persons"]) == 1 and owner.must(f"{PERSONS}/ListPersons", {"pageToken": found["nextPageToken"]})["persons"][0]["login"] == "bert"


def test_nobody_gives_or_becomes_more_than_they_have(owner, server):
    owner.must(f"{KEYS}/SaveRole", {"role": {"name": "hr", "permissions": ["platform.person.*", "platform.key.create", "ledger.customer.get"]}})
    owner.must(f"{KEYS}/SaveRole", {"role": {"name": "clerk", "permissions": ["ledger.customer.*"]}})
    _, carla = person(owner, "carla", "hr", name="Carla")
    made, _ = person(owner, "dora", "owner", name="Dora", password=None)
    refusals = [
        ("CreatePerson", {"person": {"login": "evil", "name": "E", "roles": ["owner"]}}), ("InvitePerson", {"id": "dora"}), ("SuspendPerson", {"id": "dora", "version": 1}),
        ("UpdatePerson", {"person": {"id": made["id"], "version": 1, "name": "D", "roles": ["hr"]}}), ("UpdatePerson", {"person": {"id": "carla", "version": 1, "name": "C", "roles": ["hr", "owner"]}})]
    for method, body in refusals:
        status, error = carla.ask(f"{PERSONS}/{method}", body)
        assert status == 403 and reason(error) == "ROLE_EXCEEDS", (method, error)
    assert carla.ask(f"{KEYS}/CreateKey", {"principal": "dora", "roles": ["hr"]})[0] in (200, 403)
    assert carla.ask(f"{LEDGER}/CreateCustomer", {"customer": {"number": "P-no", "name": "no"}})[0] == 403
    status, error = carla.ask(f"{PERSONS}/CreatePerson", {"tenant": "huaxin", "person": {"login": "spy", "name": "S", "roles": ["owner"]}})
    assert status == 403 and reason(error) == "OTHER_TENANT"


def test_a_key_of_a_person_may_what_both_may_and_ends_with_the_person(owner, server):
    made, _ = person(owner, "emil", "clerk", name="Emil", password=None)
    secret = owner.must(f"{KEYS}/CreateKey", {"principal": "emil", "roles": ["owner"]})["secret"]
    robot = Browser(server, [("authorization", f"Bearer {secret}")])
    who = robot.must(f"{KEYS}/WhoAmI", {})
    assert who["permissions"] == ["ledger.customer.*"] and who["person"]["login"] == "emil"
    robot.must(f"{LEDGER}/CreateCustomer", {"customer": {"number": "P-e", "name": "e"}})
    assert robot.ask(f"{LEDGER}/ListOpenItems", {})[0] == 403
    assert owner.ask(f"{KEYS}/CreateKey", {"principal": "Emil", "roles": ["clerk"]})[0] == 409
    owner.must(f"{PERSONS}/SuspendPerson", {"id": made["id"], "version": 1})
    eventually(lambda: robot.ask(f"{KEYS}/WhoAmI", {})[0] == 401, "the key ends with the person", seconds=10)
    owner.must(f"{PERSONS}/ResumePerson", {"id": "emil", "version": 2})
    eventually(lambda: robot.ask(f"{KEYS}/WhoAmI", {})[0] == 200, "and is good again", seconds=10)


def test_wrong_passwords_wait_longer_and_longer_and_tell_nothing(owner, server, clock):
    person(owner, "frida", name="Frida")
    times = {"frida": [], "nobody": []}
    for login in times:
        thief = Browser(server)
        for _ in range(5):
            begun = time.monotonic()
            status, error = thief.sign_in(login, "wrong password 1")
            times[login].append(time.monotonic() - begun)
            assert status == 401 and error["message"] == "company, login or password is not right"
        status, error = thief.sign_in(login, PASSWORD)
        assert status == 429 and reason(error) == "TOO_MANY_ATTEMPTS" and 1 <= int(thief.retry_after) <= 900, "also the right one waits"
    known, unknown = (sorted(times[login])[2] for login in ("frida", "nobody"))
    print(f"a wrong password takes {known * 1000:.0f} ms, an unknown login {unknown * 1000:.0f} ms")
    assert unknown > known / 3, "nothing is told by how long it takes"
    clock.write_text("20")
    assert Browser(server).sign_in("frida", "wrong password 1")[0] == 401
    status, _ = Browser(server).sign_in("frida")
    assert status == 429, "and twice as long after the next"
    clock.write_text("1000")
    assert Browser(server).sign_in("frida")[0] == 200
    assert Browser(server).sign_in("frida", "wrong password 1")[0] == 401
    assert Browser(server).sign_in("frida")[0] == 200, "it begins anew after a right one"
    clock.write_text("0")


def test_what_can_be_nobodys_name_is_refused_as_any_other(server):
    for odd in ("\u0000", "a\u0000b", "x" * 101, "x" * 15_000, "\ud800x", "", "a\nb"):
        for body in ({"company": odd, "login": "frida", "password": "x"}, {"company": "nordwind", "login": odd, "password": "x"}, {"key": odd}, {"key": f"remit_{odd[:20]}_{'x' * 43}"}):
            status, error = Browser(server).ask("/session", body)
            assert status in (400, 401), (odd[:20], error)
        assert Browser(server).ask("/session/invitation", {"invitation": odd, "password": PASSWORD})[0] in (400, 401)


def test_many_at_once_guess_no_more_than_one(owner, server):
    person(owner, "greta", name="Greta")
    with concurrent.futures.ThreadPoolExecutor(40) as many:
        answers = list(many.map(lambda n: Browser(server).sign_in("greta", f"wrong password {n}")[0], range(120)))
    assert answers.count(401) <= 8 and set(answers) <= {401, 429}, answers
    assert owner.ask(f"{KEYS}/WhoAmI", {})[0] == 200


def test_another_site_gets_nothing_by_the_cookie(owner, server):
    _, hugo = person(owner, "hugo", name="Hugo")
    body = {"customer": {"number": "P-x", "name": "x"}}
    host = hugo.url.removeprefix("http://")
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": f"http://{host}.evil.example"}):
        for path in (f"{LEDGER}/CreateCustomer", "/session/password"):
            status, error = hugo.ask(path, body, **headers)
            assert status == 403 and reason(error) == "CROSS_SITE", (path, headers, error)
        assert hugo.ask(f"{LEDGER}/ListCustomers?encoding=json&message=%7B%7D", None, method="GET", **headers)[0] == 403
        assert hugo.ask("/events", None, method="GET", **headers)[0] == 403
        assert Browser(server).ask("/session", {"company": "nordwind", "login": "hugo", "password": PASSWORD}, **headers)[0] == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert hugo.ask(f"{LEDGER}/CreateCustomer", body, kind=kind)[0] == 415
        assert hugo.ask("/session/password", body, kind=kind)[0] == 400
    assert hugo.ask(f"{LEDGER}/CreateCustomer", body, origin=hugo.url, sec_fetch_site="same-origin")[0] == 200
    assert hugo.ask("/session", None, method="DELETE", origin="https://evil.example")[0] == 403


def test_after_signing_out_a_stolen_cookie_opens_nothing(owner, server, installation):
    _, ida = person(owner, "ida", name="Ida")
    other = installation.serve("--http", "127.0.0.1:0")
    thief, elsewhere = Browser(server), Browser(other)
    thief.cookie = elsewhere.cookie = ida.cookie
    assert thief.ask(f"{KEYS}/WhoAmI", {})[0] == 200 and elsewhere.ask(f"{KEYS}/WhoAmI", {})[0] == 200
    assert ida.ask("/session", None, method="DELETE")[0] == 200 and ida.cookie is None
    assert thief.ask(f"{KEYS}/WhoAmI", {})[0] == 401
    eventually(lambda: elsewhere.ask(f"{KEYS}/WhoAmI", {})[0] == 401, "other servers hear of it", seconds=10)
    name, _, value = ida.set_cookie.partition("=")
    for wrong in ("", "x", "." * 97, "a" * 32 + "." + "b" * 64, "a" * 32 + "." + "b" * 63 + "é", "0" * 5000):
        thief.cookie = f"__Host-remit={wrong.encode().decode('latin-1')}"
        assert thief.ask(f"{KEYS}/WhoAmI", {})[0] == 401
    assert other.stop() == 0


def test_sessions_are_seen_and_ended(owner, server):
    made, jan = person(owner, "jan", "clerk", name="Jan")
    _, kim = person(owner, "kim", "clerk", name="Kim")
    second = Browser(server)
    assert second.sign_in("jan")[0] == 200
    own = jan.must(f"{PERSONS}/ListSessions", {})["sessions"]
    assert len(own) == 2 and [s["isOwn"] for s in own if s.get("isOwn")] == [True] and {s["principal"] for s in own} == {"jan"} and "urllib" in own[0]["client"]
    assert kim.ask(f"{PERSONS}/EndSession", {"id": own[0]["id"]})[0] == 404, "not of others"
    other = next(s["id"] for s in own if not s.get("isOwn"))
    jan.must(f"{PERSONS}/EndSession", {"id": other})
    assert second.ask(f"{KEYS}/WhoAmI", {})[0] == 401 and jan.ask(f"{KEYS}/WhoAmI", {})[0] == 200
    assert {s["principal"] for s in owner.must(f"{PERSONS}/ListSessions", {})["sessions"]} >= {"jan", "kim"}
    owner.must(f"{PERSONS}/SuspendPerson", {"id": made["id"], "version": 1})
    assert jan.ask(f"{KEYS}/WhoAmI", {})[0] == 401 and Browser(server).sign_in("jan")[0] == 401
    owner.must(f"{PERSONS}/ResumePerson", {"id": "jan", "version": 2})
    assert Browser(server).sign_in("jan")[0] == 200


def test_a_session_ends_by_itself(owner, server, clock):
    _, lea = person(owner, "lea", name="Lea")
    clock.write_text("3500")
    time.sleep(5.5)
    assert lea.ask(f"{KEYS}/WhoAmI", {})[0] == 200, "seen again, it goes on"
    clock.write_text("7000")
    time.sleep(5.5)
    assert lea.ask(f"{KEYS}/WhoAmI", {})[0] == 200
    clock.write_text("10700")
    time.sleep(5.5)
    assert lea.ask(f"{KEYS}/WhoAmI", {})[0] == 401, "an hour without a call"
    clock.write_text("0")


def test_another_password_ends_the_other_sessions(owner, server):
    _, max = person(owner, "max", "clerk", name="Max")
    elsewhere = Browser(server)
    assert elsewhere.sign_in("max")[0] == 200
    assert max.ask("/session/password", {"old": "wrong password 1", "new": "another sentence of words"})[0] == 400
    assert max.ask("/session/password", {"old": PASSWORD, "new": "max"})[0] == 400
    max.must("/session/password", {"old": PASSWORD, "new": "another sentence of words"})
    assert max.ask(f"{KEYS}/WhoAmI", {})[0] == 200 and elsewhere.ask(f"{KEYS}/WhoAmI", {})[0] == 401
    assert Browser(server).sign_in("max")[0] == 401 and Browser(server).sign_in("max", "another sentence of words")[0] == 200
    assert owner.ask("/session/password", {"old": "x", "new": "y"})[0] == 401, "a key has none"


def test_who_is_away_says_who_stands_in(owner, server):
    _, nele = person(owner, "nele", "clerk", name="Nele")
    told = nele.must(f"{PERSONS}/SetProfile", {"locale": "en", "awayFrom": "2026-12-20", "awayUntil": "2027-01-06", "substitute": "Max"})
    assert told["substitute"] == "max" and told["roles"] == ["clerk"] and told["version"] == 2
    for wrong in ({"awayFrom": "2026-12-20"}, {"awayFrom": "x", "awayUntil": "y"}, {"awayFrom": "2026-12-20", "awayUntil": "2026-12-19"}, {"substitute": "nele"}, {"substitute": "nobody"}, {"locale": "??"}):
        assert nele.ask(f"{PERSONS}/SetProfile", wrong)[0] in (400, 404), wrong
    assert owner.ask(f"{PERSONS}/SetProfile", {"locale": "en"})[0] == 400
    status, error = owner.ask(f"{PERSONS}/UpdatePerson", {"person": {"id": "nele", "version": 1, "name": "Nele", "roles": ["clerk"]}})
    assert status == 400 and reason(error) == "CHANGED_MEANWHILE"


def test_who_has_a_key_signs_in_by_it(owner, server, installation):
    secret = installation.key("nordwind")[0][1].removeprefix("Bearer ")
    browser = Browser(server)
    assert browser.ask("/session", {"key": "remit_0_" + "x" * 43})[0] == 401 and browser.ask("/session", {})[0] == 400
    assert browser.ask("/session", {"key": secret})[0] == 200 and browser.cookie
    assert browser.must(f"{KEYS}/WhoAmI", {})["tenant"]["slug"] == "nordwind"
    for body in (b"", b"[", b'{"key": 7}', b'{"company": null}', b"x" * 40_000):
        assert browser.ask("/session", body)[0] == 400


def test_people_are_added_from_the_command_line(server, installation):
    made = json.loads(installation.remit(
        server, "nordwind", "platform", "person", "create", "--login", "olga", "--name", "Olga Berg", "--roles", "owner", "--output", "json").stdout)
    assert made["login"] == "olga" and made["state"] == "ACTIVE"
    told = json.loads(installation.remit(server, "nordwind", "platform", "person", "invite", "olga", "--output", "json", check=False).stdout or "{}") or json.loads(
        installation.remit(server, "nordwind", "platform", "person", "invite", "--id", "olga", "--output", "json").stdout)
    assert len(told["invitation"]) == 48


def test_passwords_are_nowhere_and_travel_nowhere(owner, server, installation, tmp_path):
    everything = "".join(installation.psql(f"SELECT t::text FROM host.{table} t").stdout for table in ("call", "credential", "session", "person", "outbox", "event"))
    assert "scrypt$15$8$1$" in everything
    assert PASSWORD not in everything and "correct horse" not in everything and PASSWORD not in "\n".join(server.lines)
    archive = tmp_path / "nordwind.jsonl"
    installation.remit(server, "operator", "tenant", "export", "nordwind", str(archive))
    text = archive.read_text()
    assert '"table":"host.person"' in text and "scrypt$" not in text and "host.session" not in text and "host.credential" not in text
    installation.remit(server, "operator", "tenant", "import", str(archive), "--slug", "nordwind2")
    assert Browser(server).sign_in("anna", company="nordwind2")[0] == 401, "people of an archive are invited anew"
    operator = Browser(server, installation.key("operator"))
    invitation = operator.must(f"{PERSONS}/InvitePerson", {"tenant": "nordwind2", "id": "anna"})["invitation"]
    anna = Browser(server)
    anna.must("/session/invitation", {"invitation": invitation, "password": PASSWORD})
    assert anna.must(f"{KEYS}/WhoAmI", {})["tenant"]["slug"] == "nordwind2"
