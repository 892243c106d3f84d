import ArgumentParser

/// The words of remit MODULE NOUN VERB, and what follows.
struct ModuleWords {
  let module: String
  var noun: String?
  var verb: String?
  /// Options and values, in the order given.
  private(set) var rest: [String]
  let wantsHelp: Bool

  init(_ arguments: [String]) {
    let names = arguments.prefix(3).prefix { !$0.hasPrefix("-") }
    module = names[0]
    if names.count > 1 { noun = names[1] }
    if names.count > 2 { verb = names[2] }
    rest = Array(arguments.dropFirst(names.count))
    wantsHelp = rest.contains { ["-h", "--help"].contains($0) }
    rest.removeAll { ["-h", "--help"].contains($0) }
  }

  /// Takes out an option with its value; nil where it is not there.
  mutating func takeValue(of option: String) -> String? {
    if let place = rest.firstIndex(where: { $0.hasPrefix(option + "=") }) {
      return String(rest.remove(at: place).dropFirst(option.count + 1))
    }
    guard let place = rest.firstIndex(of: option), rest.indices.contains(place + 1) else { return nil }
    defer { rest.removeSubrange(place...(place + 1)) }
    return rest[place + 1]
  }

  /// Takes out the options of a group, with their values.
  mutating func take(_ group: (some ParsableArguments).Type) -> [String] {
    let options = Set(group.helpMessage().matches(of: /--[a-z-]+/).map { String($0.output) }).subtracting(["--help"])
    let flags = ["--bom", "--no-bom"]
    var (taken, left): ([String], [String]) = ([], [])
    var words = rest[...]
    while let word = words.popFirst() {
      guard options.contains(String(word.prefix { $0 != "=" })) else {
        left.append(word)
        continue
      }
      taken.append(word)
      if !flags.contains(word), !word.contains("="), let value = words.popFirst() { taken.append(value) }
    }
    rest = left
    return taken
  }
}
