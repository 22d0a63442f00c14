/** Properties of what is shown while commands are under way. `SEED=n` plays one history again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownCart } from '../src/index.js';
import { FakeBrowser, Rng, problemOf } from './support.js';

const HISTORIES = 30;
const seeds = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: HISTORIES }, (_, at) => at + 1);

/** A browser with a few tabs and a network that loses, delays and rejects. */
function world(seed: number) {
  const rng = new Rng(seed);
  const browser = new FakeBrowser(seed);
  const { clock, shop } = browser;
  const [lost, slow] = [rng.below(40), rng.below(2_000)];
  let isGood = false;
  shop.fate = async () => {
    if (isGood) return undefined;
    await clock.sleep(rng.below(slow + 1));
    if (rng.chance(lost)) return rng.chance(50) ? 'lost' : 'cut';
    return rng.chance(5) ? problemOf(503, 'unavailable', {}, { 'retry-after': '3' }) : undefined;
  };
  const tabs = Array.from({ length: 1 + rng.below(3) }, () => browser.tab());
  return { rng, browser, clock, shop, tabs, heal: () => { isGood = true; } };
}

const total = (cart: ShownCart) => cart.lines.reduce((sum, line) => sum + line.quantity, 0);

for (const seed of seeds) {
  test(`what was added is shown at once, never lost and never doubled (seed ${seed})`, async () => {
    const { rng, browser, clock, shop, tabs, heal } = world(seed);
    let added = 0;
    const shown: number[] = [];
    for (const [at, tab] of tabs.entries()) {
      tab.cart.subscribe((cart) => {
        // Only additions: less than was shown before is a loss, more than was added a repetition.
        assert.ok(total(cart) >= (shown[at] ?? 0), `tab ${at}: ${total(cart)} after ${shown[at]}, seed ${seed}`);
        assert.ok(total(cart) <= added, `tab ${at}: ${total(cart)} of ${added}, seed ${seed}`);
        assert.equal(cart.subtotal, cart.lines.reduce((sum, line) => sum + line.total, 0));
        shown[at] = total(cart);
      });
    }
    await clock.pass(1);
    for (let step = 0; step < 15; step++) {
      const tab = tabs[rng.below(tabs.length)]!;
      const quantity = 1 + rng.below(3);
      if (rng.chance(60)) {
        added += quantity;
        const line = { variant_id: `${1 + rng.below(3)}`, quantity };
        tab.cart.add(line, { preview: { price: 100 } }).catch(() => {});
        await clock.pass(1);
        assert.deepEqual(shown, tabs.map(() => added), `seed ${seed}`);
      } else tab.cart.get().catch(() => {});
      await clock.pass(rng.below(1_500));
    }
    heal();
    await clock.pass(60_000);
    for (const tab of tabs) assert.equal(total(await clock.run(tab.cart.flush())), added);
    const [cart] = [...shop.carts.values()].filter((one) => one.version > 0);
    assert.equal([...cart!.lines.values()].reduce((sum, one) => sum + one, 0), added);
    assert.equal(new Set(browser.commands().map((one) => one.headers['idempotency-key'])).size, cart!.version);
  });

  test(`in the end every tab shows the shop's cart (seed ${seed})`, async () => {
    const { rng, clock, shop, tabs, heal } = world(seed + 1_000_000);
    const carts: ShownCart[] = [];
    for (const [at, tab] of tabs.entries()) tab.cart.subscribe((cart) => { carts[at] = cart; });
    await clock.pass(1);
    for (let step = 0; step < 20; step++) {
      const tab = tabs[rng.below(tabs.length)]!;
      const lines = carts[0]?.lines.filter((line) => line.id) ?? [];
      const line = lines[rng.below(lines.length || 1)];
      const action = rng.below(10);
      const call = action < 5 || !line ? tab.cart.add({ variant_id: `${1 + rng.below(3)}` })
        : action < 7 ? tab.cart.set(line.id, rng.below(4))
          : action < 8 ? tab.cart.remove(line.id)
            : action < 9 ? tab.cart.clear() : tab.cart.get();
      call.catch(() => {});
      await clock.pass(rng.below(1_500));
    }
    heal();
    await clock.pass(60_000);
    const cart = await clock.run(tabs[0]!.cart.flush().then(() => tabs[0]!.cart.get()));
    await clock.pass(1_000);
    const { id, lines } = shop.body([...shop.carts.keys()].find((one) => one === cart.id)!);
    for (const one of carts) {
      assert.deepEqual([one.id, one.pending, one.lines], [id, 0, lines], `seed ${seed}`);
    }
  });
}
