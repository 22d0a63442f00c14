// The functions and their permissions. Their memory, and the consumers with their queues
// and what wakes them, are those of infra/wiring.json, which the local bus and the bill read, too.
import { readFileSync } from 'node:fs';

/// A permission of a function: one statement of its policy.
export type Port =
    | 'read-secrets'
    | 'read-hot'
    | 'write-hot'
    | 'read-commands'
    | 'record-commands'
    | 'erase'
    | 'publish'
    | 'invalidate';

export interface FunctionSettings {
    /// Its name, also in the one binary (origin/functions/src/runtime/lambda.rs).
    readonly name: string;
    readonly ports: readonly Port[];
    readonly memoryMb: number;
    readonly timeoutS: number;
}

export interface HttpFunction extends FunctionSettings {
    /// Reads are invoked by CloudFront itself; writes stand behind an HTTP API.
    readonly kind: 'read' | 'write';
    /// Most environments at once, where a runaway would starve others.
    readonly reserved?: number;
}

export interface Queue {
    readonly name: string;
    readonly batch_max: number;
    /// How long Lambda gathers a batch; SQS needs it for batches of more than ten.
    readonly batch_window_s?: number;
    /// How long a message waits before its first delivery.
    readonly delay_s?: number;
    readonly receives_max: number;
    readonly event_pattern: object;
    /// The event that is put on the bus for it once a day, and when (UTC).
    readonly daily?: { readonly at: string; readonly source: string; readonly 'detail-type': string };
}

export interface Consumer extends FunctionSettings {
    readonly kind: 'consumer';
    readonly queues: readonly Queue[];
    /// Batches of one queue at once: the account's environments are the shoppers'.
    readonly atOnceMax: number;
}

interface Wiring {
    readonly functions: readonly { name: string; memory_mb: number }[];
    readonly consumers: readonly {
        name: string;
        timeout_s: number;
        memory_mb: number;
        queues: Queue[];
    }[];
}

const WIRING: Wiring = JSON.parse(
    readFileSync(new URL('../../wiring.json', import.meta.url), 'utf8')
);

/// What accepting a command takes.
const COMMAND_PORTS: readonly Port[] = [
    'read-secrets',
    'read-hot',
    'write-hot',
    'read-commands',
    'record-commands',
    'publish',
];

const HTTP_FUNCTIONS: readonly Omit<HttpFunction, 'memoryMb'>[] = [
    {
        name: 'configurator-read',
        kind: 'read',
        // It answers readiness, which looks at both tables.
        ports: ['read-secrets', 'read-hot', 'read-commands'],
        timeoutS: 5,
    },
    {
        name: 'loyalty-read',
        kind: 'read',
        ports: ['read-secrets', 'read-hot', 'read-commands'],
        timeoutS: 5,
    },
    {
        name: 'cart-read',
        kind: 'read',
        ports: ['read-secrets', 'read-hot', 'read-commands'],
        timeoutS: 5,
    },
    {
        name: 'commands',
        kind: 'write',
        ports: COMMAND_PORTS,
        timeoutS: 30,
    },
    {
        name: 'webhooks',
        kind: 'write',
        // Data that the bus does not carry is stored beside it.
        ports: ['read-secrets', 'write-hot', 'publish'],
        timeoutS: 30,
        // A storm of 300 deliveries a second needs fifteen at 50 ms each; past this Shopify retries.
        reserved: 100,
    },
    {
        name: 'admin',
        kind: 'write',
        ports: COMMAND_PORTS,
        timeoutS: 30,
        // Publishing compiles: two at a time leave the account's environments to shoppers.
        reserved: 2,
    },
];

export const FUNCTIONS: readonly HttpFunction[] = HTTP_FUNCTIONS.map((it) => {
    const wired = WIRING.functions.find(({ name }) => name === it.name);
    if (wired === undefined) {
        throw new Error(`infra/wiring.json does not say how much memory ${it.name} has`);
    }
    return { ...it, memoryMb: wired.memory_mb };
});

const ALLOWED: Record<string, Pick<Consumer, 'ports' | 'atOnceMax'>> = {
    // The links in orders' carts are signed.
    'consume-cart': {
        ports: ['read-secrets', 'read-hot', 'write-hot'],
        atOnceMax: 50,
    },
    // It publishes its decision before it deletes the message.
    'consume-loyalty': {
        ports: ['read-hot', 'write-hot', 'publish'],
        atOnceMax: 20,
    },
    // An erasure scans every item; the next invocation continues where one ended. Two are the
    // fewest an event source mapping accepts.
    'consume-privacy': {
        ports: ['read-hot', 'write-hot', 'erase'],
        atOnceMax: 2,
    },
    // It publishes the webhooks that were lost, and obtains tokens of the shop.
    'consume-reconciliation': {
        ports: ['read-secrets', 'read-hot', 'write-hot', 'publish'],
        atOnceMax: 2,
    },
    'consume-published': { ports: ['invalidate'], atOnceMax: 2 },
    // It acts for the shop at Shopify, whose tokens it renews.
    'consume-rewards': {
        ports: ['read-secrets', 'read-hot', 'write-hot', 'publish'],
        atOnceMax: 2,
    },
};

export const CONSUMERS: readonly Consumer[] = WIRING.consumers.map((wired) => {
    const { name, timeout_s: timeoutS, memory_mb: memoryMb, queues } = wired;
    const allowed = ALLOWED[name];
    if (allowed === undefined) {
        throw new Error(`infra/wiring.json has a consumer that may do nothing: ${name}`);
    }
    return { name, kind: 'consumer', timeoutS, memoryMb, queues, ...allowed };
});

/// Environments of an account that reservations must leave alone (Lambda Developer Guide,
/// "Configuring reserved concurrency").
const UNRESERVED_MIN = 100;

/// Environments the account must allow: the reserved ones, those that campaigns keep warm, and the
/// rest.
export const environmentsMax = (warmMost: number): number =>
    FUNCTIONS.reduce((sum, it) => sum + (it.reserved ?? 0), UNRESERVED_MIN) +
    readFunctions().length * warmMost;

/// The functions that CloudFront invokes itself.
export const readFunctions = (): readonly HttpFunction[] =>
    FUNCTIONS.filter((it) => it.kind === 'read');

/// After how many deliveries a consumer gives a message up: the fewest of its queues.
export const deliveriesMax = ({ queues }: Consumer): number =>
    Math.min(...queues.map((it) => it.receives_max));
