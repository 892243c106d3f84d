import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import SwiftProtobuf

/// An approval, checked and compiled: which requests of a method it holds.
final class ApprovalProgram: Sendable {
  let name: String
  /// The document that lets what it holds through, and its kind.
  let flow: String
  let kind: String
  /// The module that the kind is of.
  let carrier: String
  fileprivate let program: FormProgram

  /// - Parameter own: the company's own fields, which the forms of the method declare.
  /// - Returns: without a program where something is wrong with it, with its place in the approval.
  static func compile(
    _ approval: Remit_Document_V1_Approval, carriedBy kind: DocumentKinds.Kind, requestType: String, schema: MessageSchema,
    rules: [RuleProgram], views: LookupViews, own: [Remit_Document_V1_FormField]
  ) -> (program: ApprovalProgram?, problems: [ContentProblem]) {
    // As a form that refuses what is held: what it cannot judge it holds too.
    let form = Remit_Document_V1_Form.with {
      $0.name = approval.name
      $0.method = approval.method
      $0.at = approval.at
      $0.with = approval.with
      $0.fields = own
      $0.checks = [
        .with {
          $0.name = "when"
          $0.when = approval.when
          $0.that = "false"
          $0.say.any = "is held"
        }
      ]
    }
    let (program, problems) = FormProgram.compile(form, requestType: requestType, schema: schema, rules: rules, views: views)
    let placed = problems.map { problem in
      ContentProblem(
        path: problem.path == "checks[0].when" ? "when" : problem.path, place: problem.place, wording: problem.wording,
        isWarning: problem.isWarning)
    }
    return (program.map { ApprovalProgram(approval, kind, $0) }, placed)
  }

  private init(_ approval: Remit_Document_V1_Approval, _ kind: DocumentKinds.Kind, _ program: FormProgram) {
    name = approval.name
    flow = approval.flow
    self.kind = kind.name
    carrier = kind.module
    self.program = program
  }

  var hold: Remit_Platform_V1_Hold {
    .with {
      $0.approval = name
      $0.flow = flow
      $0.kind = kind
    }
  }
}

extension [ApprovalProgram] {
  /// The first that holds a request; nil where that is passed.
  ///
  /// - Parameter request: as the forms shaped it.
  func first(
    holding request: [UInt8], _ order: CallOrder, _ call: JudgedCall, schema: MessageSchema, _ read: Admission.Reading
  ) async throws -> ApprovalProgram? {
    for approval in self {
      let message = try DynamicMessage(wire: request, as: order.method.requestType, in: schema)
      var judgement = Judgement()
      let asked = try approval.program.prepare(message, call, holds: false, &judgement).statements
      let found = asked.contains { $0 != nil } ? try await read(asked.compactMap { $0 }) : []
      var rest = found[...]
      try approval.program.run(message, call, found: asked.map { $0 == nil ? nil : rest.popFirst() }, &judgement)
      if !judgement.violations.isEmpty { return order.pass?.lifts(approval) == true ? nil : approval }
    }
    return nil
  }
}

/// What lets a call through where approvals hold it.
struct HoldPass: Sendable {
  /// The module that says so.
  let module: String
  let approvals: Set<String>
  let resource: String

  fileprivate func lifts(_ approval: ApprovalProgram) -> Bool { approval.carrier == module && approvals.contains(approval.name) }
}

extension CallError {
  /// - Parameter method: "remit.ledger.v1.LedgerService/PostInvoice".
  static func held(by hold: Remit_Platform_V1_Hold, _ method: String) -> CallError {
    var error = CallError(
      .failedPrecondition, "APPROVAL_NEEDED",
      "this needs approval (\(hold.approval)): submit it, and it is done once it is approved")
    error.metadata = ["approval": hold.approval, "flow": hold.flow, "kind": hold.kind, "method": method]
    return error
  }
}
