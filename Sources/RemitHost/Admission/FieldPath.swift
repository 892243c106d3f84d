import RemitExpressions
import RemitJSON

/// Where in a message a form's field is: below it, in each element of a list of it, or among the fields of the company's own.
struct FieldPath: Sendable {
  enum Target: Sendable {
    case field(MessageSchema.Field)
    case own(custom: MessageSchema.Field, RecordType.Field)
  }

  /// As the form names it: "instalments.due_on".
  let name: String
  /// Messages on the way.
  let way: [MessageSchema.Field]
  /// Of them, the list; nil: there is none.
  let list: MessageSchema.Field?
  let target: Target
  /// What the target gives an expression.
  let type: ValueType

  /// One place where the field is: a message, and of a list which element.
  struct Place {
    let message: DynamicMessage
    let element: Int?
  }

  /// The messages that hold the field; none where what is on the way to it was not given.
  func places(in message: DynamicMessage) -> [Place] {
    var found = [Place(message: message, element: nil)]
    for step in way {
      found = found.flatMap { place in
        place.message[step].enumerated().compactMap { index, value in
          guard case .message(let inner) = value else { return nil }
          return Place(message: inner, element: step.isRepeated ? index : place.element)
        }
      }
    }
    return found
  }

  /// Whether something else was given that excludes it.
  func isExcluded(in message: DynamicMessage) -> Bool {
    guard case .field(let field) = target, let oneof = field.oneof else { return false }
    return message.type.fields.contains { $0.oneof == oneof && $0.number != field.number && !message[$0].isEmpty }
  }

  /// "instalments[2].due_on", seen from the request.
  func words(at: String, _ place: Place) -> String {
    var parts = way.map { step in step.isRepeated ? "\(step.name)[\(place.element ?? 0)]" : step.name }
    switch target {
    case .field(let field): parts.append(field.name)
    case .own(let custom, let own): parts += [custom.name, own.name]
    }
    return (at.isEmpty ? parts : [at] + parts).joined(separator: ".")
  }

  func isEmpty(in message: DynamicMessage) -> Bool {
    switch target {
    case .own(let custom, let own): return ownFields(custom, message)?[own] == nil
    case .field(let field):
      return switch message[field].first {
      case nil: true
      case .text(let text): text.isEmpty
      case .bytes(let bytes): bytes.isEmpty
      case .integer(0): true
      default: false
      }
    }
  }

  /// The text that stands there; nil where there is none.
  func text(in message: DynamicMessage) -> String? {
    switch target {
    case .own(let custom, let own):
      guard case .string(let text)? = ownFields(custom, message)?[.init(own.name, .string)] else { return nil }
      return text
    case .field(let field):
      if case .text(let text)? = message[field].first, !field.isRepeated { return text }
      // Of a money its amount is what people write.
      if case .message(let inner)? = message[field].first, type == .money { return MoneyText(inner)?.amount }
      return nil
    }
  }

  func set(text: String, in message: DynamicMessage) {
    switch target {
    case .own(let custom, let own): ownFields(custom, message)?.set(own.name, .string(text))
    case .field(let field):
      if case .message(let inner)? = message[field].first, let amount = inner.type.byName["amount"] {
        inner[amount] = [.text(text)]
      } else {
        message[field] = [.text(text)]
      }
    }
  }

  /// For who reads what was changed.
  func shown(in message: DynamicMessage) -> String {
    switch target {
    case .own(let custom, let own): return ownFields(custom, message)?[own].map(Self.words) ?? text(in: message) ?? ""
    case .field(let field):
      return switch message[field].first {
      case nil: ""
      case .text(let text): text
      case .bool(let value): value ? "true" : "false"
      case .integer(let number): "\(number)"
      case .float(let number): "\(number)"
      case .bytes(let bytes): "\(bytes.count) bytes"
      case .message(let inner): MoneyText(inner).map { "\($0.amount) \($0.currency)" } ?? "..."
      }
    }
  }

  static func words(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .int(let number): "\(number)"
    case .bool(let value): value ? "true" : "false"
    case .decimal(let number): number.description
    case .money(let money): money.description
    case .date(let date): date.description
    case .null: ""
    default: "..."
    }
  }

  func ownFields(_ custom: MessageSchema.Field, _ message: DynamicMessage) -> OwnFields? {
    if message[custom].isEmpty { return message.empty(of: custom).map { OwnFields($0) } }
    return message.message(of: custom).map { OwnFields($0) }
  }

  /// - Throws: why the value cannot stand there.
  func assign(_ value: Value, in message: DynamicMessage, scale: Int) throws(EvaluationError) {
    let value = try fitting(value, scale)
    switch target {
    case .own(let custom, let own):
      guard let inner = message.message(of: custom) else { return }
      if case .null = value { OwnFields(inner).set(own.name, nil) } else { OwnFields(inner).set(own.name, value) }
    case .field(let field):
      switch value {
      case .null: message[field] = []
      case .bool(let value): message[field] = [.bool(value)]
      case .int(let number): message[field] = [.integer(Int128(number))]
      case .double(let number): message[field] = [.float(number)]
      case .string(let text): message[field] = [.text(text)]
      case .date(let date): message[field] = [.text(date.description)]
      case .decimal(let number): message[field] = [.text(number.description)]
      case .money(let money):
        guard let inner = message.empty(of: field), let amount = inner.type.byName["amount"], let currency = inner.type.byName["currency"]
        else { return }
        inner[amount] = [.text(money.amount.description)]
        inner[currency] = [.text(money.currency)]
        message[field] = [.message(inner)]
      default: throw EvaluationError(.invalidArgument, "\(name) cannot be given a \(value.type)")
      }
    }
  }

  private func fitting(_ value: Value, _ scale: Int) throws(EvaluationError) -> Value {
    switch (value, type) {
    case (.null, _): return .null
    case (.int(let number), .decimal): return .decimal(DecimalValue(number))
    case (.decimal(let number), .decimal):
      guard case .own = target, number.scale > scale else { return value }
      throw EvaluationError(.outOfRange, "\(name) has \(scale) decimals, and \(number) has more")
    case (.int(let number), .int):
      guard case .field(let field) = target, case .int32 = field.kind, Int32(exactly: number) == nil else { return value }
      throw EvaluationError(.outOfRange, "\(name) cannot be \(number)")
    case _ where value.type == type: return value
    default: throw EvaluationError(.invalidArgument, "\(name) is a \(type.name), and cannot be given a \(value.type.name)")
    }
  }
}
