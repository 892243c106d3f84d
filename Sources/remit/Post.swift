import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

/// What a person can post, as the API names it.
enum DocumentKind: String, ExpressibleByArgument, CaseIterable {
  case invoice, receipt
  case creditNote = "credit-note"
  case debitNote = "debit-note"
  case refund
  case writeOff = "write-off"
  case adjustment, opening

  var name: String { rawValue.replacing("-", with: "_") }
}

struct Post: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Post an invoice, a receipt, or another document.",
    discussion: """
      A receipt and a credit note settle the document given by --against as far as both are open; a refund and a write-off exist only for it, and without
      --amount take all that it has open. A mistake is reversed: see remit reverse.
      """)

  @Argument var kind: DocumentKind
  @OptionGroup var connection: Connection
  @Option(help: ArgumentHelp("The number of the customer.", valueName: "number")) var customer: String
  @Option(help: "With tax; of an adjustment or an opening also negative, as --amount=-5.") var amount: String?
  @Option(help: "EUR, CNY, ... (default: the company's)") var currency: String?
  @Option(help: "How much of the amount is tax.") var tax: String?
  @Option(help: "Its number. (default: the next of the series; without one, needed for invoices)") var number = ""
  @Option(help: ArgumentHelp("Its day.", valueName: "yyyy-mm-dd")) var on: String
  @Option(help: ArgumentHelp("The day on which it is in the books, for what comes late. (default: its day)", valueName: "yyyy-mm-dd"))
  var postedOn = ""
  @Option(help: ArgumentHelp("When it is due.", valueName: "yyyy-mm-dd")) var due = ""
  @OptionGroup(title: "Instead of --due, of an invoice") var terms: Terms
  @Option(help: ArgumentHelp("The number of what it settles.", valueName: "number")) var against: String?
  @Option(help: ArgumentHelp("Of an adjustment: the account on the other side.", valueName: "code")) var account = ""
  @Option(help: ArgumentHelp("One unit of its currency in the company's. (default: the company's rate of the day)", valueName: "rate"))
  var rate = ""
  @Option(help: "The posting profile. (default: the customer's)") var profile = ""
  @Option(help: "Why; of a write-off it must be given.") var reason = ""
  @Option(help: "Its id in the system that it comes from.") var externalId = ""
  @OptionGroup var own: OwnFields
  @Option(help: "Of a receipt or refund: what the bank says about it.") var bankText = ""
  @Option(
    help: ArgumentHelp(
      "Of a receipt: what came in, where that is in another currency than what it settles: \"90.00 EUR\".", valueName: "money"))
  var paid: String?

  func validate() throws {
    try refuseUnused()
    if let paid, paid.split(separator: " ").count != 2 { throw ValidationError("--paid is an amount and a currency: \"90.00 EUR\"") }
    if amount == nil, kind != .refund, kind != .writeOff { throw ValidationError("--amount must be given") }
    try terms.validate(kind)
    if kind == .invoice, against != nil { throw ValidationError("an invoice settles nothing: --against is for the others") }
  }

  /// What a kind of document does not have is not left out in silence.
  private func refuseUnused() throws {
    let given: [(option: String, isGiven: Bool, kinds: [DocumentKind])] = [
      ("--tax", tax != nil, [.invoice, .creditNote, .debitNote]), ("--due", !due.isEmpty, [.invoice, .debitNote, .adjustment, .opening]),
      ("--account", !account.isEmpty, [.adjustment]),
      ("--reason", !reason.isEmpty, DocumentKind.allCases.filter { $0 != .invoice && $0 != .receipt }),
      ("--bank-text", !bankText.isEmpty, [.receipt, .refund]), ("--paid", paid != nil, [.receipt]),
    ]
    for (option, isGiven, kinds) in given where isGiven && !kinds.contains(kind) {
      throw ValidationError("\(option) is for \(kinds.map(\.rawValue).joined(separator: ", ")), not for a \(kind.rawValue)")
    }
  }

  func run() async throws {
    try await connection.run { client in
      let customerID = try await client.customer(customer).id
      let currency = amount == nil ? "" : try await client.currency(currency)
      switch kind {
      case .invoice: try await postInvoice(client, customerID, currency)
      case .receipt: try await postReceipt(client, customerID, currency)
      default: try await postDocument(client, customerID, currency)
      }
    }
  }

  private func money(_ amount: String?, _ currency: String) -> Remit_Type_V1_Money {
    .with {
      $0.amount = amount ?? ""
      $0.currency = currency
    }
  }

  private func postInvoice(_ client: Client, _ customerID: String, _ currency: String) async throws {
    let request = Remit_Ledger_V1_PostInvoiceRequest.with {
      $0.invoice.customerID = customerID
      $0.invoice.number = number
      $0.invoice.amount = money(amount, currency)
      if tax != nil { $0.invoice.tax = money(tax, currency) }
      $0.invoice.issuedOn = on
      $0.invoice.dueOn = due
      terms.fill(&$0.invoice, currency: currency)
      $0.invoice.exchangeRate = rate
      $0.invoice.postingProfile = profile
      $0.invoice.postedOn = postedOn
      $0.invoice.externalID = externalId
      if let own = own.message { $0.invoice.custom = own }
    }
    let invoice: Remit_Ledger_V1_Invoice = try await client.call("PostInvoice", request)
    print(
      "invoice \(invoice.number) is posted: \(invoice.amount.words), due \(invoice.dueOn), id \(invoice.id)")
  }

  private func postReceipt(_ client: Client, _ customerID: String, _ currency: String) async throws {
    let invoice = try await against.asyncMap { try await client.document("invoice", $0).document.id } ?? ""
    let request = Remit_Ledger_V1_PostReceiptRequest.with {
      $0.receipt.customerID = customerID
      $0.receipt.number = number
      $0.receipt.amount = money(amount, currency)
      $0.receipt.receivedOn = on
      $0.receipt.exchangeRate = rate
      $0.receipt.postingProfile = profile
      $0.receipt.postedOn = postedOn
      $0.receipt.externalID = externalId
      if let own = own.message { $0.receipt.custom = own }
      $0.receipt.bankText = bankText
      if let parts = paid?.split(separator: " ").map(String.init) {
        $0.receipt.paid.amount = parts[0]
        $0.receipt.paid.currency = parts[1]
      }
      $0.invoiceID = invoice
    }
    let receipt: Remit_Ledger_V1_Receipt = try await client.call("PostReceipt", request)
    print(
      "receipt \(receipt.number) is posted: \(receipt.amount.words), \(receipt.unapplied.amount.grouped) unapplied, id \(receipt.id)"
    )
  }

  private func postDocument(_ client: Client, _ customerID: String, _ currency: String) async throws {
    let request = Remit_Ledger_V1_PostDocumentRequest.with { request in
      request.document.kind = kind.name
      request.document.customerID = customerID
      request.document.number = number
      if amount != nil { request.document.amount = money(amount, currency) }
      if tax != nil { request.document.tax = money(tax, currency) }
      request.document.issuedOn = on
      request.document.dueOn = due
      request.document.account = account
      request.document.externalID = externalId
      if let own = own.message { request.document.custom = own }
      request.document.exchangeRate = rate
      request.document.postingProfile = profile
      request.document.reason = reason
      request.document.postedOn = postedOn
      request.document.bankText = bankText
      if let against { request.against.number = against }
    }
    let reply: Remit_Ledger_V1_PostDocumentReply = try await client.call("PostDocument", request)
    let document = reply.document
    print("\(kind.rawValue) \(document.number) is posted: \(document.amount.words), id \(document.id)")
    for allocation in reply.allocations {
      let other = kind == .refund || kind == .debitNote ? allocation.line.credit.number : allocation.line.debit.number
      print("\(allocation.line.amount.words) of it settle \(other)")
    }
  }
}

