import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Call {
  private static let admission = "/remit.platform.v1.AdmissionService/"

  /// What a request would come to, as who calls now submits it.
  func admit(_ method: String, _ given: Remit_Platform_V1_AdmitRequest.OneOf_Given) async throws -> Remit_Platform_V1_AdmitReply {
    try await invoke(
      "\(Self.admission)Admit",
      Remit_Platform_V1_AdmitRequest.with {
        $0.method = method
        $0.given = given
      })
  }

  func evaluate(_ request: Remit_Platform_V1_EvaluateRequest) async throws -> Remit_Platform_V1_EvaluateReply {
    try await invoke("\(Self.admission)Evaluate", request)
  }

  /// Where a walk of a case happens.
  func world(_ file: CaseFile, _ people: People, _ localNow: LocalTime) async throws -> CaseWalk.World {
    var calendar: WorkCalendar?
    if !file.flow.calendar.isEmpty {
      let all: [Remit_Document_V1_Calendar] = try await documents("calendar")
      if let document = all.first(where: { $0.name == file.flow.calendar }) {
        do throws(WorkCalendar.Problem) {
          calendar = try WorkCalendar(document)
        } catch {
          throw CallError(.failedPrecondition, "CALENDAR", "the calendar \(document.name): \(error.field) \(error.message)")
        }
      }
    }
    let locale = tenant.locale
    return CaseWalk.World(
      now: now, localNow: localNow, people: people, calendar: calendar,
      evaluate: { expressions, file in
        try await self.evaluate(
          .with {
            $0.method = file.method
            $0.request = Data(file.request)
            $0.values = file.variables
            $0.expressions = expressions
          }
        ).results
      },
      carryOut: { file in try await self.carryOut(file) },
      words: { $0.text(locale) ?? "" })
  }

  /// Does what was held, in this call's transaction, as who submitted it and with what they may now.
  private func carryOut(_ file: CaseFile) async throws -> CaseWalk.Carried {
    // Who submits in this very call lends themselves.
    let onBehalf = file.submitCall == requestID ? "" : file.submitCall
    func asSubmitter(_ method: String, _ request: [UInt8]) async throws -> [UInt8] {
      try await invoke(
        .with {
          $0.method = method
          $0.request = Data(request)
          $0.onBehalf = onBehalf
          $0.pass.approvals = [file.approval]
          $0.pass.resource = file.resource
        })
    }
    do {
      let wanted = Remit_Platform_V1_AdmitRequest.with {
        $0.method = file.method
        $0.request = Data(file.request)
      }
      let admitted = try Remit_Platform_V1_AdmitReply(
        serializedBytes: try await asSubmitter("\(Self.admission)Admit", try wanted.serializedBytes()))
      if admitted.hasHold {
        return .refused(
          CallError(.failedPrecondition, "HELD_AGAIN", "another approval holds it now: \(admitted.hold.approval); submit it again"))
      }
      if !admitted.violations.isEmpty {
        var error = CallError(.failedPrecondition, "FORM_CHANGED", "the company's form refuses it now: \(admitted.violations[0].message)")
        error.violations = admitted.violations.map { violation in
          .with {
            $0.field = violation.field
            $0.message = violation.message
          }
        }
        return .changed(error, admitted.changes)
      }
      guard Array(admitted.request) == file.request else {
        return .changed(
          CallError(.failedPrecondition, "FORM_CHANGED", "by the company's form it would be done otherwise now than it was approved"),
          admitted.changes)
      }
      return .done(try await asSubmitter("/\(file.method)", file.request))
    } catch let error as CallError where CaseWalk.isRefusal(error) {
      return .refused(error)
    }
  }

  /// The person who calls; a key that is nobody's decides nothing.
  var person: String {
    get throws(CallError) {
      guard !principal.person.isEmpty else {
        throw CallError(.permissionDenied, "NO_PERSON", "only people decide; \(principal.name) is a key that is nobody's")
      }
      return principal.name
    }
  }

  /// - Returns: with who submitted it now.
  func submitterFacts(_ people: People) -> Google_Protobuf_Value {
    let person = people.all[principal.name]
    return .with {
      $0.structValue.fields = [
        "login": .with { $0.stringValue = principal.name },
        "name": .with { $0.stringValue = person?.name ?? principal.name },
        "manager": .with { $0.stringValue = person?.manager ?? "" },
        "roles": .with { $0.listValue.values = (person?.roles ?? principal.roles).map { role in .with { $0.stringValue = role } } },
      ]
    }
  }
}
