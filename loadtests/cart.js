// A shopper's cart and its expected content: the consistency oracle of the load tests.

import crypto from 'k6/crypto';
import http from 'k6/http';

const VARIANT_PRODUCT = 'tee';
const SELECTION = { colour: 'white', size: 'xs', fit: 'regular' };
// A cart takes 500 commands in 48 hours; a shopper who has added a hundred times starts over.
const ADDS_MAX = 100;

export class Cart {
  static create(url) {
    const response = http.post(`${url}/v1/carts`, null, { tags: { route: 'create', name: 'create' } });
    return new Cart(url, response.json());
  }

  constructor(url, created) {
    this.url = url;
    this.token = created.token;
    this.bookmark = created.cart.bookmark;
    this.acknowledged = 0;
  }

  add() {
    const body = JSON.stringify({ product: VARIANT_PRODUCT, selection: SELECTION, quantity: 1 });
    const key = crypto.hexEncode(crypto.randomBytes(16));
    const response = http.post(`${this.url}/v1/cart/lines`, body, {
      headers: { ...this.headers(), 'Content-Type': 'application/json', 'Idempotency-Key': key },
      tags: { route: 'add', name: 'add' },
    });
    if (response.status === 202) {
      this.acknowledged += 1;
      this.bookmark = response.json('bookmark');
    }
    return response;
  }

  read() {
    const response = http.get(`${this.url}/v1/cart`, {
      headers: this.headers(),
      tags: { route: 'cart', name: 'cart' },
    });
    if (response.status === 200) {
      this.bookmark = response.json('bookmark');
    }
    return response;
  }

  // Whether an answer lacks an acknowledged add, or shows one twice.
  isStale(response) {
    if (response.status !== 200 && response.status !== 202) {
      return false;
    }
    const quantity = response.json('lines').reduce((sum, line) => sum + line.quantity, 0);
    return quantity !== this.acknowledged;
  }

  isSpent() {
    return this.acknowledged >= ADDS_MAX;
  }

  headers() {
    return { 'Forecourt-Cart': this.token, 'Forecourt-Bookmark': this.bookmark };
  }
}
