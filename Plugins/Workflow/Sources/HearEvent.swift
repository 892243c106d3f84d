import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  /// How many cases can wait for one event.
  private static let waitingMax = 1000

  /// Begins what an event begins, and goes on with what waited for it.
  func hearEvent(_ delivery: Remit_Plugin_V1_Delivery, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    let event = delivery.event
    let flows: [Flow] = try await call.documents("flow")
    let begins = flows.filter { $0.startsOn.event == event.type }
    let waiting = try await waiting(for: event, call)
    guard !begins.isEmpty || !waiting.isEmpty else { return .nothing(reply: .init()) }
    var files: [CaseFile] = []
    let (people, localNow) = try await call.peopleAndTime()
    for flow in begins {
      if let file = try await begun(flow, by: event, people, localNow, call) { files.append(file) }
    }
    for (id, visits) in waiting {
      let (file, people, localNow) = try await CaseFile.wake(id, call)
      guard file.isOpen, file.state != .returned else { continue }
      var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
      for visit in visits { try await walk.hear(.heard(event.type, event.payload), at: visit) }
      if !walk.file.touched.isEmpty { files.append(walk.file) }
    }
    return files.isEmpty ? .nothing(reply: .init()) : try CaseFile.write(files, call).with(reply: .init())
  }

  /// By the order of their cases' ids, in which all lock them.
  private func waiting(for event: Event, _ call: Call) async throws -> [(id: String, visits: [Int])] {
    let found = try await call.rows(
      Statement(
        """
        SELECT v.case_id, array_to_string(array_agg(v.visit ORDER BY v.visit), ',')
          FROM workflow.visit v WHERE v.awaits = $1 AND v.awaits_about = ANY ($2) AND v.state = 'open' GROUP BY v.case_id ORDER BY v.case_id LIMIT $3
        """, [.text(event.type), .texts(["", event.aggregate]), .int8(Int64(Self.waitingMax + 1))])
    ) { row in (id: try row.uuid().text, visits: try row.text().split(separator: ",").compactMap { Int($0) }) }
    guard found.count <= Self.waitingMax else {
      throw CallError(
        .failedPrecondition, "TOO_MANY_WAIT",
        "more than \(Self.waitingMax) cases wait for \(event.type); say in the step `wait` what the event must be about")
    }
    return found
  }

  private func begun(
    _ flow: Flow, by event: Event, _ people: People, _ localNow: LocalTime, _ call: Call
  ) async throws -> CaseFile? {
    var file = CaseFile(
      id: call.newID(), isNew: true, flow: flow, submitter: "", submitCall: "", method: "", request: [], approval: "", why: "",
      startedAt: call.now)
    file.event = .start(event.type, event.payload)
    file.variables.fields["submitter"] = file.submitterFacts(people, [])
    if !flow.startsOn.when.isEmpty {
      var asked = file.asked
      asked.expressions = [
        .with {
          $0.text = flow.startsOn.when
          $0.type = "bool"
        }
      ]
      guard try await call.evaluate(asked).results[0].boolValue else { return nil }
    }
    try await file.describe(call)
    file.note("started", by: "", event.type)
    var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
    try await walk.begin()
    return walk.file
  }
}

extension CaseFile {
  /// Several, as one.
  static func write(_ files: [CaseFile], _ call: Call) throws -> Write<Void> {
    var all = Write([], reply: (), resource: files.count == 1 ? files[0].resource : "")
    for file in files {
      let one = try file.write((), call)
      all.statements += one.statements
      all.events += one.events
      all.wakes += one.wakes
    }
    all.title = files.count == 1 ? files[0].summary : "\(files.count) cases"
    return all
  }
}
