import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Of ledger.document d: the one that the kind $1 and the number $2 mean, where those before it were reversed.
  private static let isLatest = """
    d.document_id = (SELECT document_id FROM ledger.document WHERE kind = $1 AND number = $2 ORDER BY number_use = 0 DESC, number_use DESC LIMIT 1)
    """

  func getDocument(_ request: Remit_Ledger_V1_GetDocumentRequest, _ call: Call) async throws -> Remit_Ledger_V1_DocumentHistory {
    var violations = Violations()
    if request.id.isEmpty, request.kind.isEmpty || request.number.isEmpty { violations.add("id", "or kind and number must be given") }
    violations.text(request.kind, "kind", charactersMax: 64, mayBeEmpty: true)
    let number = violations.plain(request.number, "number", charactersMax: 64, mayBeEmpty: true)
    let id = request.id.isEmpty ? nil : violations.uuid(request.id, "id")
    try violations.throwIfAny()
    let base = try call.baseCurrency
    let (condition, parameters): (String, [Parameter]) =
      id.map { ("d.document_id = $1", [.uuid($0)]) } ?? (Self.isLatest, [.text(request.kind), .text(number)])
    let itemIDs = "SELECT i.item_id FROM ledger.item i JOIN ledger.document d USING (tenant_id, document_id) WHERE \(condition)"
    let results = try await call.query([
      Remit_Ledger_V1_Document.select(where: condition, parameters),
      Remit_Ledger_V1_OpenItem.select(
        from: "SELECT item_id, due_on, open_minor FROM ledger.item WHERE item_id IN (\(itemIDs))", order: "i.line", parameters),
      ItemAllocation.select(where: ItemAllocation.isOf(items: itemIDs), limit: nil, parameters),
      Statement(
        """
        SELECT e.debit, e.credit, e.currency, e.amount_minor, e.base_minor, coalesce(e.tax_rate, '')
          FROM ledger.document d JOIN ledger.entry e USING (tenant_id, document_id) WHERE \(condition) ORDER BY e.line
        """, parameters),
      Statement(
        """
        SELECT t.rate_percent, d.currency, t.net_minor, t.tax_minor
          FROM ledger.document d JOIN ledger.tax_line t USING (tenant_id, document_id) WHERE \(condition) ORDER BY t.line
        """, parameters),
    ])
    guard let document = try results[0].map({ row in try Remit_Ledger_V1_Document(row: &row, base: base) }).first else {
      throw CallError(
        .notFound, "NO_DOCUMENT", "there is no \(request.id.isEmpty ? "\(request.kind) \(request.number)" : "document \(request.id)")",
        field: "id")
    }
    return try .with {
      $0.document = document
      $0.items = try results[1].map(Remit_Ledger_V1_OpenItem.init(row:))
      $0.allocations = try results[2].map(ItemAllocation.init(row:))
      $0.taxes = try results[4].map { row in
        try Remit_Ledger_V1_TaxLine.with {
          $0.ratePercent = try row.text()
          let currency = try row.currency()
          $0.net = Money(minor: try row.int8(), currency: currency).message
          $0.tax = Money(minor: try row.int8(), currency: currency).message
        }
      }
      $0.entries = try results[3].map { row in
        try Remit_Ledger_V1_JournalEntry.with {
          $0.debit = try row.text()
          $0.credit = try row.text()
          let currency = try row.currency()
          $0.amount = Money(minor: try row.int8(), currency: currency).message
          $0.baseAmount = Money(minor: try row.int8(), currency: base).message
          $0.taxRate = try row.text()
        }
      }
    }
  }
}
