import FoundationEssentials
import GRPCCore
import RemitAPI
import RemitDigest
import RemitDocuments
import SwiftProtobuf

extension Platform {
  func importTenant(_ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_ImportTenantReply> {
    guard let source = call.order.source else { throw CallError(.internal, "NO_SOURCE", "ImportTenant needs a stream of requests") }
    var reader = try ArchiveReader(call)
    for try await bytes in source {
      try call.order.method.check(bytes)
      let part: Remit_Platform_V1_ImportTenantRequest
      do {
        part = try Remit_Platform_V1_ImportTenantRequest(serializedBytes: bytes)
      } catch {
        throw CallError(.invalidArgument, "MALFORMED_REQUEST", "a part is not a remit.platform.v1.ImportTenantRequest message")
      }
      try await reader.take(part)
    }
    let (id, reply) = try await reader.finish()
    if let fault = try await call.faults(of: id, plugins.plugins.flatMap(\.manifest.checks), atMost: 1).first {
      throw CallError(.invalidArgument, "ARCHIVE", "the archive cannot be: \(fault)", field: "data")
    }
    let roles = try await call.roles(of: id)
    for role in roles {
      do {
        try role.check(permissions)
      } catch {
        throw CallError(
          .invalidArgument, "ARCHIVE", "the archive cannot be: of the role \(role.name.debugDescription), \(error.message)", field: "data")
      }
    }
    guard roles.contains(where: { $0.name == "owner" && $0.permissions == ["*"] }) else {
      throw CallError(.invalidArgument, "ARCHIVE", "the archive cannot be: there must be a role owner that may everything", field: "data")
    }
    try await checkDocuments(of: id, roles, call)
    return HostWrite(
      statements: [
        .actFor(id),
        SQL(
          "UPDATE host.tenant SET configuration = coalesce((SELECT max(version) FROM host.configuration), 0) WHERE tenant_id = $1",
          [.int4(id)]),
      ] + EventCursors.begin(for: id, plugins.plugins), reply: reply, resource: "tenant/\(reply.tenant.slug)", about: id)
  }
}

extension Platform {
  /// What the company is judged by must be what its documents say.
  private func checkDocuments(of id: Int32, _ roles: [Remit_Platform_V1_Role], _ call: HostCall) async throws {
    let found = try await call.query([
      .actFor(id), SQL("SELECT coalesce(max(version), 0), count(*) FROM host.configuration"),
      SQL("SELECT \(StoredDocument.columns) FROM host.document WHERE until > (SELECT coalesce(max(version), 0) FROM host.configuration)"),
    ])
    guard try found[1].map({ row in try row.int8() == row.int8() }) == [true] else {
      throw CallError(.invalidArgument, "ARCHIVE", "the archive cannot be: its configuration lacks versions", field: "data")
    }
    let documents = try found[2].map { row in try StoredDocument(from: &row) }
    let said = documents.filter { $0.id.kind == "role" }.compactMap(Remit_Platform_V1_Role.init)
    for role in roles where !Self.fixedRoles.contains(role.name) && !said.contains(role) {
      throw CallError(
        .invalidArgument, "ARCHIVE", "the archive cannot be: the role \(role.name) is not what its document says", field: "data")
    }
    for document in documents {
      guard let read = try? kinds.read(document.text), DocumentID(kind: read.kind, name: read.name) == document.id,
        read.bytes == document.body
      else {
        throw CallError(
          .invalidArgument, "ARCHIVE", "the archive cannot be: \(document.id.words) is not what its text says", field: "data")
      }
    }
  }
}

/// Reads an archive line by line and writes its rows, in the one transaction of the call.
private struct ArchiveReader {
  private static let batchBytes = 1_000_000
  /// Twice the longest reply that the audit trail keeps, which is written in hexadecimal digits.
  private static let lineBytesMax = 36 << 20

  private let call: HostCall
  private let digest: IncrementalSHA256
  private var rest: [UInt8] = []
  /// Of the first part; nil: there was none yet.
  private var slug: String?
  private var lineNumber = 0
  private var tables: [String: TenantTable] = [:]
  private var tenant: (id: Int32, tenant: Remit_Platform_V1_Tenant)?
  private var batch: (table: String, lines: [String], bytes: Int) = ("", [], 0)
  private var counts: [String: Int] = [:]
  private var hasEnded = false

  init(_ call: HostCall) throws {
    self.call = call
    digest = try IncrementalSHA256()
  }

