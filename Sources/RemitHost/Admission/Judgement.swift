import RemitAPI
import RemitDocuments
import SwiftProtobuf

/// What a company's forms did to a request, and what they say of it.
struct Judgement: Sendable {
  private static let faultsMax = 100
  private static let changesMax = 200

  struct Fault: Sendable {
    let field: String
    let words: String

    var message: Remit_Plugin_V1_Violation {
      .with {
        $0.field = field
        $0.message = words
      }
    }
  }

  private(set) var forms: [String] = []
  private(set) var changes: [Remit_Plugin_V1_Change] = []
  private(set) var violations: [Fault] = []
  private(set) var warnings: [Fault] = []
  /// The request is to be done otherwise than it came.
  var isShaped = false
  /// By what requests are judged one after the other: "form/invoice/C-1".
  var serials: [String] = []
  /// Fields of the form that are not shown.
  var hidden: [String] = []

  /// Fields that are wrong already.
  var fieldsAtFault: Set<String> { Set(violations.map(\.field)) }

  mutating func begin(_ form: String) { if !form.isEmpty { forms.append(form) } }

  mutating func refuse(_ field: String, _ message: String) {
    if violations.count < Self.faultsMax { violations.append(Fault(field: field, words: message)) }
  }

  mutating func warn(_ field: String, _ message: String) {
    if warnings.count < Self.faultsMax { warnings.append(Fault(field: field, words: message)) }
  }

  mutating func change(_ field: String, by form: String, from before: String, to after: String) {
    isShaped = true
    guard changes.count < Self.changesMax else { return }
    changes.append(
      .with {
        $0.field = field
        $0.rule = form
        $0.before = before.cut(toBytes: 200)
        $0.after = after.cut(toBytes: 200)
      })
  }

  /// For the audit, the module and who called. Absent where there was nothing to say.
  func message(_ configuration: Int64) -> Remit_Plugin_V1_Admission {
    .with {
      $0.configuration = UInt64(clamping: configuration)
      $0.forms = forms
      $0.changes = changes
      $0.warnings = warnings.map(\.message)
    }
  }

  var refusal: CallError? {
    guard !violations.isEmpty else { return nil }
    var error = CallError.invalid(violations.map { ($0.field.isEmpty ? "request" : $0.field, $0.words) })
    error.reason = "FORM"
    return error
  }
}

extension Remit_Document_V1_Text {
  /// - Parameter locale: of who reads it: "zh-CN".
  func text(_ locale: String) -> String {
    let wanted = locale.hasPrefix("zh") ? zh : locale.hasPrefix("de") ? de : en
    return [wanted, any, en, zh, de].first { !$0.isEmpty } ?? ""
  }
}
