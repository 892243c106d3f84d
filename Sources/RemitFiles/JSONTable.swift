import RemitAPI
import RemitJSON
import RemitSDK

/// An array of objects as a table: a column a key, in the order in which they first appear.
struct JSONTable {
  private static let columnBytesMax = 1000
  /// Values and separators; without such a bound a file of brackets takes fifty times its size.
  private static let valuesMax = FileLimits.cellsMax + FileLimits.rowsMax

  private var columns: [String] = []
  /// Column -> its index.
  private var places: [String: Int] = [:]
  private var rows = TableRows()

  /// - Parameter list: the path of the array; empty: the document itself, or the only array in it.
  init(_ bytes: [UInt8], list: String) throws(CallError) {
    let text = try TextDecoding.utf8(bytes, encoding: "utf-8", locale: "")
    guard Self.valueCount(text) <= Self.valuesMax else { throw FileLimits.tooManyCells }
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONValue(text)
    } catch {
      throw .file("is not whole JSON: \(error)")
    }
    for (index, element) in try Self.list(list, in: document).enumerated() { try add(element, line: index + 1) }
  }

  var table: Table {
    get throws(CallError) {
      guard !rows.rows.isEmpty else { throw .file("has no records: its list is empty") }
      return try rows.table(columns)
    }
  }

  private static func valueCount(_ text: [UInt8]) -> Int {
    var (count, isQuoted, isEscaped) = (1, false, false)
    for byte in text {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\") where isQuoted: isEscaped = true
      case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"): if !isQuoted { count += 1 }
      default: break
      }
    }
    return count
  }

  private static func list(_ path: String, in document: JSONValue) throws(CallError) -> [JSONValue] {
    if !path.isEmpty {
      if case .array(let items)? = document[path.split(separator: ".").map(String.init)] { return items }
      throw .invalid([("list", "is \"\(CellText.cut(path, bytesMax: 200))\", where the file has no list")])
    }
    if case .array(let items) = document { return items }
    var found: [(path: String, items: [JSONValue])] = []
    lists(in: document, "", &found)
    guard let first = found.first else { throw .file("has no list of records") }
    guard found.count == 1 else {
      let names = found.prefix(10).map(\.path).joined(separator: ", ")
      throw .invalid([("list", "must be given: the file has several (\(CellText.cut(names, bytesMax: 1000)))")])
    }
    return first.items
  }

  private static func lists(in value: JSONValue, _ path: String, _ found: inout [(path: String, items: [JSONValue])]) {
    if case .array(let items) = value { found.append((path, items)) }
    guard case .object(let members) = value else { return }
    for (key, value) in members where found.count <= 10 {
      lists(in: value, CellText.cut(path.isEmpty ? key : "\(path).\(key)", bytesMax: columnBytesMax), &found)
    }
  }

  private mutating func add(_ element: JSONValue, line: Int) throws(CallError) {
    guard case .object(let members) = element else { throw .file("has no object with names and values as element \(line) of its list") }
    var cells: [String?] = Array(repeating: nil, count: columns.count)
    try add(members, "", line, to: &cells)
    let end = (cells.lastIndex { $0 != nil } ?? -1) + 1
    try rows.add(cells[..<end].map { $0 ?? "" }, line: line)
  }

  private mutating func add(
    _ members: [(key: String, value: JSONValue)], _ prefix: String, _ line: Int, to cells: inout [String?]
  ) throws(CallError) {
    for (key, value) in members {
      guard prefix.utf8.count + key.utf8.count < Self.columnBytesMax else {
        throw .file("has a name of more than \(Self.columnBytesMax) bytes in element \(line)")
      }
      guard !key.utf8.contains(0) else { throw .file("holds a zero byte in a name of element \(line): it is damaged") }
      let column = prefix + key
      if case .object(let inner) = value {
        try add(inner, column + ".", line, to: &cells)
        continue
      }
      let text = try Self.text(value, column, line)
      let place = places[column] ?? columns.count
      if place == columns.count {
        guard place < FileLimits.columnsMax else { throw FileLimits.tooManyColumns(line: line) }
        columns.append(column)
        places[column] = place
        cells.append(nil)
      }
      guard cells[place] == nil else { throw .file("has \(column) twice in element \(line)") }
      cells[place] = text
    }
  }

  private static func text(_ value: JSONValue, _ column: String, _ line: Int) throws(CallError) -> String {
    var text = ""
    switch value {
    case .array(let items):
      for (index, item) in items.enumerated() {
        switch item {
        case .array, .object:
          throw .file("has a list of objects or lists as \(column) of element \(line); a cell takes a list of single values only")
        default: text += (index == 0 ? "" : ", ") + (try Self.text(item, column, line))
        }
        guard text.utf8.count <= FileLimits.cellBytesMax else { break }
      }
    case .string(let string): text = string
    case .number(let number): text = number
    case .bool(let flag): text = flag ? "true" : "false"
    case .null, .object: break
    }
    guard text.utf8.count <= FileLimits.cellBytesMax else { throw FileLimits.tooLong("\(column) of element \(line)") }
    guard !text.utf8.contains(0) else { throw .file("holds a zero byte in \(column) of element \(line): it is damaged") }
    return text
  }
}
