import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK

/// A customer as it is entered: its texts checked, its identifiers in their plain form.
struct CustomerRecord {
  let number: String
  let name: String
  let payerID: UUID?
  let profile: String?
  let names: [(kind: String, name: String)]
  let identifiers: [Identifier]
  let own: OwnFields

  /// Takes it from a request; throws all that is wrong with it.
  init(_ customer: Remit_Ledger_V1_Customer) throws(CallError) {
    var violations = Violations()
    number = violations.plain(customer.number, "customer.number", charactersMax: 64)
    name = violations.plain(customer.name, "customer.name", charactersMax: 255)
    let profile = violations.plain(customer.postingProfile, "customer.posting_profile", charactersMax: 64, mayBeEmpty: true)
    payerID = customer.payerID.isEmpty ? nil : violations.uuid(customer.payerID, "customer.payer_id")
    var names: [(kind: String, name: String)] = []
    for (index, name) in customer.names.enumerated() {
      names.append(
        (
          violations.plain(name.kind, "customer.names[\(index)].kind", charactersMax: 32),
          violations.plain(name.name, "customer.names[\(index)].name", charactersMax: 255)
        ))
    }
    if Set(names.map(\.kind)).count < names.count { violations.add("customer.names", "has two of one kind") }
    var identifiers: [Identifier] = []
    for (index, identifier) in customer.identifiers.enumerated() {
      let field = "customer.identifiers[\(index)]"
      guard let scheme = Identifier.Scheme(rawValue: identifier.scheme) else {
        violations.add("\(field).scheme", "must be one of \(Identifier.Scheme.allCases.map(\.rawValue).joined(separator: ", "))")
        continue
      }
      do throws(IdentifierProblem) {
        identifiers.append(try Identifier(identifier.value, scheme: scheme))
      } catch {
        violations.add("\(field).value", "\(error)")
      }
    }
    if Set(identifiers).count < identifiers.count { violations.add("customer.identifiers", "has one twice") }
    try violations.throwIfAny()
    own = try OwnFields(customer.custom)
    self.profile = profile.isEmpty ? nil : profile
    self.names = names
    self.identifiers = identifiers
  }

  /// What writes names, grams and identifiers of new customers, or of one whose old ones were deleted.
  static func details(_ customers: [(id: UUID, name: String, names: [(kind: String, name: String)], identifiers: [Identifier])])
    -> [Statement]
  {
    let names = customers.flatMap { customer in
      ([("", customer.name)] + customer.names).map { (id: customer.id, kind: $0.0, name: $0.1, key: NameKey($0.1)) }
    }
    let grams = customers.flatMap { customer in
      Set(([("", customer.name)] + customer.names).flatMap { NameKey($0.1).grams }).sorted().map { (id: customer.id, gram: $0) }
    }
    let identifiers = customers.flatMap { customer in customer.identifiers.map { (id: customer.id, identifier: $0) } }
    return [
      Statement(
        insertInto: "ledger.customer_name",
        [
          "customer_id": .uuids(names.map(\.id)), "kind": .texts(names.map(\.kind)), "name": .texts(names.map(\.name)),
          "name_key": .texts(names.map(\.key.text)),
        ]),
      Statement(insertInto: "ledger.customer_gram", ["customer_id": .uuids(grams.map(\.id)), "gram": .texts(grams.map(\.gram))]),
      Statement(
        insertInto: "ledger.customer_identifier",
        [
          "customer_id": .uuids(identifiers.map(\.id)), "scheme": .texts(identifiers.map(\.identifier.scheme.rawValue)),
          "value": .texts(identifiers.map(\.identifier.value)),
        ]),
    ]
  }

  /// Refuses numbers that differ from those of other customers by case only: people do not tell them apart.
  static func requireOtherNumbers(_ customers: [(id: UUID, number: String)]) -> Statement {
    Statement(
      """
      SELECT host.require(false, 'NUMBER_TAKEN: the number ' || u.number || ' differs from that of customer ' || c.number || ' by case only')
        FROM unnest($1::uuid[], $2::text[]) u (customer_id, number)
        JOIN ledger.customer c ON lower(c.number) = lower(u.number) AND c.number <> u.number AND c.customer_id <> u.customer_id LIMIT 1
      """, [.uuids(customers.map(\.id)), .texts(customers.map(\.number))])
  }

  /// What the caller is told where the database finds a constraint broken.
  static func refusals(_ customer: Remit_Ledger_V1_Customer) -> [String: CallError] {
    [
      "customer_number": CallError(
        .alreadyExists, "NUMBER_TAKEN", "there is a customer with the number \(customer.number) already; choose another number",
        field: "customer.number"),
      "customer_tenant_id_payer_id_fkey": CallError(
        .failedPrecondition, "NO_CUSTOMER", "there is no customer \(customer.payerID)", field: "customer.payer_id"),
      "customer_posting_profile": CallError(
        .failedPrecondition, "NO_PROFILE", "there is no posting profile \(customer.postingProfile)", field: "customer.posting_profile"),
    ]
  }

  /// A payer pays for itself: payers do not form chains.
  /// Changes of payers and merges, and new numbers, see each other only where they come one after the other.
  static let lockPayers = Statement("SELECT host.lock('customer_payers', true)")
  static let lockNumbers = Statement("SELECT host.lock('customer_numbers', true)")

  static func requirePayer(_ id: UUID) -> Statement {
    Statement(
      """
      SELECT host.require(NOT EXISTS (SELECT FROM ledger.customer WHERE customer_id = $1 AND payer_id IS NOT NULL),
                          'PAYER_HAS_PAYER: the payer is paid for by another customer itself; name that one')
      """, [.uuid(id)])
  }
}
