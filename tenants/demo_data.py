"""Writes the files of the two demo companies: what their customers owe and paid, as such companies keep it.

Usage: demo_data.py FOLDER [--today 2026-11-24] [--seed 1]

The same day and seed give the same files. Names are made up from common parts. The files are messy on purpose: encodings, separators, forms
of dates and amounts, empty lines, rows that stand twice; and a few rows are wrong, so that an import shows what it does with such.
"""

import argparse
import csv
import datetime
import io
import pathlib
import random

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


class Company:
    """What one company invoices and is paid."""

    def __init__(self, seed, today, customers, invoices):
        self.random = random.Random(seed)
        self.today = today
        self.customers = [self.customer(number) for number in range(1, customers + 1)]
        # How late a customer pays is a habit of the customer.
        self.habits = {customer[0]: self.random.choice([-5, -2, 0, 3, 10, 25, 60]) for customer in self.customers}
        self.invoices = [self.invoice(number) for number in range(1, invoices + 1)]
        self.receipts = [receipt for invoice in self.invoices for receipt in self.payments(invoice)]
        self.receipts.sort(key=lambda receipt: receipt["received"])

    def invoice(self, number):
        customer = self.random.choice(self.customers)[0]
        issued = self.today - datetime.timedelta(days=self.random.randint(0, 500))
        net = int(self.random.lognormvariate(self.amount_of, 1)) + 1
        tax = net * self.tax_percent // 100
        return {
            "customer": customer, "number": number, "issued": issued, "due": issued + datetime.timedelta(days=self.random.choice(self.terms)),
            "tax": tax, "amount": net + tax, "currency": self.currency(), "rate": None}

    def payments(self, invoice):
        """None, one, or two in part; after the due date by the customer's habit."""
        if self.random.random() < 0.04:
            return
        paid_on = invoice["due"] + datetime.timedelta(days=self.habits[invoice["customer"]] + self.random.randint(-6, 20))
        parts = [invoice["amount"]]
        chance = self.random.random()
        if chance < 0.08 and invoice["amount"] > 100:
            first = invoice["amount"] * self.random.choice([30, 50, 70]) // 100
            parts = [first, invoice["amount"] - first]
        elif chance < 0.083:
            parts = [invoice["amount"] + 5000]  # too much
        for part in parts:
            paid_on = max(paid_on, invoice["issued"])
            if paid_on <= self.today:
                yield {"invoice": invoice, "amount": part, "received": paid_on}
            paid_on += datetime.timedelta(days=self.random.randint(20, 50))


