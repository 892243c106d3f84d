"""A clerk's month in a browser: Debian's Chromium on the console of a real remitd; in both languages; what is done here is what the command line shows."""

import json
import pathlib
import time
import urllib.request

import pytest
from companies import Company, day, eventually
from conftest import ROOT

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "correct horse battery staple"

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    with server.channel() as channel:
        company = Company(installation, channel, "nordwind")
        first = company.customer("K-1001")
        second = company.customer("K-1002")
        for number in range(1, 7):
            company.invoice(first if number % 2 else second, f"RE-{number:04}", f"{number}00.50", issued=-20 * number, due=30 - 20 * number)
        company.receipt(first, "100.50", received=-2, bank_text="Rechnung RE-0001 danke")
        company.receipt(second, "250.00", received=-1, bank_text="Anzahlung")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def anna(server, installation):
    """Who may do everything in the company."""
    def ask(path, body, key=None):
        headers = {"content-type": "application/json"} | ({"authorization": key[0][1]} if key else {})
        request = urllib.request.Request(f"http://127.0.0.1:{server.http_port}{path}", json.dumps(body).encode(), headers)
        return json.loads(urllib.request.urlopen(request, timeout=60).read())

    key = installation.key("nordwind")
    ask("/remit.platform.v1.PersonService/CreatePerson", {"person": {"login": "anna", "name": "Anna Berg", "locale": "en", "roles": ["owner"]}}, key)
    invitation = ask("/remit.platform.v1.PersonService/InvitePerson", {"id": "anna"}, key)["invitation"]
    ask("/session/invitation", {"invitation": invitation, "password": PASSWORD})


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """A browser of somebody, whose pages must not complain."""

    def __init__(self, browser, server, locale="en-GB", dark=False):
        self.base = f"http://127.0.0.1:{server.http_port}"
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, locale=locale, color_scheme="dark" if dark else "light")
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.complaints = []
        # That the server refuses something is no fault of the page.
        self.page.on("console", lambda message: message.type in ("error", "warning") and "status of 4" not in message.text and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, login="anna", password=PASSWORD, company="nordwind"):
        self.page.goto(self.base + "/")
        for name, value in (("organization", company), ("username", login), ("current-password", password)):
            self.page.locator(f"input[autocomplete={name}]").fill(value)
        self.page.keyboard.press("Enter")

    def open(self, path):
        self.page.goto(self.base + path)
        self.page.locator(".shell-main .page, .shell-main .state").first.wait_for()
        self.settle()
        return self.page

    def settle(self):
        """Waits until nothing is being loaded."""
        eventually(lambda: self.page.locator("[aria-busy=true]").count() == 0, "the page is loaded")

    def has_no_barriers(self):
        from axe_playwright_python.sync_playwright import Axe
        found = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).response["violations"]
        return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.fixture
def desk(browser, server, anna):
    desk = Desk(browser, server)
    yield desk
    assert not desk.complaints
    desk.context.close()


@pytest.fixture
def signed_in(desk):
    desk.sign_in()
    desk.page.locator(".shell").wait_for()
    return desk


def test_who_is_nobody_gets_no_further_and_who_is_signs_in(desk):
    desk.sign_in(password="not the password at all")
    desk.page.locator(".sign-in-problem", has_text="not right").wait_for()
    desk.sign_in()
    desk.page.get_by_role("heading", name="Anna Berg").wait_for()
    assert "Receivables" in desk.page.locator(".tiles").inner_text()
    desk.page.get_by_role("button", name="Anna Berg").click()
    desk.page.get_by_role("menuitem", name="Sign out").click()
    desk.page.locator(".sign-in-form").wait_for()


def test_an_invoice_is_entered_on_the_companys_form_and_reversed(signed_in, server, installation):
    page = signed_in.open("/documents/new/invoice")
    page.get_by_label("Customer").fill("K-1001")
    page.get_by_role("option", name="Customer K-1001").click()
    page.get_by_label("Number").fill("RE-9001")
    page.get_by_label("Amount with tax").fill("1.190,00")
    page.get_by_label("Amount with tax").press("Tab")
    page.get_by_role("button", name="Post").click()
    page.wait_for_url("**/documents/0*")
    page.get_by_role("heading", name="Invoice RE-9001").wait_for()
    assert "1,190.00" in page.locator(".facts").inner_text()
    shown = installation.remit(server, "nordwind", "history", "invoice", "RE-9001").stdout
    assert "1190.00" in shown or "1,190.00" in shown
    page.get_by_role("tab", name="Journal").click()
    assert page.locator(".tab-panel table tbody tr").count() >= 1
    page.get_by_role("button", name="Reverse").click()
    page.locator("dialog").get_by_label("Reason").fill("typed twice")
    page.locator("dialog").get_by_role("button", name="Reverse").click()
    page.locator(".facts", has_text="Reversed").wait_for()


