import ArgumentParser
import GRPCCore
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct PostInvoice: AsyncParsableCommand {
  @OptionGroup var options: LoadOptions
  @Option(help: "The id of a customer, repeated for more.") var customer: [String]
  @Flag(help: "Without numbers: the company's series gives them.") var bySeries = false
  @Option(help: "Makes the invoices' numbers unlike those of other runs.") var prefix: String

  func run() async throws {
    let customers = customer
    let prefix = prefix
    let bySeries = bySeries
    let method = MethodDescriptor(fullyQualifiedService: "remit.ledger.v1.LedgerService", method: "PostInvoice")
    try await options.load(method) { number in
      try Remit_Ledger_V1_PostInvoiceRequest.with {
        $0.invoice = .with {
          $0.customerID = customers[number % customers.count]
          $0.number = bySeries ? "" : "\(prefix)-\(number)"
          $0.amount = .with {
            $0.currency = "EUR"
            $0.amount = "\(number % 10_000 + 1).19"
          }
          $0.tax = .with {
            $0.currency = "EUR"
            $0.amount = "0.19"
          }
          $0.issuedOn = "2026-01-05"
          $0.dueOn = "2026-02-04"
        }
      }.serializedBytes()
    }
  }
}
