public import FoundationEssentials
public import SwiftProtobuf

/// Reads the cells of a result one after the other, in the order of the columns.
public struct CellReader {
  private let cells: Data
  private var position: Int

  init(_ cells: Data) {
    self.cells = cells
    position = cells.startIndex
  }

  public mutating func bool() throws(CallError) -> Bool { try fixed(UInt8.self) != 0 }
  public mutating func int2() throws(CallError) -> Int16 { try fixed() }
  public mutating func int4() throws(CallError) -> Int32 { try fixed() }
  public mutating func int8() throws(CallError) -> Int64 { try fixed() }
  public mutating func int8IfPresent() throws(CallError) -> Int64? {
    guard let data = try next() else { return nil }
    guard data.count == 8 else { throw malformed }
    return data.withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(as: Int64.self)) }
  }

  public mutating func text() throws(CallError) -> String { String(decoding: try required(), as: UTF8.self) }
  public mutating func textIfPresent() throws(CallError) -> String? { try next().map { String(decoding: $0, as: UTF8.self) } }
  public mutating func bytesIfPresent() throws(CallError) -> [UInt8]? { try next().map { Array($0) } }
  public mutating func bytes() throws(CallError) -> [UInt8] { Array(try required()) }

  /// A message that a module keeps as bytes. nil is NULL.
  public mutating func messageIfPresent<Value: Message>(_ type: Value.Type = Value.self) throws(CallError) -> Value? {
    guard let data = try next() else { return nil }
    do {
      return try Value(serializedBytes: data)
    } catch {
      throw CallError(.dataLoss, "SPOILT_ROW", "the database has a \(Value.protoMessageName) that cannot be read: \(error)")
    }
  }
  public mutating func message<Value: Message>(_ type: Value.Type = Value.self) throws(CallError) -> Value {
    guard let message = try messageIfPresent(type) else { throw malformed }
    return message
  }

  public mutating func uuid() throws(CallError) -> UUID { try uuid(of: required()) }
  public mutating func uuidIfPresent() throws(CallError) -> UUID? {
    guard let data = try next() else { return nil }
    return try uuid(of: data)
  }

  public mutating func date() throws(CallError) -> CivilDate { CivilDate(days: try fixed()) }
  public mutating func dateIfPresent() throws(CallError) -> CivilDate? {
    guard let data = try next() else { return nil }
    guard data.count == 4 else { throw malformed }
    return CivilDate(days: data.withUnsafeBytes { Int32(bigEndian: $0.loadUnaligned(as: Int32.self)) })
  }

  public mutating func timestamptz() throws(CallError) -> Google_Protobuf_Timestamp {
    Google_Protobuf_Timestamp(microsecondsSince2000: try fixed())
  }

  public mutating func timestamptzIfPresent() throws(CallError) -> Google_Protobuf_Timestamp? {
    try int8IfPresent().map { Google_Protobuf_Timestamp(microsecondsSince2000: $0) }
  }

  /// The bytes of the next cell; nil is NULL.
  mutating func next() throws(CallError) -> Data? {
    guard position + 4 <= cells.endIndex else { throw malformed }
    let length = cells[position..<position + 4].reduce(Int32(0)) { $0 << 8 | Int32($1) }
    position += 4
    guard length >= 0 else { return nil }
    guard Int(length) <= cells.endIndex - position else { throw malformed }
    defer { position += Int(length) }
    return cells[position..<position + Int(length)]
  }

  private func uuid(of data: Data) throws(CallError) -> UUID {
    guard data.count == 16 else { throw malformed }
    return UUID(uuid: data.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
  }

  private mutating func required() throws(CallError) -> Data {
    guard let data = try next() else { throw CallError(.internal, "UNEXPECTED_NULL", "a column that has a value is NULL") }
    return data
  }

  private mutating func fixed<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(CallError) -> Value {
    let data = try required()
    guard data.count == MemoryLayout<Value>.size else { throw malformed }
    return data.withUnsafeBytes { Value(bigEndian: $0.loadUnaligned(as: Value.self)) }
  }

  private var malformed: CallError {
    CallError(.internal, "MALFORMED_CELLS", "the cells of a result do not have the expected types")
  }
}

extension Remit_Plugin_V1_Rows {
  /// Turns each row into a value; `read` takes all columns, in their order.
  public func map<Value>(_ read: (inout CellReader) throws -> Value) throws -> [Value] {
    var reader = CellReader(cells)
    return try (0..<count).map { _ in try read(&reader) }
  }
}