def test_what_is_refused_says_why_at_the_field_and_nothing_is_lost(signed_in):
    page = signed_in.open("/documents/new/invoice")
    page.get_by_label("Customer").fill("K-1002")
    page.get_by_role("option", name="Customer K-1002").click()
    page.get_by_label("Number").fill("RE-0001")
    page.get_by_label("Amount with tax").fill("10")
    page.get_by_role("button", name="Post").click()
    page.locator(".form-problems", has_text="RE-0001").wait_for()
    assert page.get_by_label("Number").input_value() == "RE-0001" and page.get_by_label("Customer").input_value() == "Customer K-1002"
    page.get_by_label("Amount with tax").fill("9" * 240)
    page.get_by_role("button", name="Post").click()
    page.locator(".field-error", has_text="large").or_(page.locator(".field-error", has_text="long")).first.wait_for()


def test_a_payment_is_allocated_by_keyboard_alone_and_taken_back(signed_in, server, installation):
    page = signed_in.open("/cash")
    first = page.locator(".cash-credit[aria-selected=true]")
    first.wait_for()
    for _ in range(2):
        if "RE-0001" in first.inner_text():
            break
        page.keyboard.press("ArrowDown")
        signed_in.settle()
    assert "RE-0001" in first.inner_text()
    page.locator(".allocation-table").wait_for()
    page.keyboard.press("Enter")
    page.locator(".allocation-foot strong", has_text="0.00").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator(".toast", has_text="100.50").wait_for()
    assert "RE-0001" not in installation.remit(server, "nordwind", "items").stdout
    page.get_by_role("button", name="Undo").click()
    page.locator(".cash-credit", has_text="RE-0001").wait_for()
    assert "RE-0001" in installation.remit(server, "nordwind", "items").stdout


def test_ageing_is_what_the_command_line_says(signed_in, server, installation):
    page = signed_in.open("/ageing")
    page.locator("[role=gridcell]").first.wait_for()
    told = json.loads(installation.remit(server, "nordwind", "ageing", "--output", "json").stdout)
    balances = [line["balance"]["amount"] for line in (told["totals"] if "totals" in told else told)]
    assert balances
    total = page.evaluate("""async () => {
      const answer = await fetch('/remit.ledger.v1.LedgerService/GetAgeing', {method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'});
      return (await answer.json()).totals.map((one) => one.balance.amount); }""")
    assert total == balances
    page.locator("[role=row]", has_text="K-1002").get_by_role("link", name="K-1002").click()
    page.get_by_role("heading", name="Customer K-1002").wait_for()
    page.get_by_role("link", name="RE-0002").click()
    page.get_by_role("heading", name="Invoice RE-0002").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Customer K-1002").wait_for()


def test_two_browsers_see_each_others_postings(browser, server, signed_in, installation):
    other = Desk(browser, server)
    other.sign_in()
    other.page.locator(".shell").wait_for()
    customer = signed_in.page.evaluate("""async () => {
      const answer = await fetch('/remit.ledger.v1.LedgerService/ListCustomers', {method: 'POST', headers: {'content-type': 'application/json'}, body: '{"number": "K-1001"}'});
      return (await answer.json()).customers[0].id; }""")
    page = signed_in.open(f"/customers/{customer}")
    page.locator(".tile-value").wait_for()
    page.wait_for_timeout(1000)
    other.page.evaluate("""async (id) => fetch('/remit.ledger.v1.LedgerService/PostInvoice', {method: 'POST', headers: {'content-type': 'application/json'},
      body: JSON.stringify({invoice: {customerId: id, number: 'RE-live', amount: {amount: '7', currency: 'EUR'}, issuedOn: '%s', dueOn: '%s'}})})""" % (day(-1), day(20)), customer)
    begun = time.monotonic()
    page.get_by_role("link", name="RE-live").wait_for()
    print(f"another's posting is seen after {time.monotonic() - begun:.1f} s")
    other.context.close()


