import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Rates are facts: another one for the same day takes the place of the first from now on, and both stay.
  func saveExchangeRates(
    _ request: Remit_Ledger_V1_SaveExchangeRatesRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_SaveExchangeRatesReply> {
    let base = try call.baseCurrency
    var violations = Violations()
    violations.text(request.source, "source", charactersMax: 32)
    if !(1...10_000).contains(request.rates.count) { violations.add("rates", "must be 1 to 10,000") }
    var days: [CivilDate] = []
    var seen: Set<String> = []
    for (index, rate) in request.rates.prefix(10_000).enumerated() {
      let field = "rates[\(index)]"
      let currency = Currency(rate.currency)
      if currency == nil { violations.add("\(field).currency", "is no currency of ISO 4217, such as USD") }
      if currency == base { violations.add("\(field).currency", "is the company's base currency") }
      if let day = violations.date(rate.validOn, "\(field).valid_on") { days.append(day) }
      if violations.rate(rate.rate, "\(field).rate").map({ $0.number.value <= 0 }) ?? true {
        violations.add("\(field).rate", "must be a number over 0")
      }
      if !seen.insert("\(rate.currency) \(rate.validOn)").inserted { violations.add(field, "is there twice") }
    }
    try violations.throwIfAny()
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.exchange_rate (source, currency, valid_on, rate, recorded_at, recorded_by)
          SELECT $1, u.*, $5, $6 FROM unnest($2::text[], $3::date[], $4::text[]) u
          """,
          [
            .text(request.source), .texts(request.rates.map(\.currency)), .dates(days), .texts(request.rates.map(\.rate)),
            .timestamptz(call.now), .text(call.principal.name),
          ])
      ], reply: .with { $0.saved = Int32(request.rates.count) }, resource: "exchange_rate/\(request.source)")
  }

  func listExchangeRates(
    _ request: Remit_Ledger_V1_ListExchangeRatesRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListExchangeRatesReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 3)
    // After every date: the newest first.
    var after = (day: CivilDate(days: .max), currency: "", source: "")
    if let key = page.after {
      guard let day = CivilDate(key[0]) else { throw Page.badToken }
      after = (day, key[1], key[2])
    }
    let results = try await call.query([
      Statement(
        """
        SELECT DISTINCT ON (valid_on, currency, source) source, currency, valid_on, rate, recorded_by, recorded_at FROM ledger.exchange_rate
         WHERE (valid_on < $1 OR valid_on = $1 AND (currency, source) > ($2, $3)) AND ($4 = '' OR currency = $4) AND ($5 = '' OR source = $5)
         ORDER BY valid_on DESC, currency, source, recorded_at DESC LIMIT $6
        """,
        [
          .date(after.day), .text(after.currency), .text(after.source), .text(request.currency), .text(request.source),
          .int8(Int64(page.size + 1)),
        ])
    ])
    let (rates, nextToken) = page.cut(try results[0].map(Remit_Ledger_V1_ExchangeRate.init(row:))) { [$0.validOn, $0.currency, $0.source] }
    return .with {
      $0.rates = rates
      $0.nextPageToken = nextToken
    }
  }

  func setRatePolicy(_ request: Remit_Ledger_V1_SetRatePolicyRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_RatePolicy> {
    let policy = request.policy
    var violations = Violations()
    violations.text(policy.source, "policy.source", charactersMax: 32)
    if !(0...366).contains(policy.daysMax) { violations.add("policy.days_max", "must be 0 to 366") }
    try violations.throwIfAny()
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.rate_policy AS p (source, days_max, recorded_at, recorded_by) VALUES ($1, $2, $3, $4)
          ON CONFLICT (tenant_id) DO UPDATE SET (source, days_max, recorded_at, recorded_by, version) = ($1, $2, $3, $4, p.version + 1)
          """, [.text(policy.source), .int2(Int16(policy.daysMax)), .timestamptz(call.now), .text(call.principal.name)])
      ], reply: policy, resource: "rate_policy")
  }
}

extension Remit_Ledger_V1_ExchangeRate {
  /// - Parameter row: source, currency, valid_on, rate, recorded_by, recorded_at.
  fileprivate init(row: inout CellReader) throws {
    self.init()
    source = try row.text()
    currency = try row.text()
    validOn = "\(try row.date())"
    rate = try row.text()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
  }
}
