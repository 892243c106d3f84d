import FoundationEssentials
import RemitAPI
import RemitSDK

/// What a request to take something back says: of what, and from which day.
struct TakingBack {
  let id: UUID
  let effectiveOn: CivilDate

  /// - Parameters:
  ///   - effectiveOn: as it came; empty is today.
  ///   - reasonIsRequired: an auditor asks for it.
  init(id text: String, effectiveOn: String, reason: String, reasonIsRequired: Bool = false, today: CivilDate) throws(CallError) {
    var violations = Violations()
    let id = violations.uuid(text, "id")
    let day = effectiveOn.isEmpty ? today : violations.date(effectiveOn, "effective_on")
    violations.text(reason, "reason", charactersMax: 255, mayBeEmpty: !reasonIsRequired)
    try violations.throwIfAny()
    guard let id, let day else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }
    self.id = id
    self.effectiveOn = day
  }
}