/// When an invoice is due, counted from its day, or in instalments.
struct Terms: ParsableArguments {
  @Option(help: "So many days after it.") var netDays: Int32?
  @Flag(help: "At the end of that month.") var endOfMonth = false
  @Option(help: "On the next such day of a month.") var dayOfMonth: Int32 = 0
  @Option(help: "So many percent off for payment in time.") var discountPercent = ""
  @Option(help: "Within so many days.") var discountDays: Int32 = 0
  @Option(help: "An amount that is due on a day, as 2026-02-04=50.00; repeat it for more.") var instalment: [String] = []

  func validate(_ kind: DocumentKind) throws {
    let isGiven = netDays != nil || endOfMonth || dayOfMonth != 0 || !discountPercent.isEmpty || discountDays != 0 || !instalment.isEmpty
    guard kind == .invoice || !isGiven else { throw ValidationError("terms and instalments are for invoices") }
    guard instalment.allSatisfy({ $0.split(separator: "=").count == 2 }) else {
      throw ValidationError("an instalment is a day and an amount, such as 2026-02-04=50.00")
    }
    if netDays == nil, endOfMonth || dayOfMonth != 0 || !discountPercent.isEmpty || discountDays != 0 {
      throw ValidationError("terms need --net-days")
    }
  }

  func fill(_ invoice: inout Remit_Ledger_V1_Invoice, currency: String) {
    if let netDays {
      invoice.terms.netDays = netDays
      invoice.terms.endOfMonth = endOfMonth
      invoice.terms.dayOfMonth = dayOfMonth
      invoice.terms.discountPercent = discountPercent
      invoice.terms.discountDays = discountDays
    }
    invoice.instalments = instalment.map { text in
      let parts = text.split(separator: "=").map(String.init)
      return .with {
        $0.dueOn = parts[0]
        $0.amount.amount = parts[1]
        $0.amount.currency = currency
      }
    }
  }
}

extension Optional {
  func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
    guard let self else { return nil }
    return try await body(self)
  }
}

extension Client {
  /// A document, by its kind as the API names it, and its number.
  func document(_ kind: String, _ number: String) async throws -> Remit_Ledger_V1_DocumentHistory {
    try await call(
      "GetDocument",
      Remit_Ledger_V1_GetDocumentRequest.with {
        $0.kind = kind
        $0.number = number
      })
  }
}
