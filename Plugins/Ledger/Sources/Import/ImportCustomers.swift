import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  func importCustomers(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var customers = CustomerImport(call: call)
    return try await customers.run(request, call)
  }
}

/// A file of customers. They are known by their numbers.
private struct CustomerImport: FileImport {
  struct Record {
    let number: String
    let name: String
  }

  static let kind = "customers"
  static let fields = ImportField.customers

  let call: Call
  private var known: [String: (name: String, line: Int?)] = [:]

  init(call: Call) { self.call = call }

  func record(from row: inout ImportRow) -> Record? {
    let number = row.text("number", charactersMax: 64, isRequired: true)
    let name = row.text("name", charactersMax: 255, isRequired: true)
    guard let number, let name else { return nil }
    return Record(number: number, name: name)
  }

  func lookups(_ records: [Record]) -> [Statement] {
    [Statement("SELECT number, name FROM ledger.customer WHERE number = ANY ($1)", [.texts(records.map(\.number))])]
  }

  mutating func learn(_ results: [Rows]) throws {
    for (number, name) in try results[0].map({ row in (try row.text(), try row.text()) }) { known[number] = (name, nil) }
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    guard let known = known[record.number] else {
      known[record.number] = (record.name, row.line)
      return true
    }
    if known.name != record.name {
      if let line = known.line {
        row.refuse("name", "differs from line \(line), which has the same number")
      } else {
        row.note("name", "is \(known.name) in the books; it was not changed")
      }
    }
    return false
  }

  mutating func statements(_ records: [Record]) -> [Statement] {
    [
      Statement(
        """
        INSERT INTO ledger.customer (customer_id, number, name, recorded_at)
        SELECT u.*, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) u
        """,
        [.uuids(records.map { _ in call.newID() }), .texts(records.map(\.number)), .texts(records.map(\.name)), .timestamptz(call.now)])
    ]
  }
}
