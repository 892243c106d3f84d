import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

/// A case in a list.
enum CaseLine {
  static let columns = """
    i.case_id, i.flow, i.state, i.submitter, i.method, i.summary, i.subject, i.currency, i.amount_minor, i.round, i.problem, i.why, i.started_at,
    i.ended_at
    """

  /// Of the same statement: `body`, the flow's, after the columns.
  static func flow(_ bytes: [UInt8], of line: inout Remit_Workflow_V1_Case, _ locale: String) throws -> Flow {
    let flow = try Flow(serializedBytes: bytes)
    line.flowTitle = flow.title(locale)
    return flow
  }

  static func message(_ row: inout CellReader) throws -> Remit_Workflow_V1_Case {
    var line = Remit_Workflow_V1_Case()
    line.id = try row.uuid().text
    line.flow = try row.text()
    line.state = CaseFile.State(rawValue: try row.text())?.message ?? .unspecified
    line.submitter = try row.text()
    line.method = try row.text()
    line.summary = try row.text()
    line.subject = try row.text()
    let currency = Currency(try row.text())
    let minor = try row.int8()
    if let currency { line.amount = Money(minor: minor, currency: currency).message }
    line.round = UInt32(clamping: try row.int2())
    let problem = try row.bytes()
    if !problem.isEmpty { line.problem = try CallError(serializedBytes: problem) }
    line.why = try row.text()
    line.startedAt = try row.timestamptz()
    if let ended = try row.timestamptzIfPresent() { line.endedAt = ended }
    return line
  }
}
