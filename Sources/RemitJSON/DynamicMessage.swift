/// An encoded message taken apart, so that fields of it can be read and changed by what its descriptor says. What the descriptor does not know stays as it was.
package final class DynamicMessage {
  package enum Value {
    case bool(Bool)
    /// Of every kind of whole number; also of an enum.
    case integer(Int128)
    case float(Double)
    case text(String)
    case bytes([UInt8])
    case message(DynamicMessage)
  }

  package let type: MessageSchema.MessageType
  private let schema: MessageSchema
  /// By the number of the field. Only what is there; of a field that is not repeated one.
  private var values: [Int: [Value]] = [:]
  private var unknown: [UInt8] = []
  /// While it is read: of maps the places of their keys.
  private var mapPlaces: [Int: [[UInt8]: Int]] = [:]

  private static let depthMax = 32

  /// An empty one.
  package init(_ type: MessageSchema.MessageType, in schema: MessageSchema) {
    self.type = type
    self.schema = schema
  }

  /// - Parameter message: its full name.
  package convenience init(wire: [UInt8], as message: String, in schema: MessageSchema) throws(JSONError) {
    try self.init(wire[...], try schema.message(message), schema, depth: 0)
  }

  private convenience init(
    _ wire: ArraySlice<UInt8>, _ type: MessageSchema.MessageType, _ schema: MessageSchema, depth: Int
  ) throws(JSONError) {
    self.init(type, in: schema)
    guard depth < Self.depthMax else { throw JSONError("", "it is more than \(Self.depthMax) deep") }
    var reader = WireReader(wire)
    while let (number, value) = try reader.next() {
      guard let field = type.byNumber[number], field.takes(value) else {
        unknown.append(number, value)
        continue
      }
      let new = try read(value, field, depth: depth)
      if schema.mapEntry(field) != nil {
        for entry in new { add(entry, to: number) }
      } else if field.isRepeated {
        values[number, default: []] += new
      } else if let last = new.last {
        // Of a oneof the last counts.
        if let oneof = field.oneof { clear(oneof: oneof) }
        values[number] = [last]
      }
    }
  }

  /// Of two entries of a map with one key the second counts.
  private func add(_ entry: Value, to number: Int) {
    guard case .message(let new) = entry else { return }
    mapPlaces[number, default: [:]][new.mapKey] = (mapPlaces[number]?[new.mapKey] ?? values[number]?.count ?? 0)
    let place = mapPlaces[number]?[new.mapKey] ?? 0
    if place < values[number]?.count ?? 0 { values[number]?[place] = entry } else { values[number, default: []].append(entry) }
  }

  /// Of an entry of a map, as bytes.
  private var mapKey: [UInt8] {
    switch values[1]?.first {
    case .text(let text): Array(text.utf8)
    case .integer(let number): Array("\(number)".utf8)
    case .bool(let value): [value ? 1 : 0]
    default: []
    }
  }

  private func read(_ value: WireValue, _ field: MessageSchema.Field, depth: Int) throws(JSONError) -> [Value] {
    if case .bytes(let run) = value, field.isRepeated, field.isPackable {
      var reader = WireReader(run)
      var found: [Value] = []
      while !reader.isEmpty { found.append(try number(&reader, field)) }
      return found
    }
    switch (value, field.kind) {
    case (.varint(let bits), _): return [varint(bits, field)]
    case (.fixed64(let bits), .double): return [.float(Double(bitPattern: bits))]
    case (.fixed64(let bits), .sfixed64): return [.integer(Int128(Int64(bitPattern: bits)))]
    case (.fixed64(let bits), _): return [.integer(Int128(bits))]
    case (.fixed32(let bits), .float): return [.float(Double(Float(bitPattern: bits)))]
    case (.fixed32(let bits), .sfixed32): return [.integer(Int128(Int32(bitPattern: bits)))]
    case (.fixed32(let bits), _): return [.integer(Int128(bits))]
    case (.bytes(let bytes), .string):
      guard let text = String(validating: bytes, as: UTF8.self) else { throw JSONError(field.name, "it is not UTF-8") }
      return [.text(text)]
    case (.bytes(let bytes), .message(let name)):
      do throws(JSONError) {
        return [.message(try DynamicMessage(bytes, try schema.message(name), schema, depth: depth + 1))]
      } catch {
        throw error.within(field.name)
      }
    case (.bytes(let bytes), _): return [.bytes(Array(bytes))]
    }
  }

  private func number(_ reader: inout WireReader, _ field: MessageSchema.Field) throws(JSONError) -> Value {
    switch field.kind {
    case .double: .float(Double(bitPattern: try reader.fixed()))
    case .float: .float(Double(Float(bitPattern: try reader.fixed())))
    case .fixed64: .integer(Int128(try reader.fixed() as UInt64))
    case .sfixed64: .integer(Int128(Int64(bitPattern: try reader.fixed())))
    case .fixed32: .integer(Int128(try reader.fixed() as UInt32))
    case .sfixed32: .integer(Int128(Int32(bitPattern: try reader.fixed())))
    default: varint(try reader.varint(), field)
    }
  }

  private func varint(_ bits: UInt64, _ field: MessageSchema.Field) -> Value {
    switch field.kind {
    case .bool: .bool(bits != 0)
    case .int32, .enum: .integer(Int128(Int32(truncatingIfNeeded: bits)))
    case .uint32: .integer(Int128(UInt32(truncatingIfNeeded: bits)))
    case .sint32, .sint64: .integer(Int128(Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)))
    case .int64: .integer(Int128(Int64(bitPattern: bits)))
    default: .integer(Int128(bits))
    }
  }

  // ---- values

  /// What is there of a field: none, one, or of a repeated one all.
  package subscript(_ field: MessageSchema.Field) -> [Value] {
    get { values[field.number] ?? [] }
    set {
      if !newValue.isEmpty, let oneof = field.oneof { clear(oneof: oneof) }
      values[field.number] = newValue.isEmpty ? nil : newValue
    }
  }

  /// The message of a field, made where there is none. nil where the field is none of one message.
  package func message(of field: MessageSchema.Field) -> DynamicMessage? {
    guard !field.isRepeated, case .message(let name) = field.kind else { return nil }
    if case .message(let message)? = values[field.number]?.first { return message }
    guard let type = try? schema.message(name) else { return nil }
    let message = DynamicMessage(type, in: schema)
    self[field] = [.message(message)]
    return message
  }

  /// An empty message of a field's type; nil where it is none of messages.
  package func empty(of field: MessageSchema.Field) -> DynamicMessage? {
    guard case .message(let name) = field.kind, let type = try? schema.message(name) else { return nil }
    return DynamicMessage(type, in: schema)
  }

  private func clear(oneof: Int32) {
    for other in type.fields where other.oneof == oneof { values[other.number] = nil }
  }

  /// Encoded anew: its fields in the order of their numbers, then what is not known.
  package var wire: [UInt8] {
    var out: [UInt8] = []
    for field in type.fields {
      for value in values[field.number] ?? [] where field.isRepeated || field.oneof != nil || !value.isDefault { out.append(field, value) }
    }
    return out + unknown
  }
}

