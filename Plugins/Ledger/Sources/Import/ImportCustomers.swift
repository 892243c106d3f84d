import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func importCustomers(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var customers = CustomerImport(call: call)
    return try await customers.run(request, call)
  }
}

/// A file of customers. They are known by their numbers.
private struct CustomerImport: FileImport {
  struct Record {
    var number: String
    var name: String
    var names: [(kind: String, name: String)]
    var identifiers: [Identifier]
    var profile: String?
    var own = OwnFields.none
  }

  let kind = "customers"
  let fields = ImportField.customers
  let keys = [["number"]]
  let locks = [CustomerRecord.lockNumbers]
  private static let nameFields = [("name_zh", "zh"), ("name_en", "en"), ("short_name", "short")]

  let call: Call
  private var known: [String: (name: String, line: Int?)] = [:]
  /// By small letters of the number: as it is written, and where.
  private var knownCaseless: [String: (number: String, place: String)] = [:]
  /// Who has a name or an identifier, by the key of the name or by scheme and value: a customer's number, or the line of the file.
  private var holders: [String: String] = [:]

  init(call: Call) { self.call = call }

  func record(from row: inout ImportRow) -> Record? {
    let number = row.number("number", isRequired: true)
    let name = row.text("name", charactersMax: 255, isRequired: true)
    var names: [(kind: String, name: String)] = []
    for (field, kind) in Self.nameFields {
      if let name = row.text(field, charactersMax: 255) { names.append((kind, name)) }
    }
    let identifiers = Identifier.Scheme.allCases.compactMap { row.identifier($0) }
    guard let number, let name else { return nil }
    return Record(number: number, name: name, names: names, identifiers: identifiers)
  }

  func lookups(_ records: [Record]) -> [Statement] {
    [
      Statement(
        "SELECT number, name FROM ledger.customer WHERE lower(number) IN (SELECT lower(given) FROM unnest($1::text[]) given)",
        [.texts(records.map(\.number))]),
      Statement(
        """
        SELECT n.name_key, 'customer ' || c.number FROM ledger.customer_name n JOIN ledger.customer c USING (tenant_id, customer_id)
         WHERE n.name_key = ANY ($1)
        UNION ALL
        SELECT i.scheme || ' ' || i.value, 'customer ' || c.number
          FROM unnest($2::text[], $3::text[]) u (scheme, value) JOIN ledger.customer_identifier i USING (scheme, value)
          JOIN ledger.customer c USING (tenant_id, customer_id)
        """,
        [
          .texts(records.flatMap(\.nameKeys)), .texts(records.flatMap { $0.identifiers.map(\.scheme.rawValue) }),
          .texts(records.flatMap { $0.identifiers.map(\.value) }),
        ]),
    ]
  }

  mutating func learn(_ results: [Rows]) throws {
    for (number, name) in try results[0].map({ row in (try row.text(), try row.text()) }) {
      known[number] = (name, nil)
      knownCaseless[number.lowercased()] = (number, "in the books")
    }
    for (key, holder) in try results[1].map({ row in (try row.text(), try row.text()) }) { holders[key] = holder }
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    guard let known = known[record.number] else {
      if let (number, place) = knownCaseless[record.number.lowercased()] {
        row.refuse("number", "differs by case only from \(number) \(place)")
        return false
      }
      knownCaseless[record.number.lowercased()] = (record.number, "on line \(row.line)")
      known[record.number] = (record.name, row.line)
      noteTwins(of: record, &row)
      return true
    }
    if let line = known.line {
      if known.name == record.name {
        row.note("number", "is on line \(line) too")
      } else {
        row.refuse("name", "differs from line \(line), which has the same number")
      }
    } else if known.name != record.name {
      row.note("name", "is \(known.name) in the books; it was not changed")
    }
    return false
  }

  /// Says who has the same name or identifier: it may be the same customer.
  private mutating func noteTwins(of record: Record, _ row: inout ImportRow) {
    let keys = record.nameKeys.map { ("name", $0) } + record.identifiers.map { ($0.scheme.rawValue, "\($0.scheme.rawValue) \($0.value)") }
    for (field, key) in keys {
      if let holder = holders[key] {
        row.note(field, "is also that of \(holder): are they one?")
      } else {
        holders[key] = "line \(row.line)"
      }
    }
  }

  mutating func writes(_ records: [Record]) throws -> (statements: [Statement], events: [Event]) {
    let ids = records.map { _ in call.newID() }
    let told = try stride(from: 0, to: ids.count, by: 1000).map { start in
      try Event(
        Remit_Ledger_V1_CustomersImported.with { $0.ids = ids[start..<min(start + 1000, ids.count)].map(\.text) },
        about: "import/\(call.requestID)")
    }
    return (statements(records, ids), told)
  }

  private func statements(_ records: [Record], _ ids: [UUID]) -> [Statement] {
    [
      Statement(
        insertInto: "ledger.customer",
        [
          "customer_id": .uuids(ids), "number": .texts(records.map(\.number)), "name": .texts(records.map(\.name)),
          "posting_profile": .texts(records.map(\.profile)), "custom": .jsons(records.map(\.own.json)),
          "recorded_at": .timestamptz(call.now),
        ])
    ] + CustomerRecord.details(zip(ids, records).map { ($0, $1.name, $1.names, $1.identifiers) })
      // Somebody may have entered one meanwhile.
      + [CustomerRecord.requireOtherNumbers(zip(ids, records).map { ($0, $1.number) })]
  }

  // ---- the company's forms

  var method: String? { "remit.ledger.v1.LedgerService/CreateCustomer" }

  func request(of record: Record) throws -> [UInt8] {
    try Remit_Ledger_V1_CreateCustomerRequest.with {
      $0.customer.number = record.number
      $0.customer.name = record.name
      $0.customer.names = record.names.map { name in
        .with {
          $0.kind = name.kind
          $0.name = name.name
        }
      }
      $0.customer.identifiers = record.identifiers.map(Remit_Ledger_V1_Identifier.init)
    }.serializedBytes()
  }

  func take(_ request: [UInt8], into record: inout Record, _ row: inout ImportRow) throws {
    let shaped = try Remit_Ledger_V1_CreateCustomerRequest(serializedBytes: request)
    do throws(CallError) {
      let customer = try CustomerRecord(shaped.customer)
      record = Record(
        number: customer.number, name: customer.name, names: customer.names, identifiers: customer.identifiers, profile: customer.profile,
        own: customer.own)
    } catch {
      row.refuse(error)
    }
  }
}

extension CustomerImport.Record {
  /// Each once.
  fileprivate var nameKeys: [String] { Set(([name] + names.map(\.name)).map { NameKey($0).text }).sorted() }
}
