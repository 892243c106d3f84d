import ArgumentParser
import FoundationEssentials
import Glibc
import Logging

/// How remitd writes its log to standard error: one line a record, whatever is in it.
enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// remitd: message key=value, for people.
  case text
  /// An object with time, level, message and the rest, for programs.
  case json
}

struct LogLine: LogHandler {
  let format: LogFormat
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(format: LogFormat, logLevel: Logger.Level = .info) {
    self.format = format
    self.logLevel = logLevel
  }

  /// The level that an option names.
  static func level(_ name: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: name) else {
      throw ValidationError("there is no level \(name); there are \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
    let line: String
    switch format {
    case .text:
      let level = event.level >= .warning ? "\(event.level): " : ""
      line = "remitd: " + Self.escaped(level + "\(event.message)" + fields.map { " \($0.0)=\($0.1)" }.joined())
    case .json:
      let all = [
        ("time", Date().ISO8601Format(.init(includingFractionalSeconds: true))), ("level", "\(event.level)"),
        ("message", "\(event.message)"),
      ]
      line = "{" + (all + fields).map { "\"\(Self.escaped($0.0))\":\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
    }
    Self.write(line + "\n")
  }

  /// As in a JSON string: what would end a line or a string, or is no character that is seen, is escaped.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func write(_ line: String) {
    let bytes = Array(line.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
