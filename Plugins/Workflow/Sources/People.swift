import RemitAPI
import RemitSDK

/// Who there is in the company, as a case asks it: those who are suspended are not.
struct People: Sendable {
  struct Person: Sendable, Equatable {
    let login: String
    let name: String
    let roles: [String]
    let manager: String
    /// Login of who stands in today; empty: nobody.
    let substitute: String
  }

  let all: [String: Person]

  init(_ people: [Person]) { all = Dictionary(people.map { ($0.login, $0) }, uniquingKeysWith: { first, _ in first }) }

  /// - Parameter today: ISO 8601.
  static func statement(today: String) -> Statement {
    Statement(
      """
      SELECT login, name, roles, manager, CASE WHEN away_from <= $1 AND away_until >= $1 THEN substitute ELSE '' END
        FROM host.person_v1 WHERE active
      """, [.text(today)])
  }

  init(_ rows: Rows) throws {
    self.init(
      try rows.map { row in
        Person(
          login: try row.text(), name: try row.text(), roles: try row.text().split(separator: ",").map(String.init),
          manager: try row.text(),
          substitute: try row.text())
      })
  }

  func members(of role: String) -> [String] { all.values.filter { $0.roles.contains(role) }.map(\.login).sorted() }

  /// Those for whom somebody decides: themselves, and those who are away and have them stand in, 3 deep.
  func principals(of login: String) -> Set<String> {
    var found: Set<String> = [login]
    for _ in 0..<3 { found.formUnion(all.values.filter { found.contains($0.substitute) }.map(\.login)) }
    return found
  }

  /// For whom somebody would take a task of an assignee: themselves, else the one whom they stand in for; nil: they may not.
  ///
  /// - Parameter isBarred: who decides nothing, nor has it decided by who stands in.
  func voice(_ login: String, taking assignee: String, without isBarred: (String) -> Bool) -> String? {
    guard all[login] != nil, !isBarred(login) else { return nil }
    let principals = [login] + principals(of: login).subtracting([login]).filter { !isBarred($0) }.sorted()
    guard let role = assignee.role else { return principals.contains(assignee) ? assignee : nil }
    return principals.first { all[$0]?.roles.contains(role) == true }
  }

  /// Whose tasks somebody sees.
  func assignees(of login: String) -> [String] {
    let principals = principals(of: login)
    return principals.sorted() + Set(principals.flatMap { all[$0]?.roles ?? [] }).sorted().map { "role/\($0)" }
  }

  /// Who may take a task of an assignee, without those who stand in.
  func logins(of assignee: String) -> [String] { assignee.role.map(members) ?? (all[assignee] == nil ? [] : [assignee]) }
}

extension String {
  /// Of an assignee that is whoever of a role; nil: it is a person.
  var role: String? { hasPrefix("role/") ? String(dropFirst(5)) : nil }
}
