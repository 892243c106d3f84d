import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Call {
  private static let admission = "/remit.platform.v1.AdmissionService/"

  /// What a request would come to, as who calls now submits it.
  ///
  /// - Parameter onBehalf: the request id of the call for whose caller it is asked; empty: for who calls now.
  func admit(
    _ method: String, _ given: Remit_Platform_V1_AdmitRequest.OneOf_Given, onBehalf: String = ""
  ) async throws -> Remit_Platform_V1_AdmitReply {
    let asked = Remit_Platform_V1_AdmitRequest.with {
      $0.method = method
      $0.given = given
    }
    return try Remit_Platform_V1_AdmitReply(
      serializedBytes: try await invoke(
        .with {
          $0.method = "\(Self.admission)Admit"
          $0.request = try asked.serializedBytes()
          $0.onBehalf = onBehalf
        }))
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
        var asked = file.asked
        asked.expressions = expressions
        return try await self.evaluate(asked).results
      },
      carryOut: { file in try await self.carryOut(file) },
      invoke: { method, request, file in try await self.invoke(method, request, of: file) },
      told: { file in try await self.evaluate(file.asked).events.last ?? .init() },
      words: { $0.text(locale) ?? "" })
  }

  /// Does what was held, in this call's transaction, as who submitted it and with what they may now.
  private func carryOut(_ file: CaseFile) async throws -> CaseWalk.Carried {
    func asSubmitter(_ method: String, _ request: [UInt8]) async throws -> [UInt8] {
      try await invoke(
        .with {
          $0.method = method
          $0.request = Data(request)
          $0.onBehalf = lender(of: file)
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

  /// The request id of the call that lends who submitted; empty: who submits in this very call lends themselves.
  private func lender(of file: CaseFile) -> String { file.submitCall == requestID ? "" : file.submitCall }

  /// Calls a method that a step names, in this call's transaction, as who submitted the case.
  private func invoke(_ method: String, _ request: Google_Protobuf_Struct, of file: CaseFile) async throws -> CaseWalk.Called {
    guard !file.submitter.isEmpty else {
      return .refused(
        CallError(.failedPrecondition, "NOBODY", "an event began the case, and \(method) is called as somebody: adopt it"))
    }
    do {
      let admitted = try await admit(method, .json(request), onBehalf: lender(of: file))
      guard admitted.violations.isEmpty else {
        var error = CallError.invalid(admitted.violations.map { ($0.field, $0.message) })
        error.reason = "FORM"
        return .refused(error)
      }
      if admitted.hasHold {
        return .refused(
          CallError(.failedPrecondition, "APPROVAL_NEEDED", "\(method) needs an approval of its own: \(admitted.hold.approval)"))
      }
      let reply = try await invoke(
        .with {
          $0.method = "/\(method)"
          $0.request = admitted.request
          $0.onBehalf = lender(of: file)
        })
      return .done(
        try await evaluate(
          .with {
            $0.method = method
            $0.request = admitted.request
            $0.reply = Data(reply)
          }
        ).reply)
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
}
