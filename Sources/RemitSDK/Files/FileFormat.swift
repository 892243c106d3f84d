/// What a file is that is no text, told by its first bytes.
enum FileFormat: CaseIterable {
  case zip, compoundFile, pdf, gzip, html

  init?(_ bytes: [UInt8]) {
    let start = String(decoding: bytes.prefix(200), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
    if ["<html", "<!doctype", "<table", "<?xml"].contains(where: start.hasPrefix) {
      self = .html
      return
    }
    guard let format = Self.allCases.first(where: { !$0.beginning.isEmpty && bytes.starts(with: $0.beginning) }) else { return nil }
    self = format
  }

  private var beginning: [UInt8] {
    switch self {
    case .zip: [0x50, 0x4B, 0x03, 0x04]
    case .compoundFile: [0xD0, 0xCF, 0x11, 0xE0]
    case .pdf: Array("%PDF-".utf8)
    case .gzip: [0x1F, 0x8B]
    case .html: []
    }
  }

  /// To stand after "file".
  var problem: String {
    switch self {
    case .zip: "is a workbook (XLSX, ODS) or another ZIP file, not separated values; open it in a spreadsheet and save it as CSV"
    case .compoundFile: "is an old workbook (XLS) or another Office file, not separated values; open it in a spreadsheet and save it as CSV"
    case .pdf: "is a PDF, not separated values; export the list as CSV from the program that made it"
    case .html:
      "is a web page or XML, not separated values, also where its name ends with .xls; open it in a spreadsheet and save it as CSV"
    case .gzip: "is compressed with gzip; unpack it, and import the CSV file that is in it"
    }
  }
}