class Huaxin(Company):
    """华信精密制造: a manufacturer, in CNY; files out of its ERP in GB18030."""

    amount_of, tax_percent, terms = 14, 13, [30, 30, 60, 90]
    PLACES = "上海 苏州 无锡 宁波 杭州 深圳 东莞 佛山 青岛 济南 武汉 长沙 成都 重庆 西安 天津 沈阳 大连 合肥 厦门".split()
    BRANDS = "华 信 达 宏 远 瑞 鑫 泰 恒 通 嘉 源 盛 康 德 汇 博 科 联 新".split()
    TRADES = "机械 精密 电子 汽车零部件 模具 自动化设备 五金 塑胶 新材料 仪器 轴承 液压".split()
    FORMS = "有限公司 有限责任公司 股份有限公司 （集团）有限公司 有限公司分公司".split()

    def currency(self):
        return "CNY"

    def customer(self, number):
        name = self.random.choice(self.PLACES) + "".join(self.random.sample(self.BRANDS, 2)) + self.random.choice(self.TRADES)
        return f"KH{number:05}", name + self.random.choice(self.FORMS), self.random.choice(self.PLACES)

    def date(self, day):
        return self.random.choice([f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}", day.isoformat()])

    def amount(self, minor):
        text = self.random.choice([f"￥{minor / 100:,.2f}", f"{minor / 100:,.2f}", f"{minor / 100:.2f}", f"{minor / 100:.2f}元"])
        return text.translate(FULL_WIDTH) if self.random.random() < 0.05 else text

    def files(self):
        yield "customers.csv", "gb18030", ",", [["客户编号", "客户名称", "所在地", "备注"]] + [
            [number, self.random.choice([name, f" {name} "]), place, self.random.choice(["", "", "老客户", "需\n电话确认"])]
            for number, name, place in self.customers]
        rows = [[i["customer"], f"XS{i['issued'].year}{i['number']:06}", self.date(i["issued"]), self.date(i["due"]),
                 self.random.choice(["CNY", "RMB", "人民币", ""]), self.amount(i["tax"]), self.amount(i["amount"]), "开票"] for i in self.invoices]
        rows += rows[10:13]  # exported twice
        rows += [["KH99999", "XS-错1", "2026年1月5日", "2026年2月5日", "", "", "￥100.00", "无此客户"],
                 ["KH00001", "XS-错2", "2026年1月5日", "", "", "", "￥100.00", "没有到期日"],
                 ["KH00001", "XS-错3", "2026年2月30日", "2026年3月5日", "", "", "约三万", ""]]
        yield "invoices.csv", "gb18030", ",", [["客户编号", "单据编号", "开票日期", "到期日", "币种", "税额", "价税合计", "摘要"]] + rows
        yield "receipts.csv", "gb18030", ",", [["收款单号", "收款日期", "客户编号", "发票号码", "收款金额"]] + [
            [f"SK{n:06}", self.date(r["received"]), r["invoice"]["customer"], f"XS{r['invoice']['issued'].year}{r['invoice']['number']:06}",
             self.amount(r["amount"])] for n, r in enumerate(self.receipts, 1)]


class Nordwind(Company):
    """Nordwind Services GmbH: in EUR, with some customers in CHF; files out of a spreadsheet."""

    amount_of, tax_percent, terms = 12, 19, [14, 30, 30, 45]
    NAMES = "Albrecht Bauer Claassen Dietrich Ebert Franke Gärtner Hübner Iversen Jäger Köhler Lüders Möller Neumann Oßwald Petersen Quandt Römer Schäfer Thoms".split()
    TRADES = "Logistik Elektrotechnik Maschinenbau Bäckereien Hausverwaltung Medien Pharma Druck Reederei Systeme".split()
    FORMS = ["GmbH", "AG", "GmbH & Co. KG", "KG", "e. K.", "SE"]
    CITIES = ["Hamburg", "Bremen", "Köln", "München", "Zürich", "Wien", "Leipzig"]

    def currency(self):
        return "CHF" if self.random.random() < 0.05 else "EUR"

    def customer(self, number):
        name = f"{self.random.choice(self.NAMES)} {self.random.choice(self.TRADES)} {self.random.choice(self.FORMS)}"
        return f"{10000 + number}", name, self.random.choice(self.CITIES)

    def date(self, day):
        return self.random.choice([day.strftime("%d.%m.%Y"), f"{day.day}.{day.month}.{day.year}", day.isoformat()])

    def amount(self, minor):
        grouped = f"{minor / 100:,.2f}".translate(str.maketrans(",.", ".,"))
        return self.random.choice([grouped, f"{minor / 100:.2f}".replace(".", ","), grouped + " €"])

    def files(self):
        rate = lambda currency: f"1,0{self.random.randint(100, 800)}" if currency == "CHF" else ""
        plain = lambda minor, currency: self.amount(minor).removesuffix(" €") if currency == "CHF" else self.amount(minor)
        yield "customers.csv", "utf-8-sig", ";", [["Firma", "Kunden-Nr.", "Ort", "Bemerkung"]] + [
            [name, number, city, self.random.choice(["", "", 'sagt "bald"', "Mahnung; per Post", "erste Zeile\nzweite Zeile"])]
            for number, name, city in self.customers]
        rows = [[f"RE-{i['number']:05}", i["customer"], self.date(i["issued"]), self.date(i["due"]), plain(i["amount"], i["currency"]),
                 plain(i["tax"], i["currency"]), i["currency"], rate(i["currency"])] for i in self.invoices]
        rows.insert(200, [""] * 8)
        rows += rows[20:22]
        rows += [["RE-99991", "99999", "05.01.2026", "04.02.2026", "100,00", "", "EUR", ""],
                 ["RE-99992", "10001", "05.01.2026", "04.02.2026", "1.234", "", "EUR", ""],
                 ["RE-99993", "10001", "5/1/2026", "04.02.2026", "100,00", "", "EUR", ""]]
        yield "invoices.csv", "utf-8-sig", ";", [
            ["Rechnungs-Nr.", "Kunde", "Rechnungsdatum", "Fällig am", "Betrag", "MwSt", "Währung", "Kurs"]] + rows
        yield "receipts.csv", "utf-16", "\t", [["Buchungsdatum", "Rechnung", "Betrag", "Währung", "Kurs", "Zahlungs-Nr."]] + [
            [self.date(r["received"]), f"RE-{r['invoice']['number']:05}", plain(r["amount"], r["invoice"]["currency"]), r["invoice"]["currency"],
             rate(r["invoice"]["currency"]), f"Z{n}"] for n, r in enumerate(self.receipts, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=datetime.date.today() - datetime.timedelta(days=1))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    companies = {
        "huaxin": Huaxin(arguments.seed, arguments.today, 300, 4000),
        "nordwind": Nordwind(arguments.seed + 1, arguments.today, 250, 3000)}
    for slug, company in companies.items():
        (arguments.folder / slug).mkdir(parents=True, exist_ok=True)
        for name, encoding, delimiter, rows in company.files():
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=delimiter).writerows(rows)
            (arguments.folder / slug / name).write_bytes(text.getvalue().encode(encoding))


if __name__ == "__main__":
    main()
