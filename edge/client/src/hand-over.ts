/** Shopify's side of the hand-over, in the storefront that this page belongs to. */
import { send } from './core.js';
import type { Platform } from './platform.js';
import type { Checkout } from './types.js';

/** Replaces Shopify's cart, while no other tab does; returns the page to go to. */
export function handOver(platform: Platform, { cart_add }: Checkout): Promise<string> {
  // A storefront in another language has its cart below that language.
  const { Shopify } = globalThis as { Shopify?: { routes?: { root?: string } } };
  const root = `${Shopify?.routes?.root ?? '/'}cart/`;
  const post = async (name: string, body: object) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const exchange = { method: 'POST', url: root + name, headers, body: JSON.stringify(body), bookmarks: [] };
    await send(platform, exchange);
  };
  return platform.locked('hand-over', async () => {
    // `clear.js` leaves attributes; `update.js` sets ours over them.
    await post('clear.js', {});
    if (cart_add.items.length) await post('add.js', { items: cart_add.items });
    await post('update.js', { attributes: cart_add.attributes });
    return '/checkout';
  });
}
