// The built module, and the configurations of a shop.
import { readFileSync } from 'node:fs';
import { cases, configurations } from '../../functions/vectors/cases.mjs';
import { Verdicts } from '../node/verdicts.mjs';

export const dist = new URL('../dist/function/', import.meta.url);
export const module = new WebAssembly.Module(readFileSync(new URL('edge_lambda.wasm', dist)));

export const configuration = (name) => JSON.stringify(configurations[name]);

// A function with the configuration of that name in force.
export function configured(name, instantiate) {
    const verdicts = new Verdicts(module, instantiate);
    verdicts.configure(configuration(name));
    return verdicts;
}

// A case of the vector file by its name.
export const named = (name) => cases.find((it) => it.name === name);
