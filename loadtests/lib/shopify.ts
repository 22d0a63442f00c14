// Deliveries of Shopify: signed as Shopify signs, with the payload's bytes.
import crypto from 'k6/crypto';
import { send } from './api.ts';
import type { HandOver } from './cart.ts';
import type { Data } from './data.ts';

/// A note of this length makes a delivery as long as Shopify's are.
const NOTE = 'x'.repeat(6000);

export function deliver(data: Data, secret: string, topic: string, payload: object, delivery: string): boolean {
  const body = JSON.stringify(payload);
  const headers = {
    'Content-Type': 'application/json',
    'X-Shopify-Topic': topic,
    'X-Shopify-Shop-Domain': data.shop,
    'X-Shopify-Hmac-Sha256': crypto.hmac('sha256', secret, body, 'base64'),
    'X-Shopify-Webhook-Id': delivery,
    'X-Shopify-Triggered-At': new Date().toISOString(),
  };
  return send('POST', 'webhook', `${data.url}/webhooks/shopify`, body, headers, 200).status === 200;
}

/// Shopify's demand to erase a customer.
export function erase(data: Data, secret: string, customer: string): void {
  const demand = { shop_domain: data.shop, customer: { id: Number(customer) }, orders_to_redact: [] };
  deliver(data, secret, 'customers/redact', demand, `erase-${customer}`);
}

/// How many pieces the lines of every order have.
export const PIECES = [1, 2] as const;

/// An order of two lines: one piece of 1,990 minor units, two of 14,900 with 1,000 off. It may be of a cart with as many
/// pieces of two things, or three of one.
export function paidOrder(data: Data, id: number, customer: string, { items, attributes }: HandOver = NO_CART): object {
  const at = new Date().toISOString();
  const amount = (minor: number): string => {
    const digits = String(minor).padStart(data.decimals + 1, '0');
    return data.decimals === 0 ? digits : `${digits.slice(0, -data.decimals)}.${digits.slice(-data.decimals)}`;
  };
  const of = (pieces: number): object => {
    const item = items.find(({ quantity }) => quantity === pieces) ?? items[0];
    return { quantity: pieces, properties: pairs(item?.properties ?? {}), gift_card: false };
  };
  return {
    id,
    created_at: at,
    processed_at: at,
    currency: data.currency,
    financial_status: 'paid',
    customer: { id: Number(customer) },
    note_attributes: pairs(attributes),
    line_items: [
      { id: id * 2, price: amount(1990), ...of(PIECES[0]) },
      { id: id * 2 + 1, price: amount(14900), discount_allocations: [{ amount: amount(1000) }], ...of(PIECES[1]) },
    ],
    note: NOTE,
  };
}

const NO_CART: HandOver = { items: [], attributes: {} };

const pairs = (record: Record<string, string>): object[] =>
  Object.entries(record).map(([name, value]) => ({ name, value }));

/// The refund of its first line.
export function refund(order: number): object {
  const at = new Date().toISOString();
  return {
    id: order * 4 + 1,
    order_id: order,
    created_at: at,
    processed_at: at,
    refund_line_items: [{ line_item_id: order * 2, quantity: 1 }],
  };
}
