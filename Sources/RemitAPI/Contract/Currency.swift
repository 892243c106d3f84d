/// A currency of ISO 4217, with the number of its decimals.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
  /// "EUR"
  public let code: String
  /// 2 for EUR, 0 for JPY, 3 for KWD.
  public let decimals: Int

  /// nil where there is no such currency.
  public init?(_ code: some StringProtocol) {
    let code = String(code)
    guard let decimals = Self.decimalsByCode[code] else { return nil }
    self.code = code
    self.decimals = decimals
  }

  public var description: String { code }

  /// All of them.
  public static var codes: [String] { decimalsByCode.keys.sorted() }

  /// Minor units as a decimal number: -123450 is "-1234.50".
  public func text(minor: some BinaryInteger) -> String {
    let digits = String(minor.magnitude)
    let sign = minor < 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  // ISO 4217:2015, list one, as of 2026-01; funds and metals left out.
  private static let decimalsByCode: [String: Int] = {
    let codes = [
      0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
      2: """
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP
      DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD
      LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
      SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW
      ZWG
      """,
      3: "BHD IQD JOD KWD LYD OMR TND",
    ]
    var byCode: [String: Int] = [:]
    for (decimals, list) in codes {
      for code in list.split(whereSeparator: \.isWhitespace) { byCode[String(code)] = decimals }
    }
    return byCode
  }()
}
