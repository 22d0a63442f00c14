// What shoppers do. A visit is some requests with pauses between them.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { get } from './api.ts';
import { APPLIED_S, Cart } from './cart.ts';
import { type Choice, readProduct, readResolution } from './configurator.ts';
import type { Data, Product } from './data.ts';
import { type Course, type Order, buyer } from './ledger.ts';
import { crossUser, expectEqual } from './oracles.ts';
import { generator, pause, pick, zipfShares } from './random.ts';
import { PIECES, deliver, paidOrder } from './shopify.ts';

/// The kinds of visits and how many of a hundred are of each: an assumption of ours, not a measurement of a shop. An
/// order comes with 72 pages of products, 42 resolutions, 24 reads of a cart and 17 cart commands: fewer pages and more
/// commands than in infra/cost's profile `orders` (100 and 4), since commands are what a campaign is short of.
export const MIX = { browse: 52, configure: 28, loyalty: 8, cart: 8, checkout: 2, order: 2 } as const;
export type Kind = keyof typeof MIX;
/// Pages of products in each visit, on average: what the hit ratio is computed from.
export const PRODUCT_PAGES = (52 * 2 + 28 + 8 + 2 + 2) / 100;
/// The mean pause between two requests of a visit.
export const THINK_S = Number(__ENV.THINK_S ?? 0.5);
/// The longest mean length of a visit: six pauses, the answers, and with a cart the wait until its commands are applied.
export const VISIT_S = 6 * THINK_S + 1 + ((MIX.cart + MIX.checkout + MIX.order) / 100) * APPLIED_S;

const SEED = Number(__ENV.SEED ?? 1);

/// What orders of visits need.
export interface Ordering {
  readonly secret: string;
  readonly course: Course;
}

const kind = (random: number): Kind => {
  const kinds = Object.keys(MIX) as Kind[];
  return kinds[pick(kinds.map((it) => MIX[it] / 100), random)]!;
};

/// The orders of so many visits: the seed says which visits order.
export function ordersOf(course: Course, visits: number): Order[] {
  const numbers = Array.from({ length: visits }, (_, n) => n);
  const ordering = numbers.filter((n) => kind(generator(SEED, n)()) === 'order');
  return ordering.map((n) => ({ number: course.first + n, isRefunded: false }));
}

export class Visitor {
  private readonly random: () => number;

  /// Without `ordering` carts are cleared instead.
  constructor(private readonly data: Data, private readonly ordering: Ordering | undefined) {
    this.random = generator(SEED, exec.scenario.iterationInTest);
  }

  visit(): void {
    this[kind(this.random())]();
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
    const chosen: Choice[] = [];
    for (const option of product.options.slice(0, 3)) {
      this.think();
      chosen.push([option.id, this.one(option.values)]);
      readResolution(this.data, product, chosen);
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
    const cart = this.filled();
    cart.readApplied();
    cart.clear();
  }

  /// Goes to the checkout and does not buy.
  checkout(): void {
    const cart = this.filled();
    cart.checkOut();
    cart.readApplied();
    cart.clear();
  }

  /// Buys: Shopify sends the order.
  order(): void {
    if (this.ordering === undefined) {
      this.checkout();
      return;
    }
    const { secret, course } = this.ordering;
    const cart = this.filled();
    const number = course.first + exec.scenario.iterationInTest;
    const order = paidOrder(this.data, number, buyer(this.data, course, number).id, cart.checkOut());
    deliver(this.data, secret, 'orders/paid', order, `visit-${number}`);
    cart.expectSold();
    cart.readApplied();
  }

  private filled(): Cart {
    this.page();
    this.think();
    const cart = new Cart(this.data);
    for (const pieces of PIECES) {
      const product = this.product();
      cart.add(product, this.one(product.buyable), pieces);
      this.think();
      cart.readBack();
    }
    this.think();
    cart.readLast();
    return cart;
  }

  private page(): Product {
    const product = this.product();
    readProduct(this.data, product);
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
