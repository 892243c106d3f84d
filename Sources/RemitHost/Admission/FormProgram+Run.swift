import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import SwiftProtobuf

/// Who asks, and when: what a form's expressions may know beside the request.
struct JudgedCall: Sendable {
  let caller: Caller
  let now: TimestampValue
  let today: DateValue

  /// nil where the host gave no day that there is.
  init?(_ order: CallOrder) {
    guard let now = TimestampValue(seconds: order.now.seconds, nanoseconds: order.now.nanos),
      let today = DateValue(order.caller.businessDate)
    else { return nil }
    caller = order.caller
    self.now = now
    self.today = today
  }

  /// Jobs and modules' own calls have no roles; forms bind who has a key.
  var isPersons: Bool { !caller.keyID.isEmpty }

  var values: [Value] {
    [
      .record(PlainRecord(FormProgram.user, [.string(caller.principal), .list(caller.roles.map { .string($0) })])),
      .record(
        PlainRecord(
          FormProgram.company,
          [
            .string(caller.tenant.name), .string(caller.tenant.baseCurrency), .string(caller.tenant.timeZone),
            .string(caller.tenant.locale),
          ])), .date(today), .timestamp(now),
    ]
  }
}

extension FormProgram {
  /// Of what is there already: what it was linked to stays.
  var isUpdate: Bool { form.method.split(separator: "/").last?.hasPrefix("Update") == true }

  /// Whether it is about a request: a record's form is about those of its kind.
  func isMeant(for request: DynamicMessage) -> Bool {
    guard let recordKind, let at else { return true }
    guard let record = request.message(of: at), let kind = record.type.byName["kind"] else { return false }
    return record.text(kind).hasSameBytes(as: recordKind)
  }

  /// Cleans the request, so that what is looked up by it is found; says what is to be looked up.
  ///
  /// - Returns: of each look-up its statement, nil where nothing can be found; and by what requests are judged one after the other.
  ///
  /// - Parameter holds: what is referred to stays as it is until the call has ended.
  func prepare(
    _ request: DynamicMessage, _ call: JudgedCall, holds: Bool, _ judgement: inout Judgement
  ) throws -> (statements: [SQL?], serial: String?) {
    let run = FormRun(program: self, request: request, call: call, lookups: [])
    judgement.begin(form.name)
    run.clean(&judgement)
    do throws(EvaluationError) {
      return (
        try lookups.map { lookup throws(EvaluationError) in try lookup.statement(run.values) }
          + references.map { run.statement($0, holds: holds) },
        try serial.map { expression throws(EvaluationError) in
          FieldPath.words(try expression.evaluate(run.values))
        }.flatMap { $0.isEmpty ? nil : $0 }
      )
    } catch {
      throw CallError(.invalidArgument, "FORM", "the form \(form.name) cannot look up what it needs: \(error.message)")
    }
  }

  /// Shapes the request, then judges it.
  ///
  /// - Parameter found: of each look-up its rows; nil where nothing was asked.
  func run(_ request: DynamicMessage, _ call: JudgedCall, found: [Remit_Plugin_V1_Rows?], _ judgement: inout Judgement) throws {
    let values = try zip(lookups, found).map { try $0.value($1) }
    let run = FormRun(program: self, request: request, call: call, lookups: values)
    if run.hasTooManyOwnFields(&judgement) { return }
    for (reference, rows) in zip(references, found.dropFirst(lookups.count)) { try run.judge(reference, rows, &judgement) }
    run.shape(&judgement)
    run.judge(&judgement)
  }
}
