// What shoppers do. A visit is some requests with pauses between them.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { get } from './api.ts';
import { Cart } from './cart.ts';
import type { Data, Product } from './data.ts';
import { crossUser, expectEqual } from './oracles.ts';
import { generator, pause, pick, zipfShares } from './random.ts';
import { deliver, paidOrder } from './shopify.ts';

/// The kinds of visits and how many of a hundred are of each: an assumption of ours, not a measurement of a shop. An
/// order comes with 72 pages of products, 42 resolutions, 18 reads of a cart and 17 cart commands: fewer pages and more
/// commands than in infra/cost's profile `orders` (100 and 4), since commands are what a campaign is short of.
export const MIX = { browse: 52, configure: 28, loyalty: 8, cart: 8, checkout: 2, order: 2 } as const;
export type Kind = keyof typeof MIX;
/// Pages of products in each visit, on average: what the hit ratio is computed from.
export const PRODUCT_PAGES = (52 * 2 + 28 + 8 + 2 + 2) / 100;
/// The mean pause between two requests of a visit.
export const THINK_S = Number(__ENV.THINK_S ?? 0.5);
/// The longest mean length of a visit: six pauses, and the answers.
export const VISIT_S = 6 * THINK_S + 1;

const SEED = Number(__ENV.SEED ?? 1);

export class Visitor {
  private readonly random: () => number;

  constructor(private readonly data: Data, private readonly secret: string | undefined) {
    this.random = generator(SEED, exec.scenario.iterationInTest);
  }

  visit(): void {
    const kinds = Object.keys(MIX) as Kind[];
    const kind = kinds[pick(kinds.map((it) => MIX[it] / 100), this.random())]!;
    this[kind]();
  }

  /// Looks at two products.
  browse(): void {
    this.page();
    this.think();
    this.page();
  }

  /// Looks at a product and changes its configuration three times.
  configure(): void {
    const product = this.page();
    const chosen: string[] = [];
    for (const option of product.options.slice(0, 3)) {
      this.think();
      chosen.push(`${option.id}=${this.one(option.values)}`);
      const query = [...chosen].sort().join('&');
      get('resolution', `${this.data.url}/v1/configurator/${product.id}/resolution?${query}`);
    }
  }

  /// Looks at points.
  loyalty(): void {
    const customer = this.one(this.data.customers);
    const answer = get('loyalty', `${this.data.url}/v1/loyalty`, { Authorization: `Bearer ${customer.token}` });
    if (answer.status === 200) {
      expectEqual(crossUser, 'loyalty', answer.json('customer_id'), customer.id);
    }
  }

  /// Fills a cart and leaves it.
  cart(): void {
    this.filled().clear();
  }

  /// Goes to the checkout and thinks better of it.
  checkout(): void {
    const cart = this.filled();
    cart.checkOut();
    cart.clear();
  }

  /// Buys: Shopify sends the order. Without its secret the cart is cleared instead.
  order(): void {
    const cart = this.filled();
    const attributes = cart.checkOut();
    if (this.secret === undefined) {
      cart.clear();
      return;
    }
    const buyer = this.one(this.data.buyers);
    const id = Date.now() * 1000 + Math.floor(this.random() * 1000);
    const order = paidOrder(this.data, id, buyer.id, attributes);
    deliver(this.data, this.secret, 'orders/paid', order, `visit-${id}`);
  }

  private filled(): Cart {
    this.page();
    this.think();
    const cart = new Cart(this.data);
    for (let at = 0; at < 2; at += 1) {
      const product = this.product();
      cart.add(product, this.one(product.buyable), 1 + Math.floor(this.random() * 3));
      this.think();
      cart.readBack();
    }
    this.think();
    cart.readLast();
    return cart;
  }

  private page(): Product {
    const product = this.product();
    get('product', `${this.data.url}/v1/configurator/${product.id}`);
    return product;
  }

  private product(): Product {
    return this.data.products[pick(zipfShares(this.data.products.length), this.random())]!;
  }

  private think(): void {
    sleep(pause(THINK_S, this.random()));
  }

  private one<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)]!;
  }
}
