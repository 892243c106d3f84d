import FoundationEssentials

extension MessageSchema {
  /// Writes an encoded message as proto3 JSON, fields in the order of their numbers, without those that have their default. Fields it does not know are left
  /// out.
  ///
  /// - Parameter message: its full name.
  public func json(fromWire bytes: [UInt8], as message: String) throws(JSONError) -> String {
    var out = ""
    try write(bytes[...], try self.message(message), depth: 0, to: &out)
    return out
  }

  private func write(_ bytes: ArraySlice<UInt8>, _ type: MessageType, depth: Int, to out: inout String) throws(JSONError) {
    guard depth <= JSONValue.depthMax else { throw JSONError("", "it is more than \(JSONValue.depthMax) deep") }
    var values: [Int: [WireValue]] = [:]
    var reader = WireReader(bytes)
    while let (number, value) = try reader.next() { values[number, default: []].append(value) }
    if try writeWellKnown(values, type, depth: depth, to: &out) { return }
    out += "{"
    var isFirst = true
    for field in type.fields {
      guard let found = values[field.number], field.isRepeated || field.oneof != nil || !isDefault(found, field) else { continue }
      if !isFirst { out += "," }
      isFirst = false
      out.appendQuoted(field.jsonName)
      out += ":"
      do throws(JSONError) {
        try write(found, field, depth: depth, to: &out)
      } catch {
        throw error.within(field.jsonName)
      }
    }
    out += "}"
  }

  /// Whether a field without presence has what it has when it is absent.
  private func isDefault(_ values: [WireValue], _ field: Field) -> Bool {
    if case .message = field.kind { return false }
    return switch values.last {
    case .varint(let value): value == 0
    case .fixed64(let value): value == 0
    case .fixed32(let value): value == 0
    case .bytes(let value): value.isEmpty
    case nil: true
    }
  }

  private func write(_ values: [WireValue], _ field: Field, depth: Int, to out: inout String) throws(JSONError) {
    if let entry = mapEntry(field) {
      out += "{"
      for (index, value) in values.enumerated() {
        if index > 0 { out += "," }
        try writeEntry(value, entry, depth: depth, to: &out)
      }
      out += "}"
    } else if field.isRepeated {
      out += "["
      var isFirst = true
      for value in try unpacked(values, field) {
        if !isFirst { out += "," }
        isFirst = false
        try writeOne([value], field, depth: depth, to: &out)
      }
      out += "]"
    } else {
      try writeOne(values, field, depth: depth, to: &out)
    }
  }

  /// The elements of a repeated field, which numbers may have in one run of bytes.
  private func unpacked(_ values: [WireValue], _ field: Field) throws(JSONError) -> [WireValue] {
    guard field.isPackable else { return values }
    var elements: [WireValue] = []
    for value in values {
      guard case .bytes(let run) = value else {
        elements.append(value)
        continue
      }
      var reader = WireReader(run)
      while !reader.isEmpty {
        switch field.kind {
        case .fixed32, .sfixed32, .float: elements.append(.fixed32(try reader.fixed()))
        case .fixed64, .sfixed64, .double: elements.append(.fixed64(try reader.fixed()))
        default: elements.append(.varint(try reader.varint()))
        }
      }
    }
    return elements
  }

  private func writeEntry(_ value: WireValue, _ entry: MessageType, depth: Int, to out: inout String) throws(JSONError) {
    guard case .bytes(let bytes) = value, let keyField = entry.byNumber[1], let valueField = entry.byNumber[2] else { throw mismatch }
    var values: [Int: [WireValue]] = [:]
    var reader = WireReader(bytes)
    while let (number, value) = try reader.next() { values[number, default: []].append(value) }
    var key = ""
    try writeOne(values[1] ?? [absent(keyField)], keyField, depth: depth, to: &key)
    out += key.hasPrefix("\"") ? key : "\"\(key)\""
    out += ":"
    try writeOne(values[2] ?? [absent(valueField)], valueField, depth: depth + 1, to: &out)
  }

  private func absent(_ field: Field) -> WireValue {
    switch field.kind {
    case .string, .bytes, .message: .bytes([])
    case .fixed32, .sfixed32, .float: .fixed32(0)
    case .fixed64, .sfixed64, .double: .fixed64(0)
    default: .varint(0)
    }
  }

  private var mismatch: JSONError { JSONError("", "the field is encoded as another type") }

