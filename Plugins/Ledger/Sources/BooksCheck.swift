import RemitAPI
import RemitSDK

/// What must hold of a company's books, whoever wrote them: a SELECT each, of what is wrong.
enum BooksCheck {
  static let all = [
    agreement, everyDay, items, documents, allocations, causes, owners, sides, settled, ranges, deltas, rates, days, amounts, currencies,
    versions,
  ]

  /// Numbers that newer rules would not let in beside each other (`String.plain` of the SDK, in SQL).
  static let findings = [
    """
    SELECT 'the numbers of these customers differ by case only: ' || string_agg(number, ', ' ORDER BY number) FROM ledger.customer
     GROUP BY lower(number) HAVING count(*) > 1 ORDER BY 1 LIMIT 100
    """,
    #"""
    SELECT 'the number of the customer ' || number || ' looks like ' || normalize(number) FROM ledger.customer
     WHERE number IS NOT NFC NORMALIZED OR number ~ '[\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]|^\s|\s$'
     ORDER BY 1 LIMIT 100
    """#,
  ]

  /// Journal, movements and open items are the same, currency by currency, in both amounts.
  private static let agreement = """
    WITH account AS (SELECT code FROM ledger.account WHERE role = 'receivable'),
    source AS (
      SELECT currency, 'the journal' AS name, CASE WHEN debit = code THEN amount_minor ELSE -amount_minor END AS minor,
             CASE WHEN debit = code THEN base_minor ELSE -base_minor END AS base FROM ledger.entry, account WHERE code IN (debit, credit)
      UNION ALL SELECT currency, 'movements', amount_minor, base_minor FROM ledger.movement
      UNION ALL SELECT currency, 'open items', open_minor, open_base_minor FROM ledger.item),
    total AS (SELECT c.currency, n.name, coalesce(sum(s.minor), 0) AS minor, coalesce(sum(s.base), 0) AS base
                FROM (SELECT DISTINCT currency FROM source) c CROSS JOIN (VALUES ('the journal'), ('movements'), ('open items')) n (name)
                LEFT JOIN source s ON (s.currency, s.name) = (c.currency, n.name) GROUP BY 1, 2)
    SELECT 'in ' || currency || ' journal, movements and open items do not agree' FROM total GROUP BY currency
    HAVING min(minor) <> max(minor) OR min(base) <> max(base) LIMIT 1
    """

  /// The same on each day.
  private static let everyDay = """
    WITH account AS (SELECT code FROM ledger.account WHERE role = 'receivable'),
    change AS (
      SELECT d.effective_on, e.currency, CASE WHEN debit = code THEN e.amount_minor ELSE -e.amount_minor END AS minor,
             CASE WHEN debit = code THEN e.base_minor ELSE -e.base_minor END AS base
        FROM ledger.entry e JOIN ledger.document d USING (document_id), account WHERE code IN (debit, credit)
      UNION ALL SELECT effective_on, currency, -amount_minor, -base_minor FROM ledger.movement)
    SELECT 'on ' || effective_on || ' journal and movements do not agree' FROM change GROUP BY effective_on, currency
    HAVING sum(minor) <> 0 OR sum(base) <> 0 LIMIT 1
    """

  private static let documents = """
    SELECT 'the ' || d.kind || ' ' || d.number || ' has not the amount of its items' FROM ledger.document d
      LEFT JOIN (SELECT document_id, sum(amount_minor) AS minor, sum(base_minor) AS base FROM ledger.item GROUP BY document_id) i USING (document_id)
     WHERE d.kind NOT IN ('reversal', 'allocation', 'revaluation')
       AND (d.customer_id IS NULL OR (d.amount_minor, d.base_minor) IS DISTINCT FROM (abs(coalesce(i.minor, 0)), abs(coalesce(i.base, 0))))
    UNION ALL
    SELECT 'the ' || d.kind || ' ' || d.number || ' is in the books before it was issued' FROM ledger.document d WHERE d.effective_on < d.issued_on
    UNION ALL
    SELECT 'the ' || d.kind || ' ' || d.number || ' has another tax than its journal' FROM ledger.document d
      JOIN (SELECT document_id, sum(amount_minor) AS minor FROM ledger.entry WHERE tax_rate IS NOT NULL GROUP BY document_id) e USING (document_id)
     WHERE d.kind IN ('invoice', 'debit_note', 'credit_note') AND d.tax_minor <> e.minor
    UNION ALL
    SELECT 'two documents that stand are the ' || d.kind || ' ' || d.number FROM ledger.document d
      JOIN ledger.document o ON o.kind = d.kind AND o.number = d.number AND o.document_id <> d.document_id
     WHERE d.number_use > 0 AND NOT EXISTS (SELECT FROM ledger.document r WHERE r.reverses IN (o.document_id, d.document_id))
     LIMIT 1
    """

  /// An allocation moves the two items that it names, by what it says, and no others.
  private static let allocations = """
    SELECT 'the allocation ' || allocation_id || ' is not what its items moved by' FROM (
      SELECT allocation_id, debit_item AS item_id, -(amount_minor + discount_minor + fee_minor
             + CASE WHEN reverses IS NULL THEN greatest(0, write_off_minor) ELSE least(0, write_off_minor) END) AS minor FROM ledger.allocation
      UNION ALL SELECT allocation_id, credit_item, amount_minor
             - CASE WHEN reverses IS NULL THEN least(0, write_off_minor) ELSE greatest(0, write_off_minor) END FROM ledger.allocation
      UNION ALL SELECT cause_id, item_id, -amount_minor FROM ledger.movement WHERE cause_id IN (SELECT allocation_id FROM ledger.allocation)) m
     GROUP BY allocation_id, item_id HAVING sum(minor) <> 0
    UNION ALL
    SELECT 'the allocation ' || a.allocation_id || ' settles what cannot be settled by it' FROM ledger.allocation a
      JOIN ledger.item d ON d.item_id = a.debit_item JOIN ledger.item c ON c.item_id = a.credit_item
     WHERE d.side <> 1 OR c.side <> -1 OR d.currency <> c.currency
     LIMIT 1
    """

  private static let causes = """
    SELECT 'a movement of the item ' || item_id || ' has no cause' FROM ledger.movement m
     WHERE NOT EXISTS (SELECT FROM ledger.document d WHERE d.document_id = m.cause_id)
       AND NOT EXISTS (SELECT FROM ledger.allocation a WHERE a.allocation_id = m.cause_id) LIMIT 1
    """

  /// Documents, their items and the movements of these are of one customer; merged customers and payers lead to one who is neither.
  private static let owners = """
    SELECT 'the item ' || i.item_id || ' is of another customer than its document' FROM ledger.item i JOIN ledger.document d USING (document_id)
     WHERE i.customer_id IS DISTINCT FROM d.customer_id
    UNION ALL
    SELECT 'the item ' || i.item_id || ' is not as its movements are' FROM ledger.item i JOIN ledger.movement m USING (item_id)
     WHERE (i.customer_id, i.currency, i.side) IS DISTINCT FROM (m.customer_id, m.currency, m.side)
    UNION ALL
    SELECT 'the customer ' || c.number || ' leads to one who leads further' FROM ledger.customer c
      JOIN ledger.customer t ON t.customer_id IN (c.merged_into, c.payer_id)
     WHERE t.customer_id = c.customer_id OR t.customer_id = c.merged_into AND t.merged_into IS NOT NULL
        OR t.customer_id = c.payer_id AND t.payer_id IS NOT NULL
     LIMIT 1
    """

  private static let sides = """
    SELECT 'the ' || d.kind || ' ' || d.number || ' has an item on the wrong side' FROM ledger.document d JOIN ledger.item i USING (document_id)
     WHERE i.side <> CASE WHEN d.kind IN ('invoice', 'debit_note', 'refund') THEN 1 WHEN d.kind IN ('receipt', 'credit_note') THEN -1 ELSE i.side END
     LIMIT 1
    """

  /// What is settled is so in the base currency too, and what is open has the sign of its side.
  private static let settled = """
    SELECT 'the item ' || item_id || ' has in the base currency what it has not open' FROM ledger.item
     WHERE open_minor = 0 AND open_base_minor <> 0 OR sign(open_base_minor) = -side LIMIT 1
    """

  private static let rates = #"""
    SELECT 'there is a rate that cannot be: ' || left(rate, 60) FROM (
      SELECT exchange_rate AS rate FROM ledger.document WHERE exchange_rate <> '' UNION ALL SELECT rate FROM ledger.exchange_rate) r
     WHERE CASE WHEN rate ~ '^(1/)?[+]?[0-9]{1,18}(\.[0-9]{1,18})?$' THEN regexp_replace(rate, '^1/', '')::numeric <= 0 ELSE true END LIMIT 1
    """#

  private static let items = """
    SELECT 'the item ' || i.item_id || ' has not open what its movements make' FROM ledger.item i
      LEFT JOIN (SELECT item_id, sum(amount_minor) AS minor, sum(base_minor) AS base FROM ledger.movement GROUP BY item_id) m USING (item_id)
     WHERE (i.open_minor, i.open_base_minor) IS DISTINCT FROM (coalesce(m.minor, 0), coalesce(m.base, 0)) LIMIT 1
    """

  private static let deltas = """
    SELECT 'in ' || currency || ' the ageing does not agree with the open items' FROM (
      SELECT currency, side, due_on, open_minor AS minor, open_base_minor AS base FROM ledger.item
      UNION ALL SELECT currency, side, due_on, -amount_minor, -base_minor FROM ledger.ageing_delta) s
     GROUP BY currency, side, due_on HAVING sum(minor) <> 0 OR sum(base) <> 0 LIMIT 1
    """

  private static let days = """
    SELECT 'there is a day that cannot be: ' || day FROM (
      SELECT issued_on AS day FROM ledger.document UNION ALL SELECT effective_on FROM ledger.document UNION ALL SELECT due_on FROM ledger.item
      UNION ALL SELECT effective_on FROM ledger.movement UNION ALL SELECT effective_on FROM ledger.allocation
      UNION ALL SELECT (recorded_at AT TIME ZONE 'UTC')::date FROM ledger.document WHERE recorded_at > now() + interval '1 day') d
     WHERE day NOT BETWEEN '\(CivilDate.ofCompanies.lowerBound)' AND '\(CivilDate.ofCompanies.upperBound)' LIMIT 1
    """

  private static let amounts = """
    SELECT 'there is an amount that is too large: ' || minor FROM (
      SELECT unnest(ARRAY[amount_minor, base_minor, tax_minor, paid_minor]) AS minor FROM ledger.document
      UNION ALL SELECT unnest(ARRAY[amount_minor, base_minor, open_minor, open_base_minor, discount_minor]) FROM ledger.item
      UNION ALL SELECT unnest(ARRAY[amount_minor, base_minor]) FROM ledger.entry
      UNION ALL SELECT unnest(ARRAY[amount_minor, base_minor]) FROM ledger.movement
      UNION ALL SELECT unnest(ARRAY[amount_minor, discount_minor, fee_minor, write_off_minor]) FROM ledger.allocation
      UNION ALL SELECT unnest(ARRAY[net_minor, tax_minor]) FROM ledger.tax_line) a
     WHERE abs(minor) > \(Money.minorMax) * 10 LIMIT 1
    """

  /// An item is open from nothing to its amount, on every day.
  private static let ranges = """
    SELECT 'on ' || effective_on || ' the item ' || item_id || ' has more or less open than can be' FROM (
      SELECT m.item_id, m.effective_on, i.amount_minor,
             sum(sum(m.amount_minor)) OVER (PARTITION BY m.item_id ORDER BY m.effective_on) AS open
        FROM ledger.movement m JOIN ledger.item i USING (item_id) GROUP BY m.item_id, m.effective_on, i.amount_minor) d
     WHERE open NOT BETWEEN least(0, amount_minor) AND greatest(0, amount_minor) LIMIT 1
    """

  private static let versions = """
    SELECT 'there is a version that cannot be: ' || version FROM (
      SELECT version FROM ledger.customer UNION ALL SELECT version FROM ledger.customer_version UNION ALL SELECT version FROM ledger.draft
      UNION ALL SELECT version FROM ledger.account UNION ALL SELECT version FROM ledger.period UNION ALL SELECT version FROM ledger.number_series
      UNION ALL SELECT version FROM ledger.posting_profile UNION ALL SELECT version FROM ledger.rate_policy
      UNION ALL SELECT version FROM ledger.tax_policy) v
     WHERE version < 1 LIMIT 1
    """

  private static let currencies = """
    SELECT 'there is no currency ' || currency FROM (SELECT DISTINCT currency FROM ledger.document) c
     WHERE currency <> ALL ('{\(Currency.codes.joined(separator: ","))}') LIMIT 1
    """
}
