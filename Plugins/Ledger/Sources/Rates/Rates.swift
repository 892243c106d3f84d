import RemitAPI
import RemitSDK

/// The rates of the company's source for some currencies and days.
struct Rates {
  private var source: String?
  private var daysMax: Int32 = 0
  /// By currency, the last day first.
  private var rates: [String: [(day: CivilDate, rate: ExchangeRate)]] = [:]

  /// For `learn`.
  static func lookup(_ currencies: some Sequence<Currency>, from first: CivilDate, to last: CivilDate) -> Statement {
    Statement(
      """
      SELECT p.source, p.days_max, r.currency, r.valid_on, r.rate
        FROM ledger.rate_policy p LEFT JOIN LATERAL (
             SELECT DISTINCT ON (x.currency, x.valid_on) x.currency, x.valid_on, x.rate FROM ledger.exchange_rate x
              WHERE x.source = p.source AND x.currency = ANY ($1) AND x.valid_on BETWEEN $2 - p.days_max AND $3
              ORDER BY x.currency, x.valid_on DESC, x.recorded_at DESC) r ON true
       ORDER BY r.currency, r.valid_on DESC
      """, [.texts(Array(Set(currencies.map(\.code)))), .date(first), .date(last)])
  }

  mutating func learn(_ rows: Rows) throws {
    let found = try rows.map { row in
      (
        source: try row.text(), daysMax: try row.int2(), currency: try row.textIfPresent(), day: try row.dateIfPresent(),
        rate: try row.textIfPresent()
      )
    }
    for row in found {
      source = row.source
      daysMax = Int32(row.daysMax)
      guard let currency = row.currency, let day = row.day, let text = row.rate else { continue }
      guard let rate = ExchangeRate(text) else { throw CallError(.internal, "RATE", "the books hold the rate \(text)") }
      rates[currency, default: []].append((day, rate))
    }
  }

  /// The last rate on or before a day, and not older than the company allows.
  func rate(_ currency: Currency, on day: CivilDate) -> ExchangeRate? {
    rates[currency.code]?.first { $0.day <= day && day.days - $0.day.days <= daysMax }?.rate
  }

  /// Takes the rate of a row that has none and needs one; false where there is none, and the row says so.
  func fill(_ rate: inout ExchangeRate?, for amount: Money, on day: CivilDate, base: Currency, _ row: inout ImportRow) -> Bool {
    guard rate == nil, amount.currency != base else { return true }
    rate = self.rate(amount.currency, on: day)
    if rate == nil { row.refuse("exchange_rate", missing(amount.currency, on: day, base: base)) }
    row.refuse(ExchangeRate.problems(rate, of: amount, base: base))
    return !row.isRefused
  }

  /// Why there is no rate, to stand after the name of the field.
  func missing(_ currency: Currency, on day: CivilDate, base: Currency) -> String {
    guard let source else {
      return "must be given: one \(currency) in \(base), the company's base currency; or set a rate policy, for rates to be found"
    }
    return "must be given: there is no rate of \(source) for \(currency) on \(day), nor in the \(daysMax) days before"
  }
}

extension Ledger {
  /// The rate of an amount: the one given, else the company's of the day; nil in the base currency. Throws where it is missing.
  func requireRate(
    _ given: ExchangeRate?, for amount: Money, on day: CivilDate, base: Currency, _ field: String, _ call: Call
  ) async throws -> ExchangeRate? {
    guard given == nil, amount.currency != base else { return given }
    var rates = Rates()
    try rates.learn(try await call.query([Rates.lookup([amount.currency], from: day, to: day)])[0])
    guard let rate = rates.rate(amount.currency, on: day) else {
      throw CallError.invalid([(field, rates.missing(amount.currency, on: day, base: base))])
    }
    if let problem = ExchangeRate.problems(rate, of: amount, base: base).first { throw CallError.invalid([(field, problem.message)]) }
    return rate
  }
}
