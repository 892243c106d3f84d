import RemitAPI
public import SwiftProtobuf
import Synchronization

extension Call {
  /// The company's documents of a kind, by name, as this call is judged by them. Those of a version are read once and kept.
  ///
  /// - Parameter kind: of the module, or one that its `documents` names.
  public func documents<Document: Message>(_ kind: String, as _: Document.Type = Document.self) async throws -> [Document] {
    let key = KeptDocuments.Key(tenant: tenant.id, kind: kind)
    if let kept = KeptDocuments.all.withLock({ $0[key] }), tenant.configuration > 0, kept.version == tenant.configuration,
      let documents = kept.documents as? [Document]
    {
      return documents
    }
    let reply: Remit_Plugin_V1_GetDocumentsReply = try await invoke(
      "/remit.platform.v1.AdmissionService/GetDocuments", Remit_Plugin_V1_GetDocuments.with { $0.kind = kind })
    let documents = try reply.documents.map { try Document(serializedBytes: $0.body) }
    // Of a trial, which nobody else sees.
    guard reply.version > 0 else { return documents }
    KeptDocuments.all.withLock { all in
      if all.count >= KeptDocuments.most { all.removeAll() }
      all[key] = (reply.version, documents)
    }
    return documents
  }
}

private enum KeptDocuments {
  struct Key: Hashable {
    let tenant: UInt32
    let kind: String
  }

  static let most = 10_000
  static let all = Mutex<[Key: (version: UInt64, documents: any Sendable)]>([:])
}
