"""The parts of the console, in a browser: what people do with them by keyboard and mouse, in both languages and themes, under the policy of the real server."""

import functools
import gzip
import http.server
import pathlib
import threading
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
CHROMIUM = "/usr/bin/chromium"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")
PARTS = ["button", "icon", "input", "badge", "tabs", "grid", "pages", "form", "chart", "overlay", "palette", "toast", "state"]
FIRST_LOAD_MAX_KB = 300

playwright = pytest.importorskip("playwright.sync_api", reason="the browser's driver is not there: pip install -r Tests/requirements.txt")
if not pathlib.Path(CHROMIUM).exists():
    pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk", allow_module_level=True)


class Files(http.server.SimpleHTTPRequestHandler):
    """The files of web/, with the headers that the console is served with."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def do_GET(self):
        if self.path == "/favicon.ico":
            return self.send_error(204)
        super().do_GET()

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=WEB))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--js-flags=--expose-gc", "--enable-precise-memory-info"])
        yield browser.new_context(viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"])
        browser.close()


class Gallery:
    """A page of the gallery, which must not complain."""

    def __init__(self, browser, site):
        self.page = browser.new_page()
        # What the page of another test left.
        self.page.goto(f"{site}/styles/base.css")
        self.page.evaluate("localStorage.clear()")
        self.site, self.complaints, self.urls = site, [], []
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.urls.append(request.url))

    def open(self, part, lang="en", theme="light", **more):
        query = "&".join(f"{name}={value}" for name, value in {"part": part, "lang": lang, "theme": theme, **more}.items())
        self.page.goto(f"{self.site}/parts.html?{query}")
        self.page.locator("h1").wait_for()
        return self.page

    def close(self):
        self.page.close()
        assert self.complaints == []


@pytest.fixture
def gallery(browser, site):
    gallery = Gallery(browser, site)
    yield gallery
    gallery.close()


def active(page):
    """Row (from 1) and column of the cell with the focus, and its text."""
    return page.evaluate("""() => {
        const cell = document.activeElement;
        return [Number(cell.parentElement.getAttribute("aria-rowindex")) - 1, Number(cell.getAttribute("aria-colindex")), cell.innerText.trim()];
    }""")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def frames(page, count=2):
    """Waits until that many frames were drawn."""
    page.evaluate("count => new Promise(done => { const step = n => n ? requestAnimationFrame(() => step(n - 1)) : done(); step(count); })", count)


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def paste(page, text):
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing_serious_in_any_part(gallery, lang, theme):
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    axe = axe_playwright.Axe()
    gallery.page.set_viewport_size({"width": 1280, "height": 500})
    page = gallery.open("button", lang, theme)
    assert page.evaluate("document.documentElement.lang") == lang
    found = []
    for part in PARTS:
        page.locator(f".nav-link[href*='part={part}']").click()
        page.wait_for_url(f"**part={part}*")
        if part == "overlay":
            page.locator(".gallery-part .menu-frame > button").click()
        if part == "palette":
            press(page, "Control+k")
            page.keyboard.type("gmbh")
            page.locator(".palette-entry").nth(2).wait_for()
        if part == "toast":
            page.locator(".gallery-part button").click()
        if part == "form":
            page.locator("[type=submit]").click()
            page.locator(".form-problems button").first.wait_for()
            # What is below the foot of the form is seen when one goes there.
            page.locator("main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        frames(page, 3)
        # The shell is the same round each.
        result = axe.run(page, context=None if part == "button" else {"include": [["main"], [".toasts"]]}, options={"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        found += [f"{part}: {violation['id']} {[node['html'][:140] for node in violation['nodes'][:3]]}"
                  for violation in result.response["violations"] if violation["impact"] in ("serious", "critical")]
        if part in ("overlay", "palette"):
            press(page, "Escape")
    assert found == []


def test_the_grid_is_walked_by_keyboard_to_the_last_of_100_000_rows(gallery):
    page = gallery.open("grid")
    grid = page.get_by_role("grid")
    assert grid.get_attribute("aria-rowcount") == "100001"
    page.locator("[role=gridcell][tabindex='0']").focus()
    assert active(page) == [1, 2, "RE-2026-000001"]
    press(page, "ArrowDown", "ArrowDown", "ArrowRight")
    assert active(page)[:2] == [3, 3]
    press(page, "End")
    assert active(page)[:2] == [3, 11]
    press(page, "Home", "PageDown")
    assert active(page)[1] == 1 and active(page)[0] > 12
    press(page, "Control+End")
    assert active(page)[:2] == [100_000, 11]
    assert page.get_by_text("RE-2026-100000", exact=True).is_visible()
    press(page, "Control+Home")
    assert active(page)[:2] == [1, 1]
    press(page, "ArrowUp")
    assert active(page)[:2] == [0, 1] and page.evaluate("document.activeElement.getAttribute('role')") == "columnheader"
    # One row more of what it needs than can be seen, and no more.
    assert page.locator(".grid-body > .grid-row").count() < 60


def test_what_is_chosen_is_summed_exactly_and_copied_as_a_spreadsheet_wants_it(gallery):
    page = gallery.open("grid")
    page.locator("[data-col='7']").first.click()
    press(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight")
    rows = page.evaluate("""() => [1, 2, 3].map(i => [7, 8].map(col => document.querySelector(`[aria-rowindex="${i + 1}"] [data-col="${col}"]`).innerText))""")
    frames(page, 3)
    by_currency = {}
    for row in rows:
        currency, amount = row[0].split()
        by_currency[currency] = by_currency.get(currency, 0) + int(amount.replace(",", "").replace(".", ""))
    told = page.locator("[data-totals]").inner_text().replace("\xa0", " ")
    assert "6 cells" in told
    for currency, minor in by_currency.items():
        assert f"{currency} {minor // 100:,}.{minor % 100:02}" in told, (told, by_currency)
    press(page, "Control+c")
    assert clipboard(page) == "\n".join("\t".join(cell.split()[1].replace(",", "") for cell in row) for row in rows)
    # Everything: each of 100,000 rows is in the sum.
    press(page, "Escape", "Control+a")
    page.get_by_text("100,000 selected").wait_for()
    whole = page.evaluate("""async () => {
        const { invoices } = await import("/parts/gallery/data.js");
        const sums = {};
        for (const { amount } of invoices(100000)) sums[amount.currency] = (sums[amount.currency] ?? 0n) + BigInt(amount.amount.replace(".", ""));
        return Object.entries(sums).map(([code, minor]) => `${code} ${minor}`);
    }""")
    told = page.locator("[data-totals]").inner_text().replace("\xa0", " ").replace(",", "").replace(".", "")
    assert all(sum in told for sum in whole), (told, whole)


def test_rows_are_ticked_also_as_a_range(gallery):
    page = gallery.open("grid")
    page.locator("[data-col='1']").nth(1).click()
    press(page, "Space", "ArrowDown", "ArrowDown", "ArrowDown", "Shift+Space")
    page.get_by_text("4 selected").wait_for()
    assert page.locator(".row-selected").count() == 4
    press(page, "Escape")
    assert page.locator(".row-selected").count() == 0


def test_columns_are_sorted_sized_and_moved_by_keys(gallery):
    page = gallery.open("grid")
    page.locator("[data-col='2']").first.click()
    press(page, "Control+ArrowUp", "ArrowUp", "Enter")
    header = page.locator("[role=columnheader][aria-sort=ascending]")
    assert header.inner_text().startswith("Customer")
    assert page.locator("[data-col='2']").first.inner_text() == "Bäckerei Großmann e.K."
    press(page, "Enter")
    assert page.locator("[role=columnheader][aria-sort=descending]").count() == 1
    width = page.locator("[data-head='2']").bounding_box()["width"]
    press(page, "Shift+ArrowRight")
    assert page.locator("[data-head='2']").bounding_box()["width"] == width + 16
    press(page, "Control+ArrowRight")
    assert page.locator("[data-head='3']").inner_text().startswith("Customer")
    assert page.evaluate("document.activeElement.getAttribute('data-head')") == "3"
    # The URL is the view: it is the same after a reload, and back leads to what was.
    page.reload()
    assert page.locator("[data-head='3']").inner_text().startswith("Customer")
    assert page.locator("[role=columnheader][aria-sort=descending]").inner_text().startswith("Customer")


def test_who_comes_back_is_where_they_were(gallery):
    page = gallery.open("grid")
    page.locator("[role=gridcell][tabindex='0']").focus()
    press(page, "Control+End", "PageUp")
    row = active(page)[0]
    page.locator(".nav-link[href*='part=badge']").click()
    page.locator("h1", has_text="Badges").wait_for()
    page.go_back()
    page.locator("[role=gridcell][tabindex='0']").focus()
    assert active(page)[0] == row > 90_000
    assert page.get_by_text("RE-2026-100000", exact=True).is_visible()


def test_columns_are_moved_and_sized_by_dragging(gallery):
    page = gallery.open("grid")
    box = page.locator("[data-head='3']").bounding_box()
    target = page.locator("[data-head='5']").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(target["x"] + target["width"] - 8, box["y"] + 15, steps=4)
    page.mouse.up()
    assert page.locator("[data-head='5']").inner_text().startswith("Status")
    edge = page.locator("[data-head='2'] .head-edge").bounding_box()
    before = page.locator("[data-head='2']").bounding_box()["width"]
    page.mouse.move(edge["x"] + 3, edge["y"] + 10)
    page.mouse.down()
    page.mouse.move(edge["x"] + 63, edge["y"] + 10, steps=3)
    page.mouse.up()
    assert page.locator("[data-head='2']").bounding_box()["width"] == before + 60
    assert page.locator("[aria-sort=ascending], [aria-sort=descending]").count() == 0, "a drag is no click"


def test_filters_are_chips_that_can_be_opened_and_taken_away(gallery):
    page = gallery.open("grid")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("menuitem", name="Status").click()
    page.get_by_label("Paid").first.focus()
    page.get_by_role("checkbox", name="Disputed").check()
    press(page, "Enter")
    page.get_by_role("button", name="Status is Disputed", exact=True).wait_for()
    assert set(page.locator("[data-col='3']").all_inner_texts()[:10]) == {"Disputed"}
    page.get_by_label("Search in the list").fill("grossmann")
    page.get_by_text("No row fits the filters").wait_for()
    page.get_by_label("Search in the list").fill("großmann")
    page.get_by_text("No row fits the filters").wait_for(state="hidden")
    assert set(page.locator("[data-col='2']").all_inner_texts()[:5]) == {"Bäckerei Großmann e.K."}
    page.get_by_role("button", name="Remove the filter: Status is Disputed").click()
    page.get_by_label("Search in the list").fill("")
    page.get_by_text("100,000 rows").wait_for()


def test_a_view_is_saved_by_name_and_its_removal_undone(gallery):
    page = gallery.open("grid")
    page.locator("[data-head='5']").click()
    page.get_by_role("button", name="Unsaved view").click()
    page.get_by_role("menuitem", name="Save this view").click()
    page.get_by_label("Name").fill("按到期日")
    press(page, "Enter")
    page.get_by_role("button", name="按到期日").click()
    page.get_by_role("menuitemcheckbox", name="All items").click()
    assert page.locator("[aria-sort=ascending]").count() == 0
    page.get_by_role("button", name="All items").click()
    page.get_by_role("menuitemcheckbox", name="按到期日").click()
    assert page.locator("[aria-sort=ascending]").count() == 1
    page.get_by_role("button", name="按到期日").click()
    page.get_by_role("menuitem", name="Remove this view").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="按到期日").wait_for()


def test_a_cell_is_edited_in_place(gallery):
    page = gallery.open("grid")
    cell = page.locator("[aria-rowindex='2'] [data-col='8']")
    cell.click()
    page.keyboard.type("1200/8")
    assert "150.00" in page.locator(".typed-told").inner_text()
    press(page, "Enter")
    assert active(page)[:2] == [2, 9]
    page.locator("[aria-rowindex='2'] [data-col='8']", has_text="150.00").wait_for()
    press(page, "F2")
    page.keyboard.type("nonsense")
    press(page, "Enter")
    page.locator(".toast-bad").wait_for()
    press(page, "Escape")
    assert active(page)[:2] == [2, 9]


def test_what_is_pasted_is_shown_before_it_is_taken(gallery):
    page = gallery.open("grid")
    page.locator("[data-col='8']").first.click()
    paste(page, 'RE-1\t"a ""b""\nc"\nRE-2\t2')
    page.get_by_role("dialog").get_by_text("Paste 2 rows?").wait_for()
    assert page.locator(".gallery-preview td").all_inner_texts() == ["RE-1", 'a "b" c', "RE-2", "2"]
    press(page, "Escape")
    assert active(page)[:2] == [1, 9], "the focus is where it was"


def test_a_list_is_written_as_csv_with_and_without_a_mark(gallery):
    page = gallery.open("pages")
    page.get_by_text("5,000 rows").wait_for()
    for name, mark in [("CSV for Excel", True), ("CSV", False)]:
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=name, exact=True).click()
        content = pathlib.Path(download.value.path()).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") == mark
        lines = content.decode("utf-8-sig").split("\r\n")
        assert len(lines) == 5002 and lines[0].startswith("Number,Customer,Status,Issued,Due") and lines[1].startswith("RE-2026-000001,")


def test_pages_are_loaded_as_they_are_looked_at_and_trouble_says_what_to_do(gallery):
    page = gallery.open("pages")
    page.get_by_text("5,000 rows").wait_for()
    page.locator("[role=gridcell][tabindex='0']").focus()
    press(page, "Control+End")
    page.get_by_text("RE-2026-005000", exact=True).wait_for()
    page.get_by_role("button", name="Failing").click()
    page.get_by_text("The server did not answer with rows.").wait_for()
    page.get_by_role("button", name="Usual").click()
    page.get_by_text("5,000 rows").wait_for()
    page.get_by_role("button", name="Empty").click()
    page.get_by_text("Import a statement or connect the bank.").wait_for()


def test_the_drawer_stands_beside_the_list_and_gives_the_focus_back(gallery):
    page = gallery.open("grid")
    page.locator("[data-col='1']").nth(3).click()
    press(page, "ArrowRight", "Enter")
    drawer = page.get_by_role("complementary")
    drawer.wait_for()
    assert "RE-2026-000004" in drawer.inner_text()
    press(page, "ArrowDown", "Enter")
    assert "RE-2026-000005" in drawer.inner_text(), "the list is worked on while it is open"
    drawer.get_by_role("button", name="Reverse").focus()
    press(page, "Escape")
    assert not drawer.is_visible() and active(page)[0] in (4, 5)


def test_100_000_rows_scroll_without_long_frames(gallery):
    page = gallery.open("grid")
    worst = page.evaluate("""async () => {
        const scroller = document.querySelector(".grid-scroller");
        const deltas = [];
        await new Promise(done => {
            let before = performance.now(), count = 0;
            requestAnimationFrame(function step(now) {
                deltas.push(now - before);
                before = now;
                // A wheel, then the bar dragged from end to end.
                scroller.scrollTop += count < 60 ? 120 : 40000;
                if (++count < 140) requestAnimationFrame(step);
                else done();
            });
        });
        return deltas.slice(2).sort((a, b) => b - a);
    }""")
    print(f"\nscrolling 100,000 rows: longest frame {worst[0]:.1f} ms, 95 of 100 under {worst[len(worst) // 20]:.1f} ms")
    # The aim is 50 ms, which a machine that other tests use too does not reach.
    assert worst[len(worst) // 20] < 150 and worst[0] < 500


def test_nothing_stays_when_the_grid_is_shown_and_left_200_times(gallery):
    page = gallery.open("badge")
    heap = page.evaluate("""async () => {
        const link = part => document.querySelector(`.nav-link[href*="part=${part}&"], .nav-link[href$="part=${part}"]`);
        const rest = () => new Promise(done => setTimeout(done, 0));
        const round = async times => {
            for (let i = 0; i < times; i++) {
                link("grid").click();
                await new Promise(done => requestAnimationFrame(() => done()));
                link("badge").click();
                await rest();
            }
            await new Promise(done => setTimeout(done, 50));
            for (let i = 0; i < 3; i++) gc();
            return performance.memory.usedJSHeapSize / 1e6;
        };
        return [await round(20), await round(200), document.querySelectorAll("*").length];
    }""")
    print(f"\nheap after 20 and 220 times of the grid: {heap[0]:.1f} and {heap[1]:.1f} MB")
    assert heap[1] < heap[0] + 3


def test_an_amount_is_understood_while_it_is_typed(gallery):
    page = gallery.open("input", "zh-CN")
    amount = page.get_by_label("金额").first
    amount.click()
    page.keyboard.type("3.5万*2")
    assert page.locator(".typed-told:visible").inner_text() == "= EUR 70,000.00"
    press(page, "Tab")
    assert amount.input_value() == "70,000.00"
    amount.fill("12 USD")
    press(page, "Tab")
    page.get_by_text("此处币种为 EUR，不是 USD。").wait_for()
    assert amount.get_attribute("aria-invalid") == "true" and amount.input_value() == "12 USD", "what was typed stays"
    due = page.get_by_label("到期日")
    due.fill("月底")
    assert "2026年11月30日" in page.locator(".typed-told:visible").inner_text()
    press(page, "ArrowUp", "Tab")
    assert due.input_value() == "2026/12/01"


def test_a_choice_of_many_is_looked_up_by_keyboard(gallery):
    page = gallery.open("input")
    box = page.get_by_role("combobox", name="Customer")
    box.click()
    page.keyboard.type("donau")
    page.get_by_role("option", name="Donau Logistik").wait_for()
    press(page, "Enter")
    assert box.input_value() == "Donau Logistik GmbH & Co. KG" and box.get_attribute("aria-expanded") == "false"
    page.keyboard.type("xyz")
    press(page, "Tab")
    assert box.input_value() == "Donau Logistik GmbH & Co. KG", "what is no choice is none"


def test_the_last_answer_of_the_server_wins(gallery):
    page = gallery.open("form")
    note = page.get_by_label("Note")
    note.fill("slow")
    page.wait_for_timeout(250)
    note.fill("slower")
    press(page, "Tab")
    page.wait_for_timeout(900)
    assert page.get_by_text("answer to “slow”").count() == 0
    note.fill("slow")
    press(page, "Tab")
    page.get_by_text("answer to “slow”").wait_for()


def test_what_the_server_fills_in_hides_and_warns_of_is_shown(gallery):
    page = gallery.open("form")
    page.get_by_label("Payment terms").select_option("30")
    due = page.get_by_label("Due")
    playwright.expect(due).to_have_value("12/27/2026")
    email = page.get_by_label("Letters and reminders go there.")
    playwright.expect(email).to_be_hidden()
    page.get_by_label("Send the invoice by e-mail").check()
    playwright.expect(email).to_be_visible()
    page.get_by_label("Amount").fill("20000")
    press(page, "Tab")
    page.get_by_text("This is above the credit limit").wait_for()


def test_a_message_leads_to_its_field_and_a_repaired_form_is_sent_once(gallery):
    page = gallery.open("form")
    page.get_by_label("PO number").focus()
    press(page, "Control+Enter")
    page.get_by_text("2 things need your attention").wait_for()
    page.get_by_role("button", name="Amount: Enter something here.").click()
    assert page.evaluate("document.activeElement.labels[0].textContent").startswith("Amount")
    page.keyboard.type("12*1000")
    press(page, "Tab")
    page.get_by_role("combobox", name="Customer").click()
    page.keyboard.type("rhein")
    page.get_by_role("option", name="Rheinische").wait_for()
    press(page, "Enter")
    page.get_by_role("button", name="PO number: must be given for amounts above 10,000").click()
    page.keyboard.type("refuse")
    press(page, "Control+Enter")
    page.get_by_text("The period November is closed.").wait_for()
    assert page.get_by_label("PO number").input_value() == "refuse", "errors keep what was typed"
    page.get_by_label("PO number").fill("4500017723")
    press(page, "Control+Enter")
    page.get_by_text("Invoice RE-2026-000043 is posted. 12,000.00").wait_for()


def test_lines_are_added_pasted_summed_and_taken_away(gallery):
    page = gallery.open("form")
    page.get_by_role("button", name="Add line").click()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Text, line 3"
    paste(page, "运费\t2026-12-01\t19\t1,234.56\nRabatt\t\t19\t(34.56)\nx\tnever\t19\t1")
    page.get_by_text("3 lines pasted; 1 of their cells cannot be read.").wait_for()
    assert page.get_by_label("Net, line 4").input_value() == "-34.56"
    assert page.locator("tfoot").inner_text().replace("\xa0", " ").split("\t")[-2].strip() == "EUR 3,201.00"
    assert page.get_by_label("Date, line 5").get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Remove line 5").click()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove line 4"
    page.get_by_text("a discount is unusual for this customer").wait_for(state="attached")


def test_a_draft_is_kept_over_a_reload_and_can_be_discarded(gallery):
    page = gallery.open("form")
    page.get_by_label("PO number").fill("45-华信")
    page.get_by_role("combobox", name="Customer").click()
    page.get_by_role("option", name="Nordwind").click()
    page.wait_for_timeout(400)
    page.reload()
    page.get_by_text("This is your draft of").wait_for()
    assert page.get_by_label("PO number").input_value() == "45-华信"
    assert page.get_by_role("combobox", name="Customer").input_value() == "Nordwind Handels GmbH"
    page.get_by_role("button", name="Discard it").click()
    assert page.get_by_label("PO number").input_value() == ""
    page.wait_for_timeout(400)
    page.reload()
    page.locator("form").wait_for()
    assert page.get_by_text("This is your draft of").count() == 0


def test_a_form_without_draft_is_not_left_by_accident(gallery):
    page = gallery.open("form", draft="none")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("PO number").fill("4711")
    page.evaluate("location.reload()")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] and page.get_by_label("PO number").input_value() == "4711"
    page.get_by_label("PO number").fill("")


def test_the_palette_finds_goes_and_gives_the_focus_back(gallery):
    page = gallery.open("palette")
    page.get_by_role("button", name="Open the palette").focus()
    press(page, "Control+k")
    search = page.get_by_role("dialog").get_by_role("combobox")
    playwright.expect(search).to_be_focused()
    page.keyboard.type("hxdz")
    page.get_by_role("option", name="华信电子科技有限公司").wait_for()
    press(page, "Escape")
    playwright.expect(page.get_by_role("button", name="Open the palette")).to_be_focused()
    press(page, "Control+k")
    page.keyboard.type("gri")
    press(page, "ArrowDown", "ArrowUp", "Enter")
    page.wait_for_url("**part=grid*")
    page.go_back()
    page.get_by_role("button", name="Open the palette").wait_for()


def test_shortcuts_hold_where_nobody_types_and_are_listed(gallery):
    page = gallery.open("badge")
    press(page, "g", "f")
    page.wait_for_url("**part=form*")
    page.get_by_label("PO number").focus()
    page.keyboard.type("g g ?")
    assert page.get_by_label("PO number").input_value() == "g g ?"
    gallery.open("badge")
    press(page, "?")
    page.get_by_role("dialog").get_by_text("Command palette").wait_for()


def test_menus_tabs_and_dialogs_by_keyboard(gallery):
    page = gallery.open("overlay")
    opener = page.get_by_role("button", name="More")
    opener.focus()
    press(page, "Enter")
    playwright.expect(page.get_by_role("menuitem", name="Details")).to_be_focused()
    press(page, "End")
    playwright.expect(page.get_by_role("menuitem", name="Reverse")).to_be_focused()
    press(page, "Escape")
    playwright.expect(opener).to_be_focused()
    page.get_by_role("button", name="Write off").click()
    dialog = page.get_by_role("dialog", name="Write off EUR 12.40?")
    dialog.wait_for()
    press(page, "Escape")
    dialog.wait_for(state="detached")
    gallery.open("tabs")
    page.get_by_role("tab", name="Account").focus()
    press(page, "ArrowRight", "ArrowRight")
    playwright.expect(page.get_by_role("tabpanel")).to_contain_text("Anna Weber")


def test_every_mark_of_a_chart_leads_to_rows_and_every_chart_is_a_table_too(gallery):
    page = gallery.open("chart")
    ageing = page.get_by_role("figure", name="Ageing")
    assert ageing.get_by_role("link", name="31–60 days").first.get_attribute("href") == "?part=grid&age=2"
    ageing.get_by_role("button", name="Show as table").click()
    assert ageing.get_by_role("row").count() == 6
    assert ageing.get_by_role("row", name="Over 90 days").inner_text().replace("\xa0", " ").split("\t")[1].strip() == "EUR 38,000.00"
    line = page.get_by_role("figure", name="Cash in")
    assert line.get_by_role("link").count() == 12
    line.get_by_role("link").first.focus()
    press(page, "Enter")
    page.wait_for_url("**part=grid*")


def test_language_and_theme_change_at_once_and_lose_nothing(gallery):
    page = gallery.open("form")
    page.get_by_label("PO number").fill("4711")
    page.get_by_role("button", name="Anna Weber, settings").click()
    page.get_by_role("menuitemcheckbox", name="简体中文").click()
    assert page.get_by_label("采购订单号").input_value() == "4711"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    before = page.evaluate("getComputedStyle(document.body).color")
    page.get_by_role("button", name="Anna Weber，设置").click()
    page.get_by_role("menuitemcheckbox", name="深色").click()
    assert page.evaluate("getComputedStyle(document.body).color") != before


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_on_a_telephone_nothing_is_wider_than_the_screen(gallery, lang):
    gallery.page.set_viewport_size({"width": 390, "height": 800})
    for part in ["form", "chart", "grid"]:
        page = gallery.open(part, lang)
        frames(page, 2)
        widths = page.evaluate("[document.documentElement.scrollWidth, document.querySelector('main').scrollWidth]")
        assert max(widths) <= 390, part
    page.locator(".shell-burger button").click()
    page.locator(".nav-link").first.click()
    page.wait_for_url("**part=button*")


def test_the_first_load_is_small(gallery):
    page = gallery.open("grid")
    page.locator("[role=gridcell]").first.wait_for()
    urls = sorted({url for url in gallery.urls if url.startswith(gallery.site) and "/gallery" not in url})
    sizes = {url: len(gzip.compress(urllib.request.urlopen(url).read())) for url in urls}
    kilobytes = sum(sizes.values()) / 1000
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    print(f"\nfirst load of all parts: {len(urls)} files, {kilobytes:.1f} KB compressed; first contentful paint {paint:.0f} ms")
    assert kilobytes < FIRST_LOAD_MAX_KB
