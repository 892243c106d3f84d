/// W3C Trace Context, version 00: which trace a call belongs to, so that logs, plugins and statements can be found by it.
struct Trace: Sendable {
  /// "00-<32 hex digits>-<16 hex digits>-<2 hex digits>".
  let traceparent: String
  /// 32 hex digits.
  let id: String
  /// Whether somebody records this trace.
  let isSampled: Bool

  /// nil where it is none; such a header is ignored, as the standard says.
  init?(_ traceparent: String) {
    let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "00", parts.map(\.utf8.count) == [2, 32, 16, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 } }),
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }), let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    self.traceparent = traceparent
    id = String(parts[1])
    isSampled = flags & 1 == 1
  }
}
