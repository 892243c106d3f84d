extension String {
  /// As the database tells texts apart; Swift's == holds those for the same that look the same.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
