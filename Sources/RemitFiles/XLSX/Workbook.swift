import RemitAPI
import RemitSDK

/// An XLSX workbook (ECMA-376 part 1, SpreadsheetML): which sheets there are, and what cells refer to.
struct Workbook {
  private let archive: ZipArchive
  private let list: SheetList
  private let relations: Relationships
  private let texts = SharedTexts()
  private let styles = CellStyles()

  static func isZip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) }

  /// The rows of a sheet.
  ///
  /// - Parameter sheet: its name; empty: the first that is not hidden and has rows.
  static func rows(of bytes: [UInt8], sheet: String) throws(CallError) -> TableRows {
    guard isZip(bytes) else { throw .file("is no XLSX workbook: it does not begin as one; is it cut off, or another kind of file?") }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(CallError) in
      try Workbook(ZipArchive(buffer)).rows(sheet)
    }
  }

  private init(_ archive: ZipArchive) throws(CallError) {
    self.archive = archive
    guard archive.has("_rels/.rels") else {
      let isODS = archive.has("META-INF/manifest.xml") && archive.has("content.xml")
      throw .file(
        "is \(isODS ? "an ODS workbook" : "a ZIP file, but no XLSX workbook"); open it in a spreadsheet program and save it as XLSX or CSV")
    }
    let root = try Relationships(of: "", in: archive)
    guard let path = root.paths(of: "officeDocument").first else { throw .file("is no XLSX workbook: it names no document") }
    guard !path.hasSuffix(".bin") else {
      throw .file("is a binary workbook (XLSB); open it in a spreadsheet program and save it as XLSX or CSV")
    }
    list = SheetList()
    try XMLReader.read(path, of: archive, list)
    guard list.isWorkbook else { throw .file("is another document of Office, no XLSX workbook") }
    relations = try Relationships(of: path, in: archive)
    if let path = relations.paths(of: "sharedStrings").first { try XMLReader.read(path, of: archive, texts) }
    if let path = relations.paths(of: "styles").first { try XMLReader.read(path, of: archive, styles) }
  }

  private func rows(_ name: String) throws(CallError) -> TableRows {
    // Sheets of charts have relations of another type.
    let sheets = list.sheets.filter { relations.isOne($0.relation, "worksheet") }
    guard name.isEmpty else {
      guard let sheet = sheets.first(where: { $0.name == name }) else {
        let names = CellText.cut(sheets.prefix(20).map(\.name).joined(separator: ", "), bytesMax: 1000)
        throw .invalid([("sheet", "is \"\(CellText.cut(name, bytesMax: 200))\", which the workbook does not have; it has \(names)")])
      }
      return try rows(of: sheet)
    }
    for sheet in sheets where !sheet.isHidden {
      let rows = try rows(of: sheet)
      if rows.hasText { return rows }
    }
    throw .file("has no sheet with rows that is not hidden")
  }

  private func rows(of sheet: SheetList.Sheet) throws(CallError) -> TableRows {
    guard let path = relations.path(sheet.relation) else { throw .file("is damaged: the sheet \(sheet.name) is not in it") }
    let reader = SheetRows(name: sheet.name, texts: texts.texts, styles: styles, is1904: list.is1904)
    try XMLReader.read(path, of: archive, reader)
    return reader.rows
  }
}

/// Which parts of the package another refers to (ECMA-376 part 2).
private final class Relationships: XMLVisitor {
  private static let countMax = 10_000
  private var targets: [(id: String, type: String, path: String)] = []
  private let folder: [String]

  /// - Parameter part: the path of the other; empty: the package.
  init(of part: String, in archive: ZipArchive) throws(CallError) {
    let steps = part.split(separator: "/").map(String.init)
    folder = steps.dropLast()
    let path = (folder + ["_rels", (steps.last ?? "") + ".rels"]).joined(separator: "/")
    if archive.has(path) { try XMLReader.read(path, of: archive, self) }
  }

