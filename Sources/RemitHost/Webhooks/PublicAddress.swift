import Glibc

/// Where a webhook may go: a company must not reach into the operator's network through remitd.
enum PublicAddress {
  struct Unreachable: Error, CustomStringConvertible {
    let description: String
  }

  /// The address to connect to, once all that a name has are looked at. Blocks while the name is resolved.
  ///
  /// - Parameter mayBePrivate: the operator allows the host whatever its addresses are.
  static func resolve(_ host: String, mayBePrivate: Bool) throws(Unreachable) -> String {
    let found = try addresses(of: host)
    guard let first = found.first else { throw Unreachable(description: "\(host) has no address") }
    if !mayBePrivate, let inner = found.first(where: { !isPublic($0.bytes) }) {
      throw Unreachable(description: "\(host) has the address \(inner.text), which is not public; the operator can allow the host by name")
    }
    return first.text
  }

  private static func addresses(of host: String) throws(Unreachable) -> [(text: String, bytes: [UInt8])] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let error = getaddrinfo(host, nil, &hints, &list)
    guard error == 0 else { throw Unreachable(description: "\(host) is not found: \(String(cString: gai_strerror(error)))") }
    defer { freeaddrinfo(list) }
    var found: [(text: String, bytes: [UInt8])] = []
    for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
      guard let entry, let address = entry.pointee.ai_addr else { continue }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard getnameinfo(address, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
      let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let bytes = bytes(of: name) else {
        throw Unreachable(description: "\(host) has the address \(name), which is of no known kind")
      }
      found.append((name, bytes))
    }
    return found
  }

  /// 4 or 16 bytes of an address written in figures; nil where it is none.
  static func bytes(of text: String) -> [UInt8]? {
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
    if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
    return nil
  }

  /// Whether anybody may reach it: none of those that IANA's special-purpose registries (RFC 6890, as of 2025) keep for other uses.
  static func isPublic(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4: return !special4.contains { $0.holds(bytes) }
    // Only 2000::/3 is given out; what carries an IPv4 address within it is left out too.
    case 16: return global6.holds(bytes) && !special6.contains { $0.holds(bytes) }
    default: return false
    }
  }

  private struct Block {
    let prefix: [UInt8]
    let bits: Int

    init(_ text: String) {
      let parts = text.split(separator: "/")
      prefix = PublicAddress.bytes(of: String(parts[0])) ?? []
      bits = Int(parts[1]) ?? 0
    }

    func holds(_ address: [UInt8]) -> Bool {
      guard prefix.count == address.count else { return false }
      return prefix.indices.allSatisfy { place in
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(max(bits - place * 8, 0), 8))
        return (prefix[place] ^ address[place]) & mask == 0
      }
    }
  }

  private static let special4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  ].map(Block.init)
  private static let global6 = Block("2000::/3")
  private static let special6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"].map(Block.init)
}
