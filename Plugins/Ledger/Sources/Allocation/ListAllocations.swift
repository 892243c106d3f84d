import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

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
      guard let last = UUID(uuidString: after[1]) else { throw Page.badToken }
      parameters += [.timestamptz(try Page.instant(after)), .uuid(last)]
      condition = "(a.recorded_at, a.allocation_id) > ($2, $3) AND \(condition)"
    }
    let results = try await call.query([ItemAllocation.select(where: condition, limit: page.size + 1, parameters)])
    let (allocations, nextToken) = page.cut(try results[0].map(ItemAllocation.init(row:))) { [Page.text($0.recordedAt), $0.id] }
    return .with {
      $0.allocations = allocations
      $0.nextPageToken = nextToken
    }
  }
}
