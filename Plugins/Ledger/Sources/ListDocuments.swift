import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listDocuments(_ request: Remit_Ledger_V1_ListDocumentsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListDocumentsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    var parameters: [Parameter] = []
    let chosen = try Self.condition(request, &parameters)
    let totals = Statement(
      """
      SELECT d.kind, d.currency, count(*), sum(\(Remit_Ledger_V1_Document.signedAmount))::text
        FROM ledger.document d WHERE \(chosen)\(request.state == .reversed ? "" : " AND NOT \(Self.isReversed)") GROUP BY d.kind, d.currency ORDER BY d.kind, d.currency
      """, parameters)
    var condition = chosen
    if let after = page.after {
      guard let day = CivilDate(after[0]), let last = UUID(uuidString: after[1]) else { throw Page.badToken }
      parameters += [.date(day), .uuid(last)]
      condition += " AND (d.issued_on, d.document_id) < ($\(parameters.count - 1), $\(parameters.count))"
    }
    parameters.append(.int8(Int64(page.size + 1)))
    let documents = Remit_Ledger_V1_Document.select(
      where: "\(condition) ORDER BY d.issued_on DESC, d.document_id DESC LIMIT $\(parameters.count)",
      also: [
        "(SELECT c.number FROM \(Self.customerShown))", "(SELECT c.name FROM \(Self.customerShown))",
        "(SELECT sum(i.open_minor) FROM ledger.item i WHERE i.document_id = d.document_id)::bigint",
      ], parameters)
    let base = try call.baseCurrency
    let results = try await call.query(page.after == nil ? [documents, totals] : [documents])
    let read = try results[0].map { row in
      try Remit_Ledger_V1_ListedDocument.with {
        $0.document = try Remit_Ledger_V1_Document(row: &row, base: base)
        $0.customerNumber = try row.textIfPresent() ?? ""
        $0.customerName = try row.textIfPresent() ?? ""
        if let open = try row.int8IfPresent(), let currency = Currency($0.document.amount.currency) {
          $0.open = Money(minor: open, currency: currency).message
        }
      }
    }
    let (listed, nextToken) = page.cut(read) { [$0.document.issuedOn, $0.document.id] }
    return try .with {
      $0.documents = listed
      $0.nextPageToken = nextToken
      guard results.count > 1 else { return }
      $0.totals = try results[1].map { row in
        try Remit_Ledger_V1_DocumentTotal.with {
          $0.kind = try row.text()
          let currency = try row.currency()
          $0.count = try row.int8()
          $0.amount = MoneySum(currency, minor: try row.sum()).message
        }
      }
    }
  }

  /// The customer a document is of now: it may be merged into another.
  private static let customerShown = """
    ledger.customer k JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (k.tenant_id, coalesce(k.merged_into, k.customer_id))
     WHERE k.customer_id = d.customer_id
    """

  private static let isReversed = "EXISTS (SELECT FROM ledger.document r WHERE r.reverses = d.document_id)"

  /// On ledger.document d.
  private static func condition(_ request: Remit_Ledger_V1_ListDocumentsRequest, _ parameters: inout [Parameter]) throws -> String {
    var violations = Violations()
    var conditions = ["true"]
    func add(_ parameter: Parameter, _ condition: (_ placeholder: String) -> String) {
      parameters.append(parameter)
      conditions.append(condition("$\(parameters.count)"))
    }
    if !request.customerID.isEmpty, let id = violations.uuid(request.customerID, "customer_id") {
      add(.uuid(id)) { "d.customer_id IN (SELECT customer_id FROM ledger.customer WHERE customer_id = \($0) OR merged_into = \($0))" }
    }
    for (index, kind) in request.kinds.enumerated() where !Posting.kinds.contains(kind) {
      violations.add("kinds[\(index)]", "must be one of \(Posting.kinds.joined(separator: ", "))")
    }
    add(.texts(request.kinds.isEmpty ? Posting.kinds : request.kinds)) { "d.kind = ANY (\($0))" }
    let from = request.from.isEmpty ? nil : violations.date(request.from, "from")
    let to = request.to.isEmpty ? nil : violations.date(request.to, "to")
    if let from, let to, to < from { violations.add("to", "is before from") }
    if let from { add(.date(from)) { "d.issued_on >= \($0)" } }
    if let to { add(.date(to)) { "d.issued_on <= \($0)" } }
    let search = violations.plain(request.search, "search", charactersMax: 64, mayBeEmpty: true)
    if !search.isEmpty {
      add(.text(search)) {
        """
        (\(has($0, in: "d.number")) OR \(has($0, in: "d.external_id")) OR d.customer_id IN (
           SELECT k.customer_id FROM ledger.customer k
             JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (k.tenant_id, coalesce(k.merged_into, k.customer_id))
            WHERE \(has($0, in: "c.number")) OR \(has($0, in: "c.name"))))
        """
      }
    }
    let isOpen = "EXISTS (SELECT FROM ledger.item i WHERE i.document_id = d.document_id AND i.open_minor <> 0)"
    switch request.state {
    case .unspecified: break
    case .open: conditions.append(isOpen)
    case .settled: conditions.append("d.reverses IS NULL AND NOT \(isOpen) AND NOT \(isReversed)")
    case .reversed: conditions.append(isReversed)
    case .UNRECOGNIZED: violations.add("state", "must be OPEN, SETTLED or REVERSED")
    }
    try violations.throwIfAny()
    return conditions.joined(separator: " AND ")
  }

  /// Whether a text has another in it, upper or lower case alike.
  static func has(_ part: String, in text: String) -> String {
    #"strpos(lower(\#(text) COLLATE "und-x-icu"), lower(\#(part) COLLATE "und-x-icu")) > 0"#
  }
}
