import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// Allocations with all that they did to the books, and their items, locked.
struct AllocationsToUndo {
  private struct Movement {
    let item: UUID
    let cause: UUID
    let minor: Int64
    let baseMinor: Int64
  }

  let items: [UUID: BookItem]
  /// Also those that were taken back, and those that take back.
  let all: [ItemAllocation]
  private let movements: [Movement]
  private let journals: [UUID: Posting.Document]

  /// Reads them. `condition` is on ledger.allocation a; `itemsToo` is a query of further items, which may have none.
  static func lookups(where condition: String, itemsToo: String? = nil, _ parameters: [Parameter]) -> [Statement] {
    [
      BookItem.select(
        where: """
          i.item_id IN (SELECT unnest(ARRAY[a.debit_item, a.credit_item]) FROM ledger.allocation a WHERE \(condition)
                        \(itemsToo.map { "UNION \($0)" } ?? ""))
          """, parameters),
      ItemAllocation.select(where: condition, limit: nil, parameters),
      Statement(
        """
        SELECT m.item_id, m.cause_id, m.amount_minor, m.base_minor
          FROM ledger.allocation a JOIN ledger.movement m ON m.item_id IN (a.debit_item, a.credit_item) AND m.cause_id = a.allocation_id
         WHERE \(condition)
        """, parameters),
      Statement(
        """
        SELECT d.document_id, d.customer_id, d.currency, d.amount_minor, d.base_minor
          FROM ledger.allocation a JOIN ledger.document d ON d.document_id = a.document_id WHERE \(condition)
        """, parameters),
    ]
  }

  /// - Parameter results: of `lookups`.
  init(_ results: ArraySlice<Rows>) throws {
    let results = Array(results)
    items = Dictionary(try results[0].map(BookItem.init(row:)).map { ($0.item.id, $0) }, uniquingKeysWith: { first, _ in first })
    all = try results[1].map(ItemAllocation.init(row:))
    movements = try results[2].map { row in
      Movement(item: try row.uuid(), cause: try row.uuid(), minor: try row.int8(), baseMinor: try row.int8())
    }
    let documents = try results[3].map { row in
      let id = try row.uuid()
      return Posting.Document(
        id: id, kind: "allocation", number: id.text, customerID: try row.uuid(), currency: try row.currency(), amountMinor: try row.int8(),
        baseMinor: try row.int8(), issuedOn: CivilDate(days: 0), effectiveOn: CivilDate(days: 0), externalID: nil)
    }
    journals = Dictionary(documents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    // An allocation that was committed while the items were waited for may be with an item that is not locked.
    guard
      all.allSatisfy({
        UUID(uuidString: $0.line.debit.itemID).flatMap { items[$0] } != nil
          && UUID(uuidString: $0.line.credit.itemID).flatMap { items[$0] } != nil
      })
    else { throw CallError(.aborted, "CONFLICT", "another allocation came first; try again") }
  }

  /// Those that hold.
  var standing: [ItemAllocation] { all.filter { $0.reverses.isEmpty && !$0.isUndone } }

  /// What was open of an item, with those that hold taken back from a day on.
  func history(of item: BookItem, withStandingUndoneFrom day: CivilDate) -> ItemHistory {
    let standing = Set(standing.map(\.id))
    var history = item.history
    for movement in movements where movement.item == item.item.id && standing.contains(movement.cause.text) {
      history.take(-abs(movement.minor), from: day)
    }
    return history
  }

  /// Does what an allocation did again with the other sign; its journal is reversed.
  ///
  /// - Returns: the allocation that takes back, as the API shows it.
  func undo(_ allocation: ItemAllocation, on day: CivilDate, reason: String, in posting: inout Posting) throws -> ItemAllocation {
    guard let old = UUID(uuidString: allocation.id), let debit = UUID(uuidString: allocation.line.debit.itemID),
      let credit = UUID(uuidString: allocation.line.credit.itemID)
    else { throw CallError(.internal, "UNEXPECTED", "an allocation has no id") }
    let id = posting.call.newID()
    for movement in movements where movement.cause == old {
      guard let item = items[movement.item]?.item else { continue }
      posting.move(item, by: -movement.minor, base: -movement.baseMinor, cause: id, effectiveOn: day)
    }
    if let journal = journals[old] { posting.reverse(journal, as: id, number: id.text, on: day, reason: reason) }
    var undoing = allocation
    undoing.id = id.text
    undoing.reverses = allocation.id
    undoing.effectiveOn = "\(day)"
    undoing.recordedBy = posting.call.principal.name
    undoing.recordedAt = posting.call.now
    undoing.line.reason = reason
    var amounts: [Int64] = []
    for path in [\Remit_Ledger_V1_AllocationLine.amount, \.discount, \.bankFee, \.writeOff] {
      let amount = try Money(allocation.line[keyPath: path]).negated
      undoing.line[keyPath: path] = amount.message
      amounts.append(amount.minor)
    }
    let line = AllocationPlan.Line(
      debit: debit, credit: credit, amountMinor: amounts[0], discountMinor: amounts[1], feeMinor: amounts[2], writeOffMinor: amounts[3],
      reason: reason)
    posting.add(Posting.Allocation(id: id, line: line, effectiveOn: day, reverses: old, documentID: journals[old] == nil ? nil : id))
    return undoing
  }
}
