import FoundationEssentials
import SwiftProtobuf

/// What time it is for companies: when calls are made, and jobs are due. Waiting, leases and deadlines go by other clocks.
struct Clock: Sendable {
  /// A file with the seconds that it is ahead, read each time: a test moves the time by it. nil: it is the system's.
  let file: String?

  var now: Google_Protobuf_Timestamp {
    var now = Google_Protobuf_Timestamp(date: Date())
    now.nanos -= now.nanos % 1000  // what Postgres keeps
    if let file, let text = try? String(contentsOfFile: file, encoding: .utf8), let ahead = Int64(text.prefix { !$0.isNewline }),
      (0...Self.aheadMax).contains(ahead)
    {
      now.seconds += ahead
    }
    return now
  }

  /// A hundred years.
  private static let aheadMax: Int64 = 100 * 365 * 86400
}
