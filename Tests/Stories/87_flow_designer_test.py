"""A finance person changes a flow in the designer: steps by pointer and by keys, what leads where, mistakes in place, tried before it holds; then it holds."""

import importlib

import pytest

screens, flows, parts = (importlib.import_module(name) for name in ("82_approvals_in_the_console_test", "85_flows_test", "86_flows_in_the_console_test"))
browser, seat, expect, server, books = screens.browser, screens.seat, screens.expect, parts.server, parts.books


@pytest.fixture
def owner(browser, server, installation, books):
    seats = []

    def sit(slug="nordwind", language="en"):
        seats.append(screens.Seat(browser, server, installation.keys[slug], language))
        return seats[-1]
    yield sit
    for one in seats:
        one.close()


def designer(seat, name="credit_limit"):
    page = seat.open(f"/settings/configuration?document=flow.{name}.yaml")
    page.locator(".design-flow .flow-step").first.wait_for()
    return page


def steps(page):
    return [one.get_attribute("data-step") for one in page.locator(".flow-canvas .flow-step").all()]


def add(page, name):
    """A menu closes when the page moves below it."""
    button = page.get_by_role("button", name=name)
    button.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    return button


def test_a_flow_is_changed_tried_and_applied(owner, books):
    seat = owner()
    page = designer(seat)
    assert set(steps(page)) == {"cfo", "set", "tell", "refused", "done"}
    # A step is chosen on the canvas; a new one comes after it, on the way to what was next.
    page.locator(".flow-canvas [data-step=cfo]").click()
    expect(page.locator(".design-card-is-open .design-card-name")).to_have_text("cfo")
    add(page, "Add a step").click()
    page.get_by_role("menuitem", name="a value").click()
    page.locator(".flow-canvas [data-step=decide_1]").wait_for()
    card = page.locator(".design-card-is-open")
    card.get_by_label("Name in expressions").fill("small")
    card.get_by_label("Kept as").fill("small")
    card.get_by_label("Value", exact=True).fill("decimal(given.limit) < decimal('100'")
    page.locator(".flow-canvas [data-step=small].flow-tone-bad").wait_for()  # the mistake stands on the canvas and at its place
    expect(card.locator(".field-error", has_text=")").first).to_be_visible()
    card.get_by_label("Value", exact=True).fill("decimal(given.limit) < decimal('100')")
    expect(page.locator(".flow-canvas .flow-tone-bad")).to_have_count(0)
    assert seat.barriers() == []
    # Tried: given what a person would give, answered at each step.
    trial = page.locator(".design-trial")
    trial.get_by_label("customer").fill("K-1")
    trial.get_by_label("limit").fill("50.00")
    trial.locator(".case-step").nth(3).wait_for()
    assert [one.inner_text() for one in trial.locator(".case-step strong").all()] == ["cfo", "small", "set", "done"]
    trial.get_by_label("What happens at set").select_option("REJECT")
    trial.locator(".case-step strong", has_text="refused").wait_for()
    page.locator(".flow-canvas [data-step=refused].flow-tone-past").wait_for()
    # A name is changed: what leads there follows. One gesture is one step back.
    card.get_by_label("Name in expressions").fill("is_small")
    card.get_by_label("Name in expressions").press("Tab")
    page.locator(".flow-canvas [data-step=is_small]").wait_for()
    page.locator(".design-head").get_by_role("button", name="Undo").click()
    page.locator(".flow-canvas [data-step=small]").wait_for()
    # Applied, it holds; comments of the document stay.
    page.get_by_role("button", name="See what changes").click()
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("small limits are told apart")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    page.locator(".flow-canvas [data-step=small]").wait_for()
    page.goto(page.url + "&view=text")
    text = page.locator(".documents-work textarea").input_value()
    assert text.startswith("# Who needs more asks for it.\n") and "as: small" in text


def test_the_same_by_keys_in_chinese(owner, books):
    seat = owner("huaxin", "zh-CN")
    page = designer(seat, "large_invoice")
    page.locator(".flow-canvas [data-step=paid]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className").startswith("design-card-open")
    card = page.locator(".design-card-is-open")
    card.get_by_label("超时期限").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("days(45)")
    card.get_by_label("去向，第 1 项").focus()
    page.keyboard.type("c")
    expect(card.get_by_label("去向，第 1 项")).to_have_value("chase")
    # Somebody in the wrong place is said there.
    card.get_by_label("去向，第 1 项").select_option("done")
    add(page, "添加环节").press("Enter")
    page.get_by_role("menuitem", name="审批").press("Enter")
    page.locator(".flow-canvas [data-step=approve_1]").wait_for()
    card.get_by_label("角色任一成员，第 1 项").fill("nobody")
    page.locator(".flow-canvas [data-step=approve_1].flow-tone-bad").wait_for()
    card.get_by_label("角色任一成员，第 1 项").fill("cfo")
    expect(page.locator(".flow-canvas .flow-tone-bad")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seat.barriers() == []
