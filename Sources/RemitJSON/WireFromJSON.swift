import FoundationEssentials

extension MessageSchema {
  /// Encodes a message from proto3 JSON, strictly: unknown names, values of another type and numbers out of range are refused with their path.
  ///
  /// - Parameter message: its full name.
  public func wire(fromJSON json: [UInt8], as message: String) throws(JSONError) -> [UInt8] {
    try wire(from: JSONValue(json), as: message)
  }

  /// The same of JSON that was read.
  public func wire(from value: JSONValue, as message: String) throws(JSONError) -> [UInt8] {
    var out: [UInt8] = []
    try encode(value, try self.message(message), into: &out)
    return out
  }

  private func encode(_ value: JSONValue, _ type: MessageType, into out: inout [UInt8]) throws(JSONError) {
    if try encodeWellKnown(value, type, into: &out) { return }
    guard case .object(let members) = value else { throw JSONError("", "an object was expected (\(type.name))") }
    var given: Set<Int> = []
    var oneofs: Set<Int32> = []
    for (key, value) in members {
      guard let field = type.byName[key] else { throw JSONError(key, "there is no such field; \(type.name) has \(fieldNames(type))") }
      guard given.insert(field.number).inserted else { throw JSONError(key, "the field stands twice") }
      // Null is the absent field, but for google.protobuf.Value.
      if case .null = value, !isValue(field) { continue }
      if let oneof = field.oneof, !oneofs.insert(oneof).inserted { throw JSONError(key, "another field of the same choice is given too") }
      do throws(JSONError) {
        try encode(value, field, into: &out)
      } catch {
        throw error.within(key)
      }
    }
  }

  private func fieldNames(_ type: MessageType) -> String {
    type.fields.isEmpty ? "none" : type.fields.map(\.jsonName).joined(separator: ", ")
  }

  private func isValue(_ field: Field) -> Bool {
    if case .message("google.protobuf.Value") = field.kind { return true }
    return false
  }

  private func encode(_ value: JSONValue, _ field: Field, into out: inout [UInt8]) throws(JSONError) {
    if let entry = mapEntry(field) {
      guard case .object(let members) = value else { throw JSONError("", "an object was expected") }
      for (key, value) in members { try encodeEntry(key, value, field, entry, into: &out) }
    } else if field.isRepeated {
      guard case .array(let items) = value else { throw JSONError("", "a list was expected") }
      for (index, item) in items.enumerated() {
        if case .null = item, !isValue(field) { throw JSONError("[\(index)]", "a list has no null") }
        do throws(JSONError) {
          try encodeOne(item, field, into: &out)
        } catch {
          throw error.within("[\(index)]")
        }
      }
    } else {
      try encodeOne(value, field, into: &out)
    }
  }

  private func encodeEntry(_ key: String, _ value: JSONValue, _ field: Field, _ entry: MessageType, into out: inout [UInt8])
    throws(JSONError)
  {
    guard let keyField = entry.byNumber[1], let valueField = entry.byNumber[2] else { throw JSONError("", "\(entry.name) is no map") }
    var inner: [UInt8] = []
    do throws(JSONError) {
      let isText = if case .string = keyField.kind { true } else { false }
      let isFlag = if case .bool = keyField.kind { true } else { false }
      let keyValue: JSONValue = isText ? .string(key) : isFlag && ["true", "false"].contains(key) ? .bool(key == "true") : .number(key)
      try encodeOne(keyValue, keyField, into: &inner)
      if case .null = value, !isValue(valueField) { throw JSONError("", "a map has no null") }
      try encodeOne(value, valueField, into: &inner)
    } catch {
      throw error.within(key)
    }
    out.appendTag(field.number, .bytes)
    out.appendBytes(inner)
  }

  private func encodeOne(_ value: JSONValue, _ field: Field, into out: inout [UInt8]) throws(JSONError) {
    switch field.kind {
    case .bool:
      guard case .bool(let flag) = value else { throw JSONError("", "true or false was expected") }
      out.appendTag(field.number, .varint)
      out.appendVarint(flag ? 1 : 0)
    case .int32: try out.append(field, varint: UInt64(bitPattern: Int64(value.integer(Int32.self))))
    case .int64: try out.append(field, varint: UInt64(bitPattern: value.integer(Int64.self)))
    case .uint32: try out.append(field, varint: UInt64(value.integer(UInt32.self)))
    case .uint64: try out.append(field, varint: value.integer(UInt64.self))
    case .sint32:
      let number = Int64(try value.integer(Int32.self))
      out.append(field, varint: UInt64(bitPattern: number << 1 ^ number >> 63))
    case .sint64:
      let number = try value.integer(Int64.self)
      out.append(field, varint: UInt64(bitPattern: number << 1 ^ number >> 63))
    case .fixed32: try out.append(field, fixed: value.integer(UInt32.self))
    case .sfixed32: try out.append(field, fixed: value.integer(Int32.self))
    case .fixed64: try out.append(field, fixed: value.integer(UInt64.self))
    case .sfixed64: try out.append(field, fixed: value.integer(Int64.self))
    case .float:
      let number = try value.double()
      guard !number.isFinite || abs(number) <= Double(Float.greatestFiniteMagnitude) else {
        throw JSONError("", "the number is out of range")
      }
      out.append(field, fixed: Float(number).bitPattern)
    case .double: try out.append(field, fixed: value.double().bitPattern)
    case .string:
      guard case .string(let text) = value else { throw JSONError("", "a text in quotes was expected") }
      out.append(field, bytes: Array(text.utf8))
    case .bytes:
      guard case .string(let text) = value, let data = Data(anyBase64: text) else { throw JSONError("", "base64 in quotes was expected") }
      out.append(field, bytes: Array(data))
    case .enum(let name): try out.append(field, varint: UInt64(bitPattern: Int64(enumNumber(value, name))))
    case .message(let name):
      var inner: [UInt8] = []
      try encode(value, try message(name), into: &inner)
      out.append(field, bytes: inner)
    }
  }