extension MessageSchema.Field {
  /// Whether a value stands there as its type is encoded; else it is as one that is not known.
  fileprivate func takes(_ value: WireValue) -> Bool {
    let isRun = if case .bytes = value { isRepeated && isPackable } else { false }
    if isRun { return true }
    return switch (value, kind) {
    case (.bytes, .string), (.bytes, .bytes), (.bytes, .message): true
    case (.fixed64, .double), (.fixed64, .fixed64), (.fixed64, .sfixed64): true
    case (.fixed32, .float), (.fixed32, .fixed32), (.fixed32, .sfixed32): true
    case (.varint, .bool), (.varint, .int32), (.varint, .sint32), (.varint, .uint32), (.varint, .int64), (.varint, .sint64),
      (.varint, .uint64),
      (.varint, .enum):
      true
    default: false
    }
  }
}

extension DynamicMessage.Value {
  /// What a field without presence has when it is absent.
  fileprivate var isDefault: Bool {
    switch self {
    case .bool(let value): !value
    case .integer(let value): value == 0
    case .float(let value): value == 0 && value.sign == .plus
    case .text(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .message: false
    }
  }
}

extension [UInt8] {
  /// A field that is not known, as it was read.
  fileprivate mutating func append(_ number: Int, _ value: WireValue) {
    switch value {
    case .varint(let bits):
      appendTag(number, .varint)
      appendVarint(bits)
    case .fixed64(let bits):
      appendTag(number, .fixed64)
      for byte in 0..<8 { append(UInt8(truncatingIfNeeded: bits >> UInt64(byte * 8))) }
    case .fixed32(let bits):
      appendTag(number, .fixed32)
      for byte in 0..<4 { append(UInt8(truncatingIfNeeded: bits >> UInt32(byte * 8))) }
    case .bytes(let bytes):
      appendTag(number, .bytes)
      appendBytes(Array(bytes))
    }
  }

  fileprivate mutating func append(_ field: MessageSchema.Field, _ value: DynamicMessage.Value) {
    switch value {
    case .bool(let value): append(field, varint: value ? 1 : 0)
    case .text(let text): append(field, bytes: Array(text.utf8))
    case .bytes(let bytes): append(field, bytes: bytes)
    case .message(let message): append(field, bytes: message.wire)
    case .float(let value):
      if case .float = field.kind { append(field, fixed: Float(value).bitPattern) } else { append(field, fixed: value.bitPattern) }
    case .integer(let value):
      let bits = UInt64(truncatingIfNeeded: value)
      switch field.kind {
      case .fixed32, .sfixed32: append(field, fixed: UInt32(truncatingIfNeeded: value))
      case .fixed64, .sfixed64: append(field, fixed: bits)
      case .sint32, .sint64:
        let signed = Int64(truncatingIfNeeded: value)
        append(field, varint: UInt64(bitPattern: signed << 1) ^ UInt64(bitPattern: signed >> 63))
      default: append(field, varint: bits)
      }
    }
  }
}
