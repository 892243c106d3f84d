import FoundationEssentials
import RemitAPI
import RemitExpressions
import RemitJSON
import RemitPostgres
import SwiftProtobuf

extension Platform {
  func createRecord(
    _ request: Remit_Platform_V1_CreateRecordRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Record> {
    let kind = try await configurations.recordKind(request.record.kind, of: call.caller.tenant)
    var record = try call.record(of: kind, request.record.custom)
    record.id = request.record.id.isEmpty ? try await call.nextID(of: kind) : request.record.id
    if let fault = RecordID.fault(in: record.id) { throw CallError.invalid([("record.id", fault)]) }
    record.version = 1
    return HostWrite(
      statements: [
        SQL(
          """
          INSERT INTO host.record (kind, id, version, closed, custom, configuration, recorded_at, recorded_by, state_note)
          VALUES ($1, $2, 1, false, $3::text::jsonb, $4, $5, $6, '')
          """,
          [
            .text(record.kind), .text(record.id), .text(try record.custom.jsonString()), .int8(call.caller.tenant.configuration),
            .timestamptz(record.recordedAt), .text(record.recordedBy),
          ])
      ] + (try call.kept(record)), reply: record, resource: record.resource,
      refusals: [
        "record_pkey": CallError(
          .alreadyExists, "RECORD_EXISTS", "there is a \(kind.name) \(record.id) already", field: "record.id"),
        "record_size": Self.tooLarge,
      ])
  }

  func updateRecord(
    _ request: Remit_Platform_V1_UpdateRecordRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Record> {
    let kind = try await configurations.recordKind(request.record.kind, of: call.caller.tenant)
    let before = try await call.record(request.record.kind, request.record.id)
    guard request.record.version == before.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE", "\(before.words) has version \(before.version): look at it again", field: "record.version"
      )
    }
    guard !before.closed else {
      throw CallError(.failedPrecondition, "CLOSED", "\(before.words) is closed; open it again to change it")
    }
    var record = try call.record(of: kind, request.record.custom)
    record.id = before.id
    record.version = before.version + 1
    return try call.changed(record, refusals: ["record_size": Self.tooLarge])
  }

