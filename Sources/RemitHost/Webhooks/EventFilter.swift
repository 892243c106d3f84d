import RemitAPI
import RemitExpressions
import RemitJSON

/// Which events of some types a webhook is told of: an expression over the event as `it`, its `type` and its `aggregate`.
struct EventFilter: Sendable {
  private struct Program {
    let expression: Expression
    let records: MessageRecords
  }

  private let schema: MessageSchema
  /// By the full name of the event.
  private var programs: [String: Program] = [:]

  /// - Throws: what is wrong with the expression, for the first type that it does not fit.
  init(_ text: String, types: [String], _ schema: MessageSchema) throws(CallError) {
    self.schema = schema
    for type in types where !text.isEmpty {
      let records = MessageRecords(from: type, in: schema)
      let environment = Environment(
        variables: [.init("it", .record(type)), .init("type", .string), .init("aggregate", .string)], records: Array(records.types.values))
      do throws(ExpressionErrors) {
        programs[type] = Program(expression: try Expression(text, in: environment, expecting: .bool), records: records)
      } catch {
        throw .invalid(error.items.map { ("filter", "\($0.description) (of \(type))") })
      }
    }
  }

  /// Also where that cannot be said: rather one too many than one too few.
  func wants(_ event: DeliveredEvent) -> Bool {
    guard let program = programs[event.type], let message = try? DynamicMessage(wire: event.payload, as: event.type, in: schema) else {
      return true
    }
    return (try? program.expression.holds([program.records.record(message), .string(event.type), .string(event.aggregate)])) ?? true
  }
}
