import LedgerMessages
public import RemitSDK

/// The receivables ledger as a module: its methods, one use case a file beside this one.
public struct Ledger: Module {
  public static let name = "ledger"
  public static let version = "0.1.0"
  public static var descriptors: [UInt8] { Descriptors.bytes }
  public static var migrations: [Migration] { MigrationSQL.files.map { Migration($0) } }
  public static var provisioning: [String] { ProvisioningSQL.files.map(\.sql) }
  public static var permissions: [String] {
    ["credit_note", "debit_note", "refund", "write_off", "adjustment", "opening"].map { "ledger.\($0).post" }
      + ["ledger.period.reopen", "ledger.period.post_soft_closed"]
  }
  public static var checks: [String] { BooksCheck.all }
  public static var findings: [String] { BooksCheck.findings }
  public static var views: [View] {
    [
      View("ledger.customer_v1", Remit_Ledger_V1_CustomerV1.self, permission: "ledger.customer.get"),
      View("ledger.document_v1", Remit_Ledger_V1_DocumentV1.self, permission: "ledger.document.get"),
      View("ledger.item_v1", Remit_Ledger_V1_ItemV1.self, permission: "ledger.item.list"),
      View("ledger.open_items_v1", Remit_Ledger_V1_OpenItemsV1.self, permission: "ledger.item.list"),
      View("ledger.movement_v1", Remit_Ledger_V1_MovementV1.self, permission: "ledger.item.list"),
      View("ledger.allocation_v1", Remit_Ledger_V1_AllocationV1.self, permission: "ledger.allocation.list"),
      View("ledger.period_v1", Remit_Ledger_V1_PeriodV1.self, permission: "ledger.period.list"),
    ]
  }
  public static var jobs: [Job] {
    [Job("fold_ageing", schedule: "*/5 * * * *", method: "/remit.ledger.v1.BooksService/FoldAgeing")]
  }

  public init() {}

  public var services: [Service] {
    [Service("remit.ledger.v1.LedgerService", ledgerMethods), Service("remit.ledger.v1.BooksService", booksMethods)]
  }

  private var ledgerMethods: [Method] {
    [
      .write("CreateCustomer", createCustomer),
      .write("UpdateCustomer", updateCustomer),
      .read("GetCustomer", getCustomer),
      .read("ListCustomers", listCustomers),
      .read("FindSimilarCustomers", findSimilarCustomers),
      .write("MergeCustomers", mergeCustomers),
      .write("UndoMerge", undoMerge),
      .write("PostInvoice", postInvoice),
      .write("PostReceipt", postReceipt),
      .write("PostDocument", postDocument),
      .write("ReverseDocument", reverseDocument),
      .read("GetDocument", getDocument),
      .write("SaveDraft", saveDraft),
      .read("ListDrafts", listDrafts),
      .write("DiscardDraft", discardDraft),
      .write("PostDraft", postDraft),
      .write("CopyDocument", copyDocument),
      .write("AmendDocument", amendDocument),
      .write("Allocate", allocate),
      .write("AllocateUnapplied", allocateUnapplied),
      .write("UndoAllocation", undoAllocation),
      .read("ListAllocations", listAllocations),
      .read("ListDocuments", listDocuments),
      .read("ListOpenItems", listOpenItems),
      .read("GetBalance", getBalance),
      .read("GetStatement", getStatement),
      .read("GetAgeing", getAgeing),
      .write("ImportCustomers", isLong: true, importCustomers),
      .write("ImportInvoices", isLong: true, importInvoices),
      .write("ImportReceipts", isLong: true, importReceipts),
      .write("ImportCreditNotes", isLong: true, importCreditNotes),
      .write("ImportOpenItems", isLong: true, importOpenItems),
    ]
  }

  private var booksMethods: [Method] {
    [
      .write("SetNumberSeries", setNumberSeries),
      .read("ListNumberSeries", listNumberSeries),
      .write("SaveAccount", saveAccount),
      .read("ListAccounts", listAccounts),
      .write("SavePostingProfile", savePostingProfile),
      .read("ListPostingProfiles", listPostingProfiles),
      .write("SetTaxPolicy", setTaxPolicy),
      .read("GetTaxPolicy", getTaxPolicy),
      .write("SetPeriod", setPeriod),
      .read("ListPeriods", listPeriods),
      .read("GetTrialBalance", getTrialBalance),
      .write("ExportJournal", exportJournal),
      .read("ListJournalExports", listJournalExports),
      .write("SaveExchangeRates", saveExchangeRates),
      .read("ListExchangeRates", listExchangeRates),
      .write("SetRatePolicy", setRatePolicy),
      .write("Revalue", revalue),
      .write("FoldAgeing", foldAgeing),
      .read("GetIndicators", getIndicators),
      .read("ProposeInterest", proposeInterest),
    ]
  }
}
