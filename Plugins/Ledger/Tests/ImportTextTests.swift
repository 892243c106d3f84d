import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf
import Testing

@testable import Ledger

@Suite("Dates as people write them")
struct DateTextTests {
  @Test(
    "Dates that say themselves how they are meant",
    arguments: [
      "2024-01-05", "2024/1/5", "2024/01/05", "2024.1.5", "20240105", "2024年1月5日", "2024年01月05日", "05.01.2024", "5.1.2024", " 2024-01-05 ",
      "２０２４－０１－０５", "2024-01-05 00:00:00", "2024-01-05T13:45:00Z", "2024/1/5 0:00",
    ])
  func clear(_ text: String) throws {
    #expect(try DateText.date(text, order: .unspecified).description == "2024-01-05")
  }

  @Test("With slashes the order must be stated, unless only one is possible")
  func slashes() throws {
    #expect(throws: CellProblem.self) { try DateText.date("1/5/2013", order: .unspecified) }
    #expect(try DateText.date("1/5/2013", order: .monthDayYear).description == "2013-01-05")
    #expect(try DateText.date("1/5/2013", order: .dayMonthYear).description == "2013-05-01")
    #expect(try DateText.date("1/15/2013", order: .unspecified).description == "2013-01-15")
    #expect(try DateText.date("15/1/2013", order: .unspecified).description == "2013-01-15")
    #expect(try DateText.date("5/5/2013", order: .unspecified).description == "2013-05-05")
    #expect(throws: CellProblem.self) { try DateText.date("1/15/2013", order: .dayMonthYear) }
  }

  @Test("A given order holds for every separator")
  func givenOrder() throws {
    #expect(try DateText.date("03.09.2026", order: .monthDayYear).description == "2026-03-09")
    #expect(try DateText.date("03.09.2026", order: .unspecified).description == "2026-09-03")
    #expect(throws: CellProblem.self) { try DateText.date("03.09.2026", order: .yearMonthDay) }
    #expect(throws: CellProblem.self) { try DateText.date("03/09/2026", order: .yearMonthDay) }
  }

  @Test("A file has one order: a clear date decides for the doubtful ones, and one that contradicts it is refused")
  func orderOfFile() throws {
    #expect(DateText.order(of: "13/3/2026") == .dayMonthYear)
    #expect(DateText.order(of: "3-13-2026") == .monthDayYear)
    #expect(["3/4/2026", "13.3.2026", "2026-03-13", "13/3/26", "13/14/2026"].allSatisfy { DateText.order(of: $0) == nil })
    let file = FileDateOrder(order: .dayMonthYear, line: 2)
    #expect(try DateText.date("3/4/2026", order: .unspecified, file: file, line: 5).description == "2026-04-03")
    #expect(throws: file.contradiction(on: 5)) { try DateText.date("3/14/2026", order: .unspecified, file: file, line: 5) }
    #expect("\(file.contradiction(on: 5))".contains("line 5") && "\(file.contradiction(on: 5))".contains("line 2"))
  }

  @Test(
    "Months by their names",
    arguments: [
      ("5-Jan-2024", DateText.Order.unspecified, "2024-01-05"), ("05. März 2024", .unspecified, "2024-03-05"),
      ("Nov 30, 2015", .unspecified, "2015-11-30"),
      ("30-Nov-15", .dayMonthYear, "2015-11-30"), ("1/dez/2024", .unspecified, "2024-12-01"), ("3/4/15", .monthDayYear, "2015-03-04"),
    ])
  func namedMonths(_ text: String, _ order: DateText.Order, _ expected: String) throws {
    #expect("\(try DateText.date(text, order: order))" == expected)
  }

  @Test(
    "A year of two digits needs the order stated; a name must be a month's",
    arguments: ["30-Nov-15", "3/4/15", "5-Jam-2024", "31-Nov-2015", "Jan-2024"])
  func doubtfulNames(_ text: String) {
    #expect(throws: CellProblem.self) { try DateText.date(text, order: .unspecified) }
  }

  @Test(
    "What is no date is refused",
    arguments: [
      "", "x", "2023-02-29", "31.04.2024", "05.01.24", "1/2/3", "45296", "2024-13-01", "0024-01-01", "2024-01", "2024--01-05", "5 Jam 2024",
      "2024年1月",
    ])
  func refused(_ text: String) {
    #expect(throws: CellProblem.self) { try DateText.date(text, order: .unspecified) }
  }

