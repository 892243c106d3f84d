import RemitAPI
import Synchronization

/// What became of the calls of each method, since the start.
final class CallMetrics: Sendable {
  /// Upper bounds of the latency classes, in seconds.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

  /// The names of gRPC's status codes, by number.
  static let codeNames = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
    "UNAUTHENTICATED",
  ]

  struct Series: Sendable {
    /// By gRPC status code, 0 to 16.
    var codes = [Int](repeating: 0, count: CallMetrics.codeNames.count)
    /// Calls in each latency class, and in the last those that took longer.
    var classes = [Int](repeating: 0, count: CallMetrics.bounds.count + 1)
    var duration = Duration.zero
    var roundTrips = 0
  }

  private final class Method: Sendable {
    let series = Mutex(Series())
  }

  private let methods: [String: Method]
  private let inFlight = Atomic(0)

  /// - Parameter paths: "/remit.ledger.v1.LedgerService/PostInvoice"; no others can be counted.
  init(paths: [String]) { methods = Self.methods(paths) }

  // By itself: Swift 6.3.1's optimizer crashes where a rethrowing call stands in an initializer beside an Atomic.
  @inline(never)
  private static func methods(_ paths: [String]) -> [String: Method] { Dictionary(paths.map { ($0, Method()) }, uniquingKeysWith: { $1 }) }

  func begin() { inFlight.add(1, ordering: .relaxed) }

  /// - Parameter code: 0 is OK.
  func end(_ path: String, code: UInt32, duration: Duration, roundTrips: Int) {
    inFlight.subtract(1, ordering: .relaxed)
    let seconds = duration / .seconds(1)
    methods[path]?.series.withLock { series in
      series.codes[min(Int(code), 16)] += 1
      series.classes[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
      series.duration += duration
      series.roundTrips += roundTrips
    }
  }

  var callsInFlight: Int { inFlight.load(ordering: .relaxed) }

  /// Of the methods that were called, in order.
  var all: [(path: String, series: Series)] {
    methods.map { ($0.key, $0.value.series.withLock { $0 }) }.filter { $0.1.codes.contains { $0 > 0 } }.sorted { $0.0 < $1.0 }
  }
}
