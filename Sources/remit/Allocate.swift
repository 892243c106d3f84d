import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Allocate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Settle what is owed by what was paid.",
    discussion: """
      Give the customer, and all that is open of it and of those with the same payer is allocated; or name receipts and invoices by their numbers. Without
      either, unapplied cash of every customer is allocated where an amount fits one invoice exactly (--by oldest: and then the oldest first).
      With --amount, so much of one receipt goes to one invoice, with what else settles it: a discount, a bank's fee, a write-off.
      """)

  enum Order: String, ExpressibleByArgument, CaseIterable { case oldest, listed, proportion, exact }

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Option(help: ArgumentHelp("Of the customer with this number.", valueName: "number")) var customer: String?
  @Option(name: .customLong("receipt"), help: ArgumentHelp("A receipt, or another credit; repeat it for more.", valueName: "number"))
  var receipts: [String] = []
  @Option(name: .customLong("invoice"), help: ArgumentHelp("An invoice, or another debit; repeat it for more.", valueName: "number"))
  var invoices: [String] = []
  @Option(help: "What goes first.") var by: Order?
  @Option(help: ArgumentHelp("Write off what is left of an item up to this.", valueName: "amount")) var tolerance: String?
  @Option(help: "Of the tolerance or the amount. (default: the company's)") var currency: String?
  @Flag(help: "Take the discount of invoices that are paid in time.") var takeDiscount = false
  @OptionGroup(title: "Of one receipt to one invoice") var told: Told
  @Option(help: ArgumentHelp("From when on. (default: the first day on which both are open)", valueName: "yyyy-mm-dd")) var on = ""
  @Flag(help: "Show what would be done; write nothing.") var dryRun = false

  func validate() throws {
    if told.amount != nil, receipts.count != 1 || invoices.count != 1 || by != nil || tolerance != nil || takeDiscount {
      throw ValidationError("--amount is for one --receipt and one --invoice, without --by, --tolerance and --take-discount")
    }
    if told.amount == nil, !told.others.isEmpty { throw ValidationError("--discount, --bank-fee and --write-off need --amount") }
    if customer == nil, receipts.isEmpty != invoices.isEmpty { throw ValidationError("name receipts and invoices, or the customer") }
    if by == .proportion || by == .listed, customer == nil, receipts.isEmpty {
      throw ValidationError("--by \(by?.rawValue ?? "") is for a customer, or for named receipts and invoices")
    }
    if by == .exact, !receipts.isEmpty || !invoices.isEmpty {
      throw ValidationError("--by exact is for all that is unapplied, not for named ones")
    }
  }

  func run() async throws {
    try await connection.run { client in
      let customerID = try await customer.asyncMap { try await client.customer($0).id } ?? ""
      let currency = tolerance == nil && told.amount == nil ? "" : try await client.currency(currency)
      if receipts.isEmpty, invoices.isEmpty, customer == nil || by == .exact { return try await unapplied(client, customerID, currency) }
      let request = Remit_Ledger_V1_AllocateRequest.with { request in
        request.method = [.oldest: .oldest, .listed: .listed, .proportion: .proportion][by] ?? .unspecified
        request.effectiveOn = on
        request.dryRun = dryRun
        if let line = told.line(receipts, invoices, currency) {
          request.method = .told
          request.lines = [line]
          return
        }
        request.takeDiscount = takeDiscount
        request.reason = told.reason
        request.credits = receipts.map { number in .with { $0.number = number } }
        request.debits = invoices.map { number in .with { $0.number = number } }
        request.customerID = customerID
        if let tolerance {
          request.tolerance = .with {
            $0.amount = tolerance
            $0.currency = currency
          }
        }
      }
      let reply: Remit_Ledger_V1_AllocateReply = try await client.call("Allocate", request)
      try show(reply.allocations, reply.explanation, reply)
    }
  }

  /// What is told of one allocation.
  struct Told: ParsableArguments {
    @Option(help: "So much of the receipt.") var amount: String?
    @Option(help: "And so much off for early payment.") var discount: String?
    @Option(help: "And so much that a bank kept.") var bankFee: String?
    @Option(help: "And so much written off; negative: of the receipt.") var writeOff: String?
    @Option(help: "Why it pays short, or what is left is written off.") var reason = ""

    var others: [String] { [discount, bankFee, writeOff].compactMap { $0 } }

    func line(_ receipts: [String], _ invoices: [String], _ currency: String) -> Remit_Ledger_V1_AllocationLine? {
      guard let amount else { return nil }
      func money(_ amount: String) -> Remit_Type_V1_Money {
        .with {
          $0.amount = amount
          $0.currency = currency
        }
      }
      return .with {
        $0.credit.number = receipts[0]
        $0.debit.number = invoices[0]
        $0.amount = money(amount)
        if let discount { $0.discount = money(discount) }
        if let bankFee { $0.bankFee = money(bankFee) }
        if let writeOff { $0.writeOff = money(writeOff) }
        $0.reason = reason
      }
    }
  }

  private func unapplied(_ client: Client, _ customerID: String, _ currency: String) async throws {
    var all = Remit_Ledger_V1_AllocateUnappliedReply()
    repeat {
      let request = Remit_Ledger_V1_AllocateUnappliedRequest.with {
        $0.rule = by == .oldest ? .oldestFirst : .exact
        $0.customerID = customerID
        $0.dryRun = dryRun
        $0.pageToken = all.nextPageToken
        $0.effectiveOn = on
        $0.takeDiscount = takeDiscount
        $0.reason = told.reason
        if let tolerance {
          $0.tolerance.amount = tolerance
          $0.tolerance.currency = currency
        }
      }
      let page: Remit_Ledger_V1_AllocateUnappliedReply = try await client.call("AllocateUnapplied", request)
      all.allocations += page.allocations
      all.explanation += page.explanation
      all.notAllocated += page.notAllocated
      all.nextPageToken = page.nextPageToken
    } while !all.nextPageToken.isEmpty
    all.dryRun = dryRun
    try show(all.allocations, all.explanation + all.notAllocated.map { "not allocated: \($0)" }, all)
  }

  private func show(_ allocations: [Remit_Ledger_V1_ItemAllocation], _ explanation: [String], _ reply: some Message) throws {
    guard output.output == .table else { return try output.show(AllocationTable.of(allocations), reply) }
    for line in explanation { print(line) }
    print("\(allocations.count.of("allocation"))\(dryRun ? " would be made" : "")")
  }
}

