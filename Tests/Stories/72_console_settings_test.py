"""Books, imports and settings of the console, in a browser at a real server: what an administrator does there, in both languages, under the server's own policy."""

import pathlib
import re

import pytest
from conftest import ROOT

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "correct horse battery staple"
PAGES = ["/ledger/periods", "/ledger/balance", "/ledger/rates?open=new", "/ledger/numbers?open=new", "/ledger/accounts", "/ledger/accounts?tab=profiles&profile=new",
         "/ledger/accounts?tab=tax", "/ledger/exports", "/imports", "/imports/1", "/settings/people?open=new", "/settings/roles?open=.clerk", "/settings/keys?open=new",
         "/settings/audit", "/settings/webhooks?open=new", "/settings/configuration", "/settings/configuration?tab=history&version=1", "/settings/profile"]

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)
expect = playwright.expect


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Console:
    """A page of the console, which must not complain."""

    def __init__(self, browser, server):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"])
        self.page, self.complaints = self.context.new_page(), []
        self.url = f"http://127.0.0.1:{server.http_port}"
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, key):
        # By the door itself: before anybody is signed in the console asks who it is, and is told 401.
        answer = self.context.request.post(f"{self.url}/session", data={"key": key})
        assert answer.ok, answer.text()
        self.page.goto(self.url)
        self.page.locator(".shell-nav").wait_for()

    def open(self, path):
        self.page.goto(self.url + path)
        self.page.locator("h1").wait_for()
        return self.page

    def look(self, language, theme):
        self.page.evaluate("look => localStorage.setItem('remit.look', JSON.stringify(look))", {"language": language, "theme": theme})

    def told(self, text):
        """A toast that says so."""
        toast = self.page.locator(".toast", has_text=text).last
        toast.wait_for()
        toast.get_by_role("button", name="Dismiss").click()

    def confirm(self, button, reason=None):
        dialog = self.page.get_by_role("dialog")
        if reason:
            dialog.get_by_label("Reason").fill(reason)
        dialog.get_by_role("button", name=button).click()

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture(scope="module")
def console(browser, server, installation):
    console = Console(browser, server)
    console.sign_in(installation.keys["nordwind"])
    console.look("en", "light")
    yield console
    console.close()


def test_a_person_is_added_invited_and_sees_what_is_theirs(console, browser, server):
    page = console.open("/settings/people")
    page.get_by_role("button", name="New person").first.click()
    page.get_by_label("Login").fill("anna")
    page.get_by_label("Name", exact=False).last.fill("Anna Berg")
    page.get_by_role("checkbox", name=re.compile("^clerk")).check()
    page.get_by_role("button", name="Add", exact=False).last.click()
    console.told("Anna Berg is added")
    page.get_by_role("button", name="Invite").click()
    console.confirm("Invite")
    link = page.locator(".told-once code").first.inner_text()
    page.locator(".told-once").first.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_role("button", name="I have kept it").click()

    anna = Console(browser, server)
    anna.page.goto(link)
    anna.page.get_by_label("Your password").fill(PASSWORD)
    anna.page.get_by_label("The same again").fill(PASSWORD)
    anna.page.get_by_role("button", name="Set password and begin").click()
    anna.page.locator(".shell-nav").wait_for()
    menu = anna.page.locator(".shell-nav").inner_text()
    assert "Customers" in menu and "Periods" in menu and "People" not in menu and "Keys" not in menu
    anna.open("/ledger/periods")
    anna.page.get_by_role("cell").first.wait_for()
    assert anna.page.get_by_role("button", name="Close", exact=True).count() == 0, "who may not close is offered nothing"
    # That nobody was signed in is what the browser itself says of the first question.
    anna.complaints = [text for text in anna.complaints if "401" not in text]
    anna.close()


