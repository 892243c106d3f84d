"""Flows in the browser: a person starts one, sees its way on the canvas and goes through it again, and where cases wait; by pointer, by keys, in both languages."""

import importlib
import re

import pytest
from companies import Company
from conftest import ROOT

from remit.platform.v1 import configuration_pb2, configuration_pb2_grpc, key_pb2, key_pb2_grpc, person_pb2, person_pb2_grpc

screens, flows = importlib.import_module("82_approvals_in_the_console_test"), importlib.import_module("85_flows_test")
browser, seat, expect = screens.browser, screens.seat, screens.expect
CONSOLE = screens.CONSOLE + ", workflow.case.start, workflow.flow.*, ledger.customer.update"


@pytest.fixture(scope="module")
def server(installation):
    server = installation.serve("--http", "127.0.0.1:0", "--console", ROOT / "web")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def books(installation, server):
    with server.channel() as channel:
        books = {}
        for slug, currency in (("nordwind", "EUR"), ("huaxin", "CNY")):
            one, admin = Company(installation, channel, slug), installation.key(slug)
            roles = [flows.ROLES.format(name="ar_clerk", permissions=CONSOLE), flows.ROLES.format(name="cfo", permissions=CONSOLE + ", workflow.case.*")]
            forms = [flows.FORM] + ([flows.NEW_FORM] if slug == "nordwind" else [])
            texts = [*roles, *forms, flows.LIMIT, flows.LARGE.replace("'EUR'", f"'{currency}'")]
            documents = [configuration_pb2.SourceDocument(path=".".join(re.findall("(?m)^(?:kind|name): (.*)", t)[:2]) + ".yaml", text=t) for t in texts]
            service = configuration_pb2_grpc.ConfigurationServiceStub(channel)
            plan = service.PlanConfiguration(configuration_pb2.PlanConfigurationRequest(documents=documents), metadata=admin)
            assert not [f for f in plan.findings if not f.is_warning], plan.findings
            service.ApplyConfiguration(configuration_pb2.ApplyConfigurationRequest(
                documents=documents, base_version=plan.base_version, fingerprint=plan.fingerprint), metadata=admin)
            persons, keys = person_pb2_grpc.PersonServiceStub(channel), key_pb2_grpc.KeyServiceStub(channel)
            one.secrets = {}
            for login, role in (("carl", "cfo"), ("anna", "ar_clerk")):
                persons.CreatePerson(person_pb2.CreatePersonRequest(person=person_pb2.Person(login=login, name=login.title(), roles=[role])), metadata=admin)
                one.secrets[login] = keys.CreateKey(key_pb2.CreateKeyRequest(principal=login, roles=[role]), metadata=admin).secret
            one.held_of = one.customer("K-1")
            books[slug] = one
        yield books


def words(canvas):
    return {step.get_attribute("data-step"): step.inner_text().split("\n") for step in canvas.locator(".flow-step").all()}


