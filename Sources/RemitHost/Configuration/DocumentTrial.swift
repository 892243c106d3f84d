/// A company's documents as a plan would make them, by which a call is judged instead of those that hold. Nothing that it does is kept.
struct DocumentTrial: Sendable {
  let documents: [StoredDocument]
  let forms: CompanyForms
}
