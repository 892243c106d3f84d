public import RemitAPI

extension Call {
  /// Today in the company's time zone.
  public var today: CivilDate {
    get throws(CallError) {
      guard let date = CivilDate(businessDate) else { throw CallError(.internal, "BUSINESS_DATE", "the host gave no business date") }
      return date
    }
  }

  /// Of the company.
  public var baseCurrency: Currency {
    get throws(CallError) {
      guard let currency = Currency(tenant.baseCurrency) else {
        throw CallError(.failedPrecondition, "BASE_CURRENCY", "\(tenant.baseCurrency), the company's base currency, is none of ISO 4217")
      }
      return currency
    }
  }

  /// Refuses who has no permission beyond that of the method.
  public func require(_ permission: String) throws(CallError) {
    guard may(permission) else {
      throw CallError(.permissionDenied, "NO_PERMISSION", "\(principal.name) has no permission \(permission); an administrator can give it")
    }
  }
}
