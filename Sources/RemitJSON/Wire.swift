/// How a value stands in an encoded message (protobuf.dev, "Encoding").
enum WireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case bytes = 2
  case fixed32 = 5
}

enum WireValue {
  case varint(UInt64)
  case fixed64(UInt64)
  case fixed32(UInt32)
  case bytes(ArraySlice<UInt8>)
}

extension [UInt8] {
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendTag(_ number: Int, _ type: WireType) { appendVarint(UInt64(number) << 3 | type.rawValue) }

  mutating func appendBytes(_ bytes: [UInt8]) {
    appendVarint(UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  mutating func append(_ field: MessageSchema.Field, varint value: UInt64) {
    appendTag(field.number, .varint)
    appendVarint(value)
  }

  mutating func append(_ field: MessageSchema.Field, bytes: [UInt8]) {
    appendTag(field.number, .bytes)
    appendBytes(bytes)
  }

  mutating func append<Number: FixedWidthInteger>(_ field: MessageSchema.Field, fixed value: Number) {
    appendTag(field.number, Number.bitWidth == 32 ? .fixed32 : .fixed64)
    for byte in 0..<Number.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> Number(byte * 8))) }
  }

  mutating func appendSecondsAndNanos(_ seconds: Int64, _ nanos: Int32) {
    if seconds != 0 {
      appendTag(1, .varint)
      appendVarint(UInt64(bitPattern: seconds))
    }
    if nanos != 0 {
      appendTag(2, .varint)
      appendVarint(UInt64(bitPattern: Int64(nanos)))
    }
  }
}

/// Reads an encoded message field by field.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() throws(JSONError) -> (number: Int, value: WireValue)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    guard let type = WireType(rawValue: tag & 7), tag >> 3 > 0 else { throw malformed }
    let value: WireValue =
      switch type {
      case .varint: .varint(try varint())
      case .fixed64: .fixed64(try fixed())
      case .fixed32: .fixed32(try fixed())
      case .bytes: .bytes(try take(Int(clamping: try varint())))
      }
    return (Int(tag >> 3), value)
  }

  var isEmpty: Bool { rest.isEmpty }

  mutating func varint() throws(JSONError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      guard shift < 64 else { throw malformed }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw malformed
  }

  mutating func fixed<Number: FixedWidthInteger>() throws(JSONError) -> Number {
    try take(Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  private mutating func take(_ count: Int) throws(JSONError) -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw malformed }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private var malformed: JSONError { JSONError("", "the message is not encoded as protobuf") }
}
