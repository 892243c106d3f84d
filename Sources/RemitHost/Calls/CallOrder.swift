import FoundationEssentials
import RemitAPI
import RemitDigest
import SwiftProtobuf

/// The requests of a client stream, as bytes.
typealias MessageSource = any AsyncSequence<[UInt8], any Error> & Sendable

/// What a caller asked for, after the front admitted it.
struct CallOrder: Sendable {
  let method: ServedMethod
  var caller: Caller
  /// The idempotency key; made by the host where the caller gave none.
  let requestID: String
  /// Whether the caller gave it.
  var hasCallersKey = false
  var request: [UInt8]
  let now: Google_Protobuf_Timestamp
  let deadline: ContinuousClock.Instant
  /// The requests of a client stream; nil where the one is `request`.
  var source: MessageSource? = nil
  /// How many calls of modules stand before it: 0 where a client called.
  var depth = 0
  /// Whether it is, or is called by, a heavy report that has been let in.
  var holdsHeavyPlace = false
  /// The method that called this one; empty where a client did.
  var via = ""
  /// Takes the messages of a server stream but the last. nil where the method does not stream.
  var outlet: MessageOutlet? = nil
  var trace: Trace?
  /// How many events, each told because of the one before, stand before it.
  var hops: Int16 = 0
  /// The time that a module wanted to be called at, which this call is.
  var wake: Wakening? = nil

  /// The place among large requests that it has; nil: it is none.
  var largePlace: LargePlace? = nil

  /// What the call is judged by instead of the company's documents, where modules are asked about a plan.
  var trial: DocumentTrial? = nil
  /// What lets it through where approvals hold it.
  var pass: HoldPass? = nil
  /// The request id of the call for whose caller a module does it; empty: for its own.
  var onBehalf = ""

  struct Wakening: Sendable {
    let module: String
    let key: String
    let dueAt: Google_Protobuf_Timestamp
    /// When it was asked for, which tells it from another time for the same key.
    let armedAt: Google_Protobuf_Timestamp
  }

  /// The request as it came, where it went through the company's forms.
  var sent: [UInt8]? = nil
  /// What the company's forms did to the request; nil: nothing.
  var admission: Remit_Plugin_V1_Admission? = nil

  /// Over method and body: a repeat with the same key must be the same request.
  var bodySHA256: [UInt8] { Digest.sha256(Array(method.path.utf8) + [0] + (sent ?? request)) }
}

extension CallOrder {
  /// Whether the host makes it by itself: a job, a delivery, a wake.
  var isHosts: Bool { caller.keyID.isEmpty }

  /// Whether a request id is one of those that the host makes for jobs and nested calls.
  static func isHosts(requestID: String) -> Bool {
    ["job/", "via/", "operator/", "event/", "wake/", "import/", "session/"].contains { requestID.hasPrefix($0) }
  }

  /// - Parameter settling: how long writes may last.
  func context(settling: Duration) -> Remit_Plugin_V1_CallContext {
    .with {
      $0.method = method.path
      $0.tenant = .with {
        $0.id = UInt32(caller.tenant.id)
        $0.name = caller.tenant.name
        $0.baseCurrency = caller.tenant.baseCurrency
        $0.timeZone = caller.tenant.timeZone
        $0.locale = caller.tenant.locale
        $0.configuration = UInt64(clamping: caller.tenant.configuration)
      }
      $0.principal = .with {
        $0.id = caller.keyID
        $0.person = caller.person
        $0.name = caller.principal
        $0.roles = caller.roles
        $0.permissions = caller.permissions.patterns
      }
      $0.requestID = requestID
      $0.now = now
      $0.businessDate = caller.businessDate
      $0.traceparent = trace?.traceparent ?? ""
      let left = (deadline - .now).components
      $0.deadline = Google_Protobuf_Timestamp(
        seconds: now.seconds + left.seconds, nanos: now.nanos)
      if let admission { $0.admission = admission }
      $0.settledUntil = .init(seconds: now.seconds - settling.components.seconds, nanos: now.nanos)
    }
  }
}
