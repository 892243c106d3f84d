extension Remit_Plugin_V1_Statement {
  /// An INSERT. Where there are arrays they are the columns of many rows, one element a row, all of one length; every other value is that of each row.
  ///
  /// - Parameters:
  ///   - table: "ledger.item".
  ///   - ending: what follows: ON CONFLICT ..., RETURNING ...
  public init(insertInto table: String, _ columns: KeyValuePairs<String, Parameter>, ending: String = "") {
    let arrays = columns.enumerated().filter { $0.element.value.isArray }
    let names = columns.map(\.key).joined(separator: ", ")
    let values = columns.enumerated().map { $0.element.value.isArray ? "u.c\($0.offset + 1)" : "$\($0.offset + 1)" }.joined(separator: ", ")
    var sql = "INSERT INTO \(table) (\(names)) "
    if arrays.isEmpty {
      sql += "VALUES (\(values))"
    } else {
      let places = arrays.map { "$\($0.offset + 1)" }.joined(separator: ", ")
      let aliases = arrays.map { "c\($0.offset + 1)" }.joined(separator: ", ")
      sql += "SELECT \(values) FROM unnest(\(places)) u (\(aliases))"
    }
    self.init(ending.isEmpty ? sql : sql + " " + ending, columns.map(\.value))
  }
}