  func closeRecord(
    _ request: Remit_Platform_V1_CloseRecordRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Record> {
    let record = try await call.record(request.kind, request.id)
    return try call.turned(record, closed: true, at: request.version, request.reason)
  }

  func reopenRecord(
    _ request: Remit_Platform_V1_ReopenRecordRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Record> {
    let record = try await call.record(request.kind, request.id)
    return try call.turned(record, closed: false, at: request.version, request.reason)
  }

  func getRecord(_ request: Remit_Platform_V1_GetRecordRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Record {
    _ = try await recordKind(request.kind, call)
    return try await call.record(request.kind, request.id)
  }

  func listRecordKinds(
    _: Remit_Platform_V1_ListRecordKindsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListRecordKindsReply {
    guard let method = configurations.recordMethods.first else { return .init() }
    let forms = try await configurations.forms(of: method.path, for: call.caller.tenant).filter { $0.recordKind != nil }.map(\.form)
    return .with { $0.forms = forms.sorted { $0.name < $1.name } }
  }

  func listRecords(
    _ request: Remit_Platform_V1_ListRecordsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListRecordsReply {
    let list = try RecordList(request, of: try await recordKind(request.kind, call), messages, call)
    let found = try await call.query([list.statement])[0].map { row in
      (record: try Remit_Platform_V1_Record(from: &row), key: try row.textIfPresent())
    }
    let (records, token) = list.page.cut(found, bytes: { (try? $0.record.serializedData().count) ?? 0 }) { list.key($0.key, $0.record.id) }
    return .with {
      $0.records = records.map(\.record)
      $0.nextPageToken = token
    }
  }

  func listRecordVersions(
    _ request: Remit_Platform_V1_ListRecordVersionsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListRecordVersionsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let before = page.after.map({ Int32($0[0]) }) ?? Int32.max else { throw Page.badToken }
    _ = try await call.record(request.kind, request.id)
    let found = try await call.query([
      SQL(
        """
        SELECT \(Remit_Platform_V1_Record.columns) FROM host.record_version r WHERE kind = $1 AND id = $2 AND version < $3 ORDER BY version DESC LIMIT $4
        """, [.text(request.kind), .text(request.id), .int4(before), .int8(Int64(page.size + 1))])
    ])[0].map { row in try Remit_Platform_V1_Record(from: &row) }
    return .with { ($0.versions, $0.nextPageToken) = page.cut(found) { ["\($0.version)"] } }
  }

  /// As the company's configuration has it now.
  private func recordKind(_ name: String, _ call: HostCall) async throws -> Remit_Document_V1_RecordKind {
    if call.order.depth == 0 { _ = try await configurations.refresh(call.caller.tenant.id) }
    var tenant = call.caller.tenant
    tenant.configuration = configurations.version(of: tenant.id, known: tenant.configuration)
    return try await configurations.recordKind(name, of: tenant)
  }

  private static let tooLarge = CallError(
    .invalidArgument, "TOO_LARGE", "the fields of a record have at most 64 KiB", field: "record.custom")
}

extension HostCall {
  /// A record as this call leaves it.
  fileprivate func record(
    of kind: Remit_Document_V1_RecordKind, _ custom: Google_Protobuf_Struct
  ) throws -> Remit_Platform_V1_Record {
    .with {
      $0.kind = kind.name
      $0.custom = custom
      // What is null is not there.
      $0.custom.fields = custom.fields.filter { if case .nullValue? = $0.value.kind { false } else { $0.value.kind != nil } }
      $0.recordedAt = order.now
      $0.recordedBy = caller.principal
    }
  }

  /// Takes the next number of a kind. Two that ask at once wait for each other; what is refused afterwards leaves no gap.
  fileprivate func nextID(of kind: Remit_Document_V1_RecordKind) async throws -> String {
    guard let number = RecordNumber(kind.number) else {
      throw CallError.invalid([("record.id", "must be given: a \(kind.name) has no numbers")])
    }
    let today = caller.businessDate
    let (series, triesMax) = (number.series(on: today), 200)
    for _ in 0..<triesMax {
      let last = try await query([
        SQL(
          """
          INSERT INTO host.record_number (kind, series, last) VALUES ($1, $2, 1)
          ON CONFLICT (tenant_id, kind, series) DO UPDATE SET last = record_number.last + 1 RETURNING last
          """, [.text(kind.name), .text(series)])
      ])[0].map { row in try row.int8() }.first
      let id = number.id(last ?? 1, on: today)
      // Somebody may have given it by hand.
      let isTaken =
        try await query([SQL("SELECT FROM host.record WHERE kind = $1 AND id = $2", [.text(kind.name), .text(id)])])[0].count > 0
      if !isTaken { return id }
    }
    throw CallError(.failedPrecondition, "NUMBERS_TAKEN", "the next \(triesMax) numbers of \(kind.name) are given already; give an id")
  }

  /// One that is there, locked in a write.
  fileprivate func record(_ kind: String, _ id: String) async throws -> Remit_Platform_V1_Record {
    let found = try await query([
      SQL(
        """
        SELECT \(Remit_Platform_V1_Record.columns) FROM host.record r WHERE kind = $1 AND id = $2\(order.method.isWrite ? " FOR UPDATE" : "")
        """, [.text(kind), .text(id)])
    ])[0].map { row in try Remit_Platform_V1_Record(from: &row) }
    guard let record = found.first else {
      throw CallError(.notFound, "NO_RECORD", "there is no \(kind.cut(toBytes: 60)) \(id.cut(toBytes: 100))", field: "id")
    }
    return record
  }

  fileprivate func turned(
    _ record: Remit_Platform_V1_Record, closed: Bool, at version: UInt64, _ reason: String
  ) throws -> HostWrite<Remit_Platform_V1_Record> {
    guard version == 0 || version == record.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE", "\(record.words) has version \(record.version): look at it again", field: "version")
    }
    guard record.closed != closed else {
      throw CallError(.failedPrecondition, closed ? "CLOSED" : "OPEN", "\(record.words) is \(closed ? "closed" : "open") already")
    }
    var record = record
    record.closed = closed
    record.stateNote = reason
    record.version += 1
    record.recordedAt = order.now
    record.recordedBy = caller.principal
    return try changed(record)
  }

  fileprivate func changed(
    _ record: Remit_Platform_V1_Record, refusals: [String: CallError] = [:]
  ) throws -> HostWrite<Remit_Platform_V1_Record> {
    HostWrite(
      statements: [
        SQL(
          """
          UPDATE host.record SET version = $3, closed = $4, custom = $5::text::jsonb, configuration = $6, recorded_at = $7, recorded_by = $8, state_note = $9
           WHERE kind = $1 AND id = $2
          """,
          [
            .text(record.kind), .text(record.id), .int4(Int32(clamping: record.version)), .bool(record.closed),
            .text(try record.custom.jsonString()), .int8(caller.tenant.configuration), .timestamptz(record.recordedAt),
            .text(record.recordedBy), .text(record.stateNote),
          ])
      ] + (try kept(record)), reply: record, resource: record.resource, refusals: refusals)
  }

  /// Its version beside those before, and the event.
  fileprivate func kept(_ record: Remit_Platform_V1_Record) throws -> [SQL] {
    let event = Remit_Platform_V1_RecordChanged.with {
      $0.kind = record.kind
      $0.id = record.id
      $0.version = record.version
      $0.closed = record.closed
    }
    return [
      SQL(
        """
        INSERT INTO host.record_version (kind, id, version, closed, custom, configuration, recorded_at, recorded_by, state_note)
        SELECT kind, id, version, closed, custom, configuration, recorded_at, recorded_by, state_note FROM host.record WHERE kind = $1 AND id = $2
        """, [.text(record.kind), .text(record.id)]),
      try telling(event, of: record.resource, to: caller.tenant.id),
    ]
  }
}

extension Remit_Platform_V1_Record {
  /// Of host.record r, or of host.record_version.
  static let columns = "r.kind, r.id, r.version, r.closed, r.custom::text, r.recorded_at, r.recorded_by, r.state_note"

  init(from row: inout CellReader) throws {
    self.init()
    kind = try row.text()
    id = try row.text()
    version = UInt64(clamping: try row.int4())
    closed = try row.bool()
    custom = try Google_Protobuf_Struct(jsonString: try row.text())
    recordedAt = try row.timestamptz()
    recordedBy = try row.text()
    stateNote = try row.text()
  }

  /// For the audit, and as the aggregate of its events.
  fileprivate var resource: String { "record/\(kind)/\(id)" }
  fileprivate var words: String { "the \(kind) \(id)" }
}
