/// The name that was probably meant.
enum NearestName {
  /// nil where none is near: more than a third of it would be wrong.
  static func of(_ name: String, in names: some Sequence<String>) -> String? {
    guard name.unicodeScalars.count <= 64 else { return nil }
    let near = names.map { (name: $0, distance: distance(Array(name.lowercased().unicodeScalars), Array($0.lowercased().unicodeScalars))) }
    guard let best = near.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(1, name.unicodeScalars.count / 3) ? best.name : nil
  }

  /// How many letters must be added, taken away, changed or swapped with the next (optimal string alignment).
  private static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    var rows: [[Int]] = [Array(0...other.count)]
    for i in one.indices {
      var row = [i + 1]
      for j in other.indices {
        var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (one[i] == other[j] ? 0 : 1))
        if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[one.count][other.count]
  }
}
