import FoundationEssentials
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
    let items =
      request.itemID.isEmpty
      ? "SELECT i.item_id FROM ledger.document d JOIN ledger.item i USING (tenant_id, document_id) WHERE d.number = $1"
      : "VALUES ($1::uuid)"
    let results = try await call.query([
      ItemAllocation.select(
        where: ItemAllocation.isOf(items: items), [request.itemID.isEmpty ? .text(request.number) : .uuid(id)])
    ])
    return try .with { $0.allocations = try results[0].map(ItemAllocation.init(row:)) }
  }
}
