// Customer tokens through the App Proxy, signed as Shopify signs it (all parameters but the
// signature, decoded, sorted, joined without a separator; HMAC-SHA256, hexadecimal).

import crypto from 'k6/crypto';
import http from 'k6/http';

const SHOP = __ENV.SHOP || 'demo.myshopify.com';
const SECRET = __ENV.SHOPIFY_SECRET || 'dev-shopify-secret';
const CUSTOMERS = ['1001', '1002', '1003', '1004', '1005', '1006', '1007', '1008', '1009', '1010'];

export function customerTokens(url) {
  return CUSTOMERS.map((customer) => {
    const response = http.post(`${url}/proxy/v1/session?${signed(customer)}`);
    if (response.status !== 201) {
      throw new Error(`no session for ${customer}: ${response.status} ${response.body}`);
    }
    return response.json('token');
  });
}

function signed(customer) {
  const parameters = {
    shop: SHOP,
    logged_in_customer_id: customer,
    path_prefix: '/apps/forecourt',
    timestamp: String(Math.floor(Date.now() / 1000)),
  };
  const text = Object.keys(parameters).sort().map((name) => `${name}=${parameters[name]}`).join('');
  const signature = crypto.hmac('sha256', SECRET, text, 'hex');
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return [...query, `signature=${signature}`].join('&');
}
