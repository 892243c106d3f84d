import CPostgres

/// Why a statement or a connection failed.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
  public struct Code: Hashable, Sendable {
    private let name: String

    /// The server refused a statement: see `sqlState`. Everything before the same Sync was rolled back.
    public static let refused = Code(name: "refused")
    /// No connection could be made.
    public static let unreachable = Code(name: "unreachable")
    /// The connection was lost. Without an `sqlState` nobody knows whether the transaction was committed.
    public static let connectionLost = Code(name: "connectionLost")
    /// The statement could not be sent as it is.
    public static let invalidStatement = Code(name: "invalidStatement")
    /// The pool is closed.
    public static let closed = Code(name: "closed")
  }

  public var code: Code
  public var message: String
  /// Five characters, "23505"; empty where the server said nothing.
  public var sqlState = ""
  public var constraint = ""
  public var detail = ""
  /// Which statement of the pipeline failed; nil where it was none of them (a deferred constraint, a lost connection).
  public var statement: Int?

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  init(result: OpaquePointer, statement: Int?) {
    func field(_ code: Int32) -> String { PQresultErrorField(result, code).map { String(cString: $0) } ?? "" }
    self.init(.refused, field(Int32(UInt8(ascii: "M"))))
    sqlState = field(Int32(UInt8(ascii: "C")))
    constraint = field(Int32(UInt8(ascii: "n")))
    detail = field(Int32(UInt8(ascii: "D")))
    self.statement = statement
    isStalePlan = sqlState == "26000" || sqlState == "0A000" && field(Int32(UInt8(ascii: "R"))) == "RevalidateCachedQuery"
    // Class 57P: the server ends this session (shutdown, crash, terminated by an administrator).
    if sqlState.hasPrefix("57P") || sqlState.hasPrefix("08") { code = .connectionLost }
  }

  /// A prepared statement no longer fits the schema: the same on a new connection succeeds.
  public var isStalePlan = false

  public var description: String {
    var text = message
    if !sqlState.isEmpty { text += " (SQLSTATE \(sqlState))" }
    if !constraint.isEmpty { text += " constraint \(constraint)" }
    if !detail.isEmpty { text += ": \(detail)" }
    return text
  }
}
