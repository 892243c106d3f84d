import RemitAPI
import RemitFiles
import Testing

@Suite("Files that lie, or want more than they are worth")
struct HostileFileTests {
  private func refused(_ parts: [(name: String, text: String)]) -> String? {
    refusal { () throws(CallError) in try WorkbookFixtures.table(parts) }
  }

  private func sheet(_ text: String) -> String? { refused(WorkbookFixtures.parts(text)) }

  /// Digits that do not pack well; the same each time.
  private func noise(_ count: Int) -> String {
    var state: UInt64 = 1
    return String(
      decoding: (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(0x30 + (state >> 33) % 10)
      }, as: UTF8.self)
  }

  @Test("A part that unpacks to far more than its size is refused")
  func bomb() {
    #expect(sheet("<row><c><v>1</v></c></row>" + String(repeating: " ", count: 8 << 20))?.contains("unpacks to far more") == true)
  }

  @Test("More than 1,000 parts are refused, also where only the directory says so")
  func parts() {
    let many = (0...1000).map { ("part\($0)", "") }
    #expect(refused(WorkbookFixtures.parts("") + many)?.contains("more than 1000 parts") == true)
    // What a directory of 64 bits claims: libzip would take memory for 2^40 entries.
    var file = WorkbookFixtures.openpyxl
    file +=
      [0x50, 0x4B, 6, 6, 44, 0, 0, 0, 0, 0, 0, 0, 45, 0, 45, 0] + [UInt8](repeating: 0, count: 21) + [1] + [UInt8](repeating: 0, count: 18)
    #expect(refusal { () throws(CallError) in try TableFile(file) }?.contains("more than 1000 parts") == true)
  }

  @Test("A file that was cut off anywhere is refused")
  func cutOff() {
    let file = WorkbookFixtures.openpyxl
    for count in stride(from: 1, to: file.count, by: 7) {
      var options = TableFile.Options()
      options.format = .xlsx
      #expect(refusal { () throws(CallError) in try TableFile(Array(file.prefix(count)), options) } != nil)
    }
  }

  @Test("Sizes and checksums that do not fit what is unpacked are refused")
  func lies() throws {
    let file = WorkbookFixtures.zip(WorkbookFixtures.parts("<row><c t='str'><v>A</v></c></row>"))
    #expect(try TableFile(file).columns == ["A"])
    // Of the directory's entry of the sheet, which is the last: its checksum, and its size as unpacked.
    let entry = try #require(file.indices.last { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for place in [16, 24] {
      var lie = file
      lie[entry + place] &+= 1
      #expect(refusal { () throws(CallError) in try TableFile(lie) } != nil)
    }
  }

  @Test("Two parts of one name, a password, another document, and what is no workbook are refused")
  func otherKinds() {
    let parts = WorkbookFixtures.parts("<row><c t='str'><v>A</v></c></row>")
    #expect(refused(parts + [("XL/Workbook.xml", "")])?.contains("damaged") == true)
    let locked = WorkbookFixtures.zip(parts, password: "x")
    #expect(refusal { () throws(CallError) in try TableFile(locked) }?.contains("password") == true)
    #expect(refused([("a.txt", "")])?.contains("no XLSX workbook") == true)
    #expect(refused([("mimetype", ""), ("content.xml", ""), ("META-INF/manifest.xml", "")])?.contains("ODS") == true)
    let relation = "<Relationships><Relationship Id='r' Type='x/officeDocument' Target='PATH'/></Relationships>"
    #expect(refused([("_rels/.rels", relation.replacing("PATH", with: "xl/workbook.bin"))])?.contains("XLSB") == true)
    #expect(refused([("_rels/.rels", relation), ("path", "<document/>")])?.contains("another document") == true)
    #expect(refused([("_rels/.rels", relation)])?.contains("lacks PATH") == true)
    #expect(refused(WorkbookFixtures.parts(""))?.contains("no sheet with rows") == true)
  }

  @Test("A document type is refused, so no entity can grow")
  func documentType() {
    let parts = WorkbookFixtures.parts("").dropLast()
    let text = "<!DOCTYPE worksheet [<!ENTITY a 'x'>]><worksheet>&a;</worksheet>"
    #expect(refused(parts + [("xl/worksheets/sheet1.xml", text)])?.contains("document type") == true)
  }

  @Test("Elements too deep, and names too long or too many, are refused")
  func names() {
    #expect(sheet(String(repeating: "<a>", count: 64))?.contains("too deep") == true)
    #expect(sheet((0..<5000).map { "<e\($0)/>" }.joined())?.contains("too many names") == true)
    #expect(sheet((0..<5000).map { "<e a\($0)=''/>" }.joined())?.contains("too many names") == true)
    #expect(sheet("<e a='\(noise(2 << 20))'/>")?.contains("too long") == true)
  }

  @Test("A text, a row and a sheet have their bounds")
  func bounds() {
    let text = noise(33_000)
    #expect(sheet("<row><c t='str'><v>\(text)</v></c></row>")?.contains("more than 32768 bytes in cell A1") == true)
    let runs = "<t>\(text.prefix(20_000))</t>"
    #expect(sheet("<row><c t='inlineStr'><is><r>\(runs)</r><r>\(runs)</r></is></c></row>")?.contains("more than 32768 bytes") == true)
    #expect(sheet("<row><c r='SS1'><v>1</v></c></row>")?.contains("more than 512 columns") == true)
    #expect(sheet("<row r='1048577'><c><v>1</v></c></row>")?.contains("more than 1048576 rows") == true)
    let wide = (1...10_000).map { "<row r='\($0)'><c r='SR\($0)'><v>\($0)</v></c></row>" }.joined()
    #expect(sheet(wide)?.contains("more than 5000000 cells") == true)
    let rows = (1...5000).map { "<row r='\($0)'><c><v>\($0)</v></c></row>" }.joined()
    let areas = (1...2000).map { "<mergeCell ref='A\($0):B1048576'/>" }.joined()
    #expect(refused(WorkbookFixtures.parts(rows, after: areas))?.contains("too many merged cells") == true)
  }
}
