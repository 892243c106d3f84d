import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

typealias Draft = Remit_Ledger_V1_Draft

extension Ledger {
  func saveDraft(_ request: Remit_Ledger_V1_SaveDraftRequest, _ call: Call) async throws -> Write<Draft> {
    var violations = Violations()
    violations.text(request.draft.title, "draft.title", charactersMax: 255, mayBeEmpty: true)
    if request.draft.content == nil { violations.add("draft.content", "must be given: an invoice, a receipt or a document") }
    let id = request.draft.id.isEmpty ? nil : violations.uuid(request.draft.id, "draft.id")
    try violations.throwIfAny()
    guard let id else { return try request.draft.made(call) }
    let draft = request.draft.stamped(id, version: request.draft.version + 1, call)
    return Write(
      [
        Statement(
          """
          WITH changed AS (
            UPDATE ledger.draft SET version = version + 1, body = $3, recorded_at = $4, recorded_by = $5
             WHERE draft_id = $1 AND version = $2 RETURNING 1)
          SELECT host.require(EXISTS (SELECT FROM changed), 'CHANGED_MEANWHILE')
          """,
          [
            .uuid(id), .int4(Int32(clamping: request.draft.version)), .bytea(try draft.serializedBytes()), .timestamptz(call.now),
            .text(call.principal.name),
          ])
      ], reply: draft, resource: "draft/\(draft.id)")
  }

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
    let (drafts, nextToken) = page.cut(try results[0].map { row in try Draft(serializedBytes: try row.bytes()) }) { [$0.id] }
    return .with {
      $0.drafts = drafts
      $0.nextPageToken = nextToken
    }
  }

  func discardDraft(
    _ request: Remit_Ledger_V1_DiscardDraftRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_DiscardDraftReply> {
    let draft = try await lockedDraft(request.id, call)
    return Write([draft.delete], reply: .init(), resource: "draft/\(draft.id)")
  }

  /// Posts what the draft holds, and deletes it: both or none.
  func postDraft(_ request: Remit_Ledger_V1_PostDraftRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_PostDraftReply> {
    let draft = try await lockedDraft(request.id, call)
    guard draft.version == request.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE",
        "the draft was changed by \(draft.recordedBy) meanwhile: it has version \(draft.version); look at it again",
        field: "version")
    }
    var reply = Remit_Ledger_V1_PostDraftReply()
    func write<Posted>(_ posted: Write<Posted>, _ take: (inout Remit_Ledger_V1_PostDraftReply, Posted) -> Void) -> Write<
      Remit_Ledger_V1_PostDraftReply
    > {
      take(&reply, posted.reply)
      return Write(posted.statements + [draft.delete], reply: reply, resource: posted.resource, refusals: posted.refusals)
    }
    return switch draft.content {
    case .invoice(let invoice): write(try await postInvoice(invoice, call)) { $0.invoice = $1 }
    case .receipt(let receipt): write(try await postReceipt(receipt, call)) { $0.receipt = $1 }
    case .document(let document): write(try await postDocument(document, call)) { $0.document = $1 }
    case nil: throw CallError(.internal, "EMPTY_DRAFT", "the draft holds nothing")
    }
  }

  private func lockedDraft(_ text: String, _ call: Call) async throws -> Draft {
    var violations = Violations()
    let id = violations.uuid(text, "id")
    try violations.throwIfAny()
    let found = try await call.query([
      Statement("SELECT body FROM ledger.draft WHERE draft_id = $1 FOR UPDATE", [.uuid(id)])
    ])[0].map { row in try Draft(serializedBytes: try row.bytes()) }
    guard let draft = found.first else {
      throw CallError(.notFound, "NO_DRAFT", "there is no draft \(text); it may have been posted or discarded", field: "id")
    }
    return draft
  }
}

extension Draft {
  /// A new draft.
  func made(_ call: Call) throws -> Write<Draft> {
    let draft = stamped(call.newID(), version: 1, call)
    return Write([try draft.insert(call)], reply: draft, resource: "draft/\(draft.id)")
  }

  func stamped(_ id: UUID, version: UInt32, _ call: Call) -> Draft {
    var draft = self
    draft.id = id.text
    draft.version = version
    draft.recordedAt = call.now
    draft.recordedBy = call.principal.name
    return draft
  }

  func insert(_ call: Call) throws -> Statement {
    Statement(
      "INSERT INTO ledger.draft (draft_id, body, recorded_at, recorded_by) VALUES ($1, $2, $3, $4)",
      [.uuid(UUID(uuidString: id)), .bytea(try serializedBytes()), .timestamptz(call.now), .text(call.principal.name)])
  }

  fileprivate var delete: Statement { Statement("DELETE FROM ledger.draft WHERE draft_id = $1", [.uuid(UUID(uuidString: id))]) }
}