  func paths(of type: String) -> [String] { targets.filter { $0.type == type }.map(\.path) }
  func path(_ id: String) -> String? { targets.first { $0.id == id }?.path }
  func isOne(_ id: String, _ type: String) -> Bool { targets.contains { $0.id == id && $0.type == type } }

  func open(_ element: String, _ attributes: XMLAttributes) throws(CallError) {
    guard element == "Relationship", attributes["TargetMode"] != "External", let id = attributes["Id"], let target = attributes["Target"],
      let type = attributes["Type"]?.split(separator: "/").last
    else { return }
    guard targets.count < Self.countMax else { throw .file("is no workbook that a spreadsheet program wrote: it has too many parts") }
    var path = target.hasPrefix("/") ? [] : folder
    for step in target.split(separator: "/") where step != "." {
      if step == ".." { _ = path.popLast() } else { path.append(String(step)) }
    }
    targets.append((id, String(type), path.joined(separator: "/")))
  }

  func close(_ element: String, text: String) {}
}

/// The sheets as the workbook lists them.
private final class SheetList: XMLVisitor {
  struct Sheet {
    let name: String
    let isHidden: Bool
    let relation: String
  }

  private static let countMax = 1000
  private(set) var sheets: [Sheet] = []
  private(set) var isWorkbook = false
  private(set) var is1904 = false

  func open(_ element: String, _ attributes: XMLAttributes) throws(CallError) {
    switch element {
    case "workbook": isWorkbook = true
    case "workbookPr": is1904 = ["1", "true"].contains(attributes["date1904"])
    case "sheet":
      guard sheets.count < Self.countMax else { throw .file("has more than \(Self.countMax) sheets") }
      let isHidden = ["hidden", "veryHidden"].contains(attributes["state"])
      sheets.append(Sheet(name: attributes["name"] ?? "", isHidden: isHidden, relation: attributes["id"] ?? ""))
    default: break
    }
  }

  func close(_ element: String, text: String) {}
}

/// The texts that cells refer to by their index.
private final class SharedTexts: XMLVisitor {
  private(set) var texts: [String] = []
  private var run = TextRuns()

  func open(_ element: String, _ attributes: XMLAttributes) { run.open(element) }

  func close(_ element: String, text: String) throws(CallError) {
    try run.close(element, text, place: "its list of texts")
    guard element == "si" else { return }
    guard texts.count < FileLimits.cellsMax else { throw FileLimits.tooManyCells }
    texts.append(run.take())
  }
}

/// The text of a cell, put together of its runs; how it is spoken is left out.
struct TextRuns {
  private var text = ""
  private var isPhonetic = false

  mutating func open(_ element: String) { if element == "rPh" { isPhonetic = true } }

  /// - Parameter place: for a message.
  mutating func close(_ element: String, _ run: String, place: @autoclosure () -> String) throws(CallError) {
    if element == "rPh" { isPhonetic = false }
    guard element == "t", !isPhonetic else { return }
    guard text.utf8.count + run.utf8.count <= FileLimits.cellBytesMax else { throw FileLimits.tooLong(place()) }
    text += run
  }

  mutating func take() -> String {
    defer { text = "" }
    return Self.unescaped(text)
  }

  /// Characters that XML cannot have stand as _x000D_ (ECMA-376 part 1, 22.9.2.19).
  static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "_")) else { return text }
    var rest = Array(text.utf8)[...]
    var unescaped: [UInt8] = []
    while let byte = rest.first {
      if let character = escape(rest.prefix(7)) {
        unescaped += character.utf8
        rest = rest.dropFirst(7)
      } else {
        unescaped.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: unescaped, as: UTF8.self)
  }

  private static func escape(_ bytes: ArraySlice<UInt8>) -> String? {
    let digits = bytes.dropFirst(2).dropLast()
    guard bytes.starts(with: "_x".utf8), digits.count == 4, bytes.last == UInt8(ascii: "_"), digits.first != UInt8(ascii: "+"),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), value > 0
    else { return nil }
    return Unicode.Scalar(value).map { String($0) }
  }
}
