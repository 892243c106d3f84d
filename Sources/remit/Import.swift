import ArgumentParser
import FoundationEssentials
import Glibc
import LedgerMessages
import RemitAPI
import SwiftProtobuf
import Synchronization

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import a file of customers, invoices, receipts, credit notes, or of what was open in the system before.",
    discussion: """
      All rows are checked before one is written; where a row is refused nothing is written, unless --skip-refused. What is known already is
      left as it is, so that a file can be imported again.
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case customers, invoices, receipts
    case creditNotes = "credit-notes"
    case openItems = "open-items"

    fileprivate var method: String { "Import" + rawValue.split(separator: "-").map(\.capitalized).joined() }
    fileprivate var words: String { rawValue.replacing("-", with: " ") }
  }

  enum DateOrder: String, ExpressibleByArgument, CaseIterable { case dmy, mdy, ymd }
  enum DecimalMark: String, ExpressibleByArgument, CaseIterable { case point, comma }

  @Argument(help: "What the file holds.") var kind: Kind
  @Argument(help: "A file of separated values with a header.", completion: .file()) var file: String
  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Option(
    name: .customLong("column"),
    help: ArgumentHelp("Which column a field is in, where its header does not tell; repeat it for more.", valueName: "field=header"))
  var columns: [String] = []
  @Option(help: "How 1/5/2013 and 1.5.2013 are meant. (default: points with the day first; else as the file's clear dates are)")
  var dateOrder: DateOrder?
  @Option(help: "How 1,234 is meant.") var decimalMark: DecimalMark?
  @Option(
    help: "utf-8, utf-16, gb18030 or windows-1252. (default: found; GB18030 only for a company whose locale is Chinese)")
  var encoding = ""
  @Option(help: "What parts the columns: a comma, a semicolon, a bar, or tab. (default: found)") var delimiter = ""
  @Option(help: "The currency of rows without one. (default: the company's)") var currency = ""
  @Flag(help: "Import the good rows though others are refused.") var skipRefused = false
  @Flag(help: "Invoices that were due before they were issued are meant so: note them.") var takeEarlyDueDates = false
  @Flag(help: "Rows of invoices with one number are lines of one invoice: add up their amounts and taxes.") var addUpLines = false
  @Flag(help: "Receipts without number that are like one in the books are others: post them.") var repeatedAreNew = false
  @Option(
    help: ArgumentHelp(
      "Invoices, credit notes and open items are in the books from this day on, unless their row says another, or they are later. (default: their own)",
      valueName: "yyyy-mm-dd"))
  var postedOn = ""
  @Option(help: "Invoices without a due date are due so many days after they were issued.") var netDays: Int32?
  @Flag(help: "Check only; write nothing.") var dryRun = false

  private static let rowsShownMax = 40

  func run() async throws {
    let result = try await result()
    try show(result)
    if result.refused > 0 { throw ExitCode(EX_DATAERR) }
  }

  func result() async throws -> Remit_Ledger_V1_ImportResult {
    let request = try self.request()
    let last = Mutex<Remit_Ledger_V1_ImportResult?>(nil)
    try await connection.run { client in
      let bar = ProgressBar()
      defer { bar.clear() }
      try await client.stream(kind.method, request) { (update: Remit_Ledger_V1_ImportUpdate) in
        switch update.update {
        case .progress(let progress): bar.show(progress)
        case .result(let result): last.withLock { $0 = result }
        case nil: break
        }
      }
    }
    guard let result = last.withLock({ $0 }) else { try fail("remitd ended the import without a result", 1) }
    return result
  }

  private func request() throws -> Remit_Ledger_V1_ImportRequest {
    var request = Remit_Ledger_V1_ImportRequest()
    request.file = try bytes(ofFile: file)
    request.fileName = file.split(separator: "/").last.map(String.init) ?? file
    for column in columns {
      let parts = column.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw ValidationError("--column is a field and a header, such as received_on=SettledDate, not \(column)")
      }
      request.columns[parts[0]] = parts[1]
    }
    request.encoding = encoding
    request.delimiter = delimiter == "tab" ? "\t" : delimiter
    request.currency = currency
    request.skipRefused = skipRefused
    request.takeEarlyDueDates = takeEarlyDueDates
    request.addUpLines = addUpLines
    request.repeatedAreNew = repeatedAreNew
    request.postedOn = postedOn
    if let netDays { request.netDays = netDays }
    request.dryRun = dryRun
    request.dateOrder = [.dmy: .dayMonthYear, .mdy: .monthDayYear, .ymd: .yearMonthDay][dateOrder] ?? .unspecified
    request.decimalMark = [.point: .point, .comma: .comma][decimalMark] ?? .unspecified
    return request
  }

  private func show(_ result: Remit_Ledger_V1_ImportResult) throws {
    var table = Table([("row", .left), ("", .left), ("column", .left), ("value", .left), ("reason", .left)])
    table.rows = result.issues.map { issue in
      [
        String(issue.row), issue.severity == .refused ? "refused" : "note", issue.column, issue.value.replacing("\n", with: " "),
        issue.reason,
      ]
    }
    if output.output != .table { return try output.show(table, result) }
    let rest = max(0, table.rows.count - Self.rowsShownMax) + Int(result.issuesLeftOut)
    table.rows = Array(table.rows.prefix(Self.rowsShownMax))
    if !result.issues.isEmpty { print(table.aligned) }
    if rest > 0 { print("... and \(rest) more; --output csv lists them\n") }
    let would = result.dryRun ? "would be " : ""
    var counts = ["\(result.created) \(would)imported"]
    if result.unchanged > 0 { counts.append("\(result.unchanged) known already") }
    if result.refused > 0 { counts.append("\(result.refused) refused") }
    if result.heldBack > 0 { counts.append("\(result.heldBack) \(would)held back") }
    print("\(result.rows) \(addUpLines ? "rows of " : "")\(kind.words): \(counts.joined(separator: ", "))")
    if result.refused > 0, !skipRefused {
      let others = result.heldBack > 0 ? ", or import the others with --skip-refused" : ""
      printError("remit: nothing \(result.dryRun ? "would be" : "was") imported, since rows are refused: mend them\(others)")
    }
  }
}

/// How far an import is, on one line that is written over; only on a terminal.
struct ProgressBar: Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private static let width = 30

  func show(_ progress: Remit_Ledger_V1_ImportProgress) {
    show(progress.phase == .writing ? "writing " : "checking", Int(progress.rowsDone), of: Int(progress.rows))
  }

  func show(_ phase: String, _ done: Int, of all: Int) {
    guard isTerminal, all > 0 else { return }
    let filled = done * Self.width / all
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
    write("\r\(phase) [\(bar)] \(done) of \(all)\u{1B}[K")
  }

  func clear() { if isTerminal { write("\r\u{1B}[K") } }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
