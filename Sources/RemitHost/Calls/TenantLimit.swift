import RemitAPI
import Synchronization

/// How many calls of each tenant may be in flight at once. More are refused at once, so that one company cannot make the others wait.
final class TenantLimit: Sendable {
  private let callsMax: Int
  private let inFlight = Mutex<[Int32: Int]>([:])

  init(callsMax: Int) { self.callsMax = callsMax }

  /// Takes a place, which `leave` gives back.
  func enter(_ tenant: Tenant) throws(CallError) {
    let isFull = inFlight.withLock { inFlight in
      let count = inFlight[tenant.id, default: 0]
      if count < callsMax { inFlight[tenant.id] = count + 1 }
      return count >= callsMax
    }
    guard isFull else { return }
    var error = CallError(
      .resourceExhausted, "TOO_MANY_CALLS", "\(tenant.name) has \(callsMax) calls in flight, the most it may have at once; try again")
    error.retryAfterMs = 500
    throw error
  }

  func leave(_ tenant: Tenant) {
    inFlight.withLock { inFlight in
      let count = inFlight[tenant.id, default: 1] - 1
      inFlight[tenant.id] = count > 0 ? count : nil
    }
  }
}
