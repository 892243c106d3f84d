import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// How much of a document is tax, by rate: what is corrected with a part of it that is not paid after all.
struct TaxContent: Equatable {
  struct Rate: Equatable {
    /// In percent; empty where it is not known.
    let percent: String
    /// "#" and the code of the account that has it.
    let account: String
    let minor: Int64
    /// Of it, with parts that were given up before.
    var correctedMinor: Int64
  }

  let documentMinor: Int64
  /// What was given up of the document before.
  private(set) var relievedMinor: Int64
  private(set) var rates: [Rate]

  /// Of what has none.
  static let none = TaxContent(documentMinor: 0, relievedMinor: 0, rates: [])

  /// Corrects the tax in a part of the document: of each rate what makes the tax in all parts so far, rounded half away from zero, so that small parts
  /// add up; and all of them at most the part. (2006/112/EC Art. 90, § 17 UStG)
  mutating func correct(_ minor: Int64) -> [(percent: String, account: String, minor: Int64)] {
    guard documentMinor > 0 else { return [] }
    let relieved = min(max(0, Int128(relievedMinor)) + Int128(minor), Int128(documentMinor))
    relievedMinor = Int64(relieved)
    var rest = Int128(minor)
    return rates.indices.compactMap { index in
      let rate = rates[index]
      let wanted = min(Int128(rate.minor), tax(in: relieved, rate)) - Int128(rate.correctedMinor)
      // One more than the part's own at most: where parts before were not corrected, they are not made up for.
      let share = max(0, min(wanted, rest, tax(in: Int128(minor), rate) + 1))
      guard share > 0 else { return nil }
      rest -= share
      rates[index].correctedMinor += Int64(share)
      return (rate.percent, rate.account, Int64(share))
    }
  }

  private func tax(in minor: Int128, _ rate: Rate) -> Int128 {
    (2 * minor * Int128(rate.minor) + Int128(documentMinor)) / (2 * Int128(documentMinor))
  }

  init(documentMinor: Int64, relievedMinor: Int64, rates: [Rate]) {
    self.documentMinor = documentMinor
    self.relievedMinor = relievedMinor
    self.rates = rates
  }

  /// The tax of the debit i of the document d, as `init(documentMinor:_:)` reads it.
  static let selected = """
    coalesce((SELECT (SELECT coalesce(sum(a.discount_minor + CASE WHEN a.reverses IS NULL THEN greatest(a.write_off_minor, 0) ELSE least(a.write_off_minor, 0) END
                                          + CASE WHEN w.document_id IS NULL THEN 0 ELSE a.amount_minor END), 0)
                        FROM ledger.item j JOIN ledger.allocation a ON a.debit_item = j.item_id
                        JOIN ledger.item g ON g.item_id = a.credit_item
                        LEFT JOIN ledger.document w ON w.document_id = g.document_id AND w.kind = 'write_off'
                       WHERE j.document_id = i.document_id) || chr(29) ||
                     string_agg(concat_ws(chr(31), t.rate, t.account, t.minor, (
                       SELECT coalesce(sum(CASE WHEN x.debit = t.account THEN x.amount_minor ELSE -x.amount_minor END), 0) FROM ledger.entry x
                        WHERE x.tax_rate = t.rate AND t.account IN (x.debit, x.credit) AND x.document_id IN (
                          SELECT coalesce(w.document_id, a.document_id)
                            FROM ledger.item j JOIN ledger.allocation a ON a.debit_item = j.item_id
                            JOIN ledger.item g ON g.item_id = a.credit_item
                            LEFT JOIN ledger.document w ON w.document_id = g.document_id AND w.kind = 'write_off'
                           WHERE j.document_id = i.document_id
                          UNION
                          SELECT r.document_id
                            FROM ledger.item j JOIN ledger.allocation a ON a.debit_item = j.item_id
                            JOIN ledger.item g ON g.item_id = a.credit_item
                            JOIN ledger.document w ON w.document_id = g.document_id AND w.kind = 'write_off'
                            JOIN ledger.document r ON r.reverses = w.document_id
                           WHERE j.document_id = i.document_id))), chr(30) ORDER BY t.line)
                FROM (SELECT coalesce(e.tax_rate, '') AS rate, e.credit AS account, sum(e.amount_minor) AS minor, min(e.line) AS line
                        FROM ledger.entry e LEFT JOIN ledger.account k ON k.code = e.credit AND k.role = 'tax'
                       WHERE e.document_id = i.document_id AND i.side = 1 AND (e.tax_rate IS NOT NULL OR k.code IS NOT NULL) GROUP BY 1, 2) t), '')
    """

  /// - Parameter text: as it is selected.
  init(documentMinor: Int64, _ text: String) throws(CallError) {
    self.documentMinor = documentMinor
    let halves = text.split(separator: "\u{1D}", maxSplits: 1)
    relievedMinor = halves.first.flatMap { Int64($0) } ?? 0
    var rates: [Rate] = []
    for line in (halves.count == 2 ? halves[1] : "").split(separator: "\u{1E}") {
      let parts = line.split(separator: "\u{1F}", omittingEmptySubsequences: false)
      guard parts.count == 4, let minor = Int64(parts[2]), let corrected = Int64(parts[3]) else {
        throw CallError(.internal, "TAX", "the tax of a document cannot be read: \(line)")
      }
      rates.append(Rate(percent: String(parts[0]), account: "#\(parts[1])", minor: minor, correctedMinor: corrected))
    }
    self.rates = rates
  }
}

/// Which taxes a company corrects.
struct TaxPolicy {
  let correctsDiscounts: Bool
  let correctsWriteOffs: Bool

  /// Of a company that has set none.
  static let both = TaxPolicy(correctsDiscounts: true, correctsWriteOffs: true)

  static let select = Statement("SELECT correct_discounts, correct_write_offs FROM ledger.tax_policy")

}

extension TaxPolicy {
  /// - Parameter rows: of `select`.
  init(_ rows: Rows) throws {
    self = try rows.map { row in TaxPolicy(correctsDiscounts: try row.bool(), correctsWriteOffs: try row.bool()) }.first ?? .both
  }
}

extension Ledger {
  func setTaxPolicy(_ request: Remit_Ledger_V1_SetTaxPolicyRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_TaxPolicy> {
    Write(
      [
        Statement(
          """
          INSERT INTO ledger.tax_policy AS p (correct_discounts, correct_write_offs, recorded_at, recorded_by) VALUES ($1, $2, $3, $4)
          ON CONFLICT (tenant_id) DO UPDATE
             SET (correct_discounts, correct_write_offs, recorded_at, recorded_by, version) = ($1, $2, $3, $4, p.version + 1)
          """,
          [
            .bool(request.policy.correctDiscounts), .bool(request.policy.correctWriteOffs), .timestamptz(call.now),
            .text(call.principal.name),
          ])
      ], reply: request.policy, resource: "tax_policy")
  }

  func getTaxPolicy(_: Remit_Ledger_V1_GetTaxPolicyRequest, _ call: Call) async throws -> Remit_Ledger_V1_TaxPolicy {
    let policy = try TaxPolicy(try await call.query([TaxPolicy.select])[0])
    return .with {
      $0.correctDiscounts = policy.correctsDiscounts
      $0.correctWriteOffs = policy.correctsWriteOffs
    }
  }
}