  mutating func take(_ part: Remit_Platform_V1_ImportTenantRequest) async throws {
    if slug == nil { slug = part.slug }
    rest.append(contentsOf: part.data)
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lineNumber += 1
      try await take(rest[start...end], slug: slug ?? "")
      start = end + 1
    }
    rest.removeSubrange(..<start)
    guard rest.count <= Self.lineBytesMax else {
      throw TenantArchive.refused(lineNumber + 1, "it is longer than any line that Remit writes")
    }
  }

  mutating func finish() async throws -> (id: Int32, reply: Remit_Platform_V1_ImportTenantReply) {
    guard hasEnded, rest.isEmpty, let tenant else {
      throw TenantArchive.refused(lineNumber + 1, "the archive ends before its last line; was the file cut off?")
    }
    let counts = counts.map { (name: $0.key, rows: Int64($0.value)) }
    return (
      tenant.id,
      .with {
        $0.tenant = tenant.tenant
        $0.tables = .init(counts)
      }
    )
  }

  private mutating func take(_ line: ArraySlice<UInt8>, slug: String) async throws {
    guard !hasEnded else { throw TenantArchive.refused(lineNumber, "there is more after its end") }
    guard lineNumber > 1 else { return try await begin(line, slug: slug) }
    guard let table = TenantArchive.table(of: line) else { return try await end(line) }
    guard tables[table] != nil else { throw TenantArchive.refused(lineNumber, "there is no table \(table)") }
    digest.update(line)
    if batch.table != table || batch.bytes > Self.batchBytes { try await write() }
    batch.table = table
    batch.lines.append(String(decoding: line, as: UTF8.self))
    batch.bytes += line.count
  }

  private mutating func begin(_ line: ArraySlice<UInt8>, slug: String) async throws {
    guard let header = try? JSONDecoder().decode(TenantArchive.Header.self, from: Data(line)), header.format == TenantArchive.format else {
      throw TenantArchive.refused(1, "it is not the archive of a company (\(TenantArchive.format))")
    }
    let here = try await call.migrations()
    for (module, name) in header.migrations.sorted(by: { $0.key < $1.key }) where here[module] != name {
      throw CallError(
        .failedPrecondition, "OTHER_VERSION",
        "the archive is of \(module)/\(name), this database of \(here[module].map { "\(module)/\($0)" } ?? "no \(module)"); bring both to one version"
      )
    }
    let tenant = Remit_Platform_V1_Tenant.with {
      $0.slug = slug.isEmpty ? header.tenant.slug : slug
      $0.name = header.tenant.name
      $0.baseCurrency = header.tenant.baseCurrency
      $0.timeZone = header.tenant.timeZone
      $0.locale = header.tenant.locale
      $0.state = .active
    }
    try tenant.check()
    try await call.requireTimeZone(of: tenant)
    let id = try await tenant.insert(call)
    tables = Dictionary(
      (TenantTable.unguarded + (try await call.tenantTables())).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    // References between the rows are looked at when all are there.
    _ = try await call.query([.actFor(id), SQL("SET CONSTRAINTS ALL DEFERRED")])
    self.tenant = (id, tenant)
    digest.update(line)
  }

  private mutating func write() async throws {
    guard let table = tables[batch.table], let tenant else { return }
    // There tenant_id has no default.
    let own: (name: String, value: String) =
      TenantTable.unguarded.contains { $0.name == table.name } ? (name: "tenant_id, ", value: "\(tenant.id), ") : ("", "")
    do {
      _ = try await call.query([
        SQL(
          """
          INSERT INTO \(table.name) (\(own.name)\(table.columns.joined(separator: ", ")))
          SELECT \(own.value)\(table.columns.map { "r." + $0 }.joined(separator: ", "))
            FROM unnest($1) l (line), jsonb_populate_record(NULL::\(table.name), l.line::jsonb -> 'row') r
          """, [.texts(batch.lines)])
      ])
    } catch let error as CallError
      where error.code != CallError.Code.unavailable.value && error.code != CallError.Code.deadlineExceeded.value
    {
      throw TenantArchive.refused(lineNumber, "rows of \(batch.table) up to it are refused: \(error.metadata["database"] ?? error.message)")
    }
    counts[batch.table, default: 0] += batch.lines.count
    batch = ("", [], 0)
  }

  private mutating func end(_ line: ArraySlice<UInt8>) async throws {
    try await write()
    guard let end = try? JSONDecoder().decode(TenantArchive.End.self, from: Data(line)) else {
      throw TenantArchive.refused(lineNumber, "it is neither a row nor the end")
    }
    guard end.rows == counts, end.sha256 == Digest.hexadecimal(digest.value()) else {
      throw TenantArchive.refused(lineNumber, "what came before is not what was exported: rows or their text were changed")
    }
    hasEnded = true
  }
}
