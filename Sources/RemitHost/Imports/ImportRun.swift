import FoundationEssentials
import RemitAPI
import RemitPostgres
import SwiftProtobuf

/// Does what the rows of an import ask for: each request a call of its own, named by import and line, so that it is done once however often it is tried.
struct ImportRun {
  /// What became of the rows of a request.
  struct Outcome: Sendable {
    enum State: String, Sendable { case taken, known, review }

    let lines: [Int]
    let state: State
    var problems: [Remit_Platform_V1_RowProblem] = []
    var note = ""
    /// SHA-256 of the request that was done.
    var request: [UInt8]? = nil
  }

  let id: Int64
  let program: SourceProgram
  let requests: FileRequests
  private(set) var caller: Caller
  let path: String
  let deadline: ContinuousClock.Instant
  let calls: Calls
  let clock: Clock
  let keys: KeyDirectory
  let pool: Pool

  init(
    _ requests: FileRequests, id: Int64, for call: HostCall, calls: Calls, clock: Clock, keys: KeyDirectory, pool: Pool
  ) {
    self.id = id
    program = requests.program
    self.requests = requests
    caller = call.caller
    path = call.order.method.path
    deadline = call.order.deadline
    self.calls = calls
    self.clock = clock
    self.keys = keys
    self.pool = pool
  }

  /// Of the requests that it has done, of which not all are written down.
  private var done: Set<[UInt8]> = []
  /// How often other imports of the source took the very same, and this has not counted yet. Of equal rows as many are known as were taken.
  private var earlier: [[UInt8]: Int] = [:]

  private static let batchSize = 50

  /// - Parameter progress: told what became of some more rows.
  /// - Returns: why it ended before its time; empty: it did not.
  mutating func run(_ all: [FileRequest], progress: ([Outcome]) async throws -> Void) async throws -> String {
    for start in stride(from: 0, to: all.count, by: Self.batchSize) {
      guard !Task.isCancelled, deadline - .now > .seconds(5) else {
        return Task.isCancelled ? "the caller cancelled it" : "it has taken its time"
      }
      do throws(CallError) {
        // Who may no more what they might at first takes no more.
        caller = try await keys.caller(keyID: caller.keyID, now: clock.now)
      } catch {
        return error.message
      }
      let batch = all[start..<min(start + Self.batchSize, all.count)]
      let claimed = try await claim(batch)
      var (outcomes, stopped) = ([Outcome](), "")
      for request in batch where claimed.contains(request.line) {
        if Task.isCancelled { break }
        if let digest = request.digest, let count = earlier[digest], count > 0 {
          earlier[digest] = count - 1
          outcomes.append(Outcome(lines: request.rows.map(\.line), state: .known, note: "the same was taken before", request: digest))
          continue
        }
        switch await perform(request) {
        case .success(let outcome):
          outcomes.append(outcome)
          if let request = outcome.request, outcome.state == .taken { done.insert(request) }
        case .failure(let error): stopped = error.message
        }
        if !stopped.isEmpty { break }
      }
      // Also of an import that was cancelled what was done is kept.
      let (ended, run) = (outcomes, self)
      try await Task { try await run.keep(ended) }.value
      try await progress(ended)
      if !stopped.isEmpty { return stopped }
    }
    return ""
  }

  /// Takes rows in hand, which nobody can leave or change any more; those that wait no longer are not among them. What a server had in hand that ended is
  /// taken in hand again: it is done once all the same. Learns of which the very same was taken before.
  ///
  /// - Returns: lines by which requests are named.
  private mutating func claim(_ batch: ArraySlice<FileRequest>) async throws -> Set<Int> {
    let digests = Set(batch.compactMap(\.digest)).filter { earlier[$0] == nil }
    let rows = try await pool.host(
      [
        SQL(
          """
          UPDATE host.import_row SET state = 'taking' WHERE import = $1 AND group_line = ANY ($2) AND state IN ('waiting', 'taking') RETURNING group_line
          """, [.int8(id), .int4s(batch.map { Int32(clamping: $0.line) })]),
        SQL(
          """
          SELECT r.request, count(*) FILTER (WHERE r.import <> $2 AND r.state = 'taken') - count(*) FILTER (WHERE r.import = $2 AND r.state = 'known')
            FROM host.import_row r JOIN host.import i ON i.id = r.import WHERE r.request = ANY ($1) AND i.source = $3 GROUP BY 1
          """, [.byteas(Array(digests)), .int8(id), .text(program.source.name)]),
      ], as: caller.tenant.id)
    for digest in digests { earlier[digest] = 0 }
    for (digest, count) in try rows[1].map({ row in (try row.bytes(), try row.int8()) }) { earlier[digest] = Int(count) }
    return Set(try rows[0].map { row in Int(try row.int4()) })
  }

