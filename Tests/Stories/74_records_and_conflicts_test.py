"""A company's own records in the browser, and two people who change the same thing: nothing that was typed is lost, in either language."""

import json
import pathlib

import pytest
from companies import Company, day, eventually
from conftest import ROOT

CHROMIUM = "/usr/bin/chromium"

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)
expect = playwright.expect


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    with server.channel() as channel:
        for company in ("nordwind", "huaxin"):
            Company(installation, channel, company).customer("K-1")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Seat:
    """A browser in which a company's key is signed in."""

    def __init__(self, browser, server, key, language="en", width=1280):
        self.base = f"http://127.0.0.1:{server.http_port}"
        self.context = browser.new_context(viewport={"width": width, "height": 800}, accept_downloads=True)
        self.context.set_default_timeout(15_000)
        assert self.context.request.post(f"{self.base}/session", data={"key": key}).ok
        self.context.add_init_script(f"localStorage.setItem('remit.look', JSON.stringify({{language: '{language}', theme: 'light'}}))")
        self.page, self.complaints = self.context.new_page(), []
        # That the server refuses something is no fault of the page.
        self.page.on("console", lambda one: one.type in ("error", "warning") and "status of 4" not in one.text and "status of 503" not in one.text and self.complaints.append(one.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path):
        self.page.goto(self.base + path)
        self.page.locator("h1").first.wait_for()
        eventually(lambda: self.page.locator("[aria-busy=true]").count() == 0, "the page is loaded")
        return self.page

    def call(self, method, request):
        answer = self.context.request.post(f"{self.base}/remit.{method}", data=request)
        assert answer.ok, answer.text()
        return answer.json()

    def told(self, text):
        self.page.locator(".toast", has_text=text).last.wait_for()

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def seat(browser, server, installation):
    seats = []

    def sit(company, language="en", **options):
        seats.append(Seat(browser, server, installation.keys[company], language, **options))
        return seats[-1]
    yield sit
    for one in seats:
        one.close()


def test_a_contract_is_entered_checked_found_changed_closed_and_opened_again(seat):
    here = seat("huaxin", "zh-CN")
    page = here.open("/home")
    page.locator(".nav-link", has_text="销售合同").click()
    page.get_by_role("link", name="新建销售合同").first.click()
    page.get_by_label("客户编号").fill("K-9")
    page.get_by_label("合同金额").fill("120万")
    page.get_by_label("合同名称").fill("年度  供货合同")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="没有这个客户").wait_for()
    page.get_by_label("客户编号").fill("K-1")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("heading", name="销售合同 HT-").wait_for()
    id = page.get_by_role("heading").first.inner_text().split()[-1]
    # What a form computes is there too, and its spelling is the company's.
    expect(page.locator(".facts")).to_contain_text("年度 供货合同")
    expect(page.locator(".facts")).to_contain_text("45")

    page.get_by_role("button", name="编辑").click()
    page.get_by_label("到期日期").fill("2027-12-31")
    page.get_by_role("button", name="保存").click()
    here.told("已保存")
    expect(page.locator(".facts")).to_contain_text("2027/12/31")
    page.get_by_role("button", name="关闭", exact=True).click()
    page.get_by_role("dialog").get_by_label("原因").fill("提前终止")
    page.get_by_role("dialog").get_by_role("button", name="关闭").click()
    here.told("已关闭")
    playwright.expect(page.get_by_role("button", name="编辑")).to_have_count(0)
    page.get_by_role("button", name="重新开启").click()
    page.get_by_role("dialog").get_by_role("button", name="重新开启").click()
    here.told("已重新开启")
    page.get_by_role("tab", name="版本记录").click()
    rows = page.locator(".tab-panel tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("提前终止")
    expect(rows.nth(2)).to_contain_text("2027/12/31")

    # Another kind refers to it: looked up by its id, and led to.
    page = here.open("/new/complaint_case")
    page.get_by_label("合同编号").fill(id[-4:])
    page.get_by_role("option", name=id).click()
    page.get_by_label("原因").select_option("质量问题")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name=id).click()
    page.get_by_role("heading", name=f"销售合同 {id}").wait_for()


