import RemitSDK
import LedgerMessages
import RemitAPI
import SwiftProtobuf

/// What is said of a file's rows: so much of it as is sent, and how much else there is. All rows of an import write into one.
final class ImportIssues {
  private static let keptMax = 10_000
  private static let valueBytesMax = 100

  private var kept: [Remit_Ledger_V1_ImportIssue] = []
  private(set) var leftOut = 0
  private var said: Set<String> = []

  /// Whether it is said for the first time: what holds for many rows is said of one.
  func isFirst(_ words: String) -> Bool { said.insert(words).inserted }

  func add(_ severity: Remit_Ledger_V1_ImportIssue.Severity, line: Int, column: String, value: String, _ reason: String) {
    guard kept.count < Self.keptMax else {
      leftOut += 1
      return
    }
    kept.append(
      .with {
        $0.severity = severity
        $0.row = UInt32(line)
        $0.column = CellText.cut(column, bytesMax: Self.valueBytesMax)
        $0.value = CellText.cut(value, bytesMax: Self.valueBytesMax)
        $0.reason = reason
      })
  }

  /// By row; those of one row in the order in which they were found.
  var sorted: [Remit_Ledger_V1_ImportIssue] {
    kept.enumerated().sorted { ($0.element.row, $0.offset) < ($1.element.row, $1.offset) }.map(\.element)
  }
}
