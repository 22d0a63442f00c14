/** Shopify's side of the hand-over, in the storefront that this page belongs to. */
import { type ForecourtError, send } from './core.js';
import type { Platform } from './platform.js';
import type { Checkout, HandOver } from './types.js';

/** The cart in the answer of `update.js`. A key begins with the variant's id, which may pass 2^53 as a number. */
interface AjaxCart {
  items?: { key: string; quantity: number; title?: string }[];
}

/** A problem that Shopify's cart has with what was handed over. */
const rejected = (detail: string): HandOver =>
  ({ problems: [{ code: 'shopify-rejected', line: '', title: '', detail, in_items: true }] });

/** Replaces Shopify's cart, while no other tab does; returns the page to go to, or what Shopify rejects. */
export function handOver(platform: Platform, { cart_add, problems }: Checkout): Promise<HandOver> {
  // A storefront in another language has its cart below that language.
  const { Shopify } = globalThis as { Shopify?: { routes?: { root?: string } } };
  const shop = Shopify?.routes?.root ?? '/';
  const post = async (name: string, body: object) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const exchange = { method: 'POST', url: `${shop}cart/${name}`, headers, body: JSON.stringify(body), bookmarks: [] };
    return (await send(platform, exchange)).body;
  };
  const { items, attributes } = cart_add;
  return platform.locked('hand-over', async () => {
    try {
      // `clear.js` leaves attributes; `update.js` sets ours over them.
      await post('clear.js', {});
      // All or nothing: a single variant that is sold out is 422 for the whole list.
      if (items.length) await post('add.js', { items });
      const cart = await post('update.js', { attributes }) as AjaxCart;
      // With little stock Shopify may take fewer without an error.
      const lacks = items.find(({ id }) => count(cart, id) < total(items, id));
      if (lacks) {
        const name = of(cart, lacks.id)[0]?.title ?? lacks.id;
        return rejected(`${name}: ${count(cart, lacks.id)} / ${total(items, lacks.id)}`);
      }
      return { url: `${shop}checkout`, problems };
    } catch (error) {
      const { status, problem } = (error as ForecourtError).details ?? {};
      if (status !== 422 || typeof problem?.description !== 'string') throw error;
      return rejected(problem.description);
    }
  });
}

const total = (items: Checkout['cart_add']['items'], id: string): number =>
  items.reduce((sum, one) => sum + (one.id === id ? one.quantity : 0), 0);

const of = ({ items = [] }: AjaxCart, id: string) => items.filter(({ key }) => key.split(':')[0] === id);

const count = (cart: AjaxCart, id: string): number =>
  of(cart, id).reduce((sum, { quantity }) => sum + quantity, 0);
