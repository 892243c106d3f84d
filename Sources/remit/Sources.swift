import ArgumentParser
import FoundationEssentials
import Glibc
import RemitAPI
import SwiftProtobuf
import Synchronization

struct Sources: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source", abstract: "Take files of other systems - CSV, XLSX, JSON - as the company's documents of the kind source say.",
    discussion: """
      Each row becomes a request, such as an invoice to post, and is shaped and judged by the company's forms. What is refused waits in a review list:
      mend it with fix, or leave it. Nothing is dropped.
      """,
    subcommands: [
      Propose.self, Check.self, Take.self, Resume.self, Imports.self, Review.self, Fix.self, Leave.self,
    ])

  struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a source for files like one that is given: look it through, keep it with the company's documents, and apply them.",
      discussion:
        "remit source propose erp_invoices invoices.xlsx --method remit.ledger.v1.LedgerService/PostInvoice > my-company/source.erp_invoices.yaml"
    )

    @Argument(help: "What the source is to be called.") var name: String
    @Argument(help: "A file.", completion: .file()) var file: String
    @Option(help: "What each row asks for. (default: with --record to keep a record, else to post an invoice)") var method = ""
    @Option(help: "The kind of record that each row is.") var record = ""
    @OptionGroup var connection: Connection

    func run() async throws {
      let data = try bytes(ofFile: file)
      try await connection.run { client in
        let request = Remit_Platform_V1_ProposeSourceRequest.with {
          $0.name = name
          $0.method =
            !method.isEmpty
            ? method : record.isEmpty ? "remit.ledger.v1.LedgerService/PostInvoice" : "remit.platform.v1.RecordService/CreateRecord"
          $0.record = record
          $0.file = data
        }
        let reply: Remit_Platform_V1_ProposeSourceReply = try await client.call("ProposeSource", of: .imports, request)
        print(reply.document, terminator: "")
        for column in reply.unused { print("# not read: \(column)") }
      }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say what taking a file would do, as far as forms can tell; nothing is done.")

    @Argument(help: "The source.") var source: String
    @Argument(help: "A file.", completion: .file()) var file: String
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      let data = try bytes(ofFile: file)
      try await connection.run { client in
        let request = Remit_Platform_V1_CheckFileRequest.with {
          $0.source = source
          $0.file = data
        }
        let reply: Remit_Platform_V1_CheckFileReply = try await client.call("CheckFile", of: .imports, request)
        try output.show(reply.review.table, reply)
        guard output.output == .table else { return }
        print("\(Int(reply.rows).of("row")), \(Int(reply.refused).of("row")) refused")
        if !reply.unused.isEmpty { print("not read: \(reply.unused.joined(separator: ", "))") }
      }
    }
  }

  struct Take: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "import", abstract: "Take a file, row by row.")

    @Argument(help: "The source.") var source: String
    @Argument(help: "A file.", completion: .file()) var file: String
    @Flag(help: "Also where the same file was taken before.") var again = false
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      let data = try bytes(ofFile: file)
      try await connection.run(patience: 3600) { client in
        let request = Remit_Platform_V1_ImportFileRequest.with {
          $0.source = source
          $0.fileName = URL(fileURLWithPath: file).lastPathComponent
          $0.file = data
          $0.again = again
        }
        try await client.take("ImportFile", request, output)
      }
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Go on with the rows of an import that wait.")

    @Argument(help: "The import's number.") var id: UInt64
    @Flag(help: "Also those that were refused.") var review = false
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run(patience: 3600) { client in
        let request = Remit_Platform_V1_ResumeImportRequest.with {
          $0.id = id
          $0.review = review
        }
        try await client.take("ResumeImport", request, output)
      }
    }
  }

  struct Imports: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the files that were taken, the last first.")

    @Option(help: "Only of this source.") var source = ""
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        var all = Remit_Platform_V1_ListImportsReply()
        repeat {
          let request = Remit_Platform_V1_ListImportsRequest.with {
            $0.source = source
            $0.pageSize = 1000
            $0.pageToken = all.nextPageToken
          }
          let page: Remit_Platform_V1_ListImportsReply = try await client.call("ListImports", of: .imports, request)
          all.imports += page.imports
          all.nextPageToken = page.nextPageToken
        } while !all.nextPageToken.isEmpty
        var table = Table([
          ("import", .right), ("source", .left), ("file", .left), ("at", .left), ("by", .left), ("rows", .right), ("taken", .right),
          ("known", .right), ("review", .right), ("left", .right), ("waiting", .right),
        ])
        table.rows = all.imports.map {
          [
            "\($0.id)", $0.source, $0.fileName, $0.importedAt.minute, $0.importedBy, "\($0.rows)", "\($0.taken)", "\($0.known)",
            "\($0.review)", "\($0.left)", "\($0.waiting)",
          ]
        }
        try output.show(table, all)
      }
    }
  }

  struct Review: AsyncParsableCommand {
    enum State: String, ExpressibleByArgument, CaseIterable {
      case review, waiting, taken, known, left, all

      var message: Remit_Platform_V1_RowState {
        switch self {
        case .review: .review
        case .waiting: .waiting
        case .taken: .taken
        case .known: .known
        case .left: .left
        case .all: .unspecified
        }
      }
    }

    static let configuration = CommandConfiguration(abstract: "List the rows of an import that were refused, with why.")

    @Argument(help: "The import's number.") var id: UInt64
    @Option(help: "Which rows.") var state = State.review
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let rows = try await client.rows(of: id, state.message)
        try output.show(rows.table, Remit_Platform_V1_ListImportRowsReply.with { $0.rows = rows })
      }
    }
  }

  struct Fix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put other texts in cells of a row that was refused, and take it.",
      discussion: "remit source fix 7 12 'Due date=2026-02-01'")

    @Argument(help: "The import's number.") var id: UInt64
    @Argument(help: "The row's line.") var line: UInt32
    @Argument(help: ArgumentHelp("What is to stand in a column; none: the row is taken as it is.", valueName: "column=text")) var cells:
      [String] = []
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func validate() throws {
      if let cell = cells.first(where: { !$0.contains("=") }) {
        throw ValidationError("a cell is a column and a text, such as Amount=12.50, not \(cell)")
      }
    }

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_AmendImportRowRequest.with {
          $0.id = id
          $0.line = line
          for cell in cells {
            let parts = cell.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            $0.cells[parts[0]] = parts[1]
          }
        }
        let reply: Remit_Platform_V1_AmendImportRowReply = try await client.call("AmendImportRow", of: .imports, request)
        try output.show(reply.rows.table, reply)
        if reply.rows.contains(where: { $0.state == .review }) { throw ExitCode(EX_DATAERR) }
      }
    }
  }

  struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Leave a row that was refused.")

    @Argument(help: "The import's number.") var id: UInt64
    @Argument(help: "The rows' lines.") var lines: [UInt32] = []
    @Flag(help: "All rows that were refused.") var all = false
    @Option(help: "Why.") var reason: String
    @OptionGroup var connection: Connection

    func validate() throws {
      if lines.isEmpty != all { throw ValidationError("say which lines, or --all") }
    }

    func run() async throws {
      try await connection.run { client in
        var left: Set<UInt32> = []
        for line in all ? try await client.rows(of: id, .review).map(\.line) : lines where !left.contains(line) {
          let request = Remit_Platform_V1_DiscardImportRowRequest.with {
            $0.id = id
            $0.line = line
            $0.reason = reason
          }
          let reply: Remit_Platform_V1_DiscardImportRowReply = try await client.call("DiscardImportRow", of: .imports, request)
          left.formUnion(reply.rows.map(\.line))
        }
        print("\(left.count.of("row")) left")
      }
    }
  }
}

