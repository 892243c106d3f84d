// Where somebody is signed in.
import { call, platform, read } from "../../app/server.js";
import { badge } from "../../parts/badge.js";
import { button } from "../../parts/button.js";
import { h } from "../../runtime/h.js";
import { answered, instantText, s, sw, table } from "../common.js";
import { askFirst } from "./common.js";

/** @param {{principal: string, mayEnd: boolean}} options */
export function sessionsTable({ principal, mayEnd }) {
  const answer = read(platform("PersonService", "ListSessions"), { principal, pageSize: 100 });
  return answered(answer, (data) =>
    table({
      label: sw("people.sessions"),
      empty: sw("people.no_sessions"),
      rows: data.sessions ?? [],
      columns: [
        {
          label: sw("people.browser"),
          cell: (row) =>
            h("span", { title: row.client }, browserOf(row.client ?? ""), row.isOwn ? badge({ label: sw("people.this_one"), tone: "info" }) : ""),
        },
        { label: sw("people.seen"), cell: (row) => instantText(row.seenAt) },
        ...(mayEnd ? [{ label: "", cell: (/** @type {any} */ row) => row.isOwn ? "" : endButton(row, answer.refresh) }] : []),
      ],
    }));
}

/** @param {any} session @param {() => void} refresh */
function endButton(session, refresh) {
  return button({
    label: sw("people.end_session"),
    kind: "quiet",
    onClick: () =>
      askFirst({
        title: sw("people.end_session"),
        help: () => s("people.end_session_help", { text: browserOf(session.client ?? "") }),
        confirm: sw("people.end_session"),
        danger: true,
        work: async (options) => {
          await call(platform("PersonService", "EndSession"), { id: session.id }, options);
          refresh();
        },
      }),
  });
}

/** "Firefox, Windows" of what a browser says of itself. @param {string} client */
function browserOf(client) {
  const browser = /Edg\//.test(client) ? "Edge" : client.match(/Firefox|Chrome|Safari/)?.[0] ?? client.slice(0, 30);
  const system = client.match(/Windows|Mac OS X|Android|iPhone|iPad|Linux/)?.[0] ?? "";
  return [browser, system].filter(Boolean).join(", ");
}
