/// A number as JSON writes it (RFC 8259, section 6).
enum JSONNumber {
  /// More than any that means something.
  static let bytesMax = 1000

  /// Where one that begins at a place ends; nil: there is none, or it goes on as none may.
  static func end(in bytes: [UInt8], from start: Int) -> Int? {
    var place = start
    // 0 stands in no number, and for the end.
    func byte() -> UInt8 { place < bytes.count ? bytes[place] : 0 }
    func takeDigits() -> Bool {
      let first = place
      while (0x30...0x39).contains(byte()) { place += 1 }
      return place > first
    }
    if byte() == UInt8(ascii: "-") { place += 1 }
    let first = byte()
    let firstPlace = place
    guard takeDigits(), first != UInt8(ascii: "0") || place == firstPlace + 1 else { return nil }
    if byte() == UInt8(ascii: ".") {
      place += 1
      guard takeDigits() else { return nil }
    }
    if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
      place += 1
      if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { place += 1 }
      guard takeDigits() else { return nil }
    }
    switch byte() {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
    default: return place
    }
  }
}
