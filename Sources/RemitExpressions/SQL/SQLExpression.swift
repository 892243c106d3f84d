/// A column, or what stands for one, by its path in an expression: "it.custom.limit".
public struct SQLColumn: Sendable {
  /// SQL that gives the value, or NULL where the field is null; of a money its amount, a numeric. It is trusted.
  public let sql: String
  /// Of a money: SQL that gives its currency, a text, wherever there is an amount.
  public let currency: String?
  /// string: text, int: bigint, decimal: numeric, date: date, timestamp: timestamptz, bool: boolean, money
  public let type: ValueType

  /// - Parameter type: of the value, or a nullable of it, which is the same here.
  public init(_ sql: String, _ type: ValueType, currency: String? = nil) {
    (self.sql, self.type, self.currency) = (sql, type, currency)
  }
}

/// An expression as SQL of PostgreSQL, over declared columns, to filter and to order rows by.
///
/// A condition's SQL is TRUE for exactly the rows for which the expression holds. For the others it is FALSE or NULL, whether the
/// expression gives false or fails, so that to order by a condition is to order by `(sql) IS TRUE`. Of other types the SQL is NULL
/// where the expression gives null or fails. The SQL itself fails for no row. What the expression's text or a given value says is
/// a parameter of it.
///
/// Numbers are computed as `numeric`: a sum or product that an int or a decimal cannot hold fails in an expression, and one with
/// more than 18 places is rounded there; the SQL goes on with the exact number.
public struct SQLExpression: Sendable {
  /// With `$n` for parameters; to stand beside any operator.
  public let sql: String
  /// Each a text, which the SQL casts to what it is: `($3)::numeric`.
  public let parameters: [String?]

  /// So many parts may an expression have.
  static let partMax = 10_000

  /// - Parameters:
  ///   - columns: the column that a path stands for, "it.state"; nil where the path is none.
  ///   - given: values of variables by name that are known, such as today. All that has no column is evaluated now.
  ///   - firstParameter: the number of the first parameter: 4 gives $4, $5 and so on.
  /// - Throws: where it cannot be said in SQL, and where a part without a column fails; with the place.
  public init(
    _ expression: Expression, columns: (String) -> SQLColumn?, given: [String: Value] = [:], firstParameter: Int = 1
  ) throws(ExpressionErrors) {
    do throws(Problem) {
      let found = try expression.root.columns(columns)
      var translation = SQLTranslation(expression, columns: found, given: given, firstParameter: firstParameter)
      sql = try translation.sql(of: expression.root)
      parameters = translation.parameters
    } catch {
      throw ExpressionErrors([error], in: expression.text)
    }
  }
}

extension Node {
  /// Of a variable or its fields, also where asked for by `has`: "it.custom.limit".
  var path: String? {
    switch kind {
    case .variable(let name, _): name
    case .field(let choice), .has(let choice): choice.path
    default: nil
    }
  }

  var children: [Node] {
    var children: [Node] = []
    _ = kind.mapNodes {
      children.append($0)
      return $0
    }
    return children
  }

  /// The columns among what the expression names, by path.
  fileprivate func columns(_ column: (String) -> SQLColumn?) throws(Problem) -> [String: SQLColumn] {
    var (found, waiting, count): ([String: SQLColumn], [Node], Int) = ([:], [self], 0)
    while let node = waiting.popLast() {
      count += 1
      guard count <= SQLExpression.partMax else {
        let message = "an expression of more than \(SQLExpression.partMax) parts cannot be asked of the database"
        throw Problem(offset: offset, message: message)
      }
      if let path = node.path, found[path] == nil { found[path] = column(path) }
      waiting += node.children
    }
    return found
  }
}

extension Node.FieldChoice {
  /// nil also for a name with points, which would be taken for a field of a field.
  fileprivate var path: String? {
    guard !isOptional, !name.contains(".") else { return nil }
    if case .has = operand.kind { return nil }
    return operand.path.map { "\($0).\(name)" }
  }
}
