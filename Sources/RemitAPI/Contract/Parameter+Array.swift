public import FoundationEssentials
public import SwiftProtobuf

/// Arrays, for statements that take many rows at once through unnest.
extension Parameter {
  public static func uuids(_ values: [UUID?]) -> Parameter { array(2951, of: 2950, values) { $0.append($1.uuid) } }
  public static func texts(_ values: [String?]) -> Parameter { array(1009, of: 25, values) { $0 += Array($1.utf8) } }
  /// JSON texts for a jsonb column.
  public static func jsons(_ values: [String?]) -> Parameter { array(3807, of: 3802, values) { $0 += [1] + Array($1.utf8) } }
  public static var textsAbsent: Parameter { Parameter(1009, nil) }
  public static func bools(_ values: [Bool]) -> Parameter { array(1000, of: 16, values) { $0 += [$1 ? 1 : 0] } }
  public static func int2s(_ values: [Int16]) -> Parameter { array(1005, of: 21, values) { $0.append($1.bigEndian) } }
  public static func int4s(_ values: [Int32]) -> Parameter { array(1007, of: 23, values) { $0.append($1.bigEndian) } }
  public static func int8s(_ values: [Int64]) -> Parameter { array(1016, of: 20, values) { $0.append($1.bigEndian) } }
  public static func int8sIfPresent(_ values: [Int64?]) -> Parameter { array(1016, of: 20, values) { $0.append($1.bigEndian) } }
  public static func byteas(_ values: [[UInt8]?]) -> Parameter { array(1001, of: 17, values) { $0 += $1 } }
  public static func timestamptzs(_ values: [Google_Protobuf_Timestamp?]) -> Parameter {
    array(1185, of: 1184, values) { $0.append($1.microsecondsSince2000.bigEndian) }
  }
  public static func dates(_ values: [CivilDate?]) -> Parameter { array(1182, of: 1082, values) { $0.append($1.days.bigEndian) } }

  /// array_recv of Postgres: dimensions, whether there are NULLs, type of the elements, size and lower bound, then length and bytes of each.
  private static func array<Value>(
    _ type: UInt32, of element: UInt32, _ values: [Value?], _ write: (inout [UInt8], Value) -> Void
  ) -> Parameter {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + values.count * 20)
    bytes.append(Int32(values.isEmpty ? 0 : 1).bigEndian)
    bytes.append(Int32(values.contains { $0 == nil } ? 1 : 0).bigEndian)
    bytes.append(element.bigEndian)
    if !values.isEmpty {
      bytes.append(Int32(values.count).bigEndian)
      bytes.append(Int32(1).bigEndian)
    }
    for value in values {
      let start = bytes.count
      bytes.append(Int32(-1).bigEndian)
      guard let value else { continue }
      write(&bytes, value)
      let length = Int32(bytes.count - start - 4).bigEndianBytes
      bytes.replaceSubrange(start..<start + 4, with: length)
    }
    return Parameter(type, bytes)
  }
}

extension [UInt8] {
  /// The bytes of a value as they lie in memory.
  fileprivate mutating func append<Value: BitwiseCopyable>(_ value: Value) { Swift.withUnsafeBytes(of: value) { append(contentsOf: $0) } }
}
