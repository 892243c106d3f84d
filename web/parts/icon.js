// Icons: lines on a grid of 16. They only go with a text, or are named by what holds them.
import { svg } from "../runtime/h.js";

const paths = {
  add: "M8 3v10M3 8h10",
  alert: "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.1",
  approve: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 8.2l1.8 1.8 3.2-3.8",
  arrowDown: "M8 3v10M4 9l4 4 4-4",
  arrowUp: "M8 13V3M4 7l4-4 4 4",
  bank: "M2.5 6.5 8 3l5.5 3.5zM4 6.5v5M8 6.5v5M12 6.5v5M2.5 13h11",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM6.8 14h2.4",
  bookmark: "M4.5 2.5h7v11L8 10.8l-3.5 2.7z",
  calendar: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.3V5M10.5 2.3V5",
  call: "M3 3.5 5.5 3l1.3 3-1.5 1.2a7 7 0 0 0 3.5 3.5L10 9.2l3 1.3-.5 2.5C7 13.5 2.5 9 3 3.5Z",
  cash: "M2 4.5h12v7H2zM8 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM4.2 8h.1M11.7 8h.1",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6.5",
  check: "M3.5 8.5 6.5 11.5 12.5 5",
  chevronDown: "M4 6l4 4 4-4",
  chevronLeft: "M10 4 6 8l4 4",
  chevronRight: "M6 4l4 4-4 4",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.2L10.2 9.5",
  close: "M4 4l8 8M12 4l-8 8",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  comment: "M2.5 3.5h11v7.5H8l-3 2.5V11H2.5z",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  customers:
    "M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM1.8 13c.3-2.5 1.9-3.7 4.2-3.7s3.9 1.2 4.2 3.7M10.5 3.2a2.2 2.2 0 0 1 0 4.1M11.8 9.6c1.4.5 2.2 1.6 2.4 3.4",
  density: "M2.5 3.5h11M2.5 6.5h11M2.5 9.5h11M2.5 12.5h11",
  document: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5M6.5 8.5h3.5M6.5 11h3.5",
  download: "M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M3 13.3h10",
  edit: "M3 13l.6-2.9L10.7 3l2.3 2.3-7.1 7.1z",
  external: "M6.5 3.5h-3v9h9v-3M9.5 3h3.5v3.5M13 3 7.5 8.5",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  flag: "M4 14V2.5h8L10.3 5.5 12 8.5H4",
  globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.3C6.5 4.2 9.7 4.3 9.7 6.3 9.7 7.5 8 7.6 8 9M8 11.2v.1",
  home: "M2.5 7.5 8 2.8l5.5 4.7M4 6.5v7h8v-7M6.7 13.5v-4h2.6v4",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5V11M8 5v.1",
  ledger: "M3 2.5h10v11H3zM3 5.5h10M6 2.5v11",
  letter: "M2 3.5h12v9H2zM2.3 4 8 8.5 13.7 4",
  join: "M3.5 2.5v3c0 2 4.5 2 4.5 4v4M12.5 2.5v3c0 2-4.5 2-4.5 4M6 11.5l2 2 2-2",
  link: "M6.8 9.2l2.4-2.4M7.5 4.8l1.6-1.6a2.6 2.6 0 0 1 3.7 3.7l-1.6 1.6M8.5 11.2l-1.6 1.6a2.6 2.6 0 0 1-3.7-3.7l1.6-1.6",
  lock: "M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  minus: "M3 8h10",
  moon: "M13 9.8A5.5 5.5 0 0 1 6.2 3 5.5 5.5 0 1 0 13 9.8Z",
  more: "M3.2 8h.7M7.7 8h.7M12.2 8h.7",
  paste: "M5.5 3h-2v10.5h9V3h-2M5.5 2h5v2.5h-5z",
  person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM3 13.7c.4-2.7 2.2-4 5-4s4.6 1.3 5 4",
  pin: "M6 2.5h4l-.5 4 2 2.2h-7l2-2.2zM8 8.7v5",
  plug: "M6 2.5v3M10 2.5v3M4.5 5.5h7v2a3.5 3.5 0 0 1-7 0zM8 11v3",
  refresh: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 13.5 13.5",
  settings: "M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM6 12.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  spinner: "M8 2a6 6 0 1 1-6 6",
  split: "M8 2.5v3c0 2-4.5 2-4.5 4v4M8 5.5c0 2 4.5 2 4.5 4v4M2 11.8l1.5 1.7 1.5-1.7M11 11.8l1.5 1.7 1.5-1.7",
  stop: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6 6h4v4H6z",
  sun:
    "M8 10.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6.5 6.3V13",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.3 4.5l.6 9h6.2l.6-9",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 4 3 6.5 5.5 9",
  upload: "M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13.3h10",
  warning: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.8M8 11v.1",
};

/** @typedef {keyof typeof paths} IconName */
export const iconNames = /** @type {IconName[]} */ (Object.keys(paths));

/** @param {IconName} name @param {string} [more] classes */
export function icon(name, more = "") {
  const spin = name === "spinner" ? " spinner" : "";
  return svg("svg", { class: `icon${spin} ${more}`.trim(), viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: paths[name] }));
}
