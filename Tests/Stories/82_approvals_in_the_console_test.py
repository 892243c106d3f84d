"""Approvals in the browser: a clerk is told that a credit note needs approval and submits it, those who decide see it at once, and all say what they mean in both languages."""

import importlib
import json
import pathlib
import re

import pytest
from companies import Company
from conftest import ROOT

from remit.ledger.v1 import ledger_pb2 as pb
from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc

CHROMIUM = "/usr/bin/chromium"

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)
expect = playwright.expect

story = importlib.import_module("80_approvals_test")
CONSOLE = story.EVERYBODY + ", platform.form.*, ledger.customer.list, ledger.document.list"
PEOPLE = [("max", "ar_manager", ""), ("carl", "cfo", ""), ("anna", "ar_clerk", "max")]
HOSTILE = "goods came back <img src=x onerror=window.hit=1>"


def company(installation, channel, slug):
    """Roles, a flow and an approval; people, each with a key."""
    admin = installation.key(slug)
    texts = [story.ROLES.format(name="ar_clerk", permissions=CONSOLE + ", ledger.document.post, ledger.credit_note.post, ledger.draft.*"),
             story.ROLES.format(name="ar_manager", permissions=CONSOLE + ", ledger.document.post, ledger.credit_note.post"),
             story.ROLES.format(name="cfo", permissions=CONSOLE + ", workflow.case.*"), story.RULE, story.FLOW, story.APPROVAL]
    documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
    service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
    plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=admin)
    assert not [f for f in plan.findings if not f.is_warning], plan.findings
    service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
        documents=documents, base_version=plan.base_version, fingerprint=plan.fingerprint), metadata=admin)
    persons, keys = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel)
    secrets = {}
    for login, role, manager in PEOPLE:
        persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role], manager=manager)), metadata=admin)
        secrets[login] = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin).secret
    return secrets


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def books(installation, server):
    with server.channel() as channel:
        books = {slug: Company(installation, channel, slug) for slug in ("nordwind", "huaxin")}
        for slug, one in books.items():
            one.secrets, one.held_of = company(installation, channel, slug), one.customer("K-1")
        yield books


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Seat:
    """A browser in which somebody is signed in; its pages must not complain."""

    def __init__(self, browser, server, key, language="en"):
        self.base = f"http://127.0.0.1:{server.http_port}"
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(15_000)
        assert self.context.request.post(f"{self.base}/session", data={"key": key}).ok
        self.look(language, "light")
        self.page, self.complaints = self.context.new_page(), []
        # That the server refuses something is no fault of the page.
        self.page.on("console", lambda one: one.type in ("error", "warning") and "status of 4" not in one.text and self.complaints.append(one.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def look(self, language, theme):
        self.context.add_init_script(f"localStorage.setItem('remit.look', JSON.stringify({{language: '{language}', theme: '{theme}'}}))")

    def open(self, path):
        self.page.goto(self.base + path)
        self.page.locator(".shell-main .page").first.wait_for()
        return self.page

    def barriers(self):
        from axe_playwright_python.sync_playwright import Axe
        found = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).response["violations"]
        return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]

    def close(self):
        assert self.complaints == []
        self.context.close()


@pytest.fixture
def seat(browser, server, books):
    seats = []

    def sit(login, slug="nordwind", language="en"):
        seats.append(Seat(browser, server, books[slug].secrets[login], language))
        return seats[-1]
    yield sit
    for one in seats:
        one.close()


def enter(page, number, amount, words=("Customer", "Number", "Amount", "Reason", "Post")):
    customer, its_number, its_amount, reason, post = words
    page.get_by_label(customer).fill("K-1")
    page.get_by_role("option", name="K-1").first.click()
    page.get_by_label(its_number, exact=True).fill(number)
    page.get_by_label(its_amount).fill(amount)
    page.get_by_label(reason).fill("goods came back")
    page.get_by_role("button", name=post).click()