def test_a_key_is_told_once_and_revoked(console):
    page = console.open("/settings/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("For whom").fill("bank-feed")
    page.get_by_role("checkbox", name=re.compile("^clerk")).check()
    page.get_by_role("button", name="Create key").click()
    assert page.locator(".told-once code").inner_text().startswith("remit_")
    page.get_by_role("button", name="I have kept it").click()
    page.get_by_role("row", name="bank-feed").get_by_role("button", name="Revoke").click()
    console.confirm("Revoke")
    console.told("The key is revoked")
    expect(page.get_by_role("row", name="bank-feed")).to_contain_text("Revoked")


def test_a_role_is_made_and_what_is_wrong_stands_at_its_field(console):
    page = console.open("/settings/roles?open=new")
    page.get_by_label("Name").fill("teller")
    page.get_by_label("Permissions").fill("ledger.nothing.such")
    page.get_by_role("button", name="Save").click()
    page.locator(".form-problems:visible").wait_for()
    # What the browser itself says of a request that was refused.
    assert "400" in console.complaints.pop()
    page.get_by_label("Permissions").fill("ledger.receipt.post\nledger.*.get")
    page.get_by_role("button", name="Save").click()
    console.told("The role teller is saved")
    expect(page.get_by_role("row", name="teller")).to_contain_text("ledger.receipt.post")


def test_a_period_is_closed_and_reopened_with_a_reason(console):
    page = console.open("/ledger/periods")
    march = page.get_by_role("row", name="March 2026")
    march.get_by_role("button", name="Close", exact=True).click()
    console.confirm("Close", "audited")
    console.told("March 2026: Closed")
    expect(march).to_contain_text("audited")
    march.get_by_role("button", name="Reopen").click()
    console.confirm("Reopen")
    page.get_by_role("dialog").get_by_text("Say why.").wait_for()
    console.confirm("Reopen", "a late invoice")
    console.told("March 2026: Open")
    march.get_by_role("link").click()
    expect(page.get_by_role("complementary").get_by_role("row")).to_have_count(3)


def test_a_rate_and_a_number_series_are_set(console):
    page = console.open("/ledger/rates?open=new")
    page.get_by_label("Source").last.fill("ECB")
    page.get_by_label("Currency, line 1").fill("usd")
    page.get_by_label("Exchange rate, line 1").fill("0.9217")
    page.get_by_role("button", name="Save").click()
    console.told("1 rate saved")
    page.get_by_role("gridcell", name="0.9217").wait_for()
    page = console.open("/ledger/numbers?open=new")
    page.get_by_role("button", name="Save").click()
    console.told("Saved")
    page.get_by_text("RE-2026-00001").wait_for()


def test_files_are_checked_taken_and_a_bad_row_is_mended(console):
    page = console.open("/imports")
    give(page, "Source: crm_customers", "crm.csv", "Account No,Account Name,Segment\nC-1,Alpha GmbH,key\nC-2,Beta GmbH,wrong\n")
    page.get_by_text("Of 2 rows 1 refused").wait_for()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Review").click()
    page.get_by_label("Segment").fill("standard")
    page.locator(".review").get_by_role("button", name="Take it again").click()
    console.told("Row 3 is taken")
    page.get_by_text("No row waits.").wait_for()

    page = console.open("/imports")
    give(page, "Invoices", "bad.csv", "number,customer number,amount,date,due date\nR-1,C-1,119.00,2026-10-05,2026-11-05\nR-2,C-9,50.00,2026-10-06,2026-11-06\n")
    expect(page.get_by_role("row", name="C-9")).to_contain_text("customer")
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Import the good rows").check()
    page.get_by_role("button", name="Import", exact=True).click()
    console.told("1 row imported")
    page = console.open("/ledger/balance")
    page.get_by_text("Debits and credits are the same").wait_for()
    expect(page.get_by_role("row", name="Trade receivables")).to_contain_text("119.00")


def give(page, kind, name, text):
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("radio", name=kind).check()
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_document_is_planned_mended_applied_and_rolled_back(console):
    page = console.open("/settings/configuration?document=form.invoice.yaml&view=text")
    editor = page.get_by_role("textbox", name="form.invoice.yaml")
    text = editor.input_value()
    editor.fill(text.replace("pattern:", "patern:"))
    page.get_by_role("button", name="See what changes").click()
    finding = page.locator(".finding-bad", has_text="patern").first
    line = int(re.search(r":(\d+):", finding.get_by_role("button").inner_text())[1])
    expect(page.get_by_role("button", name="Apply")).to_have_attribute("aria-disabled", "true")
    finding.get_by_role("button").click()
    assert page.evaluate("document.activeElement.value.slice(0, document.activeElement.selectionStart).split('\\n').length") == line
    assert "patern" in text.replace("pattern:", "patern:").split("\n")[line - 1]
    assert page.locator(".editor-bad").first.inner_text() == str(line)
    editor.fill(text.replace("[A-Z]{2}[0-9]{2}", "[A-Z]{2}[0-9]{3}"))
    page.get_by_role("button", name="See what changes").click()
    page.locator(".change-fields ins").wait_for()
    page.get_by_role("button", name="Apply").click()
    console.confirm("Apply", "three digits")
    console.told("holds now")
    page.get_by_role("tab", name="History").click()
    row = page.get_by_role("row", name="three digits")
    version = int(row.get_by_role("link").inner_text())
    page.get_by_role("row", name=re.compile(rf"^{version - 1}\b")).get_by_role("button", name="Roll back").click()
    console.confirm("Roll back", "two were right")
    console.told("holds now")
    page.get_by_role("tab", name="Documents").click()
    expect(page.get_by_role("textbox", name="form.invoice.yaml")).to_have_value(text)


def test_the_audit_shows_who_did_it(console):
    page = console.open("/settings/audit?method=RollbackConfiguration")
    page.get_by_role("gridcell", name="RollbackConfiguration").wait_for()
    assert page.get_by_role("gridcell", name="SetPeriod").count() == 0
    page = console.open("/settings/audit")
    page.get_by_role("gridcell", name="SetPeriod").first.wait_for()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-CN", "dark")])
def test_axe_finds_nothing_serious_on_any_screen(console, language, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    console.look(language, theme)
    found = []
    for path in PAGES:
        page = console.open(path)
        page.locator(".page").wait_for()
        expect(page.locator(".bone-row")).to_have_count(0)
        violations = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        found += [f"{path}: {one['id']} {[node['html'][:150] for node in one['nodes'][:3]]}" for one in violations]
    console.look("en", "light")
    assert found == []
