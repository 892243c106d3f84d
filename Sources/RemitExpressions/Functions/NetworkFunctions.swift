/// Addresses and ranges of the internet, as CEL's network extension has them.
enum NetworkFunctions {
  static let all: [Function] = conversions + questions + ranges

  private static func text(_ value: Value) -> String? { if case .string(let text) = value { text } else { nil } }

  private static func address(_ value: Value) -> NetworkAddress? {
    if case .opaque(let value) = value { value as? NetworkAddress } else { nil }
  }

  private static func range(_ value: Value) -> NetworkRange? {
    if case .opaque(let value) = value { value as? NetworkRange } else { nil }
  }

  private static let conversions: [Function] = [
    .unary("ip", .string, NetworkAddress.type) { value, _ throws(EvaluationError) in
      guard let text = text(value) else { return nil }
      return .opaque(try NetworkAddress(text))
    },
    .unary("cidr", .string, NetworkRange.type) { value, _ throws(EvaluationError) in
      guard let text = text(value) else { return nil }
      return .opaque(try NetworkRange(text))
    },
    .unary("isIP", .string, .bool) { value, _ in
      text(value).map { .bool((try? NetworkAddress($0)) != nil) }
    },
    .unary("isCIDR", .string, .bool) { value, _ in
      text(value).map { .bool((try? NetworkRange($0)) != nil) }
    },
    .unary("ip.isCanonical", .string, .bool) { value, _ throws(EvaluationError) in
      guard let text = text(value) else { return nil }
      return .bool(try NetworkAddress(text).description == text)
    },
    .unary("string", NetworkAddress.type, .string) { value, _ in address(value).map { .string($0.description) } },
    .unary("string", NetworkRange.type, .string) { value, _ in range(value).map { .string($0.description) } },
  ]

  private static let questions: [Function] = {
    let questions: [(String, @Sendable (NetworkAddress) -> Bool)] = [
      ("isUnspecified", { $0.isUnspecified }), ("isLoopback", { $0.isLoopback }),
      ("isGlobalUnicast", { $0.isGlobalUnicast }), ("isLinkLocalMulticast", { $0.isLinkLocalMulticast }),
      ("isLinkLocalUnicast", { $0.isLinkLocalUnicast }),
    ]
    return questions.map { name, question in
      .method(name, NetworkAddress.type, .bool) { value, _ in address(value).map { .bool(question($0)) } }
    } + [.method("family", NetworkAddress.type, .int) { value, _ in address(value).map { .int($0.isV4 ? 4 : 6) } }]
  }()

  private static let ranges: [Function] = [
    .method("containsIP", NetworkRange.type, NetworkAddress.type, .bool) { first, second, _ in
      guard let range = range(first), let address = address(second) else { return nil }
      return .bool(range.contains(address))
    },
    .method("containsIP", NetworkRange.type, .string, .bool) { first, second, _ throws(EvaluationError) in
      guard let range = range(first), let text = text(second) else { return nil }
      return .bool(range.contains(try NetworkAddress(text)))
    },
    .method("containsCIDR", NetworkRange.type, NetworkRange.type, .bool) { first, second, _ in
      guard let outer = range(first), let inner = range(second) else { return nil }
      return .bool(outer.contains(inner))
    },
    .method("containsCIDR", NetworkRange.type, .string, .bool) { first, second, _ throws(EvaluationError) in
      guard let outer = range(first), let text = text(second) else { return nil }
      return .bool(outer.contains(try NetworkRange(text)))
    },
    .method("ip", NetworkRange.type, NetworkAddress.type) { value, _ in range(value).map { .opaque($0.address) } },
    .method("masked", NetworkRange.type, NetworkRange.type) { value, _ in range(value).map { .opaque($0.masked) } },
    .method("prefixLength", NetworkRange.type, .int) { value, _ in range(value).map { .int(Int64($0.prefixLength)) } },
  ]
}
