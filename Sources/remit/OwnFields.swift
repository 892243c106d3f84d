import ArgumentParser
import SwiftProtobuf

/// Fields of the company's own, which its forms declare.
struct OwnFields: ParsableArguments {
  @Option(
    name: .customLong("own"),
    help: ArgumentHelp(
      "A field of the company's own, as its form declares it: cost_centre=A100; repeat it for more.", valueName: "field=value"))
  var fields: [String] = []

  func validate() throws {
    if let field = fields.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
      throw ValidationError("--own is a field and a value, such as cost_centre=A100, not \(field)")
    }
  }

  /// What its type makes of a text remitd knows. nil: there are none.
  var message: Google_Protobuf_Struct? {
    guard !fields.isEmpty else { return nil }
    return .with { message in
      for field in fields {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        message.fields[String(parts[0])] = .with { $0.stringValue = String(parts[1]) }
      }
    }
  }
}

extension Google_Protobuf_Struct {
  /// Its fields for people, by name.
  var words: [(name: String, value: String)] { fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.words) } }
}

extension Google_Protobuf_Value {
  fileprivate var words: String {
    if case .stringValue(let text)? = kind { return text }
    if case .structValue(let money)? = kind, let amount = money.fields["amount"], let currency = money.fields["currency"] {
      return "\(amount.stringValue) \(currency.stringValue)"
    }
    return (try? jsonString()) ?? ""
  }
}
