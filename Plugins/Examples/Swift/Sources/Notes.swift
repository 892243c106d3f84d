import FoundationEssentials
import LedgerMessages
public import RemitAPI
public import RemitSDK
import SwiftProtobuf

/// Notes about customers: the example of docs/integrate.md.
public struct Notes: Module {
  public static let name = "notes"
  public static let version = "1.0.0"
  public static var descriptors: [UInt8] { Descriptors.bytes }
  public static var migrations: [Migration] { MigrationSQL.files.map { Migration($0) } }
  public static var calls: [String] { ["remit.ledger.v1.LedgerService", "remit.notes.v1.NotesService"] }
  public static var subscriptions: [Subscription] {
    [Remit_Ledger_V1_CustomersMerged.protoMessageName, Remit_Ledger_V1_ItemChanged.protoMessageName].map {
      Subscription($0, method: "/remit.notes.v1.NotesService/TakeEvent")
    }
  }
  public static var reads: [String] { ["ledger.customer_v1"] }
  public static var documentKinds: [DocumentKind] {
    [DocumentKind("note_rule", Remit_Notes_V1_NoteRule.self, check: "/remit.notes.v1.NotesService/CheckDocuments")]
  }
  public static var eventsFromBeginning: Bool { true }
  public static var wake: String { "/remit.notes.v1.NotesService/Remind" }

  public init() {}

  public var services: [Service] {
    [
      Service(
        "remit.notes.v1.NotesService",
        [
          .read("Echo") { (request: Remit_Notes_V1_Text, _) in request },
          .write("AddNote", addNote),
          .read("ListNotes", listNotes),
          .read("Count", count),
          .write("Bill", bill),
          .write("Relay", relay),
          .write("TakeEvent", takeEvent),
          .read("ListOwed", listOwed),
          .write("Remind", remind),
          .read("Peek", peek),
          .read("Fail", fail),
          .read("CheckDocuments", checkDocuments),
          .read("Wait", wait),
        ])
    ]
  }

  private func addNote(_ request: Remit_Notes_V1_AddNoteRequest, _ call: Call) async throws -> Write<Remit_Notes_V1_Note> {
    for rule in try await call.documents("note_rule", as: Remit_Notes_V1_NoteRule.self) where !call.principal.roles.contains(rule.exempt) {
      let words = request.title.lowercased().split(separator: " ").map(String.init)
      if words.contains(where: rule.forbidden.contains) { throw CallError.invalid([("title", rule.say)]) }
    }
    var write = try note(request.title, request.text, call)
    if request.hasRemindAt {
      var key = request.title
      while key.utf8.count > 100 { key.unicodeScalars.removeLast() }
      write.wakes = [Wakening(key, at: request.remindAt)]
    }
    return write
  }

  private func checkDocuments(
    _ request: Remit_Plugin_V1_CheckDocuments, _: Call
  ) async throws -> Remit_Plugin_V1_CheckDocumentsReply {
    var reply = Remit_Plugin_V1_CheckDocumentsReply()
    for document in request.documents {
      for (index, word) in try Remit_Notes_V1_NoteRule(serializedBytes: document.body).forbidden.enumerated() {
        guard word.contains(where: { $0 == " " || ("A"..."Z").contains($0) }) else { continue }
        reply.faults.append(
          .with {
            $0.kind = document.kind
            $0.name = document.name
            $0.field = "forbidden[\(index)]"
            $0.message = "is no word in small letters"
            $0.chinese = "应为小写的单词"
          })
      }
    }
    return reply
  }

  private func takeEvent(_ delivery: Remit_Plugin_V1_Delivery, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    let event = delivery.event
    switch event.type {
    case Remit_Ledger_V1_CustomersMerged.protoMessageName:
      let merge = try Remit_Ledger_V1_CustomersMerged(serializedBytes: event.payload)
      guard !merge.undone else { return .nothing(reply: .init()) }
      return try note("merge of \(merge.fromID)", "", call).with(reply: .init())
    case Remit_Ledger_V1_ItemChanged.protoMessageName:
      let item = try Remit_Ledger_V1_ItemChanged(serializedBytes: event.payload)
      return Write(
        [
          Statement(
            """
            INSERT INTO notes.owed AS o (customer_id, currency, amount) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (tenant_id, customer_id, currency) DO UPDATE SET amount = (o.amount::numeric + excluded.amount::numeric)::text
            """, [.text(item.customerID), .text(item.change.currency), .text(item.change.amount)])
        ], reply: .init(), resource: "owed/\(item.customerID)")
    default: return .nothing(reply: .init())
    }
  }

  private func listOwed(_: Remit_Notes_V1_ListOwedRequest, _ call: Call) async throws -> Remit_Notes_V1_ListOwedReply {
    let rows = try await call.query([
      Statement(
        "SELECT c.number, o.currency, o.amount FROM notes.owed o JOIN ledger.customer_v1 c USING (customer_id) ORDER BY c.number, o.currency LIMIT 1000"
      )
    ])[0]
    return try .with {
      $0.owed = try rows.map { row in
        try .with {
          $0.customerNumber = try row.text()
          $0.amount.currency = try row.text()
          $0.amount.amount = try row.text()
        }
      }
    }
  }

