import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func copyDocument(_ request: Remit_Ledger_V1_CopyDocumentRequest, _ call: Call) async throws -> Write<Draft> {
    try copy(of: try await getDocument(.with { $0.id = request.id }, call)).made(call)
  }

  /// Reverses a document and drafts it again, in one transaction.
  func amendDocument(_ request: Remit_Ledger_V1_AmendDocumentRequest, _ call: Call) async throws -> Write<
    Remit_Ledger_V1_AmendDocumentReply
  > {
    let reversal = try await reverseDocument(request.reversal, call)
    let history = try await getDocument(.with { $0.id = request.reversal.id }, call)
    let draft = try copy(of: history, inItsPlace: true).stamped(call.newID(), version: 1, call)
    return Write(
      reversal.statements + [try draft.insert(call)],
      reply: .with {
        $0.reversal = reversal.reply
        $0.draft = draft
      }, resource: reversal.resource, title: reversal.title, events: reversal.events,
      refusals: reversal.refusals)
  }

  /// The same again as it was given, without posting date; with its number only where it is to take its place.
  private func copy(of history: Remit_Ledger_V1_DocumentHistory, inItsPlace: Bool = false) throws -> Draft {
    let document = history.document
    guard !["reversal", "allocation", "revaluation"].contains(document.kind) else {
      throw CallError(.failedPrecondition, "IS_NO_ORIGINAL", "a \(document.kind) cannot be posted by itself", field: "id")
    }
    // Of one from before rates were kept with documents, what gives the same amount.
    let rate = document.exchangeRate.isEmpty ? try Self.rate(of: document) : document.exchangeRate
    let number = inItsPlace && document.number != document.id ? document.number : ""
    var draft = Draft()
    draft.title = "copy of \(document.kind) \(document.number)"
    switch document.kind {
    case "invoice":
      draft.invoice.invoice = .with {
        $0.number = number
        $0.customerID = document.customerID
        $0.amount = document.amount
        if document.hasTax { $0.tax = document.tax }
        $0.issuedOn = document.issuedOn
        if document.hasTerms {
          $0.terms = document.terms
        } else if history.items.count <= 1 {
          $0.dueOn = history.items.first?.dueOn ?? document.issuedOn
        } else {
          $0.instalments = history.items.map { item in
            .with {
              $0.dueOn = item.dueOn
              $0.amount = item.amount
            }
          }
        }
        $0.taxes = history.taxes
        $0.exchangeRate = rate
        $0.postingProfile = document.postingProfile
        if document.hasCustom { $0.custom = document.custom }
      }
    case "receipt":
      draft.receipt.receipt = .with {
        $0.number = number
        $0.customerID = document.customerID
        $0.amount = document.amount
        $0.receivedOn = document.issuedOn
        $0.exchangeRate = rate
        $0.postingProfile = document.postingProfile
        if document.hasCustom { $0.custom = document.custom }
        $0.bankText = document.bankText
        if document.hasPaid { $0.paid = document.paid }
      }
    default:
      draft.document.document = .with {
        $0.kind = document.kind
        $0.number = number
        $0.customerID = document.customerID
        $0.amount = document.amount
        if document.hasTax, ["debit_note", "credit_note"].contains(document.kind) { $0.tax = document.tax }
        $0.taxes = history.taxes
        $0.issuedOn = document.issuedOn
        if document.kind == "debit_note" { $0.dueOn = document.dueOn }
        $0.account = document.account
        $0.reason = document.reason
        $0.exchangeRate = rate
        $0.postingProfile = document.postingProfile
        if document.hasCustom { $0.custom = document.custom }
        $0.bankText = document.bankText
      }
    }
    return draft
  }

  /// What the amount in the base currency is made with; empty where it is the same currency.
  private static func rate(of document: Remit_Ledger_V1_Document) throws -> String {
    let booked = document.hasPaid ? document.paid : document.amount
    guard document.baseAmount.currency != booked.currency else { return "" }
    let (amount, base) = (try Money(booked), try Money(document.baseAmount))
    guard amount.minor != 0 else { return "" }
    // Eight decimals give the same amount again, up to millions.
    let divisor = Int128(abs(amount.minor)) * Int128(DecimalNumber.power(of10: base.currency.decimals))
    let scaled = (2 * Int128(abs(base.minor)) * Int128(DecimalNumber.power(of10: 8 + amount.currency.decimals)) + divisor) / (2 * divisor)
    let digits = String(scaled)
    let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    return "\(padded.dropLast(8)).\(padded.suffix(8))"
  }
}
