import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// The day as at which a report is asked, and the instant as known at which.
struct AsOf {
  let date: CivilDate
  /// nil: now.
  private let knownAt: Google_Protobuf_Timestamp?
  /// Whether what is open now is the answer: nothing in the books is effective after today.
  let isNow: Bool

  /// - Parameters:
  ///   - text: the day; empty is today.
  ///   - field: its name in the request.
  init(_ text: String, field: String = "as_of", _ knownAt: Google_Protobuf_Timestamp?, _ call: Call) throws(CallError) {
    let today = try call.today
    var violations = Violations()
    let given = text.isEmpty ? today : violations.date(text, field)
    violations.knownAt(knownAt, call)
    try violations.throwIfAny()
    date = given ?? today
    self.knownAt = knownAt
    isNow = date >= today && knownAt == nil
  }

  /// ledger.customer, as it was known; its values are appended.
  func customers(_ parameters: inout [Parameter]) -> String {
    guard let knownAt else { return "ledger.customer" }
    parameters.append(.timestamptz(knownAt))
    return CustomerVersions.asKnown(at: "$\(parameters.count)")
  }

  /// The condition on ledger.movement m; its values are appended.
  func condition(_ parameters: inout [Parameter]) -> String {
    parameters.append(.date(date))
    var condition = "m.effective_on <= $\(parameters.count)"
    if let knownAt {
      parameters.append(.timestamptz(knownAt))
      condition += " AND m.recorded_at <= $\(parameters.count)"
    }
    return condition
  }
}
