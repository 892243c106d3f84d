import RemitExpressions
import Testing

@Suite("Decimals and moneys")
struct AmountTests {
  typealias Env = TestEnvironment

  @Test(
    "Decimals are exact",
    arguments: [
      ("decimal('0.1') + decimal('0.2')", "0.3"), ("decimal('1.50') + 1", "2.50"), ("3 - decimal('0.05')", "2.95"),
      ("decimal('1.5') * decimal('1.5')", "2.25"), ("decimal(10) / 4", "2.5"), ("decimal(10) / 5", "2"),
      ("decimal(1) / 3", "0.333333333333333333"), ("decimal(2) / 3", "0.666666666666666667"),
      ("decimal('-7.5') % 2", "-1.5"), ("-decimal('1.50')", "-1.50"), ("abs(decimal('-2'))", "2"),
      ("decimal('100000000000000000000') / 3", "33333333333333333333.333333333333333333"),
      ("min(decimal('1.5'), 2)", "1.5"), ("max([decimal('1'), decimal('3')])", "3"),
      ("sum([decimal('1.10'), decimal('2.20')])", "3.30"), ("sum([1, 2, 3])", "6"),
    ])
  func exact(_ text: String, _ result: String) throws { #expect(try Env.result(text) == result) }

  @Test(
    "Decimals are rounded as asked",
    arguments: [
      ("round(decimal('2.345'), 2)", "2.35"), ("round(decimal('-2.345'), 2)", "-2.35"),
      ("roundHalfEven(decimal('2.345'), 2)", "2.34"), ("roundHalfEven(decimal('2.355'), 2)", "2.36"),
      ("floor(decimal('-1.1'))", "-2"), ("ceil(decimal('1.1'))", "2"), ("int(decimal('-1.9'))", "-1"),
      ("round(it.amount / 3, 2)", "4.17 EUR"), ("round(decimal('1.5'), 5)", "1.5"),
    ])
  func rounding(_ text: String, _ result: String) throws { #expect(try Env.result(text) == result) }

  @Test("Numbers are equal by value, whatever their places")
  func equality() throws {
    #expect(try Env.holds("decimal('1.5') == decimal('1.50')"))
    #expect(try Env.holds("decimal('2.00') == 2 && 2 == decimal('2.00') && dyn(decimal('2.0')) == dyn(2u)"))
    #expect(try Env.holds("decimal('10.25') in [decimal('10.250')] && it.open > 10 && 11 > it.open"))
    #expect(try Env.holds("decimal('3') in [1, 2, 3, 4, 5, 6] && !(decimal('3.5') in [1, 2, 3, 4, 5, 6])"))
  }

  @Test(
    "Moneys of one currency are added and compared",
    arguments: [
      ("it.amount + money('0.50', 'EUR')", "13.00 EUR"), ("it.amount * decimal('1.19')", "14.8750 EUR"),
      ("2 * it.amount", "25.00 EUR"), ("-it.amount", "-12.50 EUR"), ("it.amount / money('2.5', 'EUR')", "5.0"),
      ("sum([it.amount, it.amount])", "25.00 EUR"), ("it.amount.currency", "EUR"), ("it.amount.amount", "12.50"),
    ])
  func moneys(_ text: String, _ result: String) throws { #expect(try Env.result(text) == result) }

  @Test("Moneys of different currencies meet with an error")
  func currencies() throws {
    for text in ["it.amount + money('1', 'USD')", "it.amount < money('1', 'USD')", "it.amount / money('1', 'USD')"] {
      #expect(try Env.failure(text) == .currencyMismatch)
    }
    #expect(try Env.holds("it.amount != money('12.50', 'USD')"))
    #expect(try Env.failure("sum([it.amount].filter(m, x > 100))") == .invalidArgument)
  }

  @Test(
    "What is too large is an error",
    arguments: [
      "decimal('99999999999999999999999999999999999999') + 1",
      "decimal('9999999999999999999') * decimal('99999999999999999999')",
      "decimal('99999999999999999999') / decimal('0.000000000000000001') / decimal('0.000000000000000001')",
    ])
  func overflow(_ text: String) throws { #expect(try Env.failure(text) == .overflow) }

  @Test("Division by nothing is an error")
  func division() throws {
    #expect(try Env.failure("decimal('1') / 0") == .divisionByZero)
    #expect(try Env.failure("decimal('1') % 0") == .divisionByZero)
    #expect(try Env.failure("it.amount / 0") == .divisionByZero)
  }

  @Test("Decimal arithmetic agrees with that of whole numbers of the smallest part")
  func property() throws {
    var random = SeededRandom(seed: 42)
    let environment = Environment(variables: [.init("a", .decimal), .init("b", .decimal)])
    let sum = try Expression("a + b", in: environment)
    let product = try Expression("a * b", in: environment)
    let quotient = try Expression("a / b", in: environment)
    let isLess = try Expression("a < b", in: environment)
    for _ in 0..<2000 {
      let (left, right) = (
        Int64.random(in: -1_000_000_000...1_000_000_000, using: &random),
        Int64.random(in: -99_999...99_999, using: &random)
      )
      let (leftScale, rightScale) = (Int.random(in: 0...6, using: &random), Int.random(in: 0...6, using: &random))
      guard let a = DecimalValue(coefficient: Int128(left), scale: leftScale),
        let b = DecimalValue(coefficient: Int128(right), scale: rightScale)
      else { continue }
      let (wideLeft, wideRight) = (Int128(left) * power(6 - leftScale), Int128(right) * power(6 - rightScale))
      let values: [Value] = [.decimal(a), .decimal(b)]
      #expect(micro(try sum.evaluate(values), 6) == wideLeft + wideRight)
      #expect(micro(try product.evaluate(values), 12) == wideLeft * wideRight)
      #expect(try isLess.holds(values) == (wideLeft < wideRight))
      #expect(DecimalValue(a.description) == a)
      guard right != 0, case .decimal(let ratio) = try quotient.evaluate(values) else { continue }
      // Within half of the last place: |a - q·b|·2 ≤ |b|·10^-18.
      let rest = wideLeft * power(18) - ratio.coefficient * power(18 - ratio.scale) * wideRight
      #expect(rest.magnitude * 2 <= wideRight.magnitude)
    }
  }

  private func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

  private func micro(_ value: Value, _ places: Int) -> Int128? {
    guard case .decimal(let decimal) = value else { return nil }
    return decimal.coefficient * power(places - decimal.scale)
  }
}

/// The same numbers for the same seed: SplitMix64.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
