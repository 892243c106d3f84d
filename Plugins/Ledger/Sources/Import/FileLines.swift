import RemitSDK

/// Rows of a file that have one number: lines of one document, or what nobody can tell.
enum FileLines {
  /// Makes one record, at the first, of rows with one number. Where one of them is refused, all are: the others would be too little.
  ///
  /// - Parameter add: the first with another line of it, which follows the file's line given; nil where it is none, and the row says so.
  /// - Returns: the other rows of a record, by the index of its first.
  static func addUp<Record: DocumentRecord>(
    _ records: inout [Record?], _ rows: inout [ImportRow], add: (Record, Record, inout ImportRow, Int) -> Record?
  ) -> [Int: [Int]] {
    var parts: [Int: [Int]] = [:]
    // By the cells, as a row that is refused has no record.
    let numbered = rows.indices.filter { !rows[$0].cell("number").isEmpty }
    for lines in Dictionary(grouping: numbered, by: { [rows[$0].cell("number").plain, rows[$0].cell("invoice_code").plain] }).values {
      let first = lines[0]
      var sum = records[first]
      for line in lines.dropFirst() {
        guard let record = records[line], let whole = sum else { continue }
        sum = add(whole, record, &rows[line], rows[first].line)
      }
      let amounts = Set(lines.map { records[$0].map { $0.document(of: KnownCustomers.unknown).money } })
      if lines.count > 1, amounts.count == 1, amounts != [nil] {
        rows[lines[1]].note(
          "amount",
          "is that of line \(rows[first].line) too, and is added; where it is the invoice's total, say which the lines' amounts are (amount=HEADER)"
        )
      }
      if let refused = lines.first(where: { rows[$0].isRefused }) {
        for line in lines where !rows[line].isRefused {
          rows[line].refuse(nil, "is of the document of line \(rows[refused].line), which is refused")
        }
        for line in lines { records[line] = nil }
      } else {
        records[first] = sum
        for line in lines.dropFirst() { records[line] = nil }
        if lines.count > 1 { parts[first] = Array(lines.dropFirst()) }
      }
    }
    return parts
  }

  /// Refuses all rows that have one number and no external id: which of them counts nobody can tell.
  ///
  /// - Parameters:
  ///   - parts: rows that belong to another, by its index.
  ///   - hint: what may be done about it.
  static func refuseRepeated<Record: DocumentRecord>(
    _ records: inout [Record?], _ rows: inout [ImportRow], _ parts: [Int: [Int]], hint: String
  ) {
    let documents = records.map { $0?.document(of: KnownCustomers.unknown) }
    let numbered = documents.indices.filter { documents[$0]?.number != nil && documents[$0]?.externalID == nil }
    for lines in Dictionary(grouping: numbered, by: { documents[$0]?.number ?? "" }).values where lines.count > 1 {
      // Of rows that say the same the first counts, unless the books have it.
      if lines.allSatisfy({ documents[$0] == documents[lines[0]] }) { continue }
      for line in lines {
        let other = line == lines[0] ? lines[1] : lines[0]
        let words =
          documents[line]?.code != documents[other]?.code
          ? ", with another \(rows[line].name(of: "invoice_code")): write that before the number, so that each has its own"
          : hint
        rows[line].refuse("number", "is on line \(rows[other].line) too\(words)")
        records[line] = nil
        for part in parts[line] ?? [] { rows[part].refuse(nil, "belongs to line \(rows[line].line), which is refused") }
      }
    }
  }
}

extension ImportRow {
  /// Refuses the row where something differs from another line of the same document.
  mutating func refuseDifferent(_ fields: [(field: String, isSame: Bool)], from first: Int) {
    for field in fields where !field.isSame {
      refuse(field.field, "differs from line \(first), which has the same number: lines of one invoice have one \(field.field)")
    }
  }
}
