/** The bodies of the API under the names of this package. */
import type { components } from './api.js';

type Schemas = components['schemas'];

export type Cart = Schemas['CartBody'];
export type CartLine = Schemas['LineBody'];
export type Checkout = Schemas['CheckoutBody'];
export type Loyalty = Schemas['LoyaltyBody'];
export type Entries = Schemas['EntriesBody'];
export type Redemption = Schemas['RedemptionBody'];
export type Program = Schemas['ProgramBody'];
export type Product = Schemas['ProductBody'];
export type Resolution = Schemas['ResolutionBody'];
export type Explanation = Schemas['ExplanationBody'];
export type Completion = Schemas['CompletionBody'];
export type SavedSelection = Schemas['SavedSelectionBody'];
export type SelectionSaved = Schemas['SelectionSaved'];
export type SessionBody = Schemas['SessionBody'];

/** Chosen values by option. */
export type Selection = Record<string, string>;

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** What to add: a variant, or a product with a complete selection. */
export interface Addition {
  variant_id?: string;
  product?: string;
  selection?: Selection;
  quantity?: number;
  properties?: Record<string, string>;
}

/** What the page knows about a line that is not acknowledged yet. */
export interface Preview {
  title?: string;
  /** Minor units, of one. */
  price?: number;
}

/** A line as shown: `pending` if a command about it is not acknowledged. */
export type ShownLine = CartLine & { pending?: true };

/** The cart as shown: the latest answer, and the commands that it doesn't contain yet. */
export type ShownCart = Omit<Cart, 'lines'> & {
  lines: ShownLine[];
  /** How many commands are not in the latest answer. */
  pending: number;
};

/** The account as shown. */
export type ShownLoyalty = Loyalty & { pending: number };

/** The result of a hand-over: the page to go to, or what the shopper has to know first. */
export interface HandOver {
  /** `undefined` if problems hold the hand-over back. */
  url?: string;
  problems: Checkout['problems'];
}
