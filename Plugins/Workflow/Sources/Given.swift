import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Remit_Workflow_V1_Flow {
  /// Whether a person begins it.
  var canStart: Bool { method.isEmpty && !hasStartsOn }

  /// What a person gives to start it, as expressions have it: of each name a value; of what is not given null.
  func checked(_ given: Google_Protobuf_Struct) throws(CallError) -> Google_Protobuf_Value {
    var wrong: [(String, String)] = []
    var fields: [String: Google_Protobuf_Value] = [:]
    for name in given.fields.keys.sorted() where !self.given.contains(where: { $0.name == name }) {
      wrong.append(
        ("given.\(name.prefix(60))", "the flow asks for no such thing; it asks for \(self.given.map(\.name).joined(separator: ", "))"))
    }
    for asked in self.given {
      let value = given.fields[asked.name] ?? .init()
      if value.isAbsent {
        if !asked.optional { wrong.append(("given.\(asked.name)", "must be given")) }
        fields[asked.name] = .with { $0.nullValue = .nullValue }
      } else if let fault = asked.fault(of: value) {
        wrong.append(("given.\(asked.name)", fault))
      } else {
        fields[asked.name] = value
      }
    }
    guard wrong.isEmpty else {
      var error = CallError.invalid(wrong)
      error.reason = "GIVEN"
      throw error
    }
    return .with { $0.structValue.fields = fields }
  }
}

extension Remit_Workflow_V1_Given {
  private static let textBytesMax = 4000

  /// What is wrong with a value of it; nil: nothing.
  fileprivate func fault(of value: Google_Protobuf_Value) -> String? {
    switch (type, value.kind) {
    case (.bool, .boolValue?): return nil
    case (.bool, _): return "true or false is wanted"
    case (.int, .numberValue(let number)?) where number == number.rounded() && abs(number) < 9e15: return nil
    case (.int, _): return "a whole number is wanted"
    case (.decimal, .stringValue(let text)?) where text.wholeMatch(of: /-?[0-9]{1,15}(\.[0-9]{1,9})?/) != nil: return nil
    case (.decimal, _): return "a decimal number as text is wanted, such as 12.50"
    case (.money, .stringValue(let text)?): return Money(text) == nil ? "an amount and its currency are wanted, such as 12.50 EUR" : nil
    case (.money, _): return "an amount and its currency are wanted, such as 12.50 EUR"
    case (.date, .stringValue(let text)?):
      return CivilDate(text).map(CivilDate.ofCompanies.contains) == true ? nil : "a day is wanted, such as 2026-01-31"
    case (.date, _): return "a day is wanted, such as 2026-01-31"
    case (_, .stringValue(let text)?):
      return text.utf8.count > Self.textBytesMax || text.utf8.contains(0)
        ? "at most \(Self.textBytesMax) bytes without NUL are wanted" : nil
    default: return "a text is wanted"
    }
  }
}

extension Google_Protobuf_Value {
  fileprivate var isAbsent: Bool {
    switch kind {
    case nil, .nullValue?: true
    case .stringValue(let text)?: text.isEmpty
    default: false
    }
  }
}
