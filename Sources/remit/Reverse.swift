import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Reverse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Post the opposite of a document.")

  @Argument var kind: DocumentKind
  @Argument(help: "Its number.") var number: String
  @OptionGroup var connection: Connection
  @Option(help: ArgumentHelp("From when on. (default: today)", valueName: "yyyy-mm-dd")) var on = ""
  @Option(help: "Why.") var reason: String
  @Flag(help: "Take its allocations back as well.") var undoAllocations = false

  func run() async throws {
    try await connection.run { client in
      let id = try await client.document(kind.name, number).document.id
      let request = Remit_Ledger_V1_ReverseDocumentRequest.with {
        $0.id = id
        $0.effectiveOn = on
        $0.reason = reason
        $0.undoAllocations = undoAllocations
      }
      let reversal: Remit_Ledger_V1_Document = try await client.call("ReverseDocument", request)
      print("\(kind.rawValue) \(number) is reversed from \(reversal.issuedOn), id \(reversal.id)")
    }
  }
}

struct History: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a document with all that happened to it: what is open, its allocations, its journal.")

  @Argument var kind: DocumentKind
  @Argument(help: "Its number.") var number: String
  @OptionGroup var connection: Connection
  @OptionGroup var output: Output

  func run() async throws {
    try await connection.run { client in
      let history = try await client.document(kind.name, number)
      let allocations = AllocationTable.of(history.allocations)
      guard output.output == .table else { return try output.show(allocations, history) }
      let document = history.document
      print(
        "\(kind.rawValue) \(number) of \(document.issuedOn): \(document.amount.words), posted by \(document.recordedBy)"
      )
      if !document.reason.isEmpty { print("reason: \(document.reason)") }
      if document.postedOn != document.issuedOn { print("in the books from \(document.postedOn) on") }
      if !document.exchangeRate.isEmpty { print("rate: \(document.exchangeRate)") }
      if !document.postingProfile.isEmpty { print("posting profile: \(document.postingProfile)") }
      if document.hasPaid { print("paid: \(document.paid.words)") }
      if !document.bankText.isEmpty { print("bank: \(document.bankText)") }
      for (name, value) in document.custom.words { print("\(name): \(value)") }
      if !document.reversedBy.isEmpty { print("reversed by \(document.reversedBy)") }
      for item in history.items { print("due \(item.dueOn): \(item.open.amount.grouped) of \(item.amount.words) open") }
      if !history.allocations.isEmpty { print("\n" + allocations.aligned, terminator: "") }
      var journal = Table([
        ("debit", .left), ("credit", .left), ("tax %", .right), ("amount", .right),
        ("in \(history.entries.first?.baseAmount.currency ?? "")", .right),
      ])
      journal.rows = history.entries.map { [$0.debit, $0.credit, $0.taxRate, $0.amount.amount, $0.baseAmount.amount] }
      print("\n" + journal.aligned, terminator: "")
    }
  }
}
