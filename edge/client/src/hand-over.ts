/** Shopify's side of the hand-over, in the storefront that this page belongs to. */
import { ForecourtError, send } from './core.js';
import type { Platform } from './platform.js';
import type { Checkout } from './types.js';

/** Replaces Shopify's cart, while no other tab does; returns the page to go to. */
export function handOver(platform: Platform, { cart_add }: Checkout): Promise<string> {
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const exchange = { method: 'POST', url: path, headers, body: JSON.stringify(body), bookmarks: [] };
    const { status } = await send(platform, exchange);
    if (status >= 300) throw new ForecourtError('unreadable', `${path} answered ${status}.`, { status });
  };
  return platform.locked('hand-over', async () => {
    // `clear.js` leaves attributes; `update.js` sets ours over them.
    await post('/cart/clear.js', {});
    // Shopify takes numbers; an id passes 2^53, so it is written by hand into the JSON of a string.
    if (cart_add.items.length) await post('/cart/add.js', { items: cart_add.items });
    await post('/cart/update.js', { attributes: cart_add.attributes });
    return '/checkout';
  });
}
