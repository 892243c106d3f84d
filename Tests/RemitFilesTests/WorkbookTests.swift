import RemitAPI
import RemitFiles
import Testing

@Suite("XLSX as a table")
struct WorkbookTests {
  @Test("A workbook of openpyxl: the first sheet that is not hidden, its header under a title")
  func openpyxl() throws {
    let table = try TableFile(WorkbookFixtures.openpyxl)
    #expect(table.format == .xlsx)
    #expect(table.columns == ["", "Kunde", "Betrag", "Fällig", "Gebucht", "Bezahlt", "Betrag (2)"])
    #expect(
      table.records.map(\.cells) == [
        ["", "00123", "1234.56", "2026-01-05", "2026-01-05T14:30:00", "true", "#N/A"],
        ["", "Müller GmbH", "-0.1", "", "1900-01-31", "false", "46027"],
        ["", "中国公司", "1000000000000000", "2026-12-31", "", "", "0.19"],
      ])
    #expect(table.records.map(\.line) == [4, 5, 7])
  }

  @Test("A hidden sheet is read where it is named; one that is not there is told with those that are")
  func named() throws {
    var options = TableFile.Options()
    options.sheet = "Notes"
    #expect(try TableFile(WorkbookFixtures.openpyxl, options).columns == ["secret", "x"])
    options.sheet = "Other"
    #expect(
      refusal { () throws(CallError) in try TableFile(WorkbookFixtures.openpyxl, options) }
        == #"sheet is "Other", which the workbook does not have; it has Notes, Offene Posten"#)
  }

  @Test("A workbook of XlsxWriter: an empty sheet first, days since 1904, shared texts, results of formulas")
  func xlsxWriter() throws {
    let table = try TableFile(WorkbookFixtures.xlsxWriter)
    #expect(table.columns == ["Nr", "Name", "Datum", "Zeit", "Summe"])
    #expect(
      table.records.map(\.cells) == [
        ["007", "Müller GmbH", "2026-01-05", "2026-01-05T08:00:01", "0.333333333333333"], ["008", "_x0041_", "", "", "n/a"],
      ])
    #expect(table.records.map(\.line) == [2, 5])
  }

  @Test("Texts are put together of their runs, without how they are spoken; control characters are as they were")
  func texts() throws {
    let table = try WorkbookFixtures.table(
      WorkbookFixtures.parts(
        "<row><c t='s'><v>0</v></c><c t='inlineStr'><is><t>B</t></is></c></row><row><c t='s'><v> 1 </v></c><c t='str'><v>x_x000D_y</v></c></row>",
        texts: ["<r><t>A</t></r><r><rPr><b/></rPr><t xml:space='preserve'> 1</t></r>", "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh>"]))
    #expect(table.columns == ["A 1", "B"])
    #expect(table.records.map(\.cells) == [["東京", "x\ry"]])
  }

  @Test("Cells and rows stand where they say, with gaps; a column without a name is kept, empty cells and rows behind are not")
  func gaps() throws {
    let table = try WorkbookFixtures.table(
      WorkbookFixtures.parts(
        """
        <row r='2'><c r='B2' t='str'><v>A</v></c><c r='D2' t='str'><v>B</v></c><c r='XFD2' s='1'/></row>
        <row r='9'><c r='E9'><v>5</v></c></row><row r='10'><c r='B10' t='str'><v> </v></c></row><row r='1048576'/>
        """))
    #expect(table.columns == ["", "A", "", "B", ""])
    #expect(table.records.map(\.cells) == [["", "", "", "", "5"]])
    #expect(table.records.map(\.line) == [9])
  }

  @Test("Of merged cells the first counts")
  func merged() throws {
    let table = try WorkbookFixtures.table(
      WorkbookFixtures.parts(
        "<row><c t='str'><v>A</v></c><c t='str'><v>B</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
        after: "<mergeCells><mergeCell ref='A2:B3'/><mergeCell ref='A7:Z1000000'/></mergeCells>"))
    #expect(table.records.map(\.cells) == [["1", ""]])
  }

  @Test(
    "Numbers are the shortest decimal with at most 15 digits; those that have lost some look as spreadsheets show them",
    arguments: [
      ("1234.5600000000001", "1234.56"), ("1E+20", "1E+20"), ("1.5e-7", "0.00000015"), ("-0", "0"), ("-0.10", "-0.1"),
      ("0.30000000000000004", "0.3"), ("123456789012345678", "1.2345678901234568E+17"), ("1234567890123456", "1.234567890123456E+15"),
      ("999999999999999.9", "1000000000000000"),
      ("0.99999999999999999", "1"), ("46027", "46027"), ("99999.995", "99999.995"), ("0.0001", "0.0001"),
      ("12345678901234.56", "12345678901234.6"),
    ])
  func numbers(_ written: String, _ text: String) throws {
    #expect(try cell("<c><v>\(written)</v></c>") == text)
  }

  @Test(
    "A number in a format of dates is a day, an instant or a time",
    arguments: [
      ("14", "46027", "2026-01-05"), ("22", "46027.604166666664", "2026-01-05T14:30:00"), ("57", "46027", "2026-01-05"),
      ("14", "1", "1900-01-01"), ("14", "59", "1900-02-28"), ("14", "61", "1900-03-01"), ("14", "2958465", "9999-12-31"),
      ("14", "2958466", "2958466"), ("14", "-1", "-1"), ("20", "0.5", "12:00:00"), ("22", "46026.999999", "2026-01-05"),
      ("49", "46027", "46027"), ("48", "46027", "46027"), ("0", "46027", "46027"), ("4", "46027", "46027"),
    ])
  func dates(_ format: String, _ serial: String, _ text: String) throws {
    #expect(try cell("<c s='1'><v>\(serial)</v></c>", styles: "<cellXfs><xf numFmtId='0'/><xf numFmtId='\(format)'/></cellXfs>") == text)
  }

  @Test(
    "A format of one's own is of dates where it has their letters outside quotes, brackets and escapes",
    arguments: [
      ("yyyy-mm-dd", true), ("[$-407]d. mmmm;@", true), ("yyyy&quot;年&quot;", true), ("H:MM", true), ("0.00 &quot;days&quot;", false),
      ("#,##0.00\\ \\d;[Red]-0", false), ("General", false), ("0_d*y", false), ("[$USD-409] 0", false), ("[h]", false),
    ])
  func formats(_ code: String, _ isDate: Bool) throws {
    let styles =
      "<numFmts><numFmt numFmtId='164' formatCode='\(code)'/></numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
      + "<cellXfs><xf numFmtId='0'/><xf numFmtId='164'/></cellXfs><dxfs><dxf><numFmt numFmtId='164' formatCode='yy'/></dxf></dxfs>"
    #expect(try cell("<c s='1'><v>46027</v></c>", styles: styles) == (isDate ? "2026-01-05" : "46027"))
  }

  @Test("Days may be counted from 1904")
  func days1904() throws {
    let styles = "<cellXfs><xf/><xf numFmtId='14'/></cellXfs>"
    #expect(try cell("<c s='1'><v>44565</v></c>", styles: styles, properties: "<workbookPr date1904='1'/>") == "2026-01-05")
    #expect(try cell("<c t='d'><v>2026-01-05T00:00:00</v></c>") == "2026-01-05")
  }

  @Test("A formula without its result is refused, as its amount would be missing; an empty text as a result is not")
  func formulas() throws {
    #expect(
      refusal { () throws(CallError) in try file("<c><f>A1*2</f></c>") }?.contains("without its result in cell A2 of the sheet Data")
        == true)
    #expect(refusal { () throws(CallError) in try file("<c><f>A1*2</f><v/></c>") }?.contains("without its result") == true)
    #expect(try cell("<c t='str'><f>T(1)</f><v></v></c><c><v>1</v></c>") == "")
  }

  @Test(
    "What is damaged is refused with its place",
    arguments: [
      ("<c t='s'><v>9</v></c>", "no text for cell A2"), ("<c t='s'><v>-1</v></c>", "no text for cell A2"),
      ("<c><v>abc</v></c>", "no number in cell A2"),
      ("<c><v>nan</v></c>", "no number"), ("<c><v>0x10</v></c>", "no number"), ("<c><v>1e999</v></c>", "no number"),
      ("<c t='z'><v>1</v></c>", "another kind"),
      ("<c r='2B'><v>1</v></c>", "stands nowhere"), ("<c r='A99999999999999999999'/>", "stands nowhere"),
      ("<c><v>1</c>", "garbled in line 1"),
      ("</row><row r='1'>", "row 2 is followed by"), ("</row><row r='x'>", "row 2 is followed by"), ("<c>&undefined;</c>", "garbled"),
    ])
  func damaged(_ cells: String, _ words: String) {
    #expect(refusal { () throws(CallError) in try file(cells) }?.contains(words) == true)
  }

  private func file(_ cells: String, styles: String = "", properties: String = "") throws(CallError) -> TableFile {
    try WorkbookFixtures.table(
      WorkbookFixtures.parts("<row><c t='str'><v>A</v></c></row><row>\(cells)</row>", styles: styles, properties: properties))
  }

  private func cell(_ cells: String, styles: String = "", properties: String = "") throws -> String {
    try #require(try file(cells, styles: styles, properties: properties).records.first?.cells.first)
  }
}
