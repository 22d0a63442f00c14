// Deliveries of Shopify: signed as Shopify signs, with the payload's bytes.
import crypto from 'k6/crypto';
import { send } from './api.ts';
import type { Data } from './data.ts';

/// Minor units of a thousand, as Shopify writes them in this currency.
const DECIMALS: Record<string, number> = { JPY: 0, KRW: 0, VND: 0, KWD: 3, BHD: 3 };
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

/// An order of two lines: one piece of 1,990 minor units, two of 14,900 with 1,000 off.
export function paidOrder(data: Data, id: number, customer: string, attributes: Record<string, string>): object {
  const at = new Date().toISOString();
  const amount = (minor: number): string => {
    const places = DECIMALS[data.currency] ?? 2;
    const digits = String(minor).padStart(places + 1, '0');
    return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  };
  return {
    id,
    created_at: at,
    processed_at: at,
    currency: data.currency,
    financial_status: 'paid',
    customer: { id: Number(customer) },
    note_attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
    line_items: [
      { id: id * 2, quantity: 1, price: amount(1990), gift_card: false },
      {
        id: id * 2 + 1,
        quantity: 2,
        price: amount(14900),
        discount_allocations: [{ amount: amount(1000) }],
        gift_card: false,
      },
    ],
    note: NOTE,
  };
}

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
