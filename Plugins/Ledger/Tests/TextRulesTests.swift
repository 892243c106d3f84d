import RemitSDK
import RemitAPI
import Testing

@testable import Ledger

@Suite("Texts that people read")
struct TextRulesTests {
  @Test(
    "A text is not empty, not too long, not padded, and holds no control character",
    arguments: [
      ("", "must be given"), (" A", "begins"), ("A ", "begins"), ("A\nB", "control"), ("A\tB", "control"), ("ABCDEF", "longer"),
      ("A" + String(repeating: "\u{301}", count: 5), "longer"),
    ])
  func refused(_ text: String, _ reason: String) {
    #expect(Violations.problem(of: text, charactersMax: 5)?.contains(reason) == true)
  }

  @Test("Code points are counted, not bytes", arguments: ["华信精密制", "Müßig", "👩‍👩‍👧"])
  func accepted(_ text: String) {
    #expect(Violations.problem(of: text, charactersMax: 5) == nil)
  }

  @Test(
    "A cell that a spreadsheet would run is text in a file for it; a number stays one",
    arguments: [
      ("=1+1", "'=1+1"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("-5+9", "'-5+9"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
      ("+49 30 1", "'+49 30 1"), ("-12.50", "-12.50"), ("=A,\"B\"", "\"'=A,\"\"B\"\"\""), ("Müller", "Müller"), ("", ""),
    ])
  func cells(_ text: String, _ cell: String) { #expect(text.csvCell == cell) }
}
