import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listDrafts(_ request: Remit_Ledger_V1_ListDraftsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListDraftsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let after = try page.after.map { parts in
      guard let id = UUID(uuidString: parts[0]) else { throw Page.badToken }
      return id
    }
    let results = try await call.query([
      Statement(
        "SELECT body FROM ledger.draft WHERE $1::uuid IS NULL OR draft_id > $1 ORDER BY draft_id LIMIT $2",
        [.uuid(after), .int8(Int64(page.size + 1))])
    ])
    let (drafts, nextToken) = page.cut(try results[0].map { row in try row.message(Draft.self) }) { [$0.id] }
    return .with {
      $0.drafts = drafts
      $0.nextPageToken = nextToken
    }
  }
}
