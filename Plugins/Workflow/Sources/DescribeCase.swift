import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension CaseFile {
  /// What expressions know of it.
  var asked: Remit_Platform_V1_EvaluateRequest {
    .with {
      $0.method = method
      $0.request = Data(request)
      $0.values = variables
      $0.events = [event, heard].compactMap { $0 }
    }
  }

  /// Looks up what the flow needs, and what lists show.
  mutating func describe(_ call: Call) async throws {
    let texts = [flow.subject, flow.summary].map { $0.isEmpty ? "''" : $0 }
    var asked = asked
    asked.with = flow.with
    asked.expressions = texts.map { text in
      .with {
        $0.text = text
        $0.type = "string"
      }
    }
    if !flow.amount.isEmpty {
      asked.expressions.append(
        .with {
          $0.text = flow.amount
          $0.type = "money"
        })
    }
    let reply: Remit_Platform_V1_EvaluateReply
    do {
      reply = try await call.evaluate(asked)
    } catch var error as CallError where error.reason == "EXPRESSION" {
      error.message = "the flow \(flow.name) cannot say what this is about (is there what it names?): \(error.message)"
      throw error
    }
    variables.fields.merge(reply.found.fields) { _, new in new }
    subject = reply.results[0].stringValue.cut(toScalars: 300)
    summary = reply.results[1].stringValue.cut(toScalars: 300)
    amount = reply.results.count > 2 ? Money(reply.results[2].stringValue) : nil
  }
}

extension Money {
  /// "14.50 EUR"; nil: it is none such.
  init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let money = try? Money(.with { ($0.amount, $0.currency) = (parts[0], parts[1]) }) else { return nil }
    self = money
  }
}

extension String {
  /// As the database counts a text's length.
  fileprivate func cut(toScalars most: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.prefix(most))) }
}
