import Synchronization

/// Lets in one heavy report of a company, and so many in all that short calls find a core. The others wait in the order in which they came.
final class HeavyReports: Sendable {
  private struct Waiter {
    let id: UInt64
    let tenant: Int32
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var free: Int
    var running: Set<Int32> = []
    var waiters: [Waiter] = []
    var lastID: UInt64 = 0

    mutating func take(_ tenant: Int32) -> Bool {
      guard free > 0, running.insert(tenant).inserted else { return false }
      free -= 1
      return true
    }
  }

  private let state: Mutex<State>

  init(atOnceMax: Int) { state = Mutex(State(free: atOnceMax)) }

  /// Waits for a place, which `leave` gives back; throws where the task is cancelled before there is one.
  func enter(_ tenant: Int32) async throws(CancellationError) {
    let id = state.withLock { state in
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

  func leave(_ tenant: Int32) {
    let next = state.withLock { state -> Waiter? in
      state.free += 1
      state.running.remove(tenant)
      guard let index = state.waiters.firstIndex(where: { state.take($0.tenant) }) else { return nil }
      return state.waiters.remove(at: index)
    }
    next?.continuation.resume(returning: true)
  }
}
