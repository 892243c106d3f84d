public import FoundationEssentials
public import SwiftProtobuf

extension UUID {
  /// A new UUIDv7 (RFC 9562): ids made later sort later.
  public static func version7(at now: Google_Protobuf_Timestamp) -> UUID {
    let milliseconds = UInt64(now.seconds) * 1000 + UInt64(now.nanos) / 1_000_000
    let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF)
    let low = UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
  }
}
