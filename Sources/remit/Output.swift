import ArgumentParser
import Glibc
import RemitAPI
import SwiftProtobuf

/// How a list is shown.
struct Output: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv
  }

  @Flag(
    inversion: .prefixedNo,
    help: "Begin csv with a byte order mark, by which Excel knows UTF-8. (default: where the language of the system is Chinese)")
  var bom: Bool?
  @Option(help: "table for people, csv for spreadsheets, json (the reply, as the API writes it) for programs.") var output = Format.table

  private static var isChinese: Bool {
    let names: [String] = ["LC_ALL", "LC_CTYPE", "LANG"]
    return names.compactMap { name in getenv(name).map { String(cString: $0) } }.first { !$0.isEmpty }?.hasPrefix("zh") ?? false
  }

  func show(_ table: Table, _ reply: some Message) throws {
    print(output == .json ? try reply.jsonString() + "\n" : text(of: table), terminator: "")
  }

  /// For people, or as CSV.
  func text(of table: Table) -> String {
    output == .csv ? (bom ?? Self.isChinese ? "\u{FEFF}" : "") + table.csv : table.aligned
  }
}

/// Rows of text under titles.
struct Table {
  enum Alignment { case left, right }

  let columns: [(title: String, alignment: Alignment)]
  var rows: [[String]] = []
  /// Rows at the end that sum up the others: a line stands before them, and spreadsheets do not get them.
  var totals: [[String]] = []

  init(_ columns: [(String, Alignment)]) { self.columns = columns.map { (title: $0.0, alignment: $0.1) } }

  /// In columns, as wide as a terminal shows them.
  var aligned: String {
    let titles = columns.map(\.title)
    let rows = rows.map { grouped($0).map(\.visible) }
    let totals = totals.map(grouped)
    let widths = columns.indices.map { column in ([titles] + rows + totals).map { $0[column].terminalWidth }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (column, cell) in cells.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.terminalWidth)
        text += (column == 0 ? "" : "  ") + (columns[column].alignment == .right ? blanks + cell : cell + blanks)
      }
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ") + "\n"
    return line(titles) + rule + rows.map(line).joined() + (totals.isEmpty || rows.isEmpty ? "" : rule) + totals.map(line).joined()
  }

  private func grouped(_ row: [String]) -> [String] { zip(columns, row).map { $0.alignment == .right ? $1.grouped : $1 } }

  /// RFC 4180.
  var csv: String {
    func line(_ cells: [String]) -> String { cells.map(\.csvCell).joined(separator: ",") + "\r\n" }
    return ([columns.map(\.title)] + rows).map(line).joined()
  }
}

extension String {
  /// Without what would move a terminal's cursor, or turn its writing round.
  var visible: String {
    guard unicodeScalars.contains(where: \.steersTerminal) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.steersTerminal ? "\u{FFFD}" : $0 }))
  }

  /// A number with a comma for each thousand; any other text as it is.
  var grouped: String {
    let digits = drop { $0 == "-" }.prefix { $0.isNumber }
    let rest = self[digits.endIndex...]
    guard digits.count > 3, rest.isEmpty || rest.first == ".", rest.dropFirst().allSatisfy(\.isNumber) else { return self }
    let grouped = digits.enumerated().map { index, digit in
      (index > 0 && (digits.count - index).isMultiple(of: 3) ? "," : "") + String(digit)
    }
    return prefix(upTo: digits.startIndex) + grouped.joined() + rest
  }

  /// Chinese, Japanese and Korean characters take two columns (Unicode TR 11, W and F).
  fileprivate var terminalWidth: Int {
    reduce(0) { width, character in
      guard let scalar = character.unicodeScalars.first?.value else { return width }
      let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6,
        0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
      ]
      return width + (wide.contains { $0.contains(scalar) } ? 2 : 1)
    }
  }
}

extension Unicode.Scalar {
  fileprivate var steersTerminal: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension Remit_Type_V1_Money {
  /// "1,130.00 EUR"
  var words: String { "\(amount.grouped) \(currency)" }
}

extension Sequence<Remit_Type_V1_Money> {
  /// One for each currency, by its code. The API writes all amounts of a currency with the same places.
  var sums: [Remit_Type_V1_Money] {
    Dictionary(grouping: self, by: \.currency).sorted { $0.key < $1.key }.map { currency, amounts in
      let places = amounts[0].amount.split(separator: ".").dropFirst().first?.count ?? 0
      let sum = amounts.lazy.compactMap { Int128($0.amount.replacing(".", with: "")) }.reduce(0, +)
      let digits = String(sum.magnitude)
      let padded = String(repeating: "0", count: Swift.max(0, places + 1 - digits.count)) + digits
      let text = places == 0 ? padded : "\(padded.dropLast(places)).\(padded.suffix(places))"
      return .with {
        $0.amount = (sum < 0 ? "-" : "") + text
        $0.currency = currency
      }
    }
  }
}

extension Int {
  /// "1 allocation", "2 allocations"
  func of(_ thing: String) -> String { "\(String(self).grouped) \(thing)\(self == 1 ? "" : "s")" }
}