def send(page, button, comment="", label="Comment"):
    """An action of a case, with a comment, by keyboard."""
    page.locator(".page-actions").get_by_role("button", name=button).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label(label).fill(comment)
    dialog.get_by_label(label).press("Control+Enter")
    expect(dialog).to_have_count(0)


def test_a_credit_note_goes_its_way(seat, books):
    anna, max_, carl = seat("anna"), seat("max"), seat("carl")
    max_.open("/approvals").get_by_text("Nothing waits for you").wait_for()
    carl.open("/approvals")

    # Refused, it is offered to submit it; who does not want to has lost nothing.
    page = anna.open("/documents/new/credit_note")
    enter(page, "GS-1", "5000")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("needs approval")
    dialog.get_by_role("button", name="Cancel").click()
    page.locator(".form-problems", has_text="approval").wait_for()
    assert page.get_by_label("Number", exact=True).input_value() == "GS-1"
    page.get_by_role("button", name="Post").click()
    dialog.get_by_label("Reason").fill(HOSTILE)
    dialog.get_by_label("Reason").press("Control+Enter")
    page.wait_for_url(re.compile("/approvals/[0-9a-f-]{36}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("GS-1 for Customer K-1")
    expect(page.locator(".facts").first).to_contain_text("<img src=x")
    expect(page.locator(".case-request")).to_contain_text("Customer K-1")
    expect(page.locator(".case-request")).to_contain_text("EUR 5,000.00")
    assert page.evaluate("window.hit") is None
    assert anna.barriers() == []
    case = page.url.rsplit("/", 1)[1]

    # The manager sees it without looking again, and gives it back.
    max_.page.get_by_role("link", name="GS-1 for Customer K-1").first.wait_for()
    max_.open("/home").get_by_role("link", name="for your decision").click()
    max_.page.get_by_role("link", name="GS-1 for Customer K-1").first.click()
    max_.page.locator(".case-steps", has_text="The manager looks at it").wait_for()
    send(max_.page, "Return", "The number is wrong <img src=x onerror=window.hit=1>")
    max_.page.locator(".toast", has_text="Returned").wait_for()

    # The clerk is told, changes it and submits it again.
    page.locator(".case-problem", has_text="The number is wrong <img").wait_for()
    page.get_by_role("button", name="Change and submit again").click()
    page.get_by_label("Number", exact=True).fill("GS-1b")
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GS-1b for Customer K-1")
    assert page.evaluate("window.hit") is None

    # The manager lets it through by the keyboard, then both of the board, side by side.
    decided = max_.open(f"/approvals/{case}")
    decided.get_by_role("button", name="Approve").wait_for()
    decided.keyboard.press("a")
    decided.locator("dialog[open]").get_by_label("Comment").press("Control+Enter")
    carl.page.get_by_role("link", name="GS-1b for Customer K-1").click()
    carl.page.get_by_role("button", name="Approve").wait_for()
    decided.locator(".case-step[aria-current=step]", has_text="board").wait_for()
    send(decided, "Approve", "fine")
    carl.page.locator(".case-tasks li", has_text="fine").wait_for()
    send(carl.page, "Approve")
    for one in (anna, max_, carl):
        expect(one.page.locator(".facts").first).to_contain_text("Done")
    expect(page.locator(".case-history")).to_contain_text("carried it out")
    assert [d.document.number for d in books["nordwind"].call("ListDocuments", pb.ListDocumentsRequest(customer_id=books["nordwind"].held_of)).documents] == ["GS-1b"]
    page.get_by_role("link", name="Open document GS-1b").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Credit note GS-1b")


def test_who_decided_goes_on_with_the_next_and_who_was_first_is_said(seat, books):
    anna, max_ = seat("anna"), seat("max")
    first, second = (anna.context.request.post(f"{anna.base}/remit.workflow.v1.CaseService/Submit", data={
        "method": story.METHOD, "request": {"document": story.credit_note(books["nordwind"].held_of, number, "800")}}).json() for number in ("N-1", "N-2"))
    page = max_.open("/approvals")
    # Both of his seats are one thing to decide.
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("N-1")
    page.get_by_role("link", name="N-1 for").first.click()
    send(page, "Reject", "no")
    # Another of the managers may still agree.
    page.locator(".toast", has_text="N-1").wait_for()
    page.wait_for_url(f"**/approvals/{second['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("N-2 for Customer K-1")
    page.get_by_role("button", name="Reject").wait_for()
    # While he thinks about it, it is withdrawn.
    page.keyboard.press("r")
    anna.context.request.post(f"{anna.base}/remit.workflow.v1.CaseService/Withdraw", data={"caseId": second["id"]})
    page.locator("dialog[open]").get_by_label("Comment").press("Control+Enter")
    page.locator(".dialog-problem", has_text=re.compile("faster|ended")).wait_for()
    page.locator("dialog[open]").get_by_role("button", name="Cancel").click()
    expect(page.locator(".facts").first).to_contain_text("Withdrawn")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert first["id"] != second["id"]


def test_it_is_given_on_and_others_decide_first(seat, books):
    anna, max_, carl = seat("anna"), seat("max"), seat("carl")
    made = anna.context.request.post(f"{anna.base}/remit.workflow.v1.CaseService/Submit", data={
        "method": story.METHOD, "request": {"document": story.credit_note(books["nordwind"].held_of, "T-1", "800")}}).json()
    page = max_.open(f"/approvals/{made['id']}")
    page.get_by_role("button", name="Transfer").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Person").fill("anna")
    dialog.get_by_label("Comment").press("Control+Enter")
    expect(dialog.locator(".dialog-problem")).to_contain_text("Nobody decides what they submitted themselves")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Add signer").click()
    dialog.get_by_label("Who").fill("carl")
    dialog.get_by_label("Comment").fill("you first")
    dialog.get_by_label("Comment").press("Control+Enter")
    page.locator(".case-tasks li", has_text="carl").wait_for()
    other = carl.open(f"/approvals/{made['id']}")
    expect(other.locator(".case-tasks")).to_contain_text("asked by max")
    send(other, "Comment", "@anna which goods?")
    expect(other.locator(".case-history")).to_contain_text("@anna which goods?")
    send(other, "Stop", "no", label="Reason")
    expect(other.locator(".facts").first).to_contain_text("Stopped")


def test_the_lists_are_for_everybody_in_both_themes(seat):
    anna = seat("anna")
    for theme in ("light", "dark"):
        anna.look("en", theme)
        page = anna.open("/approvals?tab=asked")
        page.get_by_role("link", name="T-1 for").wait_for()
        assert anna.barriers() == [], theme
        page.get_by_role("link", name="T-1 for").click()
        page.locator(".case-history li").first.wait_for()
        assert anna.barriers() == [], theme
    page = anna.open("/approvals?tab=all")
    page.get_by_label("State").select_option("WITHDRAWN")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("state=WITHDRAWN"))


def test_the_same_in_chinese(seat, books):
    anna, max_ = seat("anna", "huaxin", "zh-CN"), seat("max", "huaxin", "zh-CN")
    page = anna.open("/documents/new/credit_note")
    enter(page, "HZ-1", "500", ("客户", "编号", "金额", "原因", "过账"))
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("需要审批")
    dialog.get_by_label("申请原因").fill("客户退货")
    dialog.get_by_role("button", name="提交审批").click()
    page.wait_for_url(re.compile("/approvals/[0-9a-f-]{36}"))
    expect(page.locator(".facts").first).to_contain_text("客户退货")
    decided = max_.open("/approvals")
    decided.get_by_role("link", name="HZ-1").first.click()
    send(decided, "同意", "同意", label="意见")
    expect(page.locator(".facts").first).to_contain_text("已完成")
    page.get_by_role("link", name="查看单据 HZ-1").wait_for()
    expect(page.locator(".case-history")).to_contain_text("提交")
    words = json.dumps(page.locator(".page").inner_text(), ensure_ascii=False)
    assert not re.search(r"Submitted|Approve|History|case_", words), words
