import { batch, derived, effect, freeScope, onEnd, scope, signal } from "../runtime/signal.js";
import { refused, same } from "./expect.js";

Deno.test("An effect runs once for one change, however many of its sources changed", () => {
  const a = signal(1);
  const twice = derived(() => a.value * 2);
  const thrice = derived(() => a.value * 3);
  /** @type {number[]} */
  const seen = [];
  effect(() => void seen.push(twice.value + thrice.value + a.value));
  a.value = 2;
  batch(() => {
    a.value = 3;
    a.value = 4;
  });
  same(seen, [6, 12, 24]);
});

Deno.test("What gives the same value tells nobody", () => {
  const a = signal(1);
  let runs = 0;
  const isLarge = derived(() => a.value > 10);
  effect(() => {
    isLarge.value;
    runs++;
  });
  a.value = 2;
  a.value = 3;
  same(runs, 1);
  a.value = 11;
  same(runs, 2);
});

Deno.test("A derived value is made anew only when it is read and stale", () => {
  const a = signal(1);
  let runs = 0;
  const double = derived(() => (runs++, a.value * 2));
  const end = effect(() => void double.value);
  double.value, double.value;
  same(runs, 1);
  a.value = 2;
  same([double.value, runs], [4, 2]);
  end();
  same(double.peek(), 4);
});

Deno.test("Sources are those that were read last", () => {
  const which = signal(true), a = signal("a"), b = signal("b");
  /** @type {string[]} */
  const seen = [];
  effect(() => void seen.push(which.value ? a.value : b.value));
  which.value = false;
  a.value = "a2";
  b.value = "b2";
  same(seen, ["a", "b", "b2"]);
  same([a.readers.size, b.readers.size], [0, 1]);
});

Deno.test("Nothing leaks: after the end of a scope a signal has no reader, through derived values neither", () => {
  const a = signal(0);
  let ended = 0;
  for (let i = 0; i < 1000; i++) {
    const made = scope(() => {
      const one = derived(() => a.value + 1);
      const two = derived(() => one.value + a.value);
      effect(() => {
        two.value;
        effect(() => void one.value);
        onEnd(() => ended++);
      });
    });
    a.value++;
    made.end();
  }
  same([a.readers.size, ended], [0, 2000]);
});

Deno.test("What an effect made ends before it runs again", () => {
  const a = signal(0), b = signal(0);
  let inner = 0;
  effect(() => {
    a.value;
    effect(() => (b.value, void inner++));
  });
  a.value = 1;
  a.value = 2;
  inner = 0;
  b.value = 1;
  same([inner, b.readers.size], [1, 1]);
});

Deno.test("A scope that is free outlives who made it", () => {
  const a = signal(0);
  let runs = 0;
  /** @type {{end: () => void}} */
  let free = { end() {} };
  const end = effect(() => {
    free = freeScope(() => effect(() => (a.value, void runs++)));
  });
  end();
  a.value = 1;
  free.end();
  a.value = 2;
  same(runs, 2);
});

Deno.test("An effect that fails keeps no other from running, and one without end is ended", async () => {
  const a = signal(0);
  let runs = 0;
  effect(() => {
    if (a.value === 1) throw new Error("here");
  });
  effect(() => (a.value, void runs++));
  await refused(() => (a.value = 1), /here/);
  same(runs, 2);
  const b = signal(0);
  await refused(() => effect(() => void (b.value = b.value + 1)), /without end/);
  a.value = 2;
  same(runs, 3);
});
