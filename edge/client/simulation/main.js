// Plays devices of `infra/simulation` with this client: `infra-simulation --device "node main.js"`.
// Every line of the input is one thing that happens to a device; the answer is one line: what its tabs
// do about it until they wait again. Network, clock, storage and locks are the simulation's.
//   node main.js [--mutant NAME]
import { createInterface } from 'node:readline';
import { load } from './mutants.js';

const mutant = process.argv[process.argv.indexOf('--mutant') + 1];
const { createForecourt } = await load(process.argv.includes('--mutant') ? mutant : undefined);

/** What happened since the last answer. */
let effects = [];
let now = 0;
let ids = 0;
let devices = [];
/** Requests and timers that wait for a line, by their ids. */
const waiting = new Map();
const numbers = new WeakMap();

const wait = (kind, details) => new Promise((done) => {
  const id = ++ids;
  waiting.set(id, done);
  effects.push({ [kind]: { id, ...details } });
});

/** A lock for each name, granted in the order of the requests. */
function locks() {
  const tails = new Map();
  return (name, act) => {
    const result = (tails.get(name) ?? Promise.resolve()).then(act);
    tails.set(name, result.catch(() => {}));
    return result;
  };
}

/** 32 hexadecimal digits, the same in every run: splitmix32 over a counter. */
function randomIds(seed) {
  let state = seed;
  const word = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0).toString(16).padStart(8, '0');
  };
  return () => word() + word() + word() + word();
}

class Device {
  constructor({ device, tabs, guest, customer }) {
    const cart = { answers: 0, bookmarks: [], commands: [], outcomes: [], guest };
    const loyalty = { answers: 0, bookmarks: [], commands: [], outcomes: [] };
    let text = JSON.stringify({ format: 1, epoch: '', cart, loyalty });
    const listeners = [];
    const locked = locks();
    const names = new Set();
    this.customer = customer;
    this.read = () => JSON.parse(text);
    this.tabs = Array.from({ length: tabs }, (_, tab) => createForecourt(
      { baseUrl: '', proxyPath: '/apps/forecourt' },
      {
        now: () => now,
        // Time-outs are those of the simulated network.
        sleep: (ms, signal) => (signal ? new Promise(() => {}) : wait('sleep', { ms })),
        randomId: randomIds((device + 1) * 7919 + (tab + 1) * 104729),
        load: async () => text,
        change: async (act) => { text = act(text); },
        locked,
        openTabs: async () => names,
        holdTab: (name) => names.add(name),
        notify: () => queueMicrotask(() => {
          for (const [owner, listener] of listeners) if (owner !== tab) listener();
        }),
        onChange: (listener) => listeners.push([tab, listener]),
        onOnline: () => {},
        fetch: async (exchange) => {
          const { method, url, headers, body, bookmarks } = exchange;
          const sent = bookmarks.map(({ number, resource, text }) => ({ number, resource, text }));
          numbers.set(exchange, ids + 1);
          const answer = await wait('send', { device, tab, method, path: url, headers, body, sent });
          if (!answer.status) throw new TypeError('no answer');
          return {
            status: answer.status,
            headers: { get: (name) => answer.headers[name] ?? null },
            text: async () => answer.body,
          };
        },
        observe: ({ type, exchange, ...rest }) => {
          effects.push({ [type]: { device, request: exchange && numbers.get(exchange), ...rest } });
        },
      },
    ));
  }

  /** Calls a method of a tab: `cart.add`, `loyalty.balance`, `session.start`. */
  async call(tab, path, args) {
    const client = this.tabs[tab];
    // A customer whose page is opened signed in.
    if (this.customer && !this.read().session) await client.session.start();
    const [part, method] = path.split('.');
    return client[part][method](...args);
  }
}

const happens = {
  reset: () => {
    devices = [];
    waiting.clear();
  },
  open: async (message) => {
    const device = new Device(message);
    devices[message.device] = device;
    // The parts are loaded now: that takes real time.
    for (const { cart, loyalty } of device.tabs) {
      for (const part of [cart, loyalty]) await new Promise((done) => part.subscribe(done));
    }
  },
  call: ({ id, device, tab, method, args }) => {
    devices[device].call(tab, method, args).then(
      () => effects.push({ done: { id } }),
      (error) => {
        const { kind, code } = error;
        effects.push({ done: { id, error: kind ? code ?? kind : `${error.stack}` } });
      },
    );
  },
  answer: ({ id, ...answer }) => {
    waiting.get(id)(answer);
    waiting.delete(id);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { t, what, ...message } = JSON.parse(line);
  now = t;
  effects = [];
  await happens[what](message);
  // Everything that can run without an answer has run once the next turn of the loop begins.
  await new Promise((done) => setImmediate(done));
  process.stdout.write(`${JSON.stringify(effects)}\n`);
}