def test_records_are_listed_filtered_sorted_and_taken_along(seat):
    here = seat("nordwind")
    create = lambda n, **custom: here.call("platform.v1.RecordService/CreateRecord", {"record": {"kind": "service_agreement", "custom": {
        "customer": "K-1", "yearly_limit": {"currency": "EUR", "amount": f"{n}000"}, "starts_on": f"2026-0{n}-01", **custom}}})["id"]
    ids = [create(n, **({"contact": "Ops@Example.com"} if n == 4 else {})) for n in (3, 1, 4)]
    here.call("platform.v1.RecordService/CloseRecord", {"kind": "service_agreement", "id": ids[1], "reason": "over"})
    page = here.open("/records/service_agreement")
    # By `aria-rowindex`: rows are drawn where they belong, not in their order.
    shown = lambda: page.evaluate("""() => [...document.querySelectorAll('.grid-body [role=row]:has(a)')].filter((row) => row.checkVisibility())
      .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.querySelector('a').textContent)""")
    eventually(lambda: shown() == ids, "all are listed")
    page.get_by_role("columnheader", name="Yearly limit").click()
    eventually(lambda: shown() == [ids[1], ids[0], ids[2]], "sorted by the server")
    assert "view=" in page.url
    page.get_by_label("State", exact=True).select_option("open")
    eventually(lambda: shown() == [ids[0], ids[2]], "only what is open")
    page.get_by_label("Search in the list").fill("OPS@")
    eventually(lambda: shown() == [ids[2]], "what has it in one of its texts")
    url = page.url
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV", exact=True).click()
    assert ids[2] in pathlib.Path(download.value.path()).read_text() and ids[0] not in pathlib.Path(download.value.path()).read_text()
    page.goto(url)
    eventually(lambda: shown() == [ids[2]], "the address is the view")
    for filter in ({"column": "custom.starts_on", "op": "at_least", "value": ["2026-02-01"]}, {"column": "custom.yearly_limit", "op": "at_least", "value": ["2000"]},
                   {"column": "id", "op": "is", "value": [ids[0]]}, {"column": "custom.ends_on", "op": "empty", "value": []},
                   {"column": "custom.discount", "op": "at_most", "value": ["3.5"]}, {"column": "custom.contact", "op": "contains", "value": ["x"]}):
        page.goto(here.base + "/records/service_agreement?view=" + json.dumps({"filters": [filter]}))
        page.locator(".grid-status", has_text="row").wait_for()
        assert page.locator(".state-bad").count() == 0, filter


def test_who_may_only_look_sees_a_record_and_nothing_to_do_with_it(seat, browser, server, installation):
    owner = seat("nordwind")
    made = owner.call("platform.v1.RecordService/CreateRecord", {"record": {"kind": "service_agreement", "custom": {
        "customer": "K-1", "yearly_limit": {"currency": "EUR", "amount": "7000"}, "starts_on": "2026-01-01"}}})
    reader = Seat(browser, server, owner.call("platform.v1.KeyService/CreateKey", {"principal": "reader", "roles": ["clerk"]})["secret"])
    page = reader.open(f"/records/service_agreement/{made['id']}")
    expect(page.locator(".facts")).to_contain_text("7,000.00")
    assert page.get_by_role("button", name="Edit").count() == 0 and page.get_by_role("button", name="Close", exact=True).count() == 0
    page = reader.open("/records/service_agreement")
    page.get_by_role("link", name=made["id"]).wait_for()
    reader.close()


def test_a_customer_that_two_change_keeps_what_both_typed(seat):
    first, second = seat("nordwind"), seat("nordwind")
    id = first.call("ledger.v1.LedgerService/CreateCustomer", {"customer": {"number": "K-2", "name": "Old name", "postingProfile": ""}})["id"]
    page = second.open(f"/customers/{id}?tab=details")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Second's name")
    page.get_by_role("button", name="Add line").last.click()
    page.get_by_label("Kind, line 1").last.fill("short")
    page.get_by_label("Name, line 1").fill("Two")

    other = first.open(f"/customers/{id}?tab=details")
    other.get_by_role("button", name="Edit").click()
    other.get_by_role("textbox", name="Name", exact=True).fill("First's name")
    other.get_by_role("textbox", name="Number", exact=True).fill("K-22")
    other.get_by_role("button", name="Save").click()
    first.told("Saved")

    # Told at once, by whom, with what they changed; nothing is lost, and what only they changed is taken.
    page.locator(".conflict", has_text="owner changed this").wait_for()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Second's name")
    expect(page.get_by_label("Name, line 1")).to_have_value("Two")
    expect(page.get_by_role("textbox", name="Number", exact=True)).to_have_value("K-22")
    name = page.locator(".conflict-row", has_text="Name").first
    expect(name).to_contain_text("First's name")
    expect(name.get_by_role("radio", name="Mine")).to_be_checked()
    name.get_by_role("radio", name="Theirs").check()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("First's name")
    name.get_by_role("radio", name="Mine").check()
    page.get_by_role("button", name="Save").click()
    second.told("Saved")
    now = first.call("ledger.v1.LedgerService/GetCustomer", {"id": id})
    assert (now["number"], now["name"], now["names"]) == ("K-22", "Second's name", [{"kind": "short", "name": "Two"}])


