import RemitAPI
import SwiftProtobuf

/// What requests may be like, from the descriptors of their messages (remit.api.v1.FieldRule). It is read off the encoded bytes once, before a module makes
/// anything of them: so no text, list, number or instant is larger than whoever computes with it expects, also in a module written in C.
final class RequestBounds: Sendable {
  private enum Kind {
    case signed, zigzag, unsigned32, unsigned64, other
    case text, bytes
    case message(Int)
  }

  private struct Field {
    let name: String
    let kind: Kind
    let wireType: UInt64
    let isRepeated: Bool
    let bytesMax: Int
    let itemsMax: Int
    let range: ClosedRange<Int128>?

    var isMessage: Bool { if case .message = kind { true } else { false } }
  }

  private struct MessageType {
    let name: String
    var fields: [Int: Field] = [:]
  }

  private static let textBytesMax = 4096
  private static let itemsMax = 1000
  private static let depthMax = 32
  private static let violationsMax = 20
  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z (google/protobuf/timestamp.proto).
  private static let seconds = Int128(-62_135_596_800)...Int128(253_402_300_799)

  private let messages: [MessageType]
  private let indices: [String: Int]

  /// - Parameter files: with all that they import.
  init(_ files: [Google_Protobuf_FileDescriptorProto]) throws(ManifestError) {
    var declared: [(name: String, message: Google_Protobuf_DescriptorProto)] = []
    func collect(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
      declared.append((scope + message.name, message))
      for nested in message.nestedType { collect(nested, "\(scope)\(message.name).") }
    }
    for file in files { for message in file.messageType { collect(message, file.package.isEmpty ? "" : file.package + ".") } }
    let indices = Dictionary(declared.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var messages: [MessageType] = []
    for (name, message) in declared {
      var type = MessageType(name: name)
      for field in message.field { type.fields[Int(field.number)] = try Self.field(field, of: name, indices) }
      messages.append(type)
    }
    self.messages = messages
    self.indices = indices
  }

  private static func field(
    _ field: Google_Protobuf_FieldDescriptorProto, of message: String, _ indices: [String: Int]
  ) throws(ManifestError) -> Field {
    let rule = field.options.Remit_Api_V1_field
    let (kind, wireType): (Kind, UInt64) =
      switch field.type {
      case .string: (.text, 2)
      case .bytes: (.bytes, 2)
      case .message: (indices[String(field.typeName.drop { $0 == "." })].map(Kind.message) ?? .bytes, 2)
      case .int32, .int64, .enum: (.signed, 0)
      case .sint32, .sint64: (.zigzag, 0)
      case .uint32: (.unsigned32, 0)
      case .uint64: (.unsigned64, 0)
      case .fixed64, .sfixed64, .double: (.other, 1)
      case .fixed32, .sfixed32, .float: (.other, 5)
      default: (.other, 0)
      }
    var range: ClosedRange<Int128>?
    if !rule.min.isEmpty || !rule.max.isEmpty {
      guard let low = rule.min.isEmpty ? Int128.min : Int128(rule.min), let high = rule.max.isEmpty ? Int128.max : Int128(rule.max),
        low <= high
      else { throw ManifestError("min and max of \(message).\(field.name) are no range of whole numbers") }
      range = low...high
    }
    if message == "google.protobuf.Timestamp" { range = field.name == "seconds" ? seconds : 0...999_999_999 }
    if message == "google.protobuf.Duration" {
      range = field.name == "seconds" ? -315_576_000_000...315_576_000_000 : -999_999_999...999_999_999
    }
    return Field(
      name: field.name, kind: kind, wireType: wireType, isRepeated: field.label == .repeated,
      bytesMax: rule.maxBytes > 0 ? Int(rule.maxBytes) : field.type == .string ? textBytesMax : .max,
      itemsMax: rule.maxItems > 0 ? Int(rule.maxItems) : itemsMax, range: range)
  }

  func knows(_ message: String) -> Bool { indices[message] != nil }

  /// Throws what is wrong with an encoded message, where it is one at all.
  func check(_ bytes: [UInt8], of message: String) throws(CallError) {
    guard let index = indices[message] else { return }
    var reading = Reading()
    let isMessage = bytes.withUnsafeBytes { read($0, as: index, &reading, depth: 0) }
    guard isMessage else { throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(message) message") }
    if !reading.violations.isEmpty { throw .invalid(reading.violations) }
  }

  private struct Reading {
    /// Fields around the one that is read: "customer", "names[3]".
    var path: [(name: String, item: Int?)] = []
    var violations: [(field: String, message: String)] = []

    mutating func add(_ field: Field?, item: Int? = nil, _ message: String) {
      guard violations.count < RequestBounds.violationsMax else { return }
      let parts = path + (field.map { [($0.name, item)] } ?? [])
      violations.append((parts.map { part in part.item.map { "\(part.name)[\($0)]" } ?? part.name }.joined(separator: "."), message))
    }

    var isFull: Bool { violations.count >= RequestBounds.violationsMax }
  }

  /// False where the bytes are no message. (github.com/protocolbuffers/protobuf, docs "Encoding")
  private func read(_ bytes: UnsafeRawBufferPointer, as index: Int, _ reading: inout Reading, depth: Int) -> Bool {
    guard depth < Self.depthMax else {
      reading.add(nil, "is nested deeper than \(Self.depthMax) messages")
      return true
    }
    let type = messages[index]
    var counts: [Int: Int] = [:]
    var position = 0
    while position < bytes.count {
      guard let tag = Self.varint(bytes, &position), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return false }
      let field = type.fields[Int(tag >> 3)]
      let count = field.map { $0.isRepeated ? counts[Int(tag >> 3), default: 0] : 0 } ?? 0
      switch tag & 7 {
      case 0:
        guard let value = Self.varint(bytes, &position) else { return false }
        if let field { check(value, field, count, &reading) }
      case 1, 5:
        position += tag & 7 == 1 ? 8 : 4
        guard position <= bytes.count else { return false }
      case 2:
        guard let length = Self.varint(bytes, &position), length <= UInt64(bytes.count - position) else { return false }
        let value = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
        position += Int(length)
        if let field, field.wireType == 2 {
          guard check(value, field, count, &reading, depth: depth) else { return false }
        } else if let field, field.isRepeated {
          guard let more = unpack(value, field, count, &reading) else { return false }
          counts[Int(tag >> 3)] = count + more - 1
        }
      default: return false
      }
      guard let field, field.isRepeated || field.isMessage else { continue }
      counts[Int(tag >> 3), default: 0] += 1
      // Parts of one message would be put together, and their lists become longer than each is allowed to be.
      if !field.isRepeated, counts[Int(tag >> 3), default: 0] > 1 {
        reading.add(field, "is given more than once")
        return true
      }
      if counts[Int(tag >> 3), default: 0] > field.itemsMax {
        reading.add(field, "has more than \(field.itemsMax) entries")
        return true
      }
      if reading.isFull { return true }
    }
    return true
  }

  private func check(_ value: UInt64, _ field: Field, _ item: Int, _ reading: inout Reading) {
    guard let range = field.range else { return }
    let number: Int128 =
      switch field.kind {
      case .zigzag: Int128(Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
      case .unsigned32: Int128(UInt32(truncatingIfNeeded: value))
      case .unsigned64: Int128(value)
      default: Int128(Int64(bitPattern: value))
      }
    if !range.contains(number) {
      let words =
        range.lowerBound == .min
        ? "at most \(range.upperBound)"
        : range.upperBound == .max
          ? "at least \(range.lowerBound)"
          : "\(range.lowerBound) to \(range.upperBound)"
      reading.add(field, item: field.isRepeated ? item : nil, "must be \(words)")
    }
  }

  private func check(_ value: UnsafeRawBufferPointer, _ field: Field, _ item: Int, _ reading: inout Reading, depth: Int) -> Bool {
    let item = field.isRepeated ? item : nil
    guard value.count <= field.bytesMax else {
      reading.add(field, item: item, "has \(value.count) bytes, and may have \(field.bytesMax)")
      return true
    }
    switch field.kind {
    case .message(let index):
      reading.path.append((field.name, item))
      defer { reading.path.removeLast() }
      return read(value, as: index, &reading, depth: depth + 1)
    case .text:
      guard value.contains(where: { $0 == 0 || $0 >= 0x80 }) else { return true }
      if value.contains(0) { reading.add(field, item: item, "holds the character U+0000") }
      return String(validating: value, as: UTF8.self) != nil
    default: return true
    }
  }

  /// How many numbers a packed list has; nil where it is none.
  private func unpack(_ value: UnsafeRawBufferPointer, _ field: Field, _ item: Int, _ reading: inout Reading) -> Int? {
    switch field.wireType {
    case 1: return value.count % 8 == 0 ? value.count / 8 : nil
    case 5: return value.count % 4 == 0 ? value.count / 4 : nil
    default:
      var position = 0
      var count = 0
      while position < value.count {
        guard let number = Self.varint(value, &position) else { return nil }
        check(number, field, item + count, &reading)
        count += 1
        if item + count > field.itemsMax { return count }
      }
      return count
    }
  }

  private static func varint(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