  @Test("Days are counted as Postgres does")
  func days() {
    #expect(CivilDate("2000-01-01")?.days == 0)
    #expect(CivilDate("1999-12-31")?.days == -1)
    #expect(CivilDate("2024-02-29")?.days == 8825)
    for days in Int32(-20_000)...20_000 {
      let (year, month, day) = CivilDate(days: days).yearMonthDay
      #expect(CivilDate(year: year, month: month, day: day)?.days == days)
    }
  }
}

@Suite("Amounts as people write them")
struct AmountTextTests {
  private func minor(_ text: String, _ code: String = "EUR", _ mark: AmountText.Mark = .unspecified) throws -> Int64 {
    try AmountText.money(text, #require(Currency(code)), mark: mark).minor
  }

  @Test(
    "Amounts that are not in doubt",
    arguments: [
      ("1,234.56", 123_456), ("1.234,56", 123_456), ("1234.56", 123_456), ("1234,56", 123_456), ("1 234,56", 123_456),
      ("1'234.56", 123_456), ("1,234,567", 123_456_700), ("1.234.567", 123_456_700), ("1.234.567,8", 123_456_780), ("12", 1200),
      ("12.5", 1250), ("(12.50)", -1250), ("-12.50", -1250), ("12.50-", -1250), ("−12,50", -1250), ("€ 12,50", 1250), ("12,50 €", 1250),
      ("EUR 12.50", 1250), ("-€12.50", -1250), ("€-12.50", -1250), ("１，２３４．５６", 123_456), ("0,10", 10), (".5", 50),
      ("12.500,00", 1_250_000),
      ("100.-", 10_000), ("1.234,-", 123_400), ("100,--", 10_000), ("100.--", 10_000), ("€ 100.-", 10_000), ("100,- €", 10_000),
      ("+3.00", 300), ("1\u{A0}234,50", 123_450), ("1234.560", 123_456),
    ])
  func clear(_ text: String, _ expected: Int64) throws {
    #expect(try minor(text) == expected)
  }

  @Test("Signs must fit the currency")
  func signs() throws {
    #expect(try minor("￥1,234.00", "CNY") == 123_400)
    #expect(try minor("¥1234", "JPY") == 1234)
    #expect(try minor("1,234.00元", "CNY") == 123_400)
    #expect(try minor("RMB 5.00", "CNY") == 500)
    #expect(throws: CellProblem.self) { try minor("￥1,234.00", "EUR") }
    #expect(throws: CellProblem.self) { try minor("$5.00", "EUR") }
  }

  @Test("A thousand or one and a bit: refused, unless the mark is stated")
  func ambiguous() throws {
    #expect(throws: CellProblem.self) { try minor("1,234") }
    #expect(throws: CellProblem.self) { try minor("1.234") }
    #expect(throws: CellProblem.self) { try minor("￥123,456", "CNY") }
    #expect(try minor("1,234", "EUR", .point) == 123_400)
    #expect(try minor("1.234", "EUR", .comma) == 123_400)
    #expect(try minor("1,234", "KWD", .comma) == 1234)
    #expect(throws: CellProblem.self) { try minor("1,234", "EUR", .comma) }
  }

  @Test(
    "What is no amount is refused",
    arguments: [
      "", "abc", "1.2.3", "1,23,456.00", "12,34.56,78", "1e5", "12.345,6.7", "--5", "(-5)", "5 5", "1.2345", "NaN", "٣", "1,2345,678",
      "9999999999999999999",
    ])
  func refused(_ text: String) {
    #expect(throws: CellProblem.self) { try minor(text) }
  }

  @Test("What a spreadsheet shows of a long number is refused as that", arguments: ["2.4952E+19", "1,5E+07", "２．４９５２Ｅ＋１９", "1E+10"])
  func changedBySpreadsheet(_ text: String) {
    #expect(CellText.isChangedBySpreadsheet(text))
    #expect(throws: CellText.changedBySpreadsheet) { try minor(text) }
  }

  @Test("Numbers that only look like it are not", arguments: ["RE-1", "2024", "E+19", "1.2.3E+4", "INV1E+5"])
  func notChanged(_ text: String) { #expect(!CellText.isChangedBySpreadsheet(text)) }

  @Test("A cell is cut at the border of a code point")
  func cut() {
    #expect(CellText.cut("abc", bytesMax: 3) == "abc")
    #expect(CellText.cut("ab华", bytesMax: 4) == "ab")
    #expect(CellText.cut("华信", bytesMax: 3) == "华")
  }

  @Test("A rate has as many decimals as it needs")
  func rates() throws {
    #expect(try AmountText.rate("7,2345", mark: .unspecified) == ExchangeRate("7.2345"))
    #expect(throws: CellProblem.self) { try AmountText.rate("0", mark: .unspecified) }
  }
}

@Suite("Files of separated values")
struct DelimitedTextTests {
  private func records(_ text: String) throws -> [DelimitedText.Record] {
    var file = try DelimitedText(Array(text.utf8))
    var records: [DelimitedText.Record] = []
    while let record = try file.next() { records.append(record) }
    return records
  }

  private func fields(_ text: String) throws -> [[String]] { try records(text).map(\.fields) }

  @Test("Quotes, doubled quotes, and line breaks and separators within them")
  func quotes() throws {
    #expect(try fields("a,b\r\n\"x, \"\"y\"\"\r\nz\",2\r\n") == [["a", "b"], ["x, \"y\"\r\nz", "2"]])
    #expect(try records("a,b\n\"1\n2\",x\n\nc,d\n").map(\.line) == [1, 2, 5])
    #expect(try fields("a , \"b, c\" ,d\n") == [["a ", "b, c", "d"]])
  }

  @Test("Any of the usual separators and line breaks", arguments: [",", ";", "\t", "|"], ["\n", "\r\n", "\r"])
  func separators(_ separator: String, _ lineBreak: String) throws {
    let text = [["a", "b", "c"], ["1", "", "3"]].map { $0.joined(separator: separator) }.joined(separator: lineBreak)
    #expect(try fields(text) == [["a", "b", "c"], ["1", "", "3"]])
    #expect(try fields(text + separator) == [["a", "b", "c"], ["1", "", "3", ""]])
  }

  @Test("A comma in a header of semicolons does not mislead")
  func mixed() throws {
    #expect(try fields("\"a, x, y, z\";b;c\n1,5;2;3") == [["a, x, y, z", "b", "c"], ["1,5", "2", "3"]])
    #expect(try fields("sep=;\na,b;c\n") == [["a,b", "c"]])
    #expect(try fields("\"sep=;\"\r\na,b;c\n") == [["a,b", "c"]])
    #expect(try fields("Sales, all, of, March, 2026\na;b;c\n1,5;2;3\n1,5;2;3\n").last == ["1,5", "2", "3"])
    #expect(try fields("one\ntwo\n") == [["one"], ["two"]])
  }

  @Test("A quote that is not closed, and text after one, are refused", arguments: ["a,b\n\"1,2\n", "a,b\n\"1\"x,2\n", "a,b;c\n"])
  func refused(_ text: String) {
    #expect(throws: CallError.self) { try fields(text) }
  }
}

@Suite("Columns and rows of a file")
struct ImportedTableTests {
  private func table(_ text: String, _ fields: [ImportField] = ImportField.invoices) throws -> ImportedTable {
    try ImportedTable(.with { $0.file = Data(text.utf8) }, fields: fields, keys: [["number"]], locale: "de-DE")
  }

  @Test("The header is the first record that has all that is needed; what is before it are titles")
  func titles() throws {
    let table = try table("List,,,,\n\ncustomer,number,amount,date,due\n1,2,3,4,5\n")
    #expect(table.header.map(\.text) == ["customer", "number", "amount", "date", "due"])
    #expect(table.rows.map(\.line) == [4])
  }

  @Test(
    "金额 beside the tax or the amount with tax is without tax",
    arguments: [
      ("金额,税额,价税合计", ["net": 3, "tax": 4, "amount": 5]), ("金额,税额,x", ["net": 3, "tax": 4]), ("金额,x,y", ["amount": 3]),
      ("不含税金额,税额,金额", ["net": 3, "tax": 4, "amount": 5]), ("金额（元）,税额（元）,x", ["net": 3, "tax": 4]),
    ])
  func netOrGross(_ amounts: String, _ expected: [String: Int]) throws {
    let columns = try table("客户编号,发票号码,开票日期,\(amounts),到期日\n").columns
    #expect(columns.filter { ["net", "tax", "amount"].contains($0.key) } == expected)
  }

  @Test("Ten thousands are another unit, and no column is found by them")
  func thousands() {
    #expect(throws: CallError.self) { try table("客户编号,发票号码,开票日期,金额（万元）,到期日\n") }
  }

  @Test("Rows of totals, and remarks after the last row, are left out")
  func totals() throws {
    let table = try table("customer,number,amount,date,due\n1,2,3,4,5\n合 计：,,3,,\n1,3,Total,4,5\nPrinted,,,,\n")
    #expect(table.rows.map(\.line) == [2, 4])
    #expect(table.leftOut.map(\.line) == [3, 5])
  }

  @Test("A cell and a header have bounds")
  func bounds() {
    #expect(throws: CallError.self) { try table("number,name\n1,\(String(repeating: "x", count: 32_769))\n", ImportField.customers) }
    #expect(throws: CallError.self) { try table("number,name\(String(repeating: ",", count: 511))\n1,2\n", ImportField.customers) }
  }
}

@Suite("Encodings")
struct TextDecodingTests {
  private let text = "客户编号,名称\n001,华信—€\n"

  private func decoded(_ bytes: [UInt8], _ encoding: String = "", locale: String = "de-DE") throws -> String {
    String(decoding: try TextDecoding.utf8(bytes, encoding: encoding, locale: locale), as: UTF8.self)
  }

  @Test("UTF-8 with and without a mark, UTF-16 in both orders with and without a mark")
  func unicode() throws {
    #expect(try decoded(Array(text.utf8)) == text)
    #expect(try decoded([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == text)
    let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    #expect(try decoded([0xFF, 0xFE] + little) == text)
    #expect(try decoded([0xFE, 0xFF] + big) == text)
    let plain = "number,name,city,amount\n1,M\u{FC}ller,Berlin,3\n"
    #expect(try decoded(plain.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == plain)
    #expect(try decoded(plain.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) == plain)
  }

  @Test("GB18030 for a Chinese company; for others it must be stated")
  func gb18030() throws {
    let bytes: [UInt8] = [0xBF, 0xCD, 0xBB, 0xA7, 0x2C, 0x31, 0x0A]
    #expect(try decoded(bytes, locale: "zh-CN") == "客户,1\n")
    #expect(try decoded(bytes, "gb18030") == "客户,1\n")
    #expect(throws: CallError.self) { try decoded(bytes) }
    #expect(try decoded([0x4D, 0xFC, 0x6C], "windows-1252") == "Mül")
  }

  private func refusal(_ bytes: [UInt8], _ encoding: String = "", locale: String = "zh-CN") -> String {
    do {
      return try decoded(bytes, encoding, locale: locale)
    } catch {
      return "\(error)"
    }
  }

  @Test("A few broken bytes do not make UTF-8 another encoding")
  func brokenUTF8() {
    let bytes = Array("a,华信\nb,".utf8) + [0xE6, 0x0A]
    #expect(refusal(bytes).contains("is UTF-8 but for byte 12, on line 2"))
  }

  @Test("A zero byte is UTF-16 only among others")
  func zeroByte() {
    #expect(refusal(Array("number,name\n1,x\0,abc\n".utf8)).contains("holds a zero byte on line 2"))
  }

  @Test("Text longer than a chunk of the conversion is whole")
  func long() throws {
    let long = String(repeating: text, count: 10_000)
    #expect(try decoded([0xFF, 0xFE] + long.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == long)
  }

  @Test(
    "Workbooks and the like are named", arguments: [[0x50, 0x4B, 3, 4], [0xD0, 0xCF, 0x11, 0xE0], Array("%PDF-".utf8), [0x1F, 0x8B]])
  func otherKinds(_ bytes: [UInt8]) { #expect(refusal(bytes + [0, 0, 0]).contains("CSV")) }

  @Test("Bytes that are no text are refused")
  func refused() {
    #expect(throws: CallError.self) { try decoded([0x61, 0xFF, 0xFF, 0x62], locale: "zh-CN") }
    #expect(throws: CallError.self) { try decoded([0x61, 0xC3], "utf-8") }
    #expect(throws: CallError.self) { try decoded([0x61], "ebcdic") }
  }
}