struct Allocations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what an invoice was settled by, or a receipt was used for, and what was taken back.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Argument(help: "The number of an invoice, a receipt, or another document.") var number: String

  func run() async throws {
    try await connection.run { client in
      var reply = Remit_Ledger_V1_ListAllocationsReply()
      repeat {
        let request = Remit_Ledger_V1_ListAllocationsRequest.with {
          $0.number = number
          $0.pageToken = reply.nextPageToken
        }
        let page: Remit_Ledger_V1_ListAllocationsReply = try await client.call("ListAllocations", request)
        reply.allocations += page.allocations
        reply.nextPageToken = page.nextPageToken
      } while !reply.nextPageToken.isEmpty
      try output.show(AllocationTable.of(reply.allocations), reply)
    }
  }
}

struct Undo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Take an allocation back; remit allocations shows their ids.")

  @OptionGroup var connection: Connection
  @Argument(help: "The id of the allocation.") var id: String
  @Option(help: ArgumentHelp("From when on. (default: today)", valueName: "yyyy-mm-dd")) var on = ""
  @Option(help: "Why.") var reason = ""

  func run() async throws {
    try await connection.run { client in
      let request = Remit_Ledger_V1_UndoAllocationRequest.with {
        $0.id = id
        $0.effectiveOn = on
        $0.reason = reason
      }
      let undone: Remit_Ledger_V1_ItemAllocation = try await client.call("UndoAllocation", request)
      print("\(undone.line.debit.number) and \(undone.line.credit.number) are open again from \(undone.effectiveOn)")
    }
  }
}

enum AllocationTable {
  static func of(_ allocations: [Remit_Ledger_V1_ItemAllocation]) -> Table {
    var table = Table([
      ("on", .left), ("debit", .left), ("credit", .left), ("currency", .left), ("amount", .right), ("discount", .right),
      ("bank fee", .right),
      ("written off", .right), ("by", .left), ("", .left), ("id", .left),
    ])
    table.rows = allocations.map {
      [
        $0.effectiveOn, $0.line.debit.number, $0.line.credit.number, $0.line.amount.currency, $0.line.amount.amount,
        $0.line.discount.amount,
        $0.line.bankFee.amount, $0.line.writeOff.amount, $0.recordedBy, $0.isUndone ? "undone" : $0.reverses.isEmpty ? "" : "undoes", $0.id,
      ]
    }
    return table
  }
}