extension Client {
  fileprivate func rows(of id: UInt64, _ state: Remit_Platform_V1_RowState) async throws -> [Remit_Platform_V1_ImportRow] {
    var all = Remit_Platform_V1_ListImportRowsReply()
    repeat {
      let request = Remit_Platform_V1_ListImportRowsRequest.with {
        $0.id = id
        $0.state = state
        $0.pageSize = 1000
        $0.pageToken = all.nextPageToken
      }
      let page: Remit_Platform_V1_ListImportRowsReply = try await call("ListImportRows", of: .imports, request)
      all.rows += page.rows
      all.nextPageToken = page.nextPageToken
    } while !all.nextPageToken.isEmpty
    return all.rows
  }

  /// Runs an import to its end, and shows how it ended.
  fileprivate func take(_ method: String, _ request: some Message & Sendable, _ output: Output) async throws {
    let last = Mutex(Remit_Platform_V1_ImportFileUpdate())
    let bar = ProgressBar()
    defer { bar.clear() }
    try await stream(method, of: .imports, request) { (update: Remit_Platform_V1_ImportFileUpdate) in
      last.withLock { $0 = update }
      bar.show("taking", Int(update.import.rows - update.import.waiting), of: Int(update.import.rows))
    }
    bar.clear()
    let update = last.withLock { $0 }
    let taken = update.import
    if output.output == .json {
      print(try update.jsonString())
    } else {
      print(
        "import \(taken.id): \(Int(taken.rows).of("row")), \(taken.taken) taken, \(taken.known) known already, \(taken.review) to review"
          + (taken.left > 0 ? ", \(taken.left) left" : "") + (taken.waiting > 0 ? ", \(taken.waiting) waiting" : ""))
      if taken.review > 0 { print("see remit source review \(taken.id)") }
    }
    guard update.stopped.isEmpty else { try fail("it stopped: \(update.stopped); go on with remit source resume \(taken.id)", 1) }
    if taken.review > 0 { throw ExitCode(EX_DATAERR) }
  }
}

extension [Remit_Platform_V1_ImportRow] {
  fileprivate var table: Table {
    var table = Table([("line", .right), ("state", .left), ("column", .left), ("value", .left), ("what", .left)])
    for row in self {
      let state = "\(row.state)"
      if row.problems.isEmpty && row.state != .left {
        table.rows.append(["\(row.line)", state, "", "", [row.resource, row.note].filter { !$0.isEmpty }.joined(separator: "; ")])
      }
      if row.state == .left { table.rows.append(["\(row.line)", state, "", "", row.note]) }
      for problem in row.problems where row.state != .left {
        let column = problem.column.isEmpty ? problem.field : problem.column
        table.rows.append(["\(row.line)", state, column, row.cells[problem.column] ?? "", problem.message])
      }
    }
    return table
  }
}
