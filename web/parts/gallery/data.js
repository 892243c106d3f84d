// Invoices as a company has them, the same at each visit.
import { addDays, daysBetween } from "../../values/date.js";
import { moneyOf } from "../../values/money.js";

/** @typedef {{id: string, number: string, customer: string, issued: string, due: string, amount: import("../../values/money.js").Money, open: import("../../values/money.js").Money,
 *   days: string, status: string, owner: string, note: string}} Invoice */

export const today = "2026-11-27";

/** Name, currency, and what the palette finds it by. @type {[string, string, string][]} */
export const customers = [
  ["华信电子科技有限公司", "CNY", "hxdz"],
  ["深圳市鹏程精密制造有限公司", "CNY", "szspcjm"],
  ["上海远洋国际贸易有限公司", "CNY", "shyygj"],
  ["北京天工建设集团股份有限公司", "CNY", "bjtgjs"],
  ["苏州工业园区恒力新材料有限公司", "CNY", "szgyyq"],
  ["广州南方食品配送中心", "CNY", "gznf"],
  ["Nordwind Handels GmbH", "EUR", ""],
  ["Müller & Söhne Maschinenbau KG", "EUR", ""],
  ["Bäckerei Großmann e.K.", "EUR", ""],
  ["Rheinische Stahlwerke AG", "EUR", ""],
  ["Donau Logistik GmbH & Co. KG", "EUR", ""],
  ["Klinikum Lüneburg gGmbH", "EUR", ""],
];
const owners = ["Anna Weber", "李娜", "Jonas Krüger", "王晓明"];
const states = ["not_due", "overdue", "overdue", "partly", "promised", "disputed", "paid", "not_due"];
const notes = ["", "", "", "Teillieferung 2/3", "客户要求补开发票", "", "Skonto 2 %", ""];

/** @param {number} i @returns {Invoice} */
function invoice(i) {
  // Mixes without chance (Knuth's multiplier).
  const mix = Math.imul(i + 1, 2654435761) >>> 8;
  const [customer, currency] = customers[mix % customers.length];
  const issued = addDays("2026-01-05", mix % 320);
  const due = addDays(issued, [14, 30, 30, 60][mix % 4]);
  const minor = BigInt(1_000 + mix * 37 % (mix % 3 ? 900_000 : 90_000_000));
  const late = daysBetween(due, today);
  const wanted = states[(mix >> 3) % states.length];
  const status = wanted === "overdue" || wanted === "not_due" ? (late > 0 ? "overdue" : "not_due") : wanted;
  const open = status === "paid" ? 0n : status === "partly" ? minor / 3n : minor;
  return {
    id: `inv-${i}`,
    number: `RE-2026-${String(i + 1).padStart(6, "0")}`,
    customer,
    issued,
    due,
    amount: moneyOf(minor, currency),
    open: moneyOf(open, currency),
    days: late > 0 && open > 0n ? String(late) : "",
    status,
    owner: owners[mix % 7 % owners.length],
    note: notes[(mix >> 5) % notes.length],
  };
}

/** @param {number} count */
export function invoices(count) {
  return Array.from({ length: count }, (_, i) => invoice(i));
}
