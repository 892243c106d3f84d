// A file that a person gives, and its bytes as JSON has them.
import { button } from "../../parts/button.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../runtime/h.js";
import { signal } from "../../runtime/signal.js";
import { formatNumber } from "../../values/number.js";
import { locale } from "../../words/words.js";
import { s, sw } from "../common.js";

/** @param {import("../../runtime/signal.js").Writable<File | null>} file */
export function dropZone(file) {
  const over = signal(false);
  const input = h("input", { type: "file", class: "unseen", tabindex: -1, aria: { label: sw("import.choose") } });
  input.accept = ".csv,.txt,.tsv,.xlsx,.json";
  input.addEventListener("change", () => {
    file.value = input.files?.[0] ?? file.peek();
    // The same file, mended meanwhile, may be chosen again.
    input.value = "";
  });
  return h(
    "div",
    {
      class: () => `drop${over.value ? " drop-over" : ""}`,
      on: {
        dragover: (event) => {
          event.preventDefault();
          over.value = true;
        },
        dragleave: () => (over.value = false),
        drop: (event) => {
          event.preventDefault();
          over.value = false;
          file.value = event.dataTransfer?.files[0] ?? file.peek();
        },
      },
    },
    icon("upload"),
    h(
      "p",
      { class: "drop-text" },
      () =>
        file.value
          ? `${file.value.name} · ${s("import.kilobytes", { text: formatNumber(String(Math.ceil(file.value.size / 1024)), locale.value) })}`
          : s("import.drop"),
    ),
    button({ label: () => s(file.value ? "import.choose_other" : "import.choose"), onClick: () => input.click() }),
    input,
  );
}

/** @param {File} file @returns {Promise<string>} */
export function base64Of(file) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    // "data:text/csv;base64,…"; of an empty file there is no comma.
    reader.onload = () => done(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
}

/** How far it has come. @param {{readonly value: {done: number, all: number, text: string} | null}} state */
export function progress(state) {
  return h("div", { class: "progress", hidden: () => !state.value, role: "status" }, () => {
    const now = state.value;
    if (!now) return null;
    const share = now.all ? Math.round(100 * now.done / now.all) : 0;
    return [
      h("div", { class: "progress-bar" }, h("div", { class: "progress-done", style: { width: `${share}%` } })),
      h("span", { class: "soft small figures" }, now.text),
    ];
  });
}
