// The module equals the Rust function: on every vector, and on every generated event of
// EDGE_EVENTS.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cases, configurations, title } from '../../functions/vectors/cases.mjs';
import { configured, module } from './module.mjs';

// What one instance may hold after any number of events: its stack, tables and buffers, and room
// for the largest input twice.
const MEMORY_BYTES_MAX = 4 * 1024 * 1024;

test(`${cases.length} events have the verdicts of the native function, to the last byte`, () => {
    const memories = [];
    const instantiate = (it) => {
        const { exports } = new WebAssembly.Instance(it);
        memories.push(exports.memory);
        return exports;
    };
    const functions = Object.fromEntries(
        Object.keys(configurations).map((name) => [name, configured(name, instantiate)])
    );
    for (const it of cases) {
        const verdict = functions[it.configuration].decide(it.event, it.now_unix_s);
        assert.deepEqual(verdict, it.output, title(it));
    }
    assert.equal(memories.length, Object.keys(configurations).length, 'nothing trapped');
    for (const memory of memories) {
        assert.ok(
            memory.buffer.byteLength <= MEMORY_BYTES_MAX,
            `${memory.buffer.byteLength} bytes`
        );
    }
});

test('the module needs nothing from its host: no clock, no randomness, no output', () => {
    assert.deepEqual(WebAssembly.Module.imports(module), []);
});
