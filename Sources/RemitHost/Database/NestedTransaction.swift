import RemitAPI
import RemitPostgres
import Synchronization

/// What a module's method does when another module calls it: in the transaction of the first call, under a savepoint, as the role of its own module. What it
/// writes stays when it commits, and is lost with all else when the first call fails.
final class NestedTransaction: CallWork {
  private struct State {
    var hasBegun = false
    var hasEnded = false
  }

  private let order: CallOrder
  private let module: String
  private let outer: CallTransaction
  private let savepoint: String
  private let state = Mutex(State())

  /// - Parameter outer: open.
  init(_ order: CallOrder, module: String, in outer: CallTransaction) {
    self.order = order
    self.module = module
    self.outer = outer
    savepoint = "remit_\(order.depth)"
  }

  /// The transaction that all of it is in.
  var outermost: CallTransaction { outer }

  var roundTripCount: Int { outer.roundTripCount }

  func run(_ batch: Remit_Plugin_V1_Batch) async throws -> CallTransaction.Answer {
    let (isFirst, hasEnded) = state.withLock { state in
      defer { state.hasBegun = true }
      return (!state.hasBegun, state.hasEnded)
    }
    guard !hasEnded else { throw CallError(.failedPrecondition, "TRANSACTION_ENDED", "the transaction of this call has ended") }
    guard !batch.apart else {
      throw CallError(.failedPrecondition, "TRANSACTION_OPEN", "nothing is read apart while the transaction of the first call is open")
    }
    try batch.mustCarryReply()
    var opening = isFirst ? [Statement("SAVEPOINT \(savepoint)")] : []
    // Undone with the savepoint, to which a read always goes back.
    if isFirst && !order.method.isWrite { opening.append(Statement("SET LOCAL transaction_read_only = on")) }
    opening.append(Statement("SET LOCAL ROLE remit_\(module)"))
    let commits = batch.end == .commit && order.method.isWrite
    // Within the first call's transaction nothing of it is seen before that commits.
    let told = order.told(batch, by: module)
    outer.note(batch)
    let closing =
      commits
      ? [Statement("SET LOCAL ROLE NONE"), order.record(batch, order.admission)] + told + [Statement("RELEASE SAVEPOINT \(savepoint)")]
      : told.isEmpty ? [] : [Statement("SET LOCAL ROLE NONE")] + told
    do {
      let rows = try await outer.nestedFlight(opening, batch.statements, scope: module, closing: closing)
      if commits { state.withLock { $0.hasEnded = true } }
      if batch.end == .rollback { await abandon() }
      return .rows(rows)
    } catch {
      await abandon()
      throw error
    }
  }

  /// Goes back to where it began, unless it committed. The first call goes on.
  func abandon() async {
    let isOpen = state.withLock { state in
      defer { state.hasEnded = true }
      return state.hasBegun && !state.hasEnded
    }
    guard isOpen else { return }
    // Where this fails the connection is lost, and with it the whole transaction.
    _ = try? await outer.nestedFlight(
      [Statement("ROLLBACK TO SAVEPOINT \(savepoint)"), Statement("RELEASE SAVEPOINT \(savepoint)")], [], scope: module, closing: [])
  }
}

/// The part of a transaction that a call has: the whole, or under a savepoint.
protocol CallWork: Sendable {
  /// The whole.
  var outermost: CallTransaction { get }
  var roundTripCount: Int { get }
  func run(_ batch: Remit_Plugin_V1_Batch) async throws -> CallTransaction.Answer
  /// Rolls back what is open. Nothing happens where nothing is.
  func abandon() async
}
