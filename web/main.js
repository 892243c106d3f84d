// The console begins: who is signed in, then the page that the address names.
import { run } from "./app/console.js";
import { followPerson, load, onOtherTab, personOf, wasSignedOut, who } from "./app/session.js";
import { otherSession, signedOut } from "./app/server.js";
import { keepFor } from "./client/kept.js";
import { followLook } from "./parts/shell.js";
import { mount } from "./runtime/h.js";
import { effect, freeScope, untracked } from "./runtime/signal.js";
import { errorState } from "./parts/states.js";
import { setLanguage } from "./words/words.js";
import { signInScreen } from "./screens/sign_in.js";

const place = /** @type {HTMLElement} */ (document.getElementById("app"));
setLanguage(navigator.language);
followLook(localStorage);

/** @type {(() => void) | null} */
let end = null;

/** @param {() => Node} make */
function show(make) {
  end?.();
  end = freeScope(() => mount(place, make)).end;
}

effect(() => {
  if (!signedOut.value) return;
  untracked(() => {
    wasSignedOut.value = !!who.peek();
    who.value = null;
  });
});
effect(() => {
  if (otherSession.value) untracked(() => void load().catch(() => {}));
});
onOtherTab(() => void load().catch(() => {}));

async function start() {
  try {
    await load();
  } catch (error) {
    return show(() => errorState({ error: error instanceof Error ? error : new Error(String(error)), retry: () => void start() }));
  }
  effect(() => {
    const now = who.value;
    untracked(() => {
      keepFor(now ? personOf(now) : "");
      if (!now) return show(signInScreen);
      followPerson(now, localStorage);
      show(() => run(now));
    });
  });
}

await start();
