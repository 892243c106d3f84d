extension String {
  /// As a cell of a file of comma-separated values (RFC 4180), for a spreadsheet too: what it would run as a formula gets an apostrophe before it, by which
  /// its users write that it is text. Numbers are none.
  public var csvCell: String {
    let isNumber = dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
    let cell = utf8.first.map { "=+-@\t\r".utf8.contains($0) && !isNumber } ?? false ? "'" + self : self
    guard cell.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }) else {
      return cell
    }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
