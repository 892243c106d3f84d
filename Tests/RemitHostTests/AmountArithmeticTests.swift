import Foundation
import Testing

/// Sums of amounts are made by `MoneySum`, which cannot overflow. Where a module adds and takes off by itself, this says what bounds it.
@Suite("Arithmetic on amounts")
struct AmountArithmeticTests {
  /// Amounts of documents are at most 10^15 (`Money.minorMax`), so that 9,000 of them stay within 64 bits.
  private static let bounded: [String: String] = [
    "AllocationPlan.swift": "no item gives more than it has open, and lines that are told are at most 2,000, with four amounts each",
    "Posting+Allocation.swift": "as the plan that it carries out",
    "Posting.swift": "changes of an item, of which none leaves its range",
    "Posting+Documents.swift": "shares and parts of one document",
    "PlannedAllocations.swift": "signs only",
    "AllocationsToUndo.swift": "signs only",
    "ReverseDocument.swift": "signs only",
    "BookItem.swift": "signs only",
    "ItemHistory.swift": "changes of an item, of which none leaves its range",
    "TaxContent.swift": "128 bits",
    "Allocate.swift": "an item and what is told of it, and the instalments of one document",
    "PostInvoice.swift": "taxes of one invoice, at most 20",
    "PostReceipt.swift": "signs only",
    "PostDocument.swift": "instalments of one document, at most 120",
    "TaxShare.swift": "taxes of one document, at most 20",
    "InstalmentPlan.swift": "instalments of one document, at most 120",
    "Interest.swift": "128 bits",
    "GetTrialBalance.swift": "128 bits",
    "GetIndicators.swift": "in SQL, by numeric",
    "Revalue.swift": "in SQL, by numeric",
    "BooksCheck.swift": "in SQL, by numeric",
    "ImportInvoices.swift": "two amounts; the sum is within the same bound, or refused",
    "ImportRow.swift": "two amounts; the sum is within the same bound, or refused",
    "ImportDocuments.swift": "a tax that is at most the amount",
    "KnownDocuments.swift": "signs only",
    "NamedInvoices.swift": "instalments of one document, at most 120, and what is taken of them",
    "Money.swift": "128 bits, and signs",
    "MoneySum.swift": "128 bits",
  ]

  @Test("Amounts are added, taken off and multiplied only where it is said what bounds them")
  func bounds() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let arithmetic = /[mM]inor\b\)?\s[-+*]=?\s|[-+*]=?\s?\(?\$?[\w.\]]*[mM]inor\b/
    var found = 0
    for folder in ["Plugins/Ledger/Sources", "Plugins/Examples/Swift/Sources", "Sources/RemitSDK"] {
      let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in try #require(files) where file.pathExtension == "swift" && !file.path().contains("Generated") {
        for (index, line) in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
          .enumerated()
        {
          guard !line.contains("//"), line.contains(arithmetic) else { continue }
          found += 1
          #expect(Self.bounded[file.lastPathComponent] != nil, "\(file.lastPathComponent):\(index + 1): \(line)")
        }
      }
    }
    #expect(found > 20, "the pattern finds nothing any more")
  }
}
