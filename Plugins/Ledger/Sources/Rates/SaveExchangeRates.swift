import LedgerMessages
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
    var numbers: [String] = []
    var seen: Set<String> = []
    for (index, rate) in request.rates.prefix(10_000).enumerated() {
      let field = "rates[\(index)]"
      let currency = Currency(rate.currency)
      if currency == nil { violations.add("\(field).currency", "is no currency of ISO 4217, such as USD") }
      if currency == base { violations.add("\(field).currency", "is the company's base currency") }
      if let day = violations.date(rate.validOn, "\(field).valid_on") { days.append(day) }
      if let number = violations.rate(rate.rate, "\(field).rate"), number.number.value > 0 {
        numbers.append("\(number)")
      } else {
        violations.add("\(field).rate", "must be a number over 0")
      }
      if !seen.insert("\(rate.currency) \(rate.validOn)").inserted { violations.add(field, "is there twice") }
    }
    try violations.throwIfAny()
    return Write(
      [
        Statement(
          insertInto: "ledger.exchange_rate",
          [
            "source": .text(request.source), "currency": .texts(request.rates.map(\.currency)), "valid_on": .dates(days),
            "rate": .texts(numbers), "recorded_at": .timestamptz(call.now), "recorded_by": .text(call.principal.name),
          ])
      ], reply: .with { $0.saved = Int32(request.rates.count) }, resource: "exchange_rate/\(request.source)")
  }
}
