/// Base64, by RFC 4648.
enum EncoderFunctions {
  static let all: [Function] = [
    .unary("base64.encode", .bytes, .string) { value, meter throws(EvaluationError) in
      guard case .bytes(let bytes) = value else { return nil }
      try meter.charge(bytes.count)
      return .string(encoded(bytes))
    },
    .unary("base64.decode", .string, .bytes) { value, meter throws(EvaluationError) in
      guard case .string(let text) = value else { return nil }
      try meter.charge(text.utf8.count)
      guard let bytes = decoded(text) else { throw EvaluationError(.invalidArgument, "the text is not base64") }
      return .bytes(bytes)
    },
  ]

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8: UInt32] = Dictionary(
    uniqueKeysWithValues: alphabet.enumerated().map { ($1, UInt32($0)) })

  private static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.enumerated().reduce(0 as UInt32) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
      for index in 0..<4 {
        let letter = alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)]
        text.append(index <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// With or without the signs at the end.
  private static func decoded(_ text: String) -> [UInt8]? {
    var letters = Array(text.utf8)[...]
    if letters.count % 4 == 0 {
      for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters = letters.dropLast() }
    }
    guard letters.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for letter in letters {
      guard let value = values[letter] else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return bytes
  }
}
