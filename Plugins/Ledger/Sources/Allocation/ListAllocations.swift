import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Google_Protobuf_Timestamp {
  /// Since 1970; what Postgres keeps.
  fileprivate var microseconds: Int64 { seconds * 1_000_000 + Int64(nanos / 1000) }

  fileprivate init(microseconds: Int64) {
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    self.init(seconds: seconds, nanos: Int32(rest) * 1000)
  }
}

extension Ledger {
  func listAllocations(_ request: Remit_Ledger_V1_ListAllocationsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListAllocationsReply
  {
    var violations = Violations()
    if request.itemID.isEmpty == request.number.isEmpty { violations.add("item_id", "or number must be given, one of both") }
    let id = request.itemID.isEmpty ? nil : violations.uuid(request.itemID, "item_id")
    try violations.throwIfAny()
    let page = try Page(size: request.pageSize == 0 ? Int32(Page.sizeMax) : request.pageSize, token: request.pageToken, keys: 2)
    let items =
      request.itemID.isEmpty
      ? "SELECT i.item_id FROM ledger.document d JOIN ledger.item i USING (tenant_id, document_id) WHERE d.number = $1"
      : "VALUES ($1::uuid)"
    var parameters: [Parameter] = [request.itemID.isEmpty ? .text(request.number.plain) : .uuid(id)]
    var condition = ItemAllocation.isOf(items: items)
    if let after = page.after {
      guard let at = Int64(after[0]), (0...253_402_300_799_000_000).contains(at), let last = UUID(uuidString: after[1]) else {
        throw Page.badToken
      }
      parameters += [.timestamptz(Google_Protobuf_Timestamp(microseconds: at)), .uuid(last)]
      condition = "(a.recorded_at, a.allocation_id) > ($2, $3) AND \(condition)"
    }
    let results = try await call.query([ItemAllocation.select(where: condition, limit: page.size + 1, parameters)])
    let (allocations, nextToken) = page.cut(try results[0].map(ItemAllocation.init(row:))) { ["\($0.recordedAt.microseconds)", $0.id] }
    return .with {
      $0.allocations = allocations
      $0.nextPageToken = nextToken
    }
  }
}
