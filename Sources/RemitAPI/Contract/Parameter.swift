public import FoundationEssentials
public import SwiftProtobuf

/// A value for $1, $2, ... of a statement: a type OID and Postgres' binary format.
public struct Parameter: Sendable {
  let type: UInt32
  /// nil is NULL.
  let bytes: [UInt8]?

  private var isOneValue = false

  /// An array that is the value of a column, not values for many rows (`Statement(insertInto:)`).
  public var asOneValue: Parameter {
    var parameter = self
    parameter.isOneValue = true
    return parameter
  }

  /// Of Postgres' array types, those that Parameter makes.
  var isArray: Bool { !isOneValue && [1000, 1001, 1005, 1007, 1009, 1016, 1182, 1185, 2951, 3807].contains(type) }

  init(_ type: UInt32, _ bytes: [UInt8]?) {
    self.type = type
    self.bytes = bytes
  }

  public static func bool(_ value: Bool) -> Parameter { Parameter(16, [value ? 1 : 0]) }
  public static func int2(_ value: Int16) -> Parameter { Parameter(21, value.bigEndianBytes) }
  public static func int4(_ value: Int32) -> Parameter { Parameter(23, value.bigEndianBytes) }
  public static func int8(_ value: Int64) -> Parameter { Parameter(20, value.bigEndianBytes) }
  public static func text(_ value: String?) -> Parameter { Parameter(25, value.map { Array($0.utf8) }) }
  /// A JSON text for a jsonb column: a 1 before it is the version of the format.
  public static func json(_ value: String?) -> Parameter { Parameter(3802, value.map { [1] + Array($0.utf8) }) }
  public static func bytea(_ value: [UInt8]) -> Parameter { Parameter(17, value) }
  public static func byteaIfPresent(_ value: [UInt8]?) -> Parameter { Parameter(17, value) }
  public static func uuid(_ value: UUID?) -> Parameter { Parameter(2950, value?.bytes) }
  public static func date(_ value: CivilDate) -> Parameter { Parameter(1082, value.days.bigEndianBytes) }
  public static func timestamptz(_ value: Google_Protobuf_Timestamp) -> Parameter {
    Parameter(1184, value.microsecondsSince2000.bigEndianBytes)
  }
  public static func timestamptzIfPresent(_ value: Google_Protobuf_Timestamp?) -> Parameter {
    Parameter(1184, value?.microsecondsSince2000.bigEndianBytes)
  }
}

extension Remit_Plugin_V1_Statement {
  /// - Parameter sql: one SELECT, INSERT, UPDATE, DELETE, MERGE or WITH, with qualified names.
  public init(_ sql: String, _ parameters: [Parameter] = []) {
    self.init()
    self.sql = sql
    types = parameters.map(\.type)
    var blob: [UInt8] = []
    for parameter in parameters {
      blob.append(contentsOf: Int32(parameter.bytes?.count ?? -1).bigEndianBytes)
      blob.append(contentsOf: parameter.bytes ?? [])
    }
    cells = Data(blob)
  }
}

extension FixedWidthInteger {
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension UUID {
  var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
}

extension Google_Protobuf_Timestamp {
  static let secondsFrom1970To2000: Int64 = 946_684_800

  /// Postgres' instant.
  var microsecondsSince2000: Int64 { (seconds - Self.secondsFrom1970To2000) * 1_000_000 + Int64(nanos) / 1000 }

  init(microsecondsSince2000 value: Int64) {
    let (seconds, microseconds) = value.quotientAndRemainderRoundingDown(by: 1_000_000)
    self.init(seconds: seconds + Self.secondsFrom1970To2000, nanos: Int32(microseconds * 1000))
  }
}

extension Int64 {
  fileprivate func quotientAndRemainderRoundingDown(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
