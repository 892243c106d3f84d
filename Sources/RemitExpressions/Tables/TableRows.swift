/// A set of a table's rows, or of a column's classes: numbers from 0.
struct TableRows: Hashable, Sendable {
  private(set) var words: [UInt64]

  init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  /// Of which all have the same count.
  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  func contains(_ number: Int) -> Bool { words[number >> 6] >> UInt64(number & 63) & 1 == 1 }
  mutating func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }

  func intersection(_ other: TableRows) -> TableRows {
    var result = self
    for index in words.indices { result.words[index] &= other.words[index] }
    return result
  }

  func subtracting(_ other: TableRows) -> TableRows {
    var result = self
    for index in words.indices { result.words[index] &= ~other.words[index] }
    return result
  }

  func isDisjoint(with other: TableRows) -> Bool {
    for index in words.indices where words[index] & other.words[index] != 0 { return false }
    return true
  }

  /// The least that is in both.
  func firstCommon(_ other: TableRows) -> Int? {
    for index in words.indices {
      let common = words[index] & other.words[index]
      if common != 0 { return index << 6 + common.trailingZeroBitCount }
    }
    return nil
  }

  /// In their order.
  var elements: [Int] {
    words.enumerated().flatMap { index, word in (0..<64).filter { word >> UInt64($0) & 1 == 1 }.map { index << 6 + $0 } }
  }
}
