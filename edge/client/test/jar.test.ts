import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dropSent, emptyJar, expireOldest, insert, markOpen, replace, select, settle, show,
  type Command, type Jar,
} from '../src/jar.js';

const texts = (jar: Jar, resource: string, first = jar.bookmarks.slice(0, 0)) =>
  select(jar, resource, undefined, first).bookmarks.map((one) => one.text);

const command = (key: string, at = 0): Command => ({
  key, method: 'DELETE', path: '/v1/cart/lines', resource: 'guest', at, tab: 'a', state: 'first', bookmarks: [],
});

test('an answer replaces exactly the bookmarks that its request carried', () => {
  const jar = emptyJar();
  insert(jar, 'cart', 'old');
  const sent = select(jar, 'cart');
  insert(jar, 'cart', 'other');
  assert.deepEqual(replace(jar, sent, 'new'), { number: 3, isNext: false });
  assert.deepEqual(texts(jar, 'cart'), ['other', 'new']);
});

test('a bookmark of the next life of a cart is not replaced by an answer to its former life', () => {
  const jar = emptyJar();
  insert(jar, 'cart', 'same');
  const early = select(jar, 'cart');
  replace(jar, select(jar, 'cart'), 'same');
  replace(jar, early, 'late');
  assert.deepEqual(texts(jar, 'cart'), ['same', 'late']);
});

test('at most four bookmarks and 6 KB are sent, and what is left out is known', () => {
  const jar = emptyJar();
  for (const text of ['a', 'b', 'c', 'd', 'e']) insert(jar, 'cart', text);
  assert.deepEqual([texts(jar, 'cart'), select(jar, 'cart').isWhole], [['a', 'b', 'c', 'd'], false]);
  const long = emptyJar();
  for (const letter of ['a', 'b', 'c']) insert(long, 'cart', letter.repeat(2_100));
  assert.deepEqual([select(long, 'cart').bookmarks.length, select(long, 'cart').isWhole], [2, false]);
});

test("a guest's last command stays last when another tab signs in", () => {
  const jar = emptyJar();
  insert(jar, 'guest', 'seen');
  jar.commands.push(command('clear'));
  const first = select(jar, 'guest');
  replace(jar, select(jar, 'customer', 'guest'), 'merged');
  markOpen(jar, 'clear', first);
  assert.deepEqual(texts(jar, 'guest'), []);
  assert.deepEqual(texts(jar, 'guest', jar.commands[0]!.bookmarks), ['seen']);
});

test('a bookmark that arrives before a 400 to another request is not dropped', () => {
  const jar = emptyJar();
  insert(jar, 'customer', 'old');
  const inFlight = select(jar, 'customer');
  insert(jar, 'customer', 'new');
  jar.commands.push(command('clear'));
  markOpen(jar, 'clear', inFlight);
  dropSent(jar, inFlight);
  assert.deepEqual(texts(jar, 'customer'), ['new']);
  assert.deepEqual(jar.commands[0]!.bookmarks, []);
});

test('a command of unknown outcome is given up after fourteen days', () => {
  const day = 86_400_000;
  const jar = emptyJar();
  jar.commands.push(command('clear', 5));
  markOpen(jar, 'clear');
  assert.equal(expireOldest(jar, 5 + 14 * day), undefined);
  assert.equal(expireOldest(jar, 6 + 14 * day)?.key, 'clear');
  assert.deepEqual(jar.outcomes, [{ key: 'clear', isExpired: true }]);
});

test('an acknowledged command is remembered until an answer that contains it is shown', () => {
  const jar = emptyJar();
  jar.commands.push(command('clear'));
  settle(jar, { key: 'clear' }, 7);
  show(jar, { resource: 'guest', number: 6, etag: '', body: {} });
  assert.equal(jar.commands.length, 1);
  show(jar, { resource: 'guest', number: 7, etag: '', body: {} });
  assert.equal(jar.commands.length, 0);
});
