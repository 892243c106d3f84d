"""A finance person's half hour: the company's forms and decision tables changed in a browser, by pointer and by keys, tried, applied, used, and taken back."""

import json
import pathlib
import re
import subprocess
import urllib.request

import pytest
from companies import Company
from conftest import ROOT

CHROMIUM = "/usr/bin/chromium"
CONFIGURATION = "/settings/configuration"

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)
expect = playwright.expect

TERMS = """# How long people may take.
kind: rule
name: terms
hit: first
given:
  - {name: amount, type: decimal}
  # as the customer's form has it
  - {name: segment, type: string}
gives:
  - {name: days, type: int}
rows:
  # those we want to keep
  - {when: [-, key], then: [60]} # agreed
  - {when: [<= 100, -], then: [14], note: small amounts are paid soon}
  - {when: [-, -], then: [30]}
"""


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    with server.channel() as channel:
        nordwind = Company(installation, channel, "nordwind")
        for number in range(1, 4):
            customer = nordwind.customer(f"K-{number}")
            nordwind.invoice(customer, f"RE-{number}", f"{number}00.00")
        Company(installation, channel, "huaxin").customer("K-1")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Designer:
    """A browser of an owner of the company, whose pages must not complain."""

    def __init__(self, browser, server, installation, company="nordwind", language="en", theme="light"):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
        self.context.set_default_timeout(10_000)
        self.page, self.complaints = self.context.new_page(), []
        self.url = f"http://127.0.0.1:{server.http_port}"
        self.key = installation.key(company)[0][1]
        # That the server refuses something is no fault of the page.
        self.page.on("console", lambda message: message.type in ("error", "warning") and "status of 4" not in message.text and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        answer = self.context.request.post(f"{self.url}/session", data={"key": installation.keys[company]})
        assert answer.ok, answer.text()
        self.page.goto(self.url)
        self.page.locator(".shell-nav").wait_for()
        self.page.evaluate("look => localStorage.setItem('remit.look', JSON.stringify(look))", {"language": language, "theme": theme})

    def call(self, method, **request):
        asked = urllib.request.Request(f"{self.url}/remit.{method}", json.dumps(request).encode(), {"content-type": "application/json", "authorization": self.key})
        return json.loads(urllib.request.urlopen(asked, timeout=60).read())

    def apply(self, path, text):
        """As a program does it."""
        documents = [{"path": path, "text": text}]
        plan = self.call("platform.v1.ConfigurationService/PlanConfiguration", documents=documents)
        assert not [one for one in plan.get("findings", []) if not one.get("isWarning")], plan
        self.call("platform.v1.ConfigurationService/ApplyConfiguration", documents=documents, baseVersion=plan.get("baseVersion", "0"), fingerprint=plan["fingerprint"], reason="by a program")

    def text(self, path):
        documents = self.call("platform.v1.ConfigurationService/GetConfiguration")["documents"]
        return next(one["text"] for one in documents if one["path"] == path)

    def open(self, path):
        self.page.goto(self.url + path)
        self.page.locator("h1").wait_for()
        return self.page

    def design(self, document):
        page = self.open(f"{CONFIGURATION}?document={document}")
        page.locator(".design, .design-rule").wait_for()
        return page

    def told(self, text):
        self.page.locator(".toast", has_text=text).last.wait_for()

    def tab_to(self, label):
        """By Tab alone, to what is called so."""
        name = """() => { const e = document.activeElement; const own = /^(A|BUTTON|SUMMARY)$/.test(e.tagName) ? e.textContent : "";
          return [e.getAttribute("aria-label"), ...[...(e.labels ?? [])].map(one => one.textContent), own].filter(Boolean).join("|") }"""
        for _ in range(250):
            if re.search(label, self.page.evaluate(name)):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not come to {label}")

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture(scope="module")
def nordwind(browser, server, installation):
    designer = Designer(browser, server, installation)
    yield designer
    designer.close()


@pytest.fixture(scope="module")
def huaxin(browser, server, installation):
    designer = Designer(browser, server, installation, "huaxin", "zh-CN", "dark")
    yield designer
    designer.close()


def cards(page, which="Fields"):
    return page.get_by_role("list", name=which).locator(":scope > li")


def test_real_documents_survive_random_edits():
    deno = ROOT / ".venv/bin/deno"
    if not deno.exists():
        pytest.skip("deno is not there")
    tests = subprocess.run([deno, "test", "--quiet", "--allow-read=.", "web/tests/yaml_text_test.js"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert tests.returncode == 0, tests.stdout[-3000:] + tests.stderr[-3000:]


def test_a_form_is_changed_by_pointer_tried_applied_used_and_taken_back(nordwind):
    before = nordwind.text("form.invoice.yaml")
    page = nordwind.design("form.invoice.yaml")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_role("menuitem", name="Text", exact=True).click()
    page.get_by_label("Label", exact=True).fill("Purchase order")
    page.get_by_label("Name in expressions").fill("purchase_order")
    expect(cards(page)).to_have_count(2)

    # A real drag: the new one goes above the other.
    page.keyboard.press("Escape")
    grip, target = cards(page).nth(1).locator(".design-grip").bounding_box(), cards(page).nth(0).bounding_box()
    page.mouse.move(grip["x"] + 4, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 4, grip["y"] - 20, steps=4)
    page.mouse.move(grip["x"] + 4, target["y"] + 4, steps=4)
    page.mouse.up()
    expect(cards(page).nth(0)).to_contain_text("Purchase order")

    page.get_by_role("button", name="Add a check").click()
    check = cards(page, "Checks").last
    check.get_by_label("What people are told", exact=True).fill("Our purchase orders begin with PO")
    check.get_by_label("What must hold").fill("it.custom.purchase_order.startWith('PO')")
    check.get_by_label("At which field").select_option("purchase_order")
    # What is wrong stands at its field, while nothing was planned yet.
    check.locator(".field-error", has_text="startWith").wait_for()
    check.get_by_label("What must hold").fill("it.custom.purchase_order.startsWith('PO')")
    check.get_by_label("Asked only when").fill("has(it.custom.purchase_order)")
    expect(check.locator(".field-error .icon")).to_have_count(0)

    # Tried on what there is, and by hand.
    preview = page.get_by_role("region", name="As people will see it")
    preview.get_by_label("Fill in from").click()
    page.get_by_role("option", name="RE-2").click()
    expect(preview.get_by_label(re.compile("^Amount"))).to_have_value(re.compile("200"))
    preview.get_by_label("Purchase order").fill("X-1")
    preview.get_by_role("button", name="Try it", exact=True).click()
    preview.locator(".form-problems:visible", has_text="Our purchase orders begin with PO").wait_for()
    preview.get_by_label("Purchase order").fill("PO-1")
    preview.get_by_role("button", name="Try it", exact=True).click()
    preview.get_by_text("As it stands it would be taken").wait_for()
    preview.get_by_role("button", name="Try it on the last 20").click()
    preview.get_by_text("Of the last 3 0 would be refused, 0 warned of.").wait_for()
    nordwind.page.get_by_role("button", name="See what changes").click()
    page.locator(".change-fields ins").first.wait_for()
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("purchase orders")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    nordwind.told("holds now")
    added = "  - name: purchase_order\n    type: text\n    label: Purchase order\n"
    check = ("  - name: check_1\n    when: has(it.custom.purchase_order)\n    that: it.custom.purchase_order.startsWith('PO')\n    at: purchase_order\n"
             "    say: Our purchase orders begin with PO\n")
    after = nordwind.text("form.invoice.yaml")
    assert after == before.replace("  - name: cost_centre", added + "  - name: cost_centre") + check

    page = nordwind.open("/documents/new/invoice")
    page.get_by_label("Customer").fill("K-1")
    page.get_by_role("option", name="K-1").click()
    page.get_by_label("Number", exact=True).fill("RE-9")
    page.get_by_label("Amount with tax").fill("90")
    page.get_by_label("Purchase order").fill("X-1")
    page.get_by_role("button", name="Post").click()
    page.locator(".form-problems:visible", has_text="Our purchase orders begin with PO").wait_for()
    page.get_by_label("Purchase order").fill("PO-7")
    # What is above the form goes, and the form moves.
    expect(page.locator(".form-problems:visible")).to_have_count(0)
    page.get_by_role("button", name="Post").click()
    nordwind.told("Posted")

    version = int(nordwind.call("platform.v1.ConfigurationService/GetConfiguration")["version"])
    page = nordwind.open(f"{CONFIGURATION}?tab=history")
    page.get_by_role("row", name=re.compile(rf"^{version - 1}\b")).get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("not yet")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    nordwind.told("holds now")
    assert nordwind.text("form.invoice.yaml") == before
    page = nordwind.open("/documents/new/invoice")
    page.get_by_label("Cost centre").wait_for()
    assert page.get_by_label("Purchase order").count() == 0


def test_the_same_by_keys_alone_in_chinese(huaxin):
    before = huaxin.text("form.invoice.yaml")
    page = huaxin.design("form.invoice.yaml")
    keys = page.keyboard
    huaxin.tab_to("添加字段")
    keys.press("Enter")
    keys.press("Enter")
    expect(page.get_by_label("名称", exact=True)).to_be_focused()
    keys.press("Control+A")
    keys.type("项目编号")
    huaxin.tab_to("内部名称")
    keys.press("Control+A")
    keys.type("project")
    keys.press("Escape")
    card = page.locator(".design-card-open", has_text="项目编号")
    expect(card).to_be_focused()
    for _ in range(2):
        keys.press("Alt+ArrowUp")
        expect(card).to_be_focused()
    expect(cards(page, "字段").nth(2)).to_contain_text("项目编号")
    # Gone, and back.
    keys.press("Delete")
    expect(cards(page, "字段")).to_have_count(4)
    huaxin.tab_to("撤销$")
    keys.press("Enter")
    expect(cards(page, "字段").nth(2)).to_contain_text("项目编号")

    huaxin.tab_to("添加校验")
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("项目编号应以 XM 开头")
    huaxin.tab_to("必须满足")
    keys.press("Control+A")
    keys.type("it.custom.project.startsWith('XM')")
    huaxin.tab_to("仅在此条件下校验")
    keys.type("has(it.custom.project)")
    huaxin.tab_to("提示在哪个字段")
    for _ in range(3):
        keys.press("ArrowDown")
    huaxin.tab_to("项目编号$")
    keys.type("A-1")
    huaxin.tab_to("试算")
    keys.press("Enter")
    page.locator(".design-preview .form-problems", has_text="项目编号应以 XM 开头").wait_for()
    huaxin.tab_to("预览变更")
    keys.press("Enter")
    page.locator(".change-fields ins").first.wait_for()
    huaxin.tab_to("^应用")
    keys.press("Enter")
    keys.type("项目编号")
    keys.press("Enter")
    huaxin.told("已生效")
    after = huaxin.text("form.invoice.yaml")
    assert "  - name: project\n    type: text\n    label: 项目编号\n  - name: contract\n" in after, after
    assert [line for line in before.split("\n") if line not in after.split("\n")] == []

    page = huaxin.open("/documents/new/invoice")
    huaxin.tab_to(r"^客户\*")
    keys.type("K-1")
    page.get_by_role("option", name="K-1").wait_for()
    keys.press("Enter")
    huaxin.tab_to("发票号码")
    keys.type("FP-1")
    huaxin.tab_to("价税合计")
    keys.type("90")
    huaxin.tab_to("项目编号")
    keys.type("A-1")
    keys.press("Control+Enter")
    page.locator(".form-problems:visible", has_text="项目编号应以 XM 开头").wait_for()
    # What is wrong leads to its field.
    huaxin.tab_to("项目编号应以 XM 开头")
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("XM-1")
    keys.press("Control+Enter")
    huaxin.told("已过账")

    version = int(huaxin.call("platform.v1.ConfigurationService/GetConfiguration")["version"])
    page = huaxin.open(f"{CONFIGURATION}?tab=history")
    row = page.get_by_role("row", name=re.compile(rf"^{version - 1}\b"))
    row.get_by_role("button").focus()
    keys.press("Enter")
    keys.type("暂缓")
    keys.press("Enter")
    huaxin.told("已生效")
    assert huaxin.text("form.invoice.yaml") == before
    page = huaxin.open("/documents/new/invoice")
    page.get_by_label("合同编号").wait_for()
    assert page.get_by_label("项目编号").count() == 0


def cell(page, row, column):
    return page.locator(f"[data-cell='{row}-{column}']")


def test_a_table_is_changed_pasted_into_tried_and_applied(nordwind):
    nordwind.apply("rule.terms.yaml", TERMS)
    page = nordwind.design("rule.terms.yaml")
    keys = page.keyboard
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(5)
    cell(page, 0, 0).focus()
    keys.press("ArrowDown")
    expect(cell(page, 1, 0)).to_be_focused()
    keys.press("F2")
    keys.press("Control+A")
    keys.type("<= 1o0")
    keys.press("Enter")
    expect(cell(page, 1, 0)).to_contain_text("is no decimal")
    keys.press("ArrowUp")
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("never mind")
    keys.press("Escape")
    expect(cell(page, 1, 0)).to_contain_text("<= 1o0")
    keys.type("<= 200")
    keys.press("Tab")
    expect(cell(page, 1, 1)).to_be_focused()
    expect(cell(page, 1, 0)).to_have_text("<= 200")
    expect(page.locator(".design-table .design-wrong")).to_have_count(0)

    # A row by keys, moved up, and two from a spreadsheet.
    keys.press("Control+Enter")
    expect(cell(page, 2, 0)).to_be_focused()
    keys.press("Alt+ArrowUp")
    expect(cell(page, 1, 0)).to_be_focused()
    page.evaluate("navigator.clipboard.writeText('> 5000\\tkey\\t90\\tlarge\\n> 5000\\t-\\t45\\t\"has \"\"quotes\"\"\"')")
    keys.press("Control+V")
    expect(cell(page, 2, 3)).to_have_text('has "quotes"')
    expect(cell(page, 1, 0)).to_have_text("> 5000")
    keys.press("Control+Z")
    expect(cell(page, 1, 0)).to_have_text("-")
    keys.press("Control+Shift+Z")
    expect(cell(page, 1, 0)).to_have_text("> 5000")

    page.get_by_label("amount", exact=True).fill("7000")
    page.locator(".design-try").get_by_label("segment", exact=True).fill("new")
    page.get_by_role("button", name="Try it", exact=True).click()
    page.get_by_text("Row 3 holds.").wait_for()
    expect(page.locator(".design-holds")).to_have_count(1)
    expect(page.locator(".design-panel .fact")).to_contain_text("45")
    page.get_by_role("button", name="Keep as a test").click()
    expect(page.locator(".design-tests tbody tr")).to_have_count(1)
    expect(page.locator(".design-tests")).to_contain_text("Passes")
    # A test that fails says so, and the table is not applied.
    page.get_by_label("days, row 1").fill("46")
    page.locator(".design-test-bad", has_text="days is 45").wait_for()
    page.get_by_label("days, row 1").fill("45")
    expect(page.locator(".design-test-bad")).to_have_count(0)
    page.get_by_role("button", name="See what changes").click()
    page.locator(".change-fields ins").first.wait_for()
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("large amounts")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    nordwind.told("holds now")
    wanted = TERMS.replace(
        "  - {when: [<= 100, -], then: [14], note: small amounts are paid soon}\n",
        '  - {when: ["> 5000", key], then: [90], note: large}\n  - {when: ["> 5000", -], then: [45], note: has "quotes"}\n')
    assert nordwind.text("rule.terms.yaml") == wanted + "tests:\n  - name: test_1\n    given: {amount: 7000, segment: new}\n    want: {days: 45}\n"
    assert nordwind.call("platform.v1.FormService/TryRule", name="terms", given={"amount": 9000, "segment": "new"})["gives"] == [{"days": 45}]


def test_columns_move_with_their_cells(nordwind):
    nordwind.apply("rule.terms.yaml", TERMS)
    page = nordwind.design("rule.terms.yaml")
    first, second = (page.locator(".design-column-open").nth(i).bounding_box() for i in (0, 1))
    page.mouse.move(second["x"] + 20, second["y"] + 10)
    page.mouse.down()
    page.mouse.move(second["x"] - 30, second["y"] + 10, steps=4)
    page.mouse.move(first["x"] - 10, first["y"] + 10, steps=4)
    page.mouse.up()
    expect(cell(page, 0, 0)).to_have_text("key")
    page.locator(".design-column-open").nth(0).press("Alt+ArrowRight")
    expect(cell(page, 0, 0)).to_have_text("-")
    page.get_by_role("tab", name="Text").click()
    expect(page.get_by_role("textbox", name="rule.terms.yaml")).to_have_value(TERMS)
    # What is typed there is seen here, and a text that cannot be read says so.
    page.get_by_role("textbox", name="rule.terms.yaml").fill(TERMS.replace("then: [60]", "then: [61]"))
    page.get_by_role("tab", name="Design").click()
    expect(cell(page, 0, 2)).to_have_text("61")
    page.get_by_role("tab", name="Text").click()
    page.get_by_role("textbox", name="rule.terms.yaml").fill("kind: rule\nrows: [a")
    page.get_by_role("tab", name="Design").click()
    page.get_by_text("The text cannot be drawn as it stands.").wait_for()
    page.get_by_role("button", name="Open the text").click()
    expect(page.get_by_role("textbox", name="rule.terms.yaml")).to_be_visible()
    assert "view=text" in page.url


def test_a_new_form_and_a_kind_of_record_are_made(nordwind):
    page = nordwind.open(f"{CONFIGURATION}?document=tenant.yaml")
    for kind, name in (("form", "receipt"), ("record", "order")):
        page.get_by_role("button", name="New document").click()
        page.get_by_role("dialog").get_by_label("Kind").select_option(kind)
        page.get_by_role("dialog").get_by_label("Name").fill(name)
        page.get_by_role("dialog").get_by_role("button", name="New document").click()
        page.locator(".design").wait_for()
        if kind == "form":
            page.get_by_label("What is this form about?").select_option(label="Receipt")
            page.get_by_role("button", name="Add a field").click()
            page.get_by_role("menuitem", name="Bank's text").click()
            page.locator(".design-card-is-open").get_by_label("Must be given", exact=True).select_option(label="Always")
            expect(page.get_by_role("region", name="As people will see it").get_by_text("Bank's text")).to_contain_text("*")
        else:
            page.get_by_role("button", name="Add a field").click()
            page.get_by_role("menuitem", name="Amount").click()
            page.get_by_label("Label", exact=True).fill("Limit")
            page.get_by_label("Name in expressions").fill("limit")
            page.get_by_role("region", name="As people will see it").get_by_label("Limit").fill("12")
            page.get_by_role("button", name="Try it", exact=True).click()
            page.get_by_text("As it stands it would be taken").wait_for()
        # The others are in a menu where the designer takes the width.
        page.get_by_role("button", name="Documents", exact=True).click()
        page.get_by_role("menuitem", name="tenant.yaml").click()
    page.get_by_role("button", name="See what changes").click()
    page.locator(".change-title").nth(1).wait_for()
    assert page.locator(".finding-bad").count() == 0
    page.goto(f"{nordwind.url}{CONFIGURATION}?document=form.receipt.yaml")


def test_what_is_hostile_stays_text(nordwind):
    label = "<img src=x onerror=alert(1)> \u202eabc\u2028"
    page = nordwind.design("form.customer.yaml")
    cards(page).first.locator(".design-card-open").click()
    page.get_by_role("button", name="One for all languages").last.click()
    page.get_by_label("Label", exact=True).fill(label)
    expect(cards(page).first.locator(".design-card-title")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("region", name="As people will see it")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img").count() == 0
    page.get_by_role("button", name="See what changes").click()
    page.locator(".change-fields ins", has_text="<img").wait_for()
    page.get_by_role("tab", name="Text").click()
    written = page.get_by_role("textbox", name="form.customer.yaml").input_value()
    assert "\\u2028" in written and "\u2028" not in written


def test_who_comes_second_is_told_and_keeps_the_edits(browser, server, installation, nordwind):
    other = Designer(browser, server, installation)
    mine, theirs = nordwind.design("form.invoice.yaml"), other.design("form.invoice.yaml")
    for page, title in ((mine, "Mine"), (theirs, "Theirs")):
        page.get_by_label("Title (English)").fill(title)
        page.get_by_role("button", name="See what changes").click()
        page.locator(".change-fields ins").first.wait_for()
    for page, reason in ((mine, "mine"), (theirs, "theirs")):
        page.get_by_role("button", name="Apply", exact=True).click()
        page.get_by_role("dialog").get_by_label("Reason").fill(reason)
        page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    nordwind.told("holds now")
    theirs.get_by_role("dialog").locator(".dialog-problem:visible").wait_for()
    theirs.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(theirs.get_by_label("Title (English)")).to_have_value("Theirs")
    # Planned again, it is seen against what the other made.
    theirs.get_by_role("button", name="See what changes").click()
    expect(theirs.locator(".change-fields del")).to_contain_text("Mine")
    theirs.get_by_role("button", name="Apply", exact=True).click()
    theirs.get_by_role("dialog").get_by_label("Reason").fill("both agreed")
    theirs.get_by_role("dialog").get_by_role("button", name="Apply").click()
    other.told("holds now")
    other.close()


@pytest.mark.parametrize(("company", "language", "theme"), [("nordwind", "en", "light"), ("huaxin", "zh-CN", "dark")])
def test_axe_finds_nothing_serious(browser, server, installation, company, language, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    designer = Designer(browser, server, installation, company, language, theme)
    if company == "nordwind":
        designer.apply("rule.payment_days.yaml", TERMS.replace("name: terms", "name: payment_days"))
    found = []
    for document in ("form.invoice.yaml", "rule.payment_days.yaml"):
        for width in (1280, 390):
            designer.page.set_viewport_size({"width": width, "height": 900})
            page = designer.design(document)
            if document.startswith("form"):
                page.locator(".design-card-open").first.click()
                page.locator(".design-preview .form").wait_for()
            else:
                page.locator(".design-column-open").first.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            violations = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
            found += [f"{document} {width}: {one['id']} {[node['html'][:150] for node in one['nodes'][:3]]}" for one in violations]
    designer.close()
    assert found == []