  /// The last value counts; parts of a message are merged by standing one after the other.
  private func writeOne(_ values: [WireValue], _ field: Field, depth: Int, to out: inout String) throws(JSONError) {
    guard let value = values.last else { throw mismatch }
    switch (field.kind, value) {
    case (.bool, .varint(let number)): out += number == 0 ? "false" : "true"
    case (.int32, .varint(let number)): out += "\(Int32(truncatingIfNeeded: number))"
    case (.uint32, .varint(let number)): out += "\(UInt32(truncatingIfNeeded: number))"
    case (.sint32, .varint(let number)): out += "\(Int32(truncatingIfNeeded: Int64(number >> 1) ^ -Int64(number & 1)))"
    case (.int64, .varint(let number)): out += "\"\(Int64(bitPattern: number))\""
    case (.uint64, .varint(let number)): out += "\"\(number)\""
    case (.sint64, .varint(let number)): out += "\"\(Int64(number >> 1) ^ -Int64(number & 1))\""
    case (.fixed32, .fixed32(let number)): out += "\(number)"
    case (.sfixed32, .fixed32(let number)): out += "\(Int32(bitPattern: number))"
    case (.fixed64, .fixed64(let number)): out += "\"\(number)\""
    case (.sfixed64, .fixed64(let number)): out += "\"\(Int64(bitPattern: number))\""
    case (.float, .fixed32(let bits)): out += Self.text(Double(Float(bitPattern: bits)), "\(Float(bitPattern: bits))")
    case (.double, .fixed64(let bits)): out += Self.text(Double(bitPattern: bits), "\(Double(bitPattern: bits))")
    case (.string, .bytes(let bytes)): out.appendQuoted(String(decoding: bytes, as: UTF8.self))
    case (.bytes, .bytes(let bytes)): out.appendQuoted(Data(bytes).base64EncodedString())
    case (.enum(let name), .varint(let number)):
      let value = Int32(truncatingIfNeeded: number)
      if name == "google.protobuf.NullValue" {
        out += "null"
      } else if let text = try enumType(name).names[value] {
        out.appendQuoted(text)
      } else {
        out += "\(value)"
      }
    case (.message(let name), .bytes):
      var whole: [UInt8] = []
      for case .bytes(let part) in values { whole.append(contentsOf: part) }
      try write(whole[...], try message(name), depth: depth + 1, to: &out)
    default: throw mismatch
    }
  }

  private static func text(_ number: Double, _ shortest: String) -> String {
    guard number.isFinite else { return number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
    // Many readers take -0 for an integer, which loses its sign.
    return shortest.hasSuffix(".0") && shortest != "-0.0" ? String(shortest.dropLast(2)) : shortest
  }

  private func writeWellKnown(_ values: [Int: [WireValue]], _ type: MessageType, depth: Int, to out: inout String) throws(JSONError) -> Bool
  {
    func number(_ field: Int) -> Int64 {
      guard case .varint(let number)? = values[field]?.last else { return 0 }
      return Int64(bitPattern: number)
    }
    switch type.name {
    case "google.protobuf.Timestamp", "google.protobuf.Duration":
      let nanos = Int64(Int32(truncatingIfNeeded: number(2)))
      guard let text = type.name.hasSuffix("Timestamp") ? Instant.text(number(1), nanos) : Span.text(number(1), nanos) else {
        throw JSONError("", "the \(type.name) is out of range")
      }
      out.appendQuoted(text)
    case "google.protobuf.FieldMask":
      let paths = (values[1] ?? []).compactMap { value in
        if case .bytes(let bytes) = value { Self.camelCase(String(decoding: bytes, as: UTF8.self)) } else { nil }
      }
      out.appendQuoted(paths.joined(separator: ","))
    case "google.protobuf.Struct", "google.protobuf.ListValue":
      guard let field = type.byNumber[1] else { return false }
      try write(values[1] ?? [], field, depth: depth, to: &out)
    case "google.protobuf.Value":
      guard let field = type.fields.first(where: { values[$0.number] != nil }) else {
        out += "null"
        return true
      }
      try write(values[field.number] ?? [], field, depth: depth, to: &out)
    case let name where name.hasPrefix("google.protobuf.") && name.hasSuffix("Value"):
      guard let field = type.byNumber[1], type.fields.count == 1 else { return false }
      try writeOne(values[1] ?? [absent(field)], field, depth: depth, to: &out)
    default: return false
    }
    return true
  }
}

extension String {
  /// Appends a JSON string.
  mutating func appendQuoted(_ text: String) {
    self += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": self += "\\\""
      case "\\": self += "\\\\"
      case "\n": self += "\\n"
      case "\r": self += "\\r"
      case "\t": self += "\\t"
      case _ where scalar.value < 0x20: self += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: unicodeScalars.append(scalar)
      }
    }
    self += "\""
  }
}