  private func enumNumber(_ value: JSONValue, _ name: String) throws(JSONError) -> Int32 {
    if name == "google.protobuf.NullValue", case .null = value { return 0 }
    guard case .string(let text) = value else { return try value.integer(Int32.self) }
    let type = try enumType(name)
    guard let number = type.numbers[text] else {
      throw JSONError("", "\(text) is none of \(type.numbers.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", "))")
    }
    return number
  }

  /// The messages that JSON writes in a form of their own (protobuf.dev, "ProtoJSON format").
  private func encodeWellKnown(_ value: JSONValue, _ type: MessageType, into out: inout [UInt8]) throws(JSONError) -> Bool {
    switch type.name {
    case "google.protobuf.Timestamp":
      guard case .string(let text) = value, let (seconds, nanos) = Instant.parse(text) else {
        throw JSONError("", "an instant in quotes was expected, such as 2026-11-24T17:08:00Z")
      }
      out.appendSecondsAndNanos(seconds, nanos)
    case "google.protobuf.Duration":
      guard case .string(let text) = value, let (seconds, nanos) = Span.parse(text) else {
        throw JSONError("", "a duration in quotes was expected, such as 1.5s")
      }
      out.appendSecondsAndNanos(seconds, nanos)
    case "google.protobuf.FieldMask":
      guard case .string(let text) = value else { throw JSONError("", "names in quotes with commas between them were expected") }
      for path in text.split(separator: ",") {
        guard !path.contains("_") else { throw JSONError("", "names of fields are written as in JSON: \(Self.camelCase(String(path)))") }
        out.appendTag(1, .bytes)
        out.appendBytes(Array(Self.snakeCase(String(path)).utf8))
      }
    case "google.protobuf.Any": throw JSONError("", "google.protobuf.Any is not taken")
    case "google.protobuf.Struct":
      guard case .object(let members) = value, let field = type.byNumber[1], let entry = mapEntry(field) else {
        throw JSONError("", "an object was expected")
      }
      for (key, value) in members { try encodeEntry(key, value, field, entry, into: &out) }
    case "google.protobuf.ListValue":
      guard let field = type.byNumber[1] else { return false }
      try encode(value, field, into: &out)
    case "google.protobuf.Value": try encodeValue(value, type, into: &out)
    case let name where name.hasPrefix("google.protobuf.") && name.hasSuffix("Value"):
      guard let field = type.byNumber[1], type.fields.count == 1 else { return false }
      try encodeOne(value, field, into: &out)
    default: return false
    }
    return true
  }

  private func encodeValue(_ value: JSONValue, _ type: MessageType, into out: inout [UInt8]) throws(JSONError) {
    let number =
      switch value {
      case .null: 1
      case .number: 2
      case .string: 3
      case .bool: 4
      case .object: 5
      case .array: 6
      }
    guard let field = type.byNumber[number] else { throw JSONError("", "there is no such kind of value") }
    try encodeOne(value, field, into: &out)
  }
}

extension JSONValue {
  /// A whole number, written as one or in quotes.
  fileprivate func integer<Number: FixedWidthInteger>(_: Number.Type) throws(JSONError) -> Number {
    let text: String
    switch self {
    case .number(let number): text = number
    case .string(let quoted): text = quoted
    default: throw JSONError("", "a whole number was expected")
    }
    if let number = Number(text), text.first != "+" { return number }
    let bytes = Array(text.utf8)
    guard bytes.count <= JSONNumber.bytesMax, JSONNumber.end(in: bytes, from: 0) == bytes.count else {
      throw JSONError("", "a whole number was expected, not \(text.prefix(60))")
    }
    // 1.0 and 1e3 are whole numbers as well.
    guard let value = Double(text), let number = Number(exactly: value) else {
      let isWhole = bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
      throw JSONError(
        "",
        isWhole
          ? "\(text.prefix(60)) is out of range (\(Number.min) to \(Number.max))" : "a whole number was expected, not \(text.prefix(60))")
    }
    return number
  }

  fileprivate func double() throws(JSONError) -> Double {
    switch self {
    case .number(let text):
      guard let number = Double(text), number.isFinite else { throw JSONError("", "the number is out of range") }
      return number
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .string(let text):
      guard let number = Double(text), number.isFinite, text.first?.isWhitespace == false else {
        throw JSONError("", "a number was expected")
      }
      return number
    default: throw JSONError("", "a number was expected")
    }
  }
}

extension Data {
  /// Base64 in the standard or the URL alphabet, with or without padding.
  fileprivate init?(anyBase64 text: String) {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = standard.contains("=") ? "" : String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    self.init(base64Encoded: standard + padding)
  }
}