  /// - Returns: a failure where it is not the request's fault, and others would fail as well.
  func perform(_ request: FileRequest) async -> Result<Outcome, CallError> {
    let lines = request.rows.map(\.line)
    guard let body = request.request, let digest = request.digest else {
      return .success(Outcome(lines: lines, state: .review, problems: request.problems))
    }
    guard let endpoint = calls.table.endpoint(program.method.path) else {
      return .failure(CallError(.unimplemented, "NO_METHOD", "\(program.method.path) is not served"))
    }
    var order = CallOrder(
      method: program.method, caller: caller, requestID: "import/\(id)/\(request.line)", request: body, now: clock.now,
      deadline: min(.now + program.method.timeout, deadline))
    order.hasCallersKey = true
    order.via = path
    let admitted = order
    let answer = await calls.perform(endpoint, handle: CallHandle(), trace: nil) {
      try Calls.requirePermission(admitted.method, caller)
      return (admitted, nil)
    }
    guard case .failure(let error) = answer.result else {
      let warnings = answer.admission?.warnings.map { "\($0.field): \($0.message)" }.joined(separator: "; ") ?? ""
      return .success(Outcome(lines: lines, state: .taken, note: warnings.cut(toBytes: 1000), request: digest))
    }
    if error.reason == "REQUEST_ID_REUSED" {
      return .success(Outcome(lines: lines, state: .taken, note: "it was done already, with what the file said first"))
    }
    // What is there by other ways, or was asked for otherwise, people look at.
    if error.code == CallError.Code.alreadyExists.value, await wasTaken(digest) {
      return .success(Outcome(lines: lines, state: .known, note: error.message.cut(toBytes: 500)))
    }
    if Self.othersFailToo.contains(where: { $0.value == error.code }) { return .failure(error) }
    return .success(Outcome(lines: lines, state: .review, problems: requests.problems(of: error)))
  }

  /// Whether a row of this source asked for the very same before, and was taken.
  private func wasTaken(_ digest: [UInt8]) async -> Bool {
    if done.contains(digest) { return true }
    let found = try? await pool.host(
      """
      SELECT EXISTS (SELECT FROM host.import_row r JOIN host.import i ON i.id = r.import WHERE r.request = $1 AND i.source = $2)
      """, [.bytea(digest), .text(program.source.name)], as: caller.tenant.id
    ).map { row in try row.bool() }.first
    return found ?? false
  }

  private static let othersFailToo: [CallError.Code] = [
    .cancelled, .deadlineExceeded, .permissionDenied, .resourceExhausted, .aborted, .unimplemented, .unavailable, .unauthenticated,
  ]

  /// Writes down what became of rows, beside the calls that were made for them.
  func keep(_ outcomes: [Outcome]) async throws {
    let rows = outcomes.flatMap { outcome in outcome.lines.map { (line: $0, outcome: outcome) } }
    guard !rows.isEmpty else { return }
    _ = try await pool.host(
      """
      UPDATE host.import_row r SET state = o.state, problems = o.problems, note = o.note, request = o.request, resource = coalesce((
             SELECT c.resource FROM host.call c WHERE c.request_id = 'import/' || r.import || '/' || r.group_line AND o.state = 'taken'), '')
        FROM unnest($2, $3, $4, $5, $6) o (line, state, problems, note, request) WHERE r.import = $1 AND r.line = o.line AND r.state = 'taking'
      """,
      [
        .int8(id), .int4s(rows.map { Int32(clamping: $0.line) }), .texts(rows.map(\.outcome.state.rawValue)),
        .byteas(
          try rows.map { row in
            try Remit_Platform_V1_ImportRow.with { $0.problems = row.line == row.outcome.lines.first ? row.outcome.problems : [] }
              .serializedBytes()
          }), .texts(rows.map(\.outcome.note)),
        .byteas(rows.map { $0.line == $0.outcome.lines.first ? $0.outcome.request : nil }),
      ], as: caller.tenant.id)
  }
}
