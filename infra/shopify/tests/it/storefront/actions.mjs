// Runs the script of the standard storefront actions against a storefront, whose URL is the argument,
// with the few parts of a browser that it needs. Prints what a page would see, as JSON.
import vm from 'node:vm';

const origin = process.argv[2];
const cookies = new Map();
const transcript = { events: [] };
const network = globalThis.fetch;

globalThis.fetch = async (path, init = {}) => {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await network(origin + path, { ...init, headers: { ...init.headers, cookie } });
  for (const header of response.headers.getSetCookie()) {
    const [name, value] = header.split(';')[0].split('=');
    cookies.set(name, value);
  }
  return response;
};
globalThis.window = globalThis;
globalThis.document = new EventTarget();
globalThis.location = { assign: (path) => (transcript.opened = path) };

const types = ['lines-update', 'note-update', 'attributes-update', 'discount-update', 'error'];
for (const type of types) {
  document.addEventListener(`shopify:cart:${type}`, (event) => {
    const { action, context, lines, note, attributes, discountCodes, detail, error } = event;
    transcript.events.push({
      type, action, context, lines: lines?.length, note, attributes, discountCodes, detail, error,
      hasPromise: event.promise instanceof Promise,
    });
  });
}

vm.runInThisContext(await (await fetch('/actions.js')).text());
const { actions } = globalThis.Shopify;
const tee = 'gid://shopify/ProductVariant/875309424069134920';

const added = await actions.updateCart({
  lines: [{ merchandiseId: tee, quantity: 2, attributes: [{ key: 'Print', value: 'Ada' }] }],
  note: 'Ring',
  attributes: [{ key: 'forecourt_cart', value: 'link' }],
  discountCodes: ['RIDE10'],
});
delete added.cart.id;
transcript.line = added.cart.lines.nodes[0].id.startsWith('gid://shopify/CartLine/8753094240691349');
const { id } = added.cart.lines.nodes[0];
delete added.cart.lines.nodes[0].id;
transcript.added = added;

transcript.declined = (await actions.updateCart({ lines: [{ merchandiseId: tee, quantity: 4 }] })).userErrors;
const options = { event: { context: 'dialog', detail: { mine: 1 } } };
const changes = [3, 1].map((quantity) => actions.updateCart({ lines: [{ id, quantity }] }, options));
transcript.quantities = (await Promise.all(changes)).map(({ cart }) => cart.totalQuantity);
await actions.updateCart({ lines: [{ id, quantity: 0 }] });
transcript.left = (await actions.getCart()).cart.totalQuantity;
transcript.malformed = await actions.updateCart({ lines: [{}] }).catch((error) => error.message);
transcript.isDefault = [actions.getCart, actions.updateCart, actions.openCart].map((one) => one.isDefault());
await actions.openCart();
globalThis.fetch = () => Promise.reject(new Error('offline'));
transcript.offline = await actions.updateCart({ note: 'x' }).catch((error) => error.message);
console.log(JSON.stringify(transcript));
