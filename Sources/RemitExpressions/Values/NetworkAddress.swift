/// An address of IPv4 or IPv6.
final class NetworkAddress: OpaqueValue, CustomStringConvertible {
  let bits: UInt128
  let isV4: Bool

  static let type = ValueType.opaque("net.IP", [])
  var type: ValueType { Self.type }

  init(bits: UInt128, isV4: Bool) { (self.bits, self.isV4) = (bits, isV4) }

  var width: Int { isV4 ? 32 : 128 }

  func isEqual(to other: any OpaqueValue) -> Bool {
    guard let other = other as? NetworkAddress else { return false }
    return other.bits == bits && other.isV4 == isV4
  }

  convenience init(_ text: String) throws(EvaluationError) {
    let failure = EvaluationError(
      .invalidArgument, "IP Address \(Value.string(text).brief) parse error during conversion from string")
    guard text.utf8.count <= 64 else { throw failure }
    if text.contains("%") { throw EvaluationError(.invalidArgument, "IP Address with zone value is not allowed") }
    if !text.contains(":") {
      guard let bits = Self.v4(text[...]) else { throw failure }
      self.init(bits: UInt128(bits), isV4: true)
      return
    }
    guard let bits = Self.v6(text) else { throw failure }
    if bits >> 32 == 0xFFFF {
      throw EvaluationError(.invalidArgument, "IPv4-mapped IPv6 address is not allowed")
    }
    self.init(bits: bits, isV4: false)
  }

  private static func v4(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(Lexer.isDigit), let number = UInt8(part),
        part.utf8.count == 1 || part.first != "0"
      else { return nil }
      bits = bits << 8 | UInt32(number)
    }
    return bits
  }

  private static func v6(_ text: String) -> UInt128? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = groups(halves[0], isLast: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return head.count == 8 ? joined(head) : nil }
    guard let tail = groups(halves[1], isLast: true), head.count + tail.count < 8 else { return nil }
    return joined(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
  }

  private static func joined(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }

  private static func groups(_ text: Substring, isLast: Bool) -> [UInt16]? {
    if text.isEmpty { return [] }
    var groups: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(".") {
        guard let bits = v4(part) else { return nil }
        groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
        continue
      }
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ Lexer.hexDigit($0) != nil }),
        let group = UInt16(part, radix: 16)
      else { return nil }
      groups.append(group)
    }
    return groups.count <= 8 ? groups : nil
  }

  /// As RFC 5952 has it: the longest run of zeros left out.
  var description: String {
    if isV4 { return (0..<4).map { "\(bits >> (24 - 8 * UInt128($0)) & 0xFF)" }.joined(separator: ".") }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * UInt128($0))) }
    var (best, bestCount, index) = (0, 1, 0)
    while index < 8 {
      let count = groups[index...].prefix { $0 == 0 }.count
      if count > bestCount { (best, bestCount) = (index, count) }
      index += max(1, count)
    }
    func text(_ groups: ArraySlice<UInt16>) -> String { groups.map { String($0, radix: 16) }.joined(separator: ":") }
    return bestCount < 2 ? text(groups[...]) : "\(text(groups[..<best]))::\(text(groups[(best + bestCount)...]))"
  }

  /// Whether the first bits are these.
  func starts(with prefix: UInt128, _ count: Int) -> Bool { bits >> UInt128(width - count) == prefix }

  var isUnspecified: Bool { bits == 0 }
  var isLoopback: Bool { isV4 ? starts(with: 127, 8) : bits == 1 }
  var isMulticast: Bool { isV4 ? starts(with: 0xE, 4) : starts(with: 0xFF, 8) }
  var isLinkLocalMulticast: Bool { isV4 ? starts(with: 0xE00000, 24) : isMulticast && bits >> 112 & 0xF == 2 }
  var isLinkLocalUnicast: Bool { isV4 ? starts(with: 0xA9FE, 16) : starts(with: 0xFE80 >> 6, 10) }

  /// As Go's `netip.Addr` has it, of private addresses too.
  var isGlobalUnicast: Bool {
    !(isUnspecified || isLoopback || isMulticast || isLinkLocalUnicast || (isV4 && bits == 0xFFFF_FFFF))
  }
}

/// Addresses that begin with the same bits: "10.0.0.0/8".
final class NetworkRange: OpaqueValue, CustomStringConvertible {
  let address: NetworkAddress
  let prefixLength: Int

  static let type = ValueType.opaque("net.CIDR", [])
  var type: ValueType { Self.type }

  init(_ address: NetworkAddress, _ prefixLength: Int) { (self.address, self.prefixLength) = (address, prefixLength) }

  func isEqual(to other: any OpaqueValue) -> Bool {
    guard let other = other as? NetworkRange else { return false }
    return other.prefixLength == prefixLength && other.address.isEqual(to: address)
  }

  convenience init(_ text: String) throws(EvaluationError) {
    let failure = EvaluationError(.invalidArgument, "network address parse error during conversion from string")
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if text.contains("%") { throw EvaluationError(.invalidArgument, "CIDR with zone value is not allowed") }
    guard parts.count == 2, (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(Lexer.isDigit),
      parts[1].utf8.count == 1 || parts[1].first != "0", let length = Int(parts[1])
    else { throw failure }
    let address = try NetworkAddress(String(parts[0]))
    guard length <= address.width else { throw failure }
    self.init(address, length)
  }

  private func prefix(of address: NetworkAddress) -> UInt128 {
    prefixLength == 0 ? 0 : address.bits >> UInt128(address.width - prefixLength)
  }

  func contains(_ other: NetworkAddress) -> Bool {
    other.isV4 == address.isV4 && prefix(of: other) == prefix(of: address)
  }

  func contains(_ other: NetworkRange) -> Bool { other.prefixLength >= prefixLength && contains(other.address) }

  var masked: NetworkRange {
    let shift = UInt128(address.width - prefixLength)
    let bits = prefixLength == 0 ? 0 : (address.bits >> shift) << shift
    return NetworkRange(NetworkAddress(bits: bits, isV4: address.isV4), prefixLength)
  }

  var description: String { "\(address)/\(prefixLength)" }
}