def test_a_record_that_was_changed_meanwhile_is_not_overwritten(seat):
    here = seat("huaxin", "zh-CN")
    save = lambda method, **record: here.call(f"platform.v1.RecordService/{method}", {"record": {"kind": "sales_contract", **record}})
    custom = {"customer": "K-1", "title": "甲", "amount": {"currency": "CNY", "amount": "100"}}
    made = save("CreateRecord", custom=custom)
    # Without events, as where the line is cut, saving tells.
    here.page.route("**/events**", lambda route: route.fulfill(status=503))
    page = here.open(f"/records/sales_contract/{made['id']}")
    page.get_by_role("button", name="编辑").click()
    page.get_by_label("合同名称").fill("乙")
    save("UpdateRecord", id=made["id"], version=made["version"], custom=made["custom"] | {"title": "丙", "grade": "C"})
    page.get_by_role("button", name="保存").click()
    page.locator(".conflict", has_text="owner").wait_for()
    expect(page.locator(".conflict-row", has_text="合同名称")).to_contain_text("丙")
    expect(page.get_by_label("合同名称")).to_have_value("乙")
    expect(page.get_by_label("客户等级")).to_have_value("C")
    expect(page.get_by_role("radio", name="我的")).to_have_count(2)
    page.get_by_role("button", name="保存").click()
    here.told("已保存")
    now = here.call("platform.v1.RecordService/GetRecord", {"kind": "sales_contract", "id": made["id"]})
    assert (now["version"], now["custom"]["title"], now["custom"]["grade"]) == ("3", "乙", "C")


def test_a_draft_that_two_go_on_with(seat):
    first, second = seat("nordwind"), seat("nordwind")
    customer = first.call("ledger.v1.LedgerService/ListCustomers", {"number": "K-1"})["customers"][0]["id"]
    draft = first.call("ledger.v1.LedgerService/SaveDraft", {"draft": {"invoice": {"invoice": {
        "customerId": customer, "number": "D-1", "issuedOn": day(-3), "dueOn": day(20), "amount": {"currency": "EUR", "amount": "10"}}}}})
    page = second.open(f"/drafts?draft={draft['id']}")
    page.get_by_label("Amount with tax").fill("12")
    content = draft["invoice"]
    content["invoice"] |= {"amount": {"currency": "EUR", "amount": "11"}, "externalId": "EXT-1"}
    first.call("ledger.v1.LedgerService/SaveDraft", {"draft": {"id": draft["id"], "version": draft["version"], "invoice": content}})
    page.get_by_role("button", name="Keep as draft").click()
    page.locator(".conflict", has_text="owner changed this").wait_for()
    expect(page.locator(".conflict-row", has_text="Amount with tax")).to_contain_text("11.00")
    expect(page.get_by_label("Amount with tax")).to_have_value("12.00")
    page.get_by_role("button", name="Keep as draft").click()
    second.told("Kept as a draft")
    kept = first.call("ledger.v1.LedgerService/ListDrafts", {})["drafts"][0]["invoice"]["invoice"]
    assert (kept["amount"]["amount"], kept["externalId"]) == ("12.00", "EXT-1")

    # Posted by the other meanwhile: what was typed can be kept as another draft, and is not posted twice.
    page.get_by_label("Net days").fill("14")
    now = first.call("ledger.v1.LedgerService/ListDrafts", {})["drafts"][0]
    first.call("ledger.v1.LedgerService/PostDraft", {"id": now["id"], "version": now["version"]})
    page.get_by_role("button", name="Post").click()
    page.locator(".form-problems", has_text="posted or discarded").wait_for()
    expect(page.get_by_label("Net days")).to_have_value("14")
    page.get_by_role("button", name="Keep as draft").click()
    eventually(lambda: [one["invoice"]["invoice"]["terms"]["netDays"] for one in first.call("ledger.v1.LedgerService/ListDrafts", {}).get("drafts", [])] == [14],
               "it is another draft")


def test_also_who_administers_overwrites_nothing(seat):
    here = seat("nordwind")
    made = here.call("platform.v1.PersonService/CreatePerson", {"person": {"login": "berta", "name": "Berta", "locale": "en", "roles": ["clerk"]}})
    page = here.open(f"/settings/people?open={made['id']}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Berta Berg")
    here.call("platform.v1.PersonService/UpdatePerson", {"person": made | {"email": "berta@example.com", "roles": ["clerk", "auditor"]}})
    page.get_by_role("button", name="Save").click()
    page.locator(".conflict-row", has_text="E-mail").wait_for()
    page.get_by_role("button", name="Save").click()
    here.told("Saved")
    now = here.call("platform.v1.PersonService/GetPerson", {"id": made["id"]})
    assert (now["name"], now["email"], sorted(now["roles"])) == ("Berta Berg", "berta@example.com", ["auditor", "clerk"])


def test_who_leaves_what_was_typed_is_asked(seat):
    here = seat("nordwind")
    id = here.call("ledger.v1.LedgerService/ListCustomers", {"number": "K-1"})["customers"][0]["id"]
    page = here.open(f"/customers/{id}?tab=details")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Something else")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("tab", name="Account").click()
    page.locator(".nav-link", has_text="Documents").click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Something else")
    assert len(asked) == 2
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("tab", name="Account").click()
    page.locator(".tile-value").wait_for()
