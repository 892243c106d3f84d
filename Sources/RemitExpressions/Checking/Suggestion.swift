/// The nearest of the names that could have been meant.
package enum Suggestion {
  static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    self.name(nearestTo: name, among: names).map { "did you mean '\($0)'?" }
  }

  /// nil where none is near: more than a third of it would be wrong.
  package static func name(nearestTo name: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().utf8.prefix(lengthMax))
    // Of one letter any other would be as near.
    guard wanted.count > 1 else { return nil }
    let distanceMax = max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in names where !candidate.hasPrefix("@") && candidate != name {
      let letters = Array(candidate.lowercased().utf8.prefix(lengthMax))
      guard abs(letters.count - wanted.count) <= distanceMax else { continue }
      let distance = distance(wanted, letters)
      // Of two that are as near the first by the alphabet, so that it does not depend on an order of hashing.
      if distance <= distanceMax,
        distance < best?.distance ?? .max || (distance == best?.distance && candidate < best?.name ?? "")
      {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

  private static let lengthMax = 64

  /// How many letters are added, left out, changed or swapped.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var distance = min(last[column + 1], current[column]) + 1
        distance = min(distance, last[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          distance = min(distance, beforeLast[column - 1] + 1)
        }
        current.append(distance)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