  private func remind(_ wake: Remit_Plugin_V1_Wake, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    try note("reminder of \(wake.key)", "", call).with(reply: .init())
  }

  private func note(_ title: String, _ text: String, _ call: Call) throws -> Write<Remit_Notes_V1_Note> {
    guard (1...200).contains(title.unicodeScalars.count) else { throw CallError.invalid([("title", "must have 1 to 200 characters")]) }
    let id = call.newID()
    let note = Remit_Notes_V1_Note.with {
      $0.id = id.uuidString.lowercased()
      $0.title = title
      $0.text = text
      $0.recordedBy = call.principal.name
      $0.recordedAt = call.now
    }
    return Write(
      [
        Statement(
          insertInto: "notes.note",
          [
            "note_id": .uuid(id), "title": .text(title), "text": .text(text), "recorded_by": .text(note.recordedBy),
            "recorded_at": .timestamptz(note.recordedAt),
          ])
      ], reply: note, resource: "note/\(note.id)",
      events: [
        try Event(
          Remit_Notes_V1_NoteAdded.with {
            $0.id = note.id
            $0.title = title
          }, about: "note/\(note.id)")
      ],
      refusals: ["note_title": CallError(.alreadyExists, "TITLE_TAKEN", "there is a note \(title) already", field: "title")])
  }

  private func listNotes(_: Remit_Notes_V1_ListNotesRequest, _ call: Call) async throws -> Remit_Notes_V1_ListNotesReply {
    let notes = try await call.rows(
      Statement("SELECT note_id, title, text, recorded_by, recorded_at FROM notes.note ORDER BY title LIMIT 1000")
    ) { row in
      try Remit_Notes_V1_Note.with {
        $0.id = try row.uuid().uuidString.lowercased()
        $0.title = try row.text()
        $0.text = try row.text()
        $0.recordedBy = try row.text()
        $0.recordedAt = try row.timestamptz()
      }
    }
    return .with { $0.notes = notes }
  }

  private func count(_ request: Remit_Notes_V1_CountRequest, _ call: Call) async throws -> Remit_Notes_V1_Text {
    guard request.count >= 1, (0...1 << 20).contains(request.bytes) else {
      throw CallError.invalid([("count", "must be at least 1, and bytes at most 1048576")])
    }
    func text(_ number: Int32) -> Remit_Notes_V1_Text { .with { $0.text = Data("\(number)".utf8) + Data(count: Int(request.bytes)) } }
    for number in 1..<request.count { try await call.send(text(number)) }
    // The reply is the last message of the stream.
    return text(request.count)
  }

  private func bill(_ request: Remit_Notes_V1_BillRequest, _ call: Call) async throws -> Write<Remit_Notes_V1_Note> {
    let invoice = Remit_Ledger_V1_PostInvoiceRequest.with {
      $0.invoice.customerID = request.customerID
      $0.invoice.number = request.number
      $0.invoice.amount = request.amount
      $0.invoice.issuedOn = call.businessDate
      $0.invoice.dueOn = call.businessDate
    }
    let posted: Remit_Ledger_V1_Invoice = try await call.invoke("/remit.ledger.v1.LedgerService/PostInvoice", invoice)
    return try note(posted.number, request.text, call)
  }

  private func relay(_ request: Remit_Notes_V1_RelayRequest, _ call: Call) async throws -> Write<Remit_Notes_V1_RelayReply> {
    if !request.title.isEmpty { _ = try await call.query(try note(request.title, "", call).statements) }
    return Write([], reply: try await relayed(request, call), resource: "")
  }

  private func peek(_ request: Remit_Notes_V1_RelayRequest, _ call: Call) async throws -> Remit_Notes_V1_RelayReply {
    try await relayed(request, call)
  }

  private func relayed(_ request: Remit_Notes_V1_RelayRequest, _ call: Call) async throws -> Remit_Notes_V1_RelayReply {
    do {
      let reply = try await call.invoke(request.method, encoded: Array(request.request), apart: request.apart)
      return .with { $0.reply = Data(reply) }
    } catch let error as CallError where request.goOn {
      return .with { $0.refusal = error.reason }
    }
  }

  private func fail(_ request: Remit_Notes_V1_FailRequest, _ call: Call) async throws -> Remit_Notes_V1_Text {
    var error = CallError(
      CallError.Code(value: request.code), request.reason, request.message, field: request.field.isEmpty ? nil : request.field)
    error.retryAfterMs = request.retryAfterMs
    throw error
  }

  private func wait(_ request: Remit_Notes_V1_Text, _ call: Call) async throws -> Remit_Notes_V1_Text {
    // Cancelled at the deadline at the latest, which always is.
    try? await Task.sleep(for: .seconds(3600))
    return request
  }
}
