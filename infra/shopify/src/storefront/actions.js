// Shopify's standard storefront actions (Shopify.actions) and the events that they dispatch, over the
// Ajax API. Left out: warnings, selling plans, configured actions of a theme.
(() => {
  const root = () => window.Shopify.routes.root;

  // A change that the cart declines: it becomes a user error, not a rejection.
  class Declined extends Error {}

  const request = async (path, body, signal) => {
    const init = { signal, headers: { accept: 'application/json' } };
    if (body) {
      init.method = 'POST';
      init.headers['content-type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    const response = await fetch(root() + path, init);
    if (response.ok) return response.json();
    if (response.status < 500) throw new Declined((await response.json()).description);
    throw new Error(`${path} answered ${response.status}`);
  };

  const pairs = (object) => Object.entries(object).map(([key, value]) => ({ key, value }));
  const object = (attributes) =>
    Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, value]));
  const lastPart = (gid) => String(gid).split('/').pop();

  // How many of the last digits of the Ajax API's amounts are decimals. The server sets it.
  const DECIMALS = 2;
  const money = (minor, currencyCode) => ({
    amount: (minor / 10 ** DECIMALS).toFixed(DECIMALS),
    currencyCode,
  });

  const line = (item, currency) => ({
    id: `gid://shopify/CartLine/${item.key}`,
    quantity: item.quantity,
    attributes: pairs(item.properties),
    cost: {
      amountPerQuantity: money(item.price, currency),
      subtotalAmount: money(item.line_price, currency),
      totalAmount: money(item.final_line_price, currency),
    },
    merchandise: {
      // From the key: as a JSON number a long id would be rounded.
      id: `gid://shopify/ProductVariant/${item.key.split(':')[0]}`,
      title: item.variant_title,
      product: { handle: item.handle, title: item.product_title },
    },
  });

  const cartOf = (cart) => ({
    id: `gid://shopify/Cart/${cart.token}`,
    checkoutUrl: `${root()}checkout`,
    totalQuantity: cart.item_count,
    note: cart.note,
    attributes: pairs(cart.attributes),
    discountCodes: cart.discount_codes,
    cost: {
      subtotalAmount: money(cart.items_subtotal_price, cart.currency),
      totalAmount: money(cart.total_price, cart.currency),
    },
    lines: { nodes: cart.items.map((item) => line(item, cart.currency)) },
  });

  const dispatch = (type, members) =>
    document.dispatchEvent(
      Object.assign(new Event(`shopify:cart:${type}`, { bubbles: true }), members),
    );

  // What a payload changes, and the event of each kind of change.
  const plan = ({ lines = [], note, attributes, discountCodes }) => {
    if (!Array.isArray(lines) || !lines.every((one) => one.merchandiseId || one.id)) {
      throw new TypeError('each of lines needs a merchandiseId or an id');
    }
    const added = lines.filter((one) => one.merchandiseId && !one.id);
    const removed = lines.filter((one) => one.id && one.quantity === 0);
    const updated = lines.filter((one) => one.id && one.quantity !== 0);
    const update = {};
    if (note !== undefined) update.note = note;
    if (attributes !== undefined) update.attributes = object(attributes);
    if (discountCodes !== undefined) update.discount = discountCodes.join(',');
    const events = [];
    for (const [action, of] of [['remove', removed], ['update', updated], ['add', added]]) {
      if (of.length) events.push(['lines-update', { action, lines: of }]);
    }
    if (note !== undefined) events.push(['note-update', { note }]);
    if (attributes !== undefined) events.push(['attributes-update', { attributes }]);
    if (discountCodes !== undefined) {
      events.push(['discount-update', { discountCodes: discountCodes.map((code) => ({ code })) }]);
    }
    return { added, changed: [...removed, ...updated], update, events };
  };

  const carryOut = async ({ added, changed, update }, signal) => {
    const userErrors = [];
    try {
      for (const { id, quantity, attributes } of changed) {
        const properties = attributes && object(attributes);
        await request('cart/change.js', { id: lastPart(id), quantity, properties }, signal);
      }
      if (added.length) {
        const items = added.map(({ merchandiseId, quantity, attributes }) => ({
          id: lastPart(merchandiseId),
          quantity: quantity ?? 1,
          properties: object(attributes),
        }));
        await request('cart/add.js', { items }, signal);
      }
      if (Object.keys(update).length) await request('cart/update.js', update, signal);
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      userErrors.push({ code: 'INVALID', field: null, message: error.message });
    }
    const cart = cartOf(await request('cart.js', undefined, signal));
    for (const node of document.querySelectorAll?.('[data-cart-count]') ?? []) {
      node.textContent = String(cart.totalQuantity);
    }
    return userErrors.length ? { cart, userErrors } : { cart };
  };

  const getCart = async (_payload, { signal } = {}) => ({
    cart: cartOf(await request('cart.js', undefined, signal)),
  });

  // Changes of one page run one after another: update.js and change.js overwrite each other.
  let last = Promise.resolve();

  const updateCart = async (payload = {}, { signal, event = {} } = {}) => {
    const planned = plan(payload);
    const { context = 'standard-action', detail } = event;
    const promise = last.then(() => carryOut(planned, signal));
    last = promise.catch(() => {});
    // The events are dispatched as the operation starts, whether it succeeds or not.
    for (const [type, members] of planned.events) {
      dispatch(type, { ...members, context, promise, detail });
    }
    try {
      return await promise;
    } catch (error) {
      dispatch('error', { error: error.message, detail });
      throw error;
    }
  };

  const openCart = async () => {
    window.location.assign(`${root()}cart`);
  };

  window.Shopify ??= {};
  window.Shopify.routes ??= { root: '/' };
  window.Shopify.actions = { getCart, updateCart, openCart };
  for (const action of Object.values(window.Shopify.actions)) action.isDefault = () => true;
})();
