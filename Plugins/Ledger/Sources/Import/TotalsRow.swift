import RemitSDK

/// Rows at the end of a list, or of a part of it, that add up what is above.
enum TotalsRow {
  private static let words: Set = [
    "total", "totals", "subtotal", "grandtotal", "sum", "summe", "gesamt", "gesamtsumme", "zwischensumme", "合计", "总计", "小计", "共计", "本页合计",
    "本页小计", "本月合计", "累计",
    "übertrag", "uebertrag", "carriedforward", "broughtforward", "balancebroughtforward", "balancecarriedforward", "承前页", "过次页",
  ]
  /// "Summe November".
  private static let firstWords: Set = ["summe", "zwischensumme", "gesamtsumme"]
  /// "总计（大写）".
  private static let beginnings = ["合计", "总计", "小计", "本页", "本月合计", "累计"]
  private static let wordBytesMax = 60

  /// - Parameters:
  ///   - cells: all of the row.
  ///   - keys: indices of the cells by which its kind of record is known; of one group all are blank or the word of a total.
  ///   - dates: those of its dates, which totals do not have.
  static func isOne(_ cells: [String], keys: [[Int]], dates: [Int]) -> Bool {
    guard cells.contains(where: isWord) else { return false }
    func isFree(_ column: Int) -> Bool {
      guard cells.indices.contains(column) else { return true }
      return CellText.trimmed(cells[column]).isEmpty || isWord(cells[column])
    }
    return dates.allSatisfy(isFree) && keys.contains { !$0.isEmpty && $0.allSatisfy(isFree) }
  }

  private static func isWord(_ cell: String) -> Bool {
    guard (1...wordBytesMax).contains(cell.utf8.count) else { return false }
    let key = ImportField.key(cell)
    let first = CellText.plain(cell).lowercased().prefix { $0.isLetter }
    return words.contains(key) || firstWords.contains(String(first)) || beginnings.contains(where: key.hasPrefix)
  }
}
