import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Posting {
  /// More documents and allocations than this are told together.
  private static let singlesMax = 50
  /// Of what is told together, in one event: it has at most 64 KiB.
  private static let togetherMax = 120

  /// What is told of it: each change by itself, or together where there are many, as of a file.
  var events: [Event] {
    get throws {
      let told = try PostingMessages(self)
      if told.documents.count + allocations.count <= Self.singlesMax {
        return try told.documents.map { try Event($0, about: "customer/\($0.customerID)") }
          + told.items.map { try Event($0, about: "customer/\($0.customerID)") }
          + told.made.map { try Event($0, about: told.aggregate($0.debitItemID)) }
          + told.undone.map { try Event($0, about: told.aggregate($0.debitItemID)) }
      }
      typealias Changed = Remit_Ledger_V1_BooksChanged
      let changes =
        told.documents.chunks(of: Self.togetherMax).map { chunk in Changed.with { $0.documents = chunk } }
        + told.items.chunks(of: Self.togetherMax).map { chunk in Changed.with { $0.items = chunk } }
        + told.made.chunks(of: Self.togetherMax).map { chunk in Changed.with { $0.allocations = chunk } }
        + told.undone.chunks(of: Self.togetherMax).map { chunk in Changed.with { $0.undone = chunk } }
      return try changes.map { try Event($0, about: "import/\(call.requestID)") }
    }
  }
}

/// What a posting did, as messages.
private struct PostingMessages {
  /// Without those that are the journal of an allocation.
  var documents: [Remit_Ledger_V1_DocumentPosted] = []
  var items: [Remit_Ledger_V1_ItemChanged] = []
  var made: [Remit_Ledger_V1_AllocationMade] = []
  var undone: [Remit_Ledger_V1_AllocationUndone] = []
  private let customers: [String: String]

  init(_ posting: Posting) throws(CallError) {
    let base = try posting.call.baseCurrency
    documents = posting.documents.filter { Posting.kinds.contains($0.kind) }.map(Remit_Ledger_V1_DocumentPosted.init)
    items = posting.movements.map { Remit_Ledger_V1_ItemChanged($0, base: base) }
    customers = Dictionary(items.map { ($0.itemID, $0.customerID) }, uniquingKeysWith: { first, _ in first })
    let currencies = Dictionary(posting.movements.map { ($0.item.id, $0.item.currency) }, uniquingKeysWith: { first, _ in first })
    for allocation in posting.allocations {
      if let undoneID = allocation.reverses {
        undone.append(.init(allocation, undoing: undoneID))
      } else {
        made.append(.init(allocation, currencies[allocation.line.debit] ?? base))
      }
    }
  }

  /// Of the customer whose item it is.
  func aggregate(_ item: String) -> String { customers[item].map { "customer/\($0)" } ?? "item/\(item)" }
}

extension Remit_Ledger_V1_DocumentPosted {
  fileprivate init(_ document: Posting.Document) {
    self.init()
    id = document.id.text
    kind = document.kind
    number = document.number
    customerID = document.customerID.text
    amount = Money(minor: document.amountMinor, currency: document.currency).message
    issuedOn = "\(document.issuedOn)"
    effectiveOn = "\(document.effectiveOn)"
    reversesID = document.reverses?.text ?? ""
  }
}

extension Remit_Ledger_V1_ItemChanged {
  fileprivate init(_ movement: Posting.Movement, base: Currency) {
    self.init()
    let item = movement.item
    itemID = item.id.text
    documentID = item.documentID.text
    customerID = item.customerID.text
    change = Money(minor: movement.amountMinor, currency: item.currency).message
    baseChange = Money(minor: movement.baseMinor, currency: base).message
    dueOn = "\(item.dueOn)"
    causeID = movement.causeID.text
    effectiveOn = "\(movement.effectiveOn)"
    opened = movement.causeID == item.documentID
  }
}

extension Remit_Ledger_V1_AllocationMade {
  fileprivate init(_ allocation: Posting.Allocation, _ currency: Currency) {
    self.init()
    id = allocation.id.text
    debitItemID = allocation.line.debit.text
    creditItemID = allocation.line.credit.text
    amount = Money(minor: allocation.line.amountMinor, currency: currency).message
    effectiveOn = "\(allocation.effectiveOn)"
  }
}

extension Remit_Ledger_V1_AllocationUndone {
  fileprivate init(_ allocation: Posting.Allocation, undoing: UUID) {
    self.init()
    id = allocation.id.text
    undoneID = undoing.text
    debitItemID = allocation.line.debit.text
    creditItemID = allocation.line.credit.text
    effectiveOn = "\(allocation.effectiveOn)"
  }
}

extension Array {
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
