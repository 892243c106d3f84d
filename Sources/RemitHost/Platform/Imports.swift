import FoundationEssentials
import RemitAPI
import RemitDigest
import RemitFiles
import RemitJSON
import RemitPostgres
import SwiftProtobuf

extension Platform {
  private static let rowsMax = 200_000
  private static let rowBytesMax = 256 << 10
  private static let shownMax = 1000

  func proposeSource(
    _ request: Remit_Platform_V1_ProposeSourceRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ProposeSourceReply {
    guard request.name.wholeMatch(of: /[a-z][a-z0-9_-]{0,39}/) != nil else {
      throw CallError.invalid([("name", "must begin with a letter and have at most 40 of a-z, 0-9, _ and -")])
    }
    let path = "/\(request.method)"
    guard let method = configurations.method(path), !method.keepsRecords || method.name == "CreateRecord" else {
      throw CallError(
        .notFound, "NO_METHOD", "there is no write \(request.method.cut(toBytes: 200)) that a source can be for", field: "method")
    }
    if call.order.depth == 0 { _ = try await configurations.refresh(call.caller.tenant.id) }
    let tenant = now(call.caller).tenant
    if method.keepsRecords { _ = try await configurations.recordKind(request.record, of: tenant) }
    var options = TableFile.Options()
    options.locale = tenant.locale
    let table = try TableFile(Array(request.file), options)
    let proposed = ProposedSource(
      request.name, for: method, record: method.keepsRecords ? request.record : "", table,
      forms: try await configurations.forms(of: path, for: tenant), schema: messages,
      views: LookupViews(published: configurations.views), names: fieldNames)
    return .with {
      $0.document = proposed.document
      $0.unused = proposed.unused
    }
  }

  func checkFile(_ request: Remit_Platform_V1_CheckFileRequest, _ call: HostCall) async throws -> Remit_Platform_V1_CheckFileReply {
    let program = try await source(request.source, call)
    let (requests, all) = try await self.requests(Array(request.file), program, call)
    let forms = try await configurations.forms(of: program.method.path, for: now(call.caller).tenant)
    let order = CallOrder(
      method: program.method, caller: now(call.caller), requestID: call.order.requestID, request: [], now: call.order.now,
      deadline: call.order.deadline)
    var reply = Remit_Platform_V1_CheckFileReply.with {
      $0.rows = UInt32(clamping: all.reduce(0) { $0 + $1.rows.count })
      $0.unused = requests.unused
    }
    var bytesLeft = 2 << 20
    for made in all {
      try await Self.breathe()
      var problems = made.problems
      if let body = made.request {
        do {
          try program.method.check(body)
          let judgement = try await admission.judge(body, of: order, by: forms, .none, call.query).judgement
          if let refusal = judgement.refusal { throw refusal }
        } catch let error as CallError where error.code == CallError.Code.invalidArgument.value {
          problems += requests.problems(of: error)
        }
      }
      guard !problems.isEmpty else { continue }
      reply.refused += UInt32(made.rows.count)
      let shown = made.shown(requests.columns, .review, problems)
      bytesLeft -= shown.reduce(0) { $0 + ((try? $1.serializedData().count) ?? 0) }
      if reply.review.count + shown.count <= Self.shownMax, bytesLeft > 0 { reply.review += shown }
    }
    return reply
  }

  func importFile(_ request: Remit_Platform_V1_ImportFileRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ImportFileUpdate {
    let program = try await source(request.source, call)
    let file = Array(request.file)
    let (requests, all) = try await self.requests(file, program, call)
    let digest = Digest.sha256(file)
    // One gets its number after the other.
    let found = try await call.query([
      SQL("SELECT host.lock('imports', true)"),
      SQL("SELECT id FROM host.import WHERE source = $1 AND digest = $2 ORDER BY id LIMIT 1", [.text(request.source), .bytea(digest)]),
      SQL("SELECT coalesce(max(id), 0) + 1 FROM host.import"),
    ])
    if let earlier = try found[1].map({ row in try row.int8() }).first, !request.again {
      throw CallError(
        .alreadyExists, "FILE_IMPORTED", "the same file was taken as import \(earlier); say again where it is to be taken once more")
    }
    let id = try found[2].map { row in try row.int8() }.first ?? 1
    var update = Remit_Platform_V1_ImportFileUpdate.with {
      $0.import.id = UInt64(clamping: id)
      $0.import.source = request.source
      $0.import.fileName = request.fileName
      $0.import.importedAt = call.order.now
      $0.import.importedBy = call.caller.principal
      $0.import.rows = UInt32(clamping: all.reduce(0) { $0 + $1.rows.count })
      $0.import.waiting = $0.import.rows
    }
    let columns = JSONValue.array(requests.columns.map { .string($0) }).text
    let statement = SQL(
      """
      INSERT INTO host.import (id, source, file_name, digest, columns, imported_at, imported_by) VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7)
      """,
      [
        .int8(id), .text(request.source), .text(request.fileName), .bytea(digest), .text(columns), .timestamptz(call.order.now),
        .text(call.caller.principal),
      ])
    try await call.commit([statement] + Self.keeping(all, id), reply: update, resource: "import/\(id)")
    try await run(&update, all, requests, id, call)
    return update
  }

  func resumeImport(
    _ request: Remit_Platform_V1_ResumeImportRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ImportFileUpdate {
    let kept = try await call.importKept(request.id)
    let id = Int64(clamping: request.id)
    let program = try await source(kept.summary.source, call)
    let states = ["waiting", "taking"] + (request.review ? ["review"] : [])
    let rows = try await call.query([
      SQL(
        "SELECT line, cells::text, group_line FROM host.import_row WHERE import = $1 AND state = ANY ($2) ORDER BY line",
        [.int8(id), .texts(states)])
    ])[0].map { row in try FileRow(from: &row) }
    let (requests, all) = try await self.requests(rows, kept.columns, program, call)
    var update = Remit_Platform_V1_ImportFileUpdate.with { $0.import = kept.summary }
    let again = SQL("UPDATE host.import_row SET state = 'waiting', problems = '' WHERE import = $1 AND state = 'review'", [.int8(id)])
    try await call.commit(request.review ? [again] : [], reply: update, resource: "import/\(id)")
    update.import.waiting += request.review ? update.import.review : 0
    update.import.review = request.review ? 0 : update.import.review
    try await run(&update, all, requests, id, call)
    return update
  }

  /// An import that was begun before, as it is now.
  func importNow(_ kept: [UInt8], _ call: HostCall) async throws -> [UInt8] {
    var update = try Remit_Platform_V1_ImportFileUpdate(serializedBytes: kept)
    let found = try await pool.host(
      "\(Remit_Platform_V1_Import.select) WHERE i.id = $1", [.int8(Int64(clamping: update.import.id))], as: call.caller.tenant.id
    ).map { row in try Remit_Platform_V1_Import(from: &row) }.first
    if let found { update.import = found }
    if update.import.waiting > 0 { update.stopped = "it was begun before, and is under way or to be gone on with" }
    return try update.serializedBytes()
  }

  /// Rows that were amended before, as they are now.
  func rowsNow(_: [UInt8], _ call: HostCall) async throws -> [UInt8] {
    let request: Remit_Platform_V1_AmendImportRowRequest = try call.request()
    let found = try await pool.host(
      [
        SQL("SELECT columns::text FROM host.import WHERE id = $1", [.int8(Int64(clamping: request.id))]),
        SQL(
          """
          \(Remit_Platform_V1_ImportRow.select) WHERE r.import = $1
             AND r.group_line = (SELECT group_line FROM host.import_row WHERE import = $1 AND line = $2) ORDER BY r.line
          """, [.int8(Int64(clamping: request.id)), .int4(Int32(clamping: request.line))]),
      ], as: call.caller.tenant.id)
    let columns = try found[0].map { row in try [String](jsonTexts: try row.text()) }.first ?? []
    return try Remit_Platform_V1_AmendImportRowReply.with {
      $0.rows = try found[1].map { row in try Remit_Platform_V1_ImportRow(from: &row, columns) }
    }.serializedBytes()
  }

  func getImport(_ request: Remit_Platform_V1_GetImportRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Import {
    try await call.importKept(request.id).summary
  }

  func listImports(
    _ request: Remit_Platform_V1_ListImportsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListImportsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let before = page.after.map({ Int64($0[0]) }) ?? Int64.max else { throw Page.badToken }
    let found = try await call.query([
      SQL(
        "\(Remit_Platform_V1_Import.select) WHERE i.id < $1 AND $2 IN ('', i.source) ORDER BY i.id DESC LIMIT $3",
        [.int8(before), .text(request.source), .int8(Int64(page.size + 1))])
    ])[0].map { row in try Remit_Platform_V1_Import(from: &row) }
    return .with { ($0.imports, $0.nextPageToken) = page.cut(found) { ["\($0.id)"] } }
  }

  func listImportRows(
    _ request: Remit_Platform_V1_ListImportRowsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListImportRowsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let after = page.after.map({ Int32($0[0]) }) ?? 0 else { throw Page.badToken }
    let kept = try await call.importKept(request.id)
    guard request.state == .unspecified || !request.state.words.isEmpty else {
      throw CallError.invalid([("state", "is none that there is")])
    }
    let states = request.state == .waiting ? ["waiting", "taking"] : [request.state.words]
    let found = try await call.query([
      SQL(
        """
        \(Remit_Platform_V1_ImportRow.select) WHERE r.import = $1 AND r.line > $2 AND ('' = ANY ($3) OR r.state = ANY ($3)) ORDER BY r.line LIMIT $4
        """, [.int8(Int64(clamping: request.id)), .int4(after), .texts(states), .int8(Int64(page.size + 1))])
    ])[0].map { row in try Remit_Platform_V1_ImportRow(from: &row, kept.columns) }
    return .with { ($0.rows, $0.nextPageToken) = page.cut(found, bytes: { (try? $0.serializedData().count) ?? 0 }) { ["\($0.line)"] } }
  }

  func amendImportRow(
    _ request: Remit_Platform_V1_AmendImportRowRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_AmendImportRowReply {
    let kept = try await call.importKept(request.id)
    let id = Int64(clamping: request.id)
    let program = try await source(kept.summary.source, call)
    var rows = try await call.rowsToDo(kept, id, request.line)
    for (column, text) in request.cells {
      guard let place = kept.columns.firstIndex(of: column) else {
        throw CallError.invalid([("cells", "has \(column.cut(toBytes: 60)), which is no column of the file")])
      }
      for index in rows.indices where rows[index].line == Int(request.line) { rows[index].cells[place] = text }
    }
    let (requests, all) = try await self.requests(rows, kept.columns, program, call)
    let change = SQL(
      """
      UPDATE host.import_row r SET state = 'taking', problems = '', note = '', cells = n.cells::jsonb FROM unnest($2, $3) n (line, cells)
       WHERE r.import = $1 AND r.line = n.line
      """, [.int8(id), .int4s(rows.map { Int32(clamping: $0.line) }), .texts(rows.map(\.json))])
    try await call.commit([change], reply: Remit_Platform_V1_AmendImportRowReply(), resource: "import/\(id)")
    let run = try self.run(of: requests, id, call)
    for made in all {
      switch await run.perform(made) {
      case .success(let outcome): try await run.keep([outcome])
      case .failure(let error): throw error
      }
    }
    let shown = try await pool.host(
      "\(Remit_Platform_V1_ImportRow.select) WHERE r.import = $1 AND r.group_line = $2 ORDER BY r.line",
      [.int8(id), .int4(Int32(clamping: rows.first?.line ?? 0))], as: call.caller.tenant.id)
    return try .with { $0.rows = try shown.map { row in try Remit_Platform_V1_ImportRow(from: &row, kept.columns) } }
  }

  func discardImportRow(
    _ request: Remit_Platform_V1_DiscardImportRowRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_DiscardImportRowReply> {
    let kept = try await call.importKept(request.id)
    let id = Int64(clamping: request.id)
    let rows = try await call.rowsToDo(kept, id, request.line)
    let found = try await call.query([
      SQL(
        "UPDATE host.import_row r SET state = 'left', note = $3 WHERE r.import = $1 AND r.group_line = $2",
        [.int8(id), .int4(Int32(clamping: rows.first?.line ?? 0)), .text(request.reason)]),
      SQL(
        "\(Remit_Platform_V1_ImportRow.select) WHERE r.import = $1 AND r.group_line = $2 ORDER BY r.line",
        [.int8(id), .int4(Int32(clamping: rows.first?.line ?? 0))]),
    ])[1].map { row in try Remit_Platform_V1_ImportRow(from: &row, kept.columns) }
    return HostWrite(statements: [], reply: .with { $0.rows = found }, resource: "import/\(id)")
  }

  // ---- requests of rows

  /// As the company's configuration has it now.
  private func source(_ name: String, _ call: HostCall) async throws -> SourceProgram {
    if call.order.depth == 0 { _ = try await configurations.refresh(call.caller.tenant.id) }
    let program = try await configurations.source(name, of: now(call.caller).tenant)
    try Calls.requirePermission(program.method, call.caller)
    return program
  }

  private func now(_ caller: Caller) -> Caller {
    var caller = caller
    caller.tenant.configuration = configurations.version(of: caller.tenant.id, known: caller.tenant.configuration)
    return caller
  }

  private func requests(
    _ file: [UInt8], _ program: SourceProgram, _ call: HostCall
  ) async throws -> (FileRequests, [FileRequest]) {
    let table = try TableFile(file, program.source.file.options(locale: call.caller.tenant.locale))
    guard !table.records.isEmpty else { throw CallError.invalid([("file", "has no rows below its header")]) }
    guard table.records.count <= Self.rowsMax else {
      throw CallError.invalid([("file", "has \(table.records.count) rows, where \(Self.rowsMax) are taken at once: part it")])
    }
    if let large = table.records.first(where: { $0.cells.reduce(0) { $0 + $1.utf8.count } > Self.rowBytesMax }) {
      throw CallError.invalid([("file", "has a row of more than \(Self.rowBytesMax >> 10) KiB on line \(large.line)")])
    }
    let columns = FileRequests.columns(of: table)
    guard Set(columns).count == columns.count else { throw CallError.invalid([("file", "has headers whose beginnings are the same")]) }
    return try await requests(table.records.map { FileRow(line: $0.line, cells: $0.cells) }, columns, program, call)
  }

  private func requests(
    _ rows: [FileRow], _ columns: [String], _ program: SourceProgram, _ call: HostCall
  ) async throws -> (FileRequests, [FileRequest]) {
    var requests = try FileRequests(program, columns: columns, rows: rows, caller: call.caller, schema: messages)
    let lookups = requests.lookups(rows)
    if !lookups.isEmpty {
      for (lookup, rows) in zip(lookups, try await call.query(lookups.map(\.statement))) { try requests.add(rows, of: lookup.field) }
    }
    var made: [FileRequest] = []
    for group in requests.groups(rows) {
      try await Self.breathe()
      made.append(requests.request(group))
    }
    return (requests, made)
  }

  /// What takes long leaves the others their turn, and ends when nobody wants it.
  private static func breathe() async throws {
    try Task.checkCancellation()
    await Task.yield()
  }

  // ---- doing what they ask for

  private func run(of requests: FileRequests, _ id: Int64, _ call: HostCall) throws(CallError) -> ImportRun {
    // Its rows are calls of their own, which would wait for the transaction that this is part of.
    guard call.order.depth == 0 else {
      throw CallError(.failedPrecondition, "WITHIN_A_CALL", "files are taken by who calls from outside, not by modules")
    }
    guard let (calls, clock) = callsToCome.known else { throw CallError(.unavailable, "STARTING", "this server starts; try again") }
    return ImportRun(requests, id: id, for: call, calls: calls, clock: clock, keys: keys, pool: pool)
  }

  private func run(
    _ update: inout Remit_Platform_V1_ImportFileUpdate, _ all: [FileRequest], _ requests: FileRequests, _ id: Int64, _ call: HostCall
  ) async throws {
    var told = update
    var run = try run(of: requests, id, call)
    // What waits for its turn is kept, and not in memory.
    guard importPlaces.tryEnter(call.caller.tenant.id) else {
      return update.stopped = "other imports run, one of a company at once"
    }
    defer { importPlaces.leave(call.caller.tenant.id) }
    call.order.largePlace?.leave()
    told.stopped = try await run.run(all) { outcomes in
      for outcome in outcomes { told.import.count(outcome) }
      try await call.send(told)
    }
    update = told
  }

  private static func keeping(_ all: [FileRequest], _ id: Int64) -> [SQL] {
    let rows = all.flatMap { made in made.rows.map { (group: made.line, row: $0) } }.sorted { $0.row.line < $1.row.line }
    return stride(from: 0, to: rows.count, by: 5000).map { start in
      let part = rows[start..<min(start + 5000, rows.count)]
      return SQL(
        """
        INSERT INTO host.import_row (import, line, group_line, cells, state) SELECT $1, line, group_line, cells::jsonb, 'waiting'
          FROM unnest($2, $3, $4) n (line, group_line, cells)
        """,
        [
          .int8(id), .int4s(part.map { Int32(clamping: $0.row.line) }), .int4s(part.map { Int32(clamping: $0.group) }),
          .texts(part.map(\.row.json)),
        ])
    }
  }
}
