/// What is known of the types that stand for others, and whether a type may be used for another; as cel-go has it.
struct Substitution {
  private var types: [String: ValueType] = [:]
  private var count = 0
  /// What was known before of what was learnt since an assignment began: to forget, where it fails, without a copy.
  private var trail: [(name: String, before: ValueType?)] = []

  private mutating func learn(_ name: String, _ type: ValueType) {
    trail.append((name, types.updateValue(type, forKey: name)))
  }

  private mutating func forget() {
    while let (name, before) = trail.popLast() { types[name] = before }
  }

  mutating func fresh() -> ValueType {
    count += 1
    return .parameter("%\(count)")
  }

  /// A function's types with parameters of their own.
  mutating func instance(of function: Function) -> (parameters: [ValueType], result: ValueType) {
    guard function.isGeneric else { return (function.parameters, function.result) }
    var renamed: [String: ValueType] = [:]
    var parameters: [ValueType] = []
    for type in function.parameters { parameters.append(rename(type, &renamed)) }
    return (parameters, rename(function.result, &renamed))
  }

  private mutating func rename(_ type: ValueType, _ renamed: inout [String: ValueType]) -> ValueType {
    if case .parameter(let name) = type {
      if let known = renamed[name] { return known }
      let new = fresh()
      renamed[name] = new
      return new
    }
    guard type.isOpen else { return type }
    var parameters: [ValueType] = []
    for parameter in type.parameters { parameters.append(rename(parameter, &renamed)) }
    return type.with(parameters)
  }

  /// With all that is known put in.
  ///
  /// - Parameter isFinal: what is still not known becomes `dyn`.
  func applied(to type: ValueType, isFinal: Bool = false) -> ValueType {
    if case .parameter(let name) = type {
      guard let known = types[name] else { return isFinal ? .dyn : type }
      return applied(to: known, isFinal: isFinal)
    }
    // Without asking at each level whether it is open, which would take the square of the levels.
    let parameters = type.parameters
    return parameters.isEmpty ? type : type.with(parameters.map { applied(to: $0, isFinal: isFinal) })
  }

  /// Learns nothing where it gives false.
  mutating func assigns(_ type: ValueType, to target: ValueType) -> Bool {
    if type == target, !type.isOpen { return true }
    trail.removeAll(keepingCapacity: true)
    if matches(type, target) { return true }
    forget()
    return false
  }

  mutating func assigns(_ list: [ValueType], to targets: [ValueType]) -> Bool {
    guard list.count == targets.count else { return false }
    trail.removeAll(keepingCapacity: true)
    for (type, target) in zip(list, targets) where !matches(type, target) {
      forget()
      return false
    }
    return true
  }

  /// The last of the parameters that stand for one another.
  private func root(_ type: ValueType) -> ValueType {
    var root = type
    while case .parameter(let name) = root, let next = types[name], case .parameter = next { root = next }
    return root
  }

  private mutating func matches(_ written: ValueType, _ wanted: ValueType) -> Bool {
    let (type, target) = (root(written), root(wanted))
    if case .parameter(let name) = target {
      switch substitute(type, for: name) {
      case .valid: return true
      case .invalid(wasKnown: true): return false
      case .invalid(wasKnown: false): break
      }
    }
    if case .parameter(let name) = type { return substitute(target, for: name) == .valid }
    if type == .dyn || target == .dyn { return true }
    if type == .null { return target.isNullable }
    if target == .null { return type.isNullable }
    if case .nullable(let inner) = type {
      if case .nullable(let other) = target { return matches(inner, other) }
      return matches(inner, target)
    }
    if case .nullable(let inner) = target { return matches(type, inner) }
    // Any type may be compared with any other: `type(1) == string`.
    if case .type = type, case .type = target { return true }
    let (parameters, others) = (type.parameters, target.parameters)
    guard type.name == target.name, parameters.count == others.count else { return false }
    for (parameter, other) in zip(parameters, others) where !matches(parameter, other) { return false }
    return true
  }

  private enum Result: Equatable {
    case valid
    case invalid(wasKnown: Bool)
  }

  private mutating func substitute(_ type: ValueType, for name: String) -> Result {
    if type == .parameter(name) { return .valid }
    if let known = types[name] {
      if type == known { return .valid }
      guard matches(type, known) else { return .invalid(wasKnown: true) }
      let general = Self.general(type, known)
      if general != known, !refers(general, to: name) { learn(name, general) }
      return .valid
    }
    if case .parameter(let other) = type, types[other] == nil {
      // The newer stands for the older, as a rule: of a list of thousands the types must not make a chain.
      learn(other, .parameter(name))
      return .valid
    }
    guard !refers(type, to: name) else { return .invalid(wasKnown: false) }
    learn(name, type)
    return .valid
  }

  private func refers(_ type: ValueType, to name: String) -> Bool {
    if case .parameter(let other) = type { return other == name || types[other].map { refers($0, to: name) } ?? false }
    return type.parameters.contains { refers($0, to: name) }
  }

  /// The one that stands for more values.
  static func general(_ type: ValueType, _ other: ValueType) -> ValueType {
    if type == .null { return other }
    if other == .null { return type }
    return isAsGeneral(type, other) ? type : other
  }

  private static func isAsGeneral(_ type: ValueType, _ other: ValueType) -> Bool {
    if case .parameter = type { return true }
    if type == .dyn { return true }
    if case .parameter = other { return false }
    if other == .dyn { return false }
    let (parameters, others) = (type.parameters, other.parameters)
    guard type.name == other.name, parameters.count == others.count else { return false }
    if case .type = type { return true }
    return zip(parameters, others).allSatisfy(isAsGeneral)
  }

  /// The type of what may be either.
  mutating func joined(_ type: ValueType?, _ other: ValueType) -> ValueType {
    guard let type else { return other }
    guard assigns(other, to: type) else { return .dyn }
    return Self.general(type, other)
  }
}
