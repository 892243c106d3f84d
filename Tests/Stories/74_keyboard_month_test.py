"""A clerk's month by keyboard alone, in English and in Chinese: shortcuts, the palette, Tab and what is typed. Then every screen at the width of a telephone."""

import json
import pathlib

import pytest
from companies import Company, day, eventually
from conftest import ROOT

CHROMIUM = "/usr/bin/chromium"

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)

WORDS = {
    "en": dict(imports="Imports", choose="Choose a file", other="Choose another", check="Check", take="Import", imported="imported", invoice="Enter: Invoice", receipt="Enter: Receipt", cash="Cash",
               amount="Amount with tax", paid="Amount", number="Number", allocated="Allocated", undone="Taken back", statement="Statement", account="Account",
               periods="Periods", close="Close", closed="Closed", ageing="Ageing"),
    "zh-CN": dict(imports="数据导入", choose="选择文件", other="选择其他文件", check="检查", take="导入", imported="已导入", invoice="录入发票", receipt="录入收款", cash="收款核销",
                  amount="价税合计", paid="金额", number="编号", allocated="已核销", undone="已撤销", statement="对账单", account="往来",
                  periods="会计期间", close="结账", closed="已结账", ageing="账龄分析"),
}
COMPANIES = {"en": ("nordwind", "EUR", "Alpha Werke GmbH"), "zh-CN": ("huaxin", "CNY", "上海晨光文具有限公司")}


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


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, browser, server, key, language, width=1280, theme="light"):
        self.base = f"http://127.0.0.1:{server.http_port}"
        self.context = browser.new_context(viewport={"width": width, "height": 800})
        self.context.set_default_timeout(15_000)
        assert self.context.request.post(f"{self.base}/session", data={"key": key}).ok
        self.context.add_init_script(f"localStorage.setItem('remit.look', JSON.stringify({{language: '{language}', theme: '{theme}'}}))")
        self.page, self.complaints = self.context.new_page(), []
        self.page.on("console", lambda one: one.type in ("error", "warning") and "status of 4" not in one.text and self.complaints.append(one.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # From the first page on: asked for later, it may come after the key.
        self.page.on("filechooser", lambda _: None)
        self.words = WORDS[language]

    def open(self, path):
        self.page.goto(self.base + path)
        self.page.locator("h1, .state").first.wait_for()
        self.settle()
        return self.page

    def settle(self):
        eventually(lambda: self.page.locator("[aria-busy=true], .bone-row").count() == 0, "the page is loaded")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.type(text)

    def go(self, text):
        """To a screen, or to what can be begun, by the palette."""
        self.press("Control+k")
        self.type(text)
        self.page.locator(".palette-entry[aria-selected=true]", has_text=text).wait_for()
        self.press("Enter")
        self.page.locator(".palette").wait_for(state="hidden")
        self.page.locator("h1").first.wait_for()
        self.settle()

    def at(self):
        """What has the focus, as it is called."""
        return self.page.evaluate("""() => {
          const one = document.activeElement;
          const label = one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent;
          return label.replace(/\\*$/, '').trim(); }""")

    def tab_to(self, *names, steps=80):
        for _ in range(steps):
            if self.at() in names:
                return
            self.press("Tab")
        pytest.fail(f"Tab does not come to {names}; it is at {self.at()}")

    def fill(self, name, text):
        self.tab_to(name, steps=20)
        self.press("Control+a")
        self.type(text)

    def told(self, text):
        self.page.locator(".toast", has_text=text).last.wait_for()

    def close(self):
        self.context.close()
        assert self.complaints == []


def bring(clerk, kind, name, text):
    """A file of one of the kinds that Remit knows, chosen in the system's own dialog, checked and taken."""
    clerk.go(clerk.words["imports"])
    clerk.tab_to(clerk.words["choose"], clerk.words["other"])
    with clerk.page.expect_file_chooser() as chooser:
        clerk.press("Enter")
    chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    clerk.page.locator(".import-kind").first.wait_for()
    for _ in range(12):
        if clerk.page.evaluate("document.activeElement.type") == "radio":
            break
        clerk.press("Tab")
    clerk.press("Space")
    for _ in range(kind):
        clerk.press("ArrowDown")
    clerk.tab_to(clerk.words["check"])
    clerk.press("Enter")
    clerk.page.locator(".badge-good").first.wait_for()
    clerk.tab_to(clerk.words["take"])
    clerk.press("Enter")
    clerk.told(clerk.words["imported"])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_month_by_keyboard_alone(browser, server, installation, language):
    company, currency, name = COMPANIES[language]
    clerk = Keyboard(browser, server, installation.keys[company], language)
    page, words = clerk.page, clerk.words
    clerk.open("/home")

    bring(clerk, 0, "customers.csv", f"number,name\nK-1,{name}\nK-2,Beta AG\n")
    bring(clerk, 1, "invoices.csv", f"number,customer number,amount,date,due date\nR-1,K-1,119.00,{day(-80)},{day(-50)}\nR-2,K-1,238.50,{day(-70)},{day(-40)}\n")

    # The form begins in its first field.
    clerk.go(words["invoice"])
    page.locator(".form input").first.wait_for()
    eventually(lambda: page.evaluate("document.activeElement.role") == "combobox", "the customer is asked for first")
    clerk.type("K-1")
    page.locator(".choice[aria-selected=true]", has_text=name).wait_for()
    clerk.press("Enter")
    label = page.evaluate("document.querySelector('[data-path=\"invoice.number\"] label').textContent")
    clerk.fill(label, "R-3")
    clerk.fill(words["amount"], "1000+190")
    clerk.press("Control+Enter")
    page.locator("h1", has_text="R-3").wait_for()

    clerk.go(words["receipt"])
    eventually(lambda: page.evaluate("document.activeElement.role") == "combobox", "the customer is asked for first")
    clerk.type("K-1")
    page.locator(".choice[aria-selected=true]", has_text=name).wait_for()
    clerk.press("Enter")
    clerk.fill(words["paid"], "238.50")
    clerk.press("Control+Enter")
    page.locator("h1", has_text="RC-").or_(page.locator("h1", has_text="SK")).or_(page.locator("h1", has_text="2026")).first.wait_for()

    # The suggestion, posted, taken back, and posted again.
    clerk.go(words["cash"])
    allocate = lambda: (page.locator(".allocation-table").wait_for(), clerk.press("Enter"),
                        page.locator(".allocation-foot strong", has_text="0.00").wait_for(), clerk.press("Control+Enter"))
    items = lambda: installation.remit(server, company, "items").stdout
    allocate()
    clerk.told(words["allocated"])
    eventually(lambda: "R-2" not in items(), "it is settled")
    clerk.press("u")
    clerk.told(words["undone"])
    eventually(lambda: "R-2" in items(), "it is open again")
    allocate()
    eventually(lambda: "R-2" not in items(), "it is settled")

    # A customer by a part of its name: what is open, and the statement.
    clerk.press("Control+k")
    clerk.type(name[:5])
    page.locator(".palette-entry", has_text=name).wait_for()
    while name not in page.locator(".palette-entry[aria-selected=true]").inner_text():
        clerk.press("ArrowDown")
    clerk.press("Enter")
    page.locator("h1", has_text=name).wait_for()
    page.locator(".tab-panel table").first.wait_for()
    told = json.loads(installation.remit(server, company, "items", "--output", "json").stdout)["items"]
    shown = page.locator(".tab-panel tbody tr").all_inner_texts()
    assert sorted(row.split()[0] for row in shown) == sorted(one["number"] for one in told) == ["R-1", "R-3"]
    clerk.tab_to(words["account"])
    clerk.press("ArrowRight", "ArrowRight")
    page.locator(".tab-panel", has_text="R-2").wait_for()
    assert clerk.at() == words["statement"]

    clerk.go(words["periods"])
    clerk.tab_to(words["close"])
    clerk.press("Enter")
    page.get_by_role("dialog").wait_for()
    clerk.type("all is in")
    clerk.press("Enter")
    clerk.told(words["closed"])
    page.locator("tr", has_text="all is in").wait_for()

    clerk.go(words["ageing"])
    page.locator("[role=gridcell]").first.wait_for()
    totals = json.loads(installation.remit(server, company, "ageing", "--output", "json").stdout)["totals"]
    assert [(one["currency"], one["balance"]["amount"]) for one in totals] == [(currency, "1309.00")]
    row = page.locator("[role=row]", has_text="K-1").inner_text()
    for bucket in totals[0]["buckets"]:
        assert f"{float(bucket['amount']):,.2f}" in row, (bucket, row)
    clerk.close()


PAGES = ["/home", "/customers", "/customers/new", "/customers/CUSTOMER", "/customers/CUSTOMER?tab=statement", "/customers/CUSTOMER?tab=details", "/documents", "/documents/INVOICE",
         "/documents/INVOICE?tab=journal", "/documents/new/invoice", "/documents/new/write_off", "/drafts?draft=DRAFT", "/cash", "/ageing", "/records/KIND", "/records/KIND/RECORD",
         "/records/KIND/RECORD?tab=versions", "/new/KIND", "/ledger/periods", "/ledger/balance", "/ledger/rates?open=new", "/ledger/numbers", "/ledger/accounts", "/ledger/exports",
         "/imports", "/settings/people?open=new", "/settings/roles", "/settings/keys", "/settings/audit", "/settings/webhooks", "/settings/configuration", "/settings/profile"]
RECORDS = {"nordwind": ("service_agreement", {"customer": "W-1", "yearly_limit": {"currency": "EUR", "amount": "12500"}, "starts_on": "2026-01-01", "contact": "a@example.com"}),
           "huaxin": ("sales_contract", {"customer": "W-1", "title": "年度办公设备框架采购合同（第一期）", "amount": {"currency": "CNY", "amount": "1250000"}})}


@pytest.fixture(scope="module")
def filled(server, installation):
    """Something on every screen, with names as long as they are; by company, what stands for what in the addresses."""
    found = {}
    with server.channel() as channel:
        for slug, currency, name in COMPANIES.values():
            company = Company(installation, channel, slug)
            customer = company.customer("W-1")
            company.call("UpdateCustomer", customer_update(company, customer, name + " & Söhne 有限责任公司"))
            invoice = [company.invoice(customer, f"W-2026-{n:06}", f"{n}234567.89", currency, issued=0, due=10 * n).id for n in range(1, 5)][0]
            company.receipt(customer, "1234567.89", currency, received=0, bank_text="Zahlung Rechnung W-2026-000001 vom letzten Monat, Kundennummer 99887766")
            found[slug] = {"CUSTOMER": customer, "INVOICE": invoice, "DRAFT": company.call("CopyDocument", copy_of(invoice)).id}
    return found


def customer_update(company, id, name):
    from google.protobuf.field_mask_pb2 import FieldMask
    from remit.ledger.v1 import ledger_pb2 as pb
    now = company.call("GetCustomer", pb.GetCustomerRequest(id=id))
    return pb.UpdateCustomerRequest(customer=pb.Customer(id=id, version=now.version, name=name), update_mask=FieldMask(paths=["name"]))


def copy_of(id):
    from remit.ledger.v1 import ledger_pb2 as pb
    return pb.CopyDocumentRequest(id=id)


@pytest.mark.parametrize("language, theme", [("en", "light"), ("zh-CN", "dark")])
def test_every_screen_is_whole_at_the_width_of_a_telephone(browser, server, installation, filled, language, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    company = COMPANIES[language][0]
    small = Keyboard(browser, server, installation.keys[company], language, width=390, theme=theme)
    kind, custom = RECORDS[company]
    record = small.context.request.post(f"{small.base}/remit.platform.v1.RecordService/CreateRecord", data={"record": {"kind": kind, "custom": custom}}).json()["id"]
    places = filled[company] | {"KIND": kind, "RECORD": record}
    found = []
    for path in PAGES:
        for name, value in places.items():
            path = path.replace(name, value)
        page = small.open(path)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        main = page.evaluate("(() => { const main = document.getElementById('main'); return main.scrollWidth - main.clientWidth; })()")
        if over > 0 or main > 0:
            found.append(f"{path} is {over or main} px too wide")
        out = page.evaluate("""() => [...document.querySelectorAll('.shell-main :is(button, a.button, input, select)')].filter((one) => {
          const box = one.getBoundingClientRect();
          // What scrolls in a frame of its own, or is only for those who hear the page, is another matter.
          return box.width && one.checkVisibility() && (box.right > innerWidth + 1 || box.left < -1) && !one.closest('.table-frame, .grid-frame, .lines, .tabs-list, .unseen');
        }).map((one) => one.outerHTML.slice(0, 120))""")
        found += [f"{path}: cannot be reached: {one}" for one in out]
        found += [f"{path}: {one['id']} {one['nodes'][0]['html'][:150]}" for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    small.close()
    assert found == []
