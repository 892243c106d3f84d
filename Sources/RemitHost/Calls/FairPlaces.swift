import RemitAPI
import Synchronization

/// Lets in one call of a company, and so many in all. The others wait; of those who may come in, the company comes first that was let in longest ago.
final class FairPlaces: Sendable {
  private struct Waiter {
    let id: UInt64
    let tenant: Int32
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var free: Int
    var running: Set<Int32> = []
    /// In the order in which they came.
    var waiters: [Waiter] = []
    var lastID: UInt64 = 0
    /// When companies were let in last, by a count of all.
    var entered: [Int32: UInt64] = [:]
    var entries: UInt64 = 0

    mutating func take(_ tenant: Int32) -> Bool {
      guard free > 0, running.insert(tenant).inserted else { return false }
      free -= 1
      entries += 1
      if entered.count > FairPlaces.rememberedMax { entered.removeAll() }
      entered[tenant] = entries
      return true
    }

    mutating func nextWaiter() -> Waiter? {
      let next = waiters.indices.filter { !running.contains(waiters[$0].tenant) }
        .min { entered[waiters[$0].tenant, default: 0] < entered[waiters[$1].tenant, default: 0] }
      guard let next, take(waiters[next].tenant) else { return nil }
      return waiters.remove(at: next)
    }
  }

  private static let rememberedMax = 100_000
  private let waitingPerTenantMax: Int
  private let state: Mutex<State>

  /// - Parameter waitingPerTenantMax: more calls of a company are refused at once.
  init(atOnceMax: Int, waitingPerTenantMax: Int = .max) {
    self.waitingPerTenantMax = waitingPerTenantMax
    state = Mutex(State(free: atOnceMax))
  }

  /// Waits for a place, which `leave` gives back. Throws RESOURCE_EXHAUSTED where too many of the company wait already, and CancellationError where the
  /// task is cancelled before there is one.
  func enter(_ tenant: Int32) async throws {
    let id = try state.withLock { state throws(CallError) in
      guard waitingPerTenantMax == .max || state.waiters.count(where: { $0.tenant == tenant }) < waitingPerTenantMax else {
        var error = CallError(.resourceExhausted, "TOO_MANY_CALLS", "the company has too many such calls waiting; try again")
        error.retryAfterMs = 2000
        throw error
      }
      state.lastID += 1
      return state.lastID
    }
    let isIn = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isIn: Bool? = state.withLock { state in
          if Task.isCancelled { return false }
          if state.take(tenant) { return true }
          state.waiters.append(Waiter(id: id, tenant: tenant, continuation: continuation))
          return nil
        }
        if let isIn { continuation.resume(returning: isIn) }
      }
    } onCancel: {
      let waiter = state.withLock { state in state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) } }
      waiter?.continuation.resume(returning: false)
    }
    guard isIn else { throw CancellationError() }
  }

  /// Takes a place where there is one at once.
  func tryEnter(_ tenant: Int32) -> Bool { state.withLock { $0.take(tenant) } }

  var waiting: Int { state.withLock { $0.waiters.count } }

  func leave(_ tenant: Int32) {
    let next = state.withLock { state in
      state.free += 1
      state.running.remove(tenant)
      return state.nextWaiter()
    }
    next?.continuation.resume(returning: true)
  }
}
