// The end of a run: a table that a merchant understands, and every promise with its result.
import { BUDGET_MS } from './api.ts';

interface Metric {
  readonly type: string;
  readonly values: Record<string, number>;
  readonly thresholds?: Record<string, { readonly ok: boolean }>;
}

export interface Results {
  readonly metrics: Record<string, Metric>;
  readonly state: { readonly testRunDurationMs: number };
}

/// Of the first column.
const WIDTH = 38;

const NAMES: Record<string, string> = {
  product: 'open a product',
  resolution: 'change a configuration',
  loyalty: 'look at points',
  create: 'start a cart',
  add: 'put into the cart',
  cart: 'look at the cart',
  clear: 'empty the cart',
  checkout: 'go to checkout',
  webhook: 'Shopify reports an order',
};

/// Shares of hits, of which a profile measures some.
const HITS: Record<string, string> = {
  'edge_hits{route:product,stage:held}': 'product pages',
  'edge_hits{route:loyalty,stage:held}': 'points',
  'edge_hits{route:product}': 'product pages',
  'edge_hits{route:resolution}': 'configurations',
};

/// Some lines come from the profile, which knows its rates.
export function table(profile: string, { metrics, state }: Results, remarks: (elapsed_s: number) => string[]): string {
  const value = (name: string, key: string): number => metrics[name]?.values[key] ?? 0;
  const lines = [
    '',
    `${profile}: ${value('iterations', 'count')} arrivals in ${Math.round(state.testRunDurationMs / 1000)} s, ` +
      `${value('http_reqs', 'count')} requests, ${Math.round(value('http_reqs', 'rate'))} a second`,
    '',
    `${'what'.padEnd(WIDTH)}${'answers'.padStart(10)}${'half within'.padStart(14)}${'99 % within'.padStart(14)}${'slowest'.padStart(12)}`,
  ];
  for (const [route, name] of Object.entries(NAMES)) {
    for (const cache of ['hit', 'miss']) {
      const of = metrics[`latency{route:${route},cache:${cache}}`]?.values;
      if (of !== undefined && of.count! > 0) {
        const ms = (key: string): string => `${of[key]!.toFixed(1)} ms`;
        const what = cache === 'hit' ? `${name}, from the edge` : name;
        lines.push(
          what.padEnd(WIDTH) + String(of.count).padStart(10) + ms('med').padStart(14) + ms('p(99)').padStart(14) + ms('max').padStart(12),
        );
      }
    }
  }
  lines.push('');
  if (metrics.reads_within_budget !== undefined) {
    lines.push(`reads under ${BUDGET_MS} ms: ${percent(value('reads_within_budget', 'rate'))}`);
  }
  for (const [name, what] of Object.entries(HITS)) {
    if (metrics[name] !== undefined) {
      lines.push(`${what} from the edge: ${percent(value(name, 'rate'))}`);
    }
  }
  lines.push(...remarks(state.testRunDurationMs / 1000));
  const promises = Object.entries(metrics).flatMap(([name, metric]) =>
    Object.entries(metric.thresholds ?? {}).map(([threshold, { ok }]) => ({ name, threshold, ok, metric })),
  );
  const broken = promises.filter((it) => !it.ok);
  lines.push(`${promises.length - broken.length} of ${promises.length} promises met`);
  for (const { name, threshold, metric } of broken) {
    lines.push(`  broken: ${name} ${threshold}, it is ${measured(metric, threshold)}`);
  }
  return `${lines.join('\n')}\n`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function measured(metric: Metric, threshold: string): string {
  const key = /^[a-z]+(\([\d.]+\))?/.exec(threshold)?.[0] ?? '';
  const value = metric.values[key];
  return value === undefined ? 'not measured' : String(Math.round(value * 1000) / 1000);
}
