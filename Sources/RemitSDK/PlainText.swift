@_spi(_Unicode) import Swift

extension String {
  /// As numbers and names are kept: composed (Unicode normal form C), without signs that nobody sees and marks of direction, without blanks around. So what
  /// looks the same is the same, byte by byte as Postgres compares and by canonical equivalence as Swift does.
  public var plain: String {
    // Nearly all are ASCII without blanks around.
    guard utf8.contains(where: { $0 >= 0x80 || $0 < 0x20 }) || utf8.first == 0x20 || utf8.last == 0x20 else { return self }
    var scalars = UnicodeScalarView()
    for scalar in _nfc where !scalar.isInvisible { scalars.append(scalar) }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars.drop { $0.properties.isWhitespace })
  }
}

extension Unicode.Scalar {
  /// Blanks without width, marks of direction, and the byte order mark. Joiners within words of some scripts are none.
  public var isInvisible: Bool {
    switch value {
    case 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
