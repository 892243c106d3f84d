import SwiftProtobuf

/// Why a call failed, as it crosses the plugin boundary: code, a sentence that says what to do, a stable reason, and the fields at fault.
public typealias CallError = Remit_Plugin_V1_Status

extension Remit_Plugin_V1_Status: Error {
  /// google.rpc.Code.
  public struct Code: Hashable, Sendable {
    public let value: Int32

    public init(value: Int32) { self.value = value }

    public static let cancelled = Code(value: 1)
    public static let unknown = Code(value: 2)
    public static let invalidArgument = Code(value: 3)
    public static let deadlineExceeded = Code(value: 4)
    public static let notFound = Code(value: 5)
    public static let alreadyExists = Code(value: 6)
    public static let permissionDenied = Code(value: 7)
    public static let resourceExhausted = Code(value: 8)
    public static let failedPrecondition = Code(value: 9)
    public static let aborted = Code(value: 10)
    public static let unimplemented = Code(value: 12)
    public static let `internal` = Code(value: 13)
    public static let unavailable = Code(value: 14)
    public static let dataLoss = Code(value: 15)
    public static let unauthenticated = Code(value: 16)
  }

  /// - Parameters:
  ///   - reason: stable and in capitals, "NUMBER_TAKEN"; becomes ErrorInfo.reason.
  ///   - field: path of the field at fault, "customer.number"; becomes a BadRequest violation with the same message.
  public init(_ code: Code, _ reason: String, _ message: String, field: String? = nil) {
    self.init()
    self.code = code.value
    self.reason = reason
    self.message = message
    if let field {
      violations = [
        Remit_Plugin_V1_Violation.with {
          $0.field = field; $0.message = message
        }
      ]
    }
  }

  /// The request is refused; `violations` says which fields and why, one line each.
  public static func invalid(_ violations: [(field: String, message: String)]) -> CallError {
    var error = CallError(.invalidArgument, "INVALID", violations.map { "\($0.field) \($0.message)" }.joined(separator: "; "))
    error.violations = violations.map { violation in
      Remit_Plugin_V1_Violation.with {
        $0.field = violation.field; $0.message = violation.message
      }
    }
    return error
  }
}
