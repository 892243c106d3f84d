/// The combinations of a table's inputs, in parts that no row's cells divide: each column's values in classes of which the cells
/// tell no two values apart.
struct TableSpace {
  struct Column {
    /// A value of each class.
    var witnesses: [Value] = []
    /// Of each class the rows of which the cell takes it, or is an expression.
    var rows: [TableRows] = []
    /// Of each row the classes that its cell takes.
    var classes: [TableRows] = []
  }

  let columns: [Column]
  let all: TableRows
  /// Rows without expressions in their tests.
  let plain: TableRows
  /// From each column on, the rows that take all classes of it and of those after it; one more than columns.
  let full: [TableRows]

  /// - Parameter steps: how often a value may be put to a test; nil where that is not enough.
  init?(_ table: DecisionTable, steps: Int) {
    let count = table.rows.count
    var (all, plain) = (TableRows(count: count), TableRows(count: count))
    for (index, row) in table.rows.enumerated() {
      all.insert(index)
      let isPlain = row.tests.allSatisfy { if case .plain = $0.kind { true } else { false } }
      if isPlain { plain.insert(index) }
    }
    var columns: [Column] = []
    var stepsLeft = steps
    let currency = Self.currency(table)
    for index in table.inputs.indices {
      guard let column = Self.column(index, table, currency, &stepsLeft) else { return nil }
      columns.append(column)
    }
    var full = [all]
    for column in columns.reversed() {
      full.append(column.rows.reduce(full[full.count - 1]) { $0.intersection($1) })
    }
    (self.columns, self.all, self.plain, self.full) = (columns, all, plain, full.reversed())
  }

  /// A currency that the table names somewhere, for moneys of columns that name none.
  private static func currency(_ table: DecisionTable) -> String {
    for row in table.rows {
      for test in row.tests {
        guard case .plain(let plain) = test.kind else { continue }
        var values: [Value] = []
        plain.gather(&values)
        for case .money(let money) in values { return money.currency }
      }
    }
    return "XXX"
  }

  private static func column(_ index: Int, _ table: DecisionTable, _ currency: String, _ stepsLeft: inout Int) -> Column? {
    // Cells of the same text ask the same.
    var numbers: [String: Int] = [:]
    var tests: [TableTest] = []
    var numberOfRow = [Int?](repeating: nil, count: table.rows.count)
    for (row, content) in table.rows.enumerated() {
      guard let test = content.tests.first(where: { $0.column == index }), case .plain(let plain) = test.kind else { continue }
      let text = table.cells[row][index]
      let number = numbers[text] ?? tests.count
      if number == tests.count {
        numbers[text] = number
        tests.append(plain)
      }
      numberOfRow[row] = number
    }
    let type = table.inputs[index].type
    guard let witnesses = TableWitnesses.values(type, tests, currency: currency) else { return nil }
    var bounds: [Value] = []
    for test in tests { test.gather(&bounds) }
    let (steps, overflows) = max(tests.count, bounds.count / 2).multipliedReportingOverflow(by: witnesses.count)
    stepsLeft -= overflows ? stepsLeft + 1 : min(steps, stepsLeft + 1)
    guard stepsLeft >= 0 else { return nil }

    var column = Column()
    var seen: [TableRows: Int] = [:]
    var taken: [TableRows] = []
    for witness in witnesses {
      var taking = TableRows(count: tests.count)
      for (number, test) in tests.enumerated() {
        var meter = Meter(budget: .max)
        if (try? test.holds(witness, &meter)) == true { taking.insert(number) }
      }
      guard seen.updateValue(taken.count, forKey: taking) == nil else { continue }
      taken.append(taking)
      column.witnesses.append(witness)
    }
    column.classes = [TableRows](repeating: TableRows(count: taken.count), count: table.rows.count)
    for (number, taking) in taken.enumerated() {
      var rows = TableRows(count: table.rows.count)
      for row in table.rows.indices where numberOfRow[row].map(taking.contains) ?? true {
        rows.insert(row)
        column.classes[row].insert(number)
      }
      column.rows.append(rows)
    }
    return column
  }

  /// - Parameter classes: of each column one.
  func values(_ classes: [Int]) -> [Value] { zip(columns, classes).map { $0.witnesses[$1] } }

  /// The rows that take it, where their expressions hold.
  func rows(at classes: [Int]) -> TableRows { zip(columns, classes).reduce(all) { $0.intersection($1.0.rows[$1.1]) } }

  /// Of each column a class that both rows take; nil where there is none.
  func common(_ first: Int, _ second: Int, _ stepsLeft: inout Int) -> [Int]? {
    var found: [Int] = []
    for column in columns {
      stepsLeft -= column.classes[first].words.count + 1
      guard let number = column.classes[first].firstCommon(column.classes[second]) else { return nil }
      found.append(number)
    }
    return found
  }
}