def test_a_tab_never_works_for_somebody_else(browser, server, anna, installation):
    """One browser has one session: what a tab shows of another is not asked of this one, and what was typed is nobody else's."""
    def ask(path, body, key):
        headers = {"content-type": "application/json", "authorization": "Bearer " + dict(key)["authorization"].removeprefix("Bearer ")}
        return json.loads(urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.http_port}{path}", json.dumps(body).encode(), headers), timeout=60).read())
    huaxin = installation.keys["huaxin"]
    desk = Desk(browser, server)
    desk.sign_in()
    tab = desk.page
    tab.locator(".shell").wait_for()
    tab.goto(desk.base + "/documents/new/invoice")
    tab.get_by_label("Number", exact=True).fill("NOT-FOR-OTHERS")
    tab.wait_for_timeout(600)
    tab.goto(desk.base + "/customers/new")
    tab.get_by_label("Number").first.fill("CROSS-1")
    tab.get_by_label("Name").first.fill("typed in nordwind")
    # Without a word to the other tab, as another window's script or an old page would: the server refuses it.
    assert desk.context.request.post(f"{desk.base}/session", data={"key": huaxin}).ok
    tab.get_by_role("button", name="Save").click()
    tab.locator(".shell", has_text="Huaxin").or_(tab.locator(".shell", has_text="华信")).first.wait_for()
    found = ask("/remit.ledger.v1.LedgerService/ListCustomers", {"pageSize": 1000}, [("authorization", "Bearer " + huaxin)])
    assert not [c for c in found.get("customers", []) if c["number"] == "CROSS-1"]
    # What the first typed is not shown to the second.
    tab.goto(desk.base + "/documents/new/invoice")
    tab.locator(".page").wait_for()
    tab.wait_for_timeout(500)
    assert "NOT-FOR-OTHERS" not in tab.inner_html("body") and not [i for i in tab.locator("input").all() if i.input_value() == "NOT-FOR-OTHERS"]
    # Signed out in one tab, the other says so.
    other = desk.context.new_page()
    other.goto(desk.base + "/home")
    other.locator(".shell").wait_for()
    other.evaluate("fetch('/session', {method: 'DELETE'}).then(() => new BroadcastChannel('remit-session').postMessage('out'))")
    tab.locator("input[autocomplete=username]").wait_for()
    tab.get_by_text("You have been signed out").or_(tab.get_by_text("您已退出登录")).wait_for()
    # A wrong day in the address leaves the way back.
    desk.sign_in()
    tab.locator(".shell").wait_for()
    tab.goto(desk.base + "/documents?from=zzz")
    tab.locator(".shell-main .page").wait_for()
    assert not [c for c in desk.complaints if "401" not in c], desk.complaints
    desk.context.close()


def test_stored_scripts_and_odd_signs_are_shown_as_they_are(signed_in, server, installation):
    odd = ["<script>window.hit=1</script>", '"><img src=x onerror=window.hit=1>', "‮evil‬", "javascript:window.hit=1", "=HYPERLINK(1)"]
    for number, name in enumerate(odd):
        signed_in.page.evaluate("""async ([number, name]) => { const answer = await fetch('/remit.ledger.v1.LedgerService/CreateCustomer', {method: 'POST',
          headers: {'content-type': 'application/json'}, body: JSON.stringify({customer: {number, name}})}); return answer.status; }""", [f"X-{number}", name])
    page = signed_in.open("/customers?search=X-")
    page.locator("[role=gridcell]").first.wait_for()
    page.get_by_role("link", name="X-0").click()
    page.get_by_role("heading", name="<script>").wait_for()
    assert page.evaluate("window.hit") is None


def test_what_is_another_companys_is_not_there(signed_in, installation, server):
    with server.channel() as channel:
        other = Company(installation, channel, "huaxin").customer("H-1")
    for path in (f"/customers/{other}", f"/documents/{other}", "/customers/../../etc/passwd", "/documents/%00", "/nothing/here"):
        page = signed_in.page
        page.goto(signed_in.base + path)
        page.locator(".state").first.wait_for()


PAGES = ["/home", "/customers", "/customers/new", "/documents", "/documents/new/invoice", "/documents/new/credit_note", "/drafts", "/cash", "/ageing", "/settings/profile"]


@pytest.mark.parametrize("language, dark", [("en-GB", False), ("zh-CN", True)])
def test_every_screen_in_both_languages_is_open_to_all(browser, server, anna, language, dark):
    desk = Desk(browser, server, language, dark)
    desk.sign_in()
    desk.page.locator(".shell").wait_for()
    # What the company speaks is what is shown, until somebody chooses.
    desk.page.evaluate("language => localStorage.setItem('remit.look', JSON.stringify({language}))", language)
    sizes = []
    for path in PAGES:
        begun = time.monotonic()
        desk.open(path)
        sizes.append(time.monotonic() - begun)
        assert not desk.has_no_barriers(), path
        if language == "zh-CN":
            assert desk.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert not desk.complaints
    print(f"{language}: a screen is there after {sorted(sizes)[len(sizes) // 2]:.2f} s, loaded anew")
    desk.context.close()


def test_the_first_load_is_small_and_a_screen_change_quick(signed_in):
    page = signed_in.open("/home")
    loaded = page.evaluate("""() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
      .filter((one) => one.name.includes('/assets/') || one.entryType === 'navigation').reduce((sum, one) => sum + (one.encodedBodySize || 0), 0)""")
    times = page.evaluate("""async () => {
      const times = [];
      for (const name of ['/customers', '/documents', '/cash', '/home', '/ageing', '/drafts']) {
        const begun = performance.now();
        document.querySelector(`.nav-link[href="${name}"]`).click();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        times.push(performance.now() - begun);
        await new Promise((done) => setTimeout(done, 300));
      }
      return times; }""")
    print(f"first load {loaded / 1000:.0f} KB compressed; a screen change {sorted(times)[3]:.0f} ms in the middle, {max(times):.0f} ms at most")
    assert loaded < 300_000
    assert sorted(times)[3] < 500
