import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  /// How many cases hear of an event in one call; the others in further ones.
  private static let atOnceMax = 150

  /// Begins what an event begins, and goes on with what waited for it.
  func hearEvent(_ delivery: Remit_Plugin_V1_Delivery, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    let event = delivery.event
    let flows: [Flow] = try await call.documents("flow")
    let begins = flows.filter { $0.startsOn.event == event.type }
    let (waiting, more) = try await waiting(for: event, after: nil, call)
    guard !begins.isEmpty || !waiting.isEmpty else { return .nothing(reply: .init()) }
    let (people, localNow) = try await call.peopleAndTime()
    var files: [CaseFile] = []
    for flow in begins {
      if let file = try await begun(flow, by: event, people, localNow, call) { files.append(file) }
    }
    var write = try CaseFile.write(files + (try await told(waiting, event, call)), call)
    if let more {
      let sequence = Int64(clamping: delivery.sequence)
      write.statements.append(
        Statement(
          insertInto: "workflow.heard",
          [
            "sequence": .int8(sequence), "type": .text(event.type), "aggregate": .text(event.aggregate),
            "payload": .bytea(Array(event.payload)),
          ]))
      write.wakes.append(Wakening("heard/\(sequence)/\(more)", at: call.now))
    }
    return write.statements.isEmpty ? .nothing(reply: .init()) : write.with(reply: .init())
  }

  /// The same for cases after one, of an event that was kept for them.
  func hearMore(_ sequence: Int64, after id: String, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    let found = try await call.rows(
      Statement("SELECT type, aggregate, payload FROM workflow.heard WHERE sequence = $1", [.int8(sequence)])
    ) { row in
      var event = Event()
      event.type = try row.text()
      event.aggregate = try row.text()
      event.payload = Data(try row.bytes())
      return event
    }
    guard let event = found.first else { return .nothing(reply: .init()) }
    let (waiting, more) = try await waiting(for: event, after: id, call)
    var write = try CaseFile.write(try await told(waiting, event, call), call)
    if let more {
      write.wakes.append(Wakening("heard/\(sequence)/\(more)", at: call.now))
    } else {
      write.statements.append(Statement("DELETE FROM workflow.heard WHERE sequence = $1", [.int8(sequence)]))
    }
    return write.with(reply: .init())
  }

  /// What goes on with it.
  private func told(_ waiting: [(id: String, visits: [Int])], _ event: Event, _ call: Call) async throws -> [CaseFile] {
    var files: [CaseFile] = []
    for (id, visits) in waiting {
      let (file, people, localNow) = try await CaseFile.wake(id, call)
      guard file.isOpen, file.state != .returned else { continue }
      var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
      for visit in visits { try await walk.hear(.heard(event.type, event.payload), at: visit) }
      if !walk.file.touched.isEmpty { files.append(walk.file) }
    }
    return files
  }

  /// In the order of their ids, in which all lock them.
  ///
  /// - Returns: with the last of them, where there are more.
  private func waiting(
    for event: Event, after id: String?, _ call: Call
  ) async throws -> (cases: [(id: String, visits: [Int])], more: String?) {
    let found = try await call.rows(
      Statement(
        """
        SELECT v.case_id, array_to_string(array_agg(v.visit ORDER BY v.visit), ',')
          FROM workflow.visit v
         WHERE v.awaits = $1 AND v.awaits_about = ANY ($2) AND v.state = 'open' AND v.case_id > $3
         GROUP BY v.case_id ORDER BY v.case_id LIMIT $4
        """,
        [
          .text(event.type), .texts(["", event.aggregate]), .uuid(id.flatMap { UUID(uuidString: $0) } ?? Self.beforeAll),
          .int8(Int64(Self.atOnceMax + 1)),
        ])
    ) { row in (id: try row.uuid().text, visits: try row.text().split(separator: ",").compactMap { Int($0) }) }
    let now = Array(found.prefix(Self.atOnceMax))
    return (now, found.count > Self.atOnceMax ? now.last?.id : nil)
  }

  private static let beforeAll = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

  private func begun(
    _ flow: Flow, by event: Event, _ people: People, _ localNow: LocalTime, _ call: Call
  ) async throws -> CaseFile? {
    var file = CaseFile(
      id: call.newID(), isNew: true, flow: flow, submitter: "", submitCall: "", method: "", request: [], approval: "", why: "",
      startedAt: call.now)
    file.event = .start(event.type, event.payload)
    file.variables.fields["submitter"] = file.submitterFacts(people, [])
    do {
      guard try await describe(&file, call) else { return nil }
    } catch let error as CallError where CaseWalk.isRefusal(error) {
      // What is wrong with one flow holds up nothing else, and is seen where cases are.
      if file.summary.isEmpty { file.summary = flow.name }
      file.note("started", by: "", event.type)
      var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
      walk.failToBegin(error)
      return walk.file
    }
    file.note("started", by: "", event.type)
    var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
    try await walk.begin()
    return walk.file
  }

  /// - Returns: whether the case begins.
  private func describe(_ file: inout CaseFile, _ call: Call) async throws -> Bool {
    let flow = file.flow
    if !flow.startsOn.when.isEmpty {
      var asked = file.asked
      asked.expressions = [
        .with {
          $0.text = flow.startsOn.when
          $0.type = "bool"
        }
      ]
      guard try await call.evaluate(asked).results[0].boolValue else { return false }
    }
    try await file.describe(call)
    return true
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
