/** What is shown: the latest answer, and on top of it the commands that it does not contain yet. */
import type { Command, Jar } from './jar.js';
import type {
  Addition, Cart, Loyalty, Preview, ShownCart, ShownLine, ShownLoyalty,
} from './types.js';

/** What a cart command does. */
export type CartAction =
  | { type: 'add'; line: Addition & { quantity: number }; preview?: Preview }
  | { type: 'set'; line: string; quantity: number }
  | { type: 'clear' }
  | { type: 'attributes'; changes: Record<string, string | null> };

/** What a redemption does to the balance. */
export interface RedeemAction {
  points: number;
}

const sorted = (pairs: Record<string, string> | null | undefined) =>
  JSON.stringify(Object.entries(pairs ?? {}).sort());

/** Whether an addition becomes part of a line: same variant, or product and selection, and properties. */
function isOf(line: ShownLine, { variant_id, product, selection, properties }: Addition): boolean {
  const isSame = variant_id === undefined
    ? line.product === product && sorted(line.selection) === sorted(selection)
    : line.variant_id === variant_id && !line.selection;
  return isSame && sorted(line.properties) === sorted(properties);
}

function applyTo(cart: ShownCart, action: CartAction): void {
  const setQuantity = (line: ShownLine, quantity: number) => {
    Object.assign(line, { quantity, total: line.price * quantity, pending: true });
  };
  if (action.type === 'add') {
    const { line: added, preview } = action;
    const line = cart.lines.find((line) => isOf(line, added));
    if (line) return setQuantity(line, line.quantity + added.quantity);
    const { variant_id, product = '', selection, quantity, properties = {} } = added;
    const { title = '', price = 0 } = preview ?? {};
    cart.lines.push({
      id: '', variant_id, product, selection, properties, title, price, quantity,
      total: price * quantity, pending: true,
    });
  } else if (action.type === 'set') {
    const { quantity } = action;
    const line = cart.lines.find((line) => line.id === action.line);
    if (line) setQuantity(line, quantity);
    cart.lines = cart.lines.filter((line) => line.quantity > 0);
  } else if (action.type === 'clear') {
    cart.lines = [];
  } else {
    for (const [name, value] of Object.entries(action.changes)) {
      if (value === null) delete cart.attributes[name];
      else cart.attributes[name] = value;
    }
  }
}

/** The answer to show. */
const baseOf = (jar: Jar) => jar.base ?? jar.view;

/** The commands that it does not contain, in the order in which they were given. */
const unshown = (jar: Jar): Command[] =>
  jar.commands.filter((one) => !one.isMerge && !(one.answer! <= (baseOf(jar)?.number ?? 0)));

/** The cart as shown. A command that changes nothing here, such as one for a line that is gone, counts as
 * pending all the same. */
export function shownCart(jar: Jar, empty: Cart): ShownCart {
  const commands = unshown(jar);
  const cart = structuredClone((baseOf(jar)?.body ?? empty) as Cart) as ShownCart;
  cart.pending = commands.length;
  for (const { action } of commands) applyTo(cart, action as CartAction);
  cart.subtotal = commands.length
    ? cart.lines.reduce((sum, line) => sum + line.total, 0)
    : cart.subtotal;
  return cart;
}

/** The account as shown. */
export function shownLoyalty(jar: Jar): ShownLoyalty | undefined {
  const base = baseOf(jar);
  if (!base?.body) return undefined;
  const commands = unshown(jar);
  const account = structuredClone(base.body as Loyalty) as ShownLoyalty;
  account.pending = commands.length;
  for (const { action } of commands) {
    const { points } = action as RedeemAction;
    account.balance.available -= points;
    account.balance.held += points;
  }
  return account;
}