def test_a_person_starts_a_flow_and_follows_its_way(seat, books):
    anna, carl = seat("anna"), seat("carl")
    page = anna.open("/approvals")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("menuitem", name="Credit limit").click()
    page.wait_for_url("**/approvals/start/credit_limit")
    page.get_by_role("button", name="Start").click()
    page.locator(".form-problems").wait_for()  # what must be given is asked for
    page.get_by_label("Customer").fill("K-1")
    page.get_by_label("limit").fill("lots")
    page.get_by_label("until").fill("31.12.2026")
    page.get_by_label("Reason").fill("orders for a year")
    page.get_by_role("button", name="Start").click()
    page.locator(".form-problems", has_text="decimal number").wait_for()
    assert page.get_by_label("Reason").input_value() == "orders for a year"
    page.get_by_label("limit").fill("4000.00")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("/approvals/[0-9a-f-]{36}"))
    page.get_by_role("heading", name="limit of Customer K-1: 4000.00").wait_for()
    expect(page.locator(".case-request")).to_contain_text("K-1")
    expect(page.locator(".case-request")).to_contain_text("4000.00")
    # The canvas, by keys: the first step has the case, the others do not.
    page.get_by_text("Way through the flow").click()
    canvas = page.locator(".flow-canvas")
    assert set(words(canvas)) == {"cfo", "set", "tell", "refused", "done"} and "flow-tone-now" in canvas.locator("[data-step=cfo]").get_attribute("class")
    canvas.locator("[data-step=cfo]").focus()
    for key, step in (("ArrowDown", "set"), ("ArrowDown", "done"), ("ArrowUp", "set"), ("End", None), ("Home", "cfo")):
        page.keyboard.press(key)
        if step:
            assert page.evaluate("document.activeElement.dataset.step") == step, key
    page.keyboard.press("Enter")
    expect(canvas.locator("[data-step=cfo]")).to_have_attribute("aria-pressed", "true")
    assert anna.barriers() == []

    at = carl.open(page.url.replace(anna.base, ""))
    screens.send(at, "Approve")
    at.locator(".badge", has_text="Done").first.wait_for()
    at.get_by_text("Way through the flow").click()
    canvas = at.locator(".flow-canvas")
    assert words(canvas)["done"][1] != words(canvas)["tell"][1] and canvas.locator(".flow-line-gone").count() == 2
    at.screenshot(path="/tmp/way.png")
    # It is gone through again.
    at.get_by_role("button", name="One step back").click()
    at.get_by_role("button", name="One step back").click()
    expect(at.locator(".flow-replay")).to_contain_text("1 of 3")
    expect(canvas.locator(".flow-line-gone")).to_have_count(0)
    at.locator(".flow-range").focus()
    at.keyboard.press("End")
    expect(canvas.locator(".flow-line-gone")).to_have_count(2)
    # The other sees it without asking.
    page.locator(".badge", has_text="Done").first.wait_for()


def test_where_cases_wait(seat, books):
    one = books["nordwind"]
    for number in range(3):
        one.invoice(one.held_of, f"BIG-{number}", "15000.00")
    carl = seat("carl")
    page = carl.open("/approvals?tab=flows&flow=large_invoice")
    page.locator(".flow-canvas [data-step=paid]", has_text="3 waiting").wait_for()
    assert "flow-tone-slow" in page.locator("[data-step=paid]").get_attribute("class")
    row = page.get_by_role("row", name=re.compile("^paid"))
    assert [cell.inner_text() for cell in row.get_by_role("cell").all()][:2] == ["3", "3"] or "3" in row.inner_text()
    page.screenshot(path="/tmp/measures.png")
    page.get_by_label("Span of time").select_option("7")
    page.wait_for_url("**days=7**")
    assert carl.barriers() == []
    page.get_by_label("Flow", exact=True).select_option("credit_limit")
    page.locator(".flow-canvas [data-step=cfo]", has_text="half within").wait_for()
    # What an event began says so.
    page = carl.open("/approvals?tab=all")
    page.get_by_role("link", name="paid? BIG-1").click()
    page.locator(".case-request", has_text="BIG-1").wait_for()
    expect(page.locator(".page")).to_contain_text("an event: DocumentPosted")


def test_the_same_in_chinese(seat, books):
    anna = seat("anna", "huaxin", "zh-CN")
    page = anna.open("/approvals")
    page.get_by_role("button", name="发起").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="信用额度").press("Enter")
    page.get_by_label("客户").fill("K-1")
    page.get_by_label("limit").fill("100.00")
    page.get_by_label("申请原因").fill("扩大合作")
    page.get_by_label("limit").press("Control+Enter")
    page.wait_for_url(re.compile("/approvals/[0-9a-f-]{36}"))
    page.get_by_text("流程图").click()
    assert words(page.locator(".flow-canvas"))["set"][1] == "调用"
    page.screenshot(path="/tmp/zh.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert anna.barriers() == []
