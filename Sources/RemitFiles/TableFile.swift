public import RemitAPI
import RemitSDK

/// A company's file of CSV, XLSX or JSON as a table of texts: the header's names and the records below it. Whatever the file claims, it is
/// read in bounded time and memory.
public struct TableFile: Sendable {
  /// What a file may be.
  public enum Format: String, Sendable { case csv, xlsx, json }

  /// How the file is to be read where it does not say so itself.
  public struct Options: Sendable {
    /// nil: told by the content.
    public var format: Format?
    /// XLSX: the sheet's name; empty: the first that is not hidden and has rows.
    public var sheet = ""
    /// CSV and XLSX: the row of the header, from 1; 0: the first row in which at least two cells are filled (one where no row has more).
    public var header = 0
    /// CSV; nil: the one that most lines have most regularly.
    public var delimiter: UInt8?
    /// CSV: as `TextDecoding` has it.
    public var encoding = ""
    /// Of the company, "zh-CN".
    public var locale = ""
    /// JSON: the path of the array, "data.items"; empty: the document itself, or the only array in it.
    public var list = ""

    public init() {}
  }

  /// A row below the header that is not blank.
  public struct Record: Sendable, Equatable {
    /// CSV: the line of the file; XLSX: the row of the sheet; JSON: the element of the array; from 1.
    public let line: Int
    /// One for each column; empty where nothing stands. Numbers as "1234.5", days as "2026-01-05", instants as "2026-01-05T14:30:00".
    public let cells: [String]
  }

  /// As given, or as found.
  public let format: Format
  /// Without blanks around. An empty name stays empty; the later of two that are the same is followed by " (2)".
  public let columns: [String]
  /// Without blank ones.
  public let records: [Record]

  /// - Throws: what is wrong with the file, its field "file" or that of an option at fault.
  public init(_ bytes: [UInt8], _ options: Options = Options()) throws(CallError) {
    guard !bytes.isEmpty else { throw .file("is empty") }
    guard bytes.count <= FileLimits.bytesMax else { throw .file("is larger than \(FileLimits.bytesMax >> 20) MiB: part it") }
    guard !bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) else {
      throw .file("is an old workbook (XLS) or has a password; open it in a spreadsheet program and save it as XLSX without one, or as CSV")
    }
    let format = options.format ?? Self.format(of: bytes)
    let table: Table =
      switch format {
      case .csv: try Self.csv(bytes, options)
      case .xlsx: try Self.xlsx(bytes, options)
      case .json: try JSONTable(bytes, list: options.list).table
      }
    self.format = format
    (columns, records) = (Self.distinct(table.columns), table.records)
  }

  private static func format(of bytes: [UInt8]) -> Format {
    if Workbook.isZip(bytes) { return .xlsx }
    // A header of separated values may begin with a bracket too, but no object is in it.
    let start = bytes.prefix(1 << 16).drop { [0xEF, 0xBB, 0xBF].contains($0) }.lazy.filter { $0 > 0x20 }.prefix(2)
    let openings = ["[{", "[[", "[\"", "[]", "{\"", "{}"].map { Array($0.utf8) }
    return openings.contains { start.elementsEqual($0) } ? .json : .csv
  }

  private static func xlsx(_ bytes: [UInt8], _ options: Options) throws(CallError) -> Table {
    let rows = try Workbook.rows(of: bytes, sheet: options.sheet)
    return try rows.table(below: rows.header(options.header))
  }

  private static func csv(_ bytes: [UInt8], _ options: Options) throws(CallError) -> Table {
    if let delimiter = options.delimiter, !DelimitedText.delimiters.contains(delimiter) {
      throw .invalid([("delimiter", "must be a comma, a semicolon, a tab or a bar, or not given")])
    }
    let text = try TextDecoding.utf8(bytes, encoding: options.encoding, locale: options.locale)
    var file = try DelimitedText(text, delimiter: options.delimiter)
    var rows = TableRows()
    while let record = try file.next() {
      guard record.count <= FileLimits.columnsMax else { throw FileLimits.tooManyColumns(line: record.line) }
      try rows.add(record.fields, line: record.line)
    }
    // Cells that stand beyond the header are those of a column by mistake: a separator in a text that is not in quotes.
    let header = try rows.header(options.header)
    let columnCount = rows.rows[header].cells.count
    for row in rows.rows[header...] where TableRows.filledCount(row.cells) > columnCount {
      throw .file(
        "has \(row.cells.count) cells on line \(row.line), and \(columnCount) in its header; "
          + "is a text with a separator in it not in quotes, or is the header on another line?")
    }
    return try rows.table(below: header)
  }

  private static func distinct(_ names: [String]) -> [String] {
    var taken: Set<String> = [""]
    var counts: [String: Int] = [:]
    return names.map { name in
      let name = CellText.trimmed(name)
      var free = name
      while !name.isEmpty, !taken.insert(free).inserted {
        let count = (counts[name] ?? 1) + 1
        counts[name] = count
        free = "\(name) (\(count))"
      }
      return free
    }
  }
}

/// What a file may be at most.
enum FileLimits {
  static let bytesMax = 48 << 20
  static let columnsMax = DelimitedText.fieldsMax
  /// As spreadsheets have.
  static let rowsMax = 1_048_576
  static let cellsMax = 5_000_000
  static let cellBytesMax = DelimitedText.fieldBytesMax

  static let tooManyCells = CallError.file("has more than \(cellsMax) cells: part it")

  static func tooManyColumns(line: Int) -> CallError { .file("has more than \(columnsMax) columns, in row \(line)") }

  static func tooLong(_ place: String) -> CallError { .file("has a text of more than \(cellBytesMax) bytes in \(place)") }
}

extension CallError {
  /// - Parameter problem: to stand after "file".
  static func file(_ problem: String) -> CallError { .invalid([("file", problem)]) }
}
