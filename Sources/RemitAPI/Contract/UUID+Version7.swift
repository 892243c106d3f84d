public import FoundationEssentials
public import SwiftProtobuf
import Synchronization

/// Begins anywhere, so that two processes do not count alike.
private let counter = Atomic(UInt64.random(in: 0...UInt64.max))

extension UUID {
  /// As it stands in messages.
  public var text: String { uuidString.lowercased() }

  /// A new UUIDv7 (RFC 9562, 6.2 method 1): ids made later sort later, also those that one process makes for the same instant: 26 bits count,
  /// 48 are random.
  public static func version7(at now: Google_Protobuf_Timestamp) -> UUID {
    let milliseconds = UInt64(now.seconds) * 1000 + UInt64(now.nanos) / 1_000_000
    let count = counter.wrappingAdd(1, ordering: .relaxed).newValue & 0x3FF_FFFF
    let high = milliseconds << 16 | 0x7000 | count >> 14
    let low = 0x8000_0000_0000_0000 | (count & 0x3FFF) << 48 | UInt64.random(in: 0...0xFFFF_FFFF_FFFF)
    return withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
  }
}
