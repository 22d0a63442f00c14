// Reads of products and resolutions, and what their answers must contain.
import { type Answer, get } from './api.ts';
import type { Data, Product } from './data.ts';
import { expectEqual, wrongAnswer } from './oracles.ts';

/// A value that is chosen, with its option.
export type Choice = readonly [option: string, value: string];

export function readProduct({ url }: Data, product: Product): void {
  const answer = get('product', `${url}/v1/configurator/${product.id}`);
  expectMembers('product', answer, [['product', product.id], ...product.options.map(({ id }): Choice => ['id', id])]);
}

export function readResolution({ url }: Data, product: Product, chosen: readonly Choice[]): void {
  const query = chosen.map(([option, value]) => `${option}=${value}`).sort().join('&');
  const answer = get('resolution', `${url}/v1/configurator/${product.id}/resolution?${query}`);
  expectMembers('resolution', answer, [['product', product.id], ...chosen]);
}

/// Looks for members by their text: at thousands of answers a second k6 has no time to parse each.
function expectMembers(route: string, answer: Answer, members: readonly Choice[]): void {
  if (answer.status === 200) {
    const body = String(answer.body);
    const missing = members.filter(([name, value]) => !body.includes(`"${name}":"${value}"`));
    expectEqual(wrongAnswer, route, { isObject: /^\{.*\}$/s.test(body), missing }, { isObject: true, missing: [] });
  }
}
