// What every other form of the function is held to: the vectors, and the generated events of the
// file that EDGE_EVENTS names (`cargo run -p edge-functions --example events -- COUNT SEED > FILE`).
import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(path, 'utf8');
const file = JSON.parse(read(new URL('viewer-request.json', import.meta.url)));
const generated = process.env.EDGE_EVENTS
    ? read(process.env.EDGE_EVENTS)
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
    : [];

// By name, the configurations the cases are judged under.
export const configurations = file.configurations;

// Each with its `event`, the name of its `configuration`, `now_unix_s`, and the Rust `output`.
export const cases = [...file.cases, ...generated];

// What a failing test calls a case.
export const title = (it) => it.name ?? JSON.stringify(it.event.Records[0].cf.request);
