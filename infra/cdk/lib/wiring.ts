// Which functions there are and what each may do. Consumers, their queues and what wakes them are
// those of infra/wiring.json, which the local bus reads, too.
import { readFileSync } from 'node:fs';

/// What a function may do: one statement of its policy for each.
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
    /// Its name, and what the one binary knows it by (origin/functions/src/lambda.rs).
    readonly name: string;
    readonly ports: readonly Port[];
    readonly memoryMb: number;
    readonly timeoutS: number;
}

export interface HttpFunction extends FunctionSettings {
    /// Reads are invoked by CloudFront itself; writes stand behind an HTTP API.
    readonly kind: 'read' | 'write';
    /// Where a runaway would hurt others: at most so many environments at once.
    readonly reserved?: number;
}

export interface Queue {
    readonly name: string;
    readonly batch_max: number;
    readonly receives_max: number;
    readonly event_pattern: object;
}

export interface Consumer extends FunctionSettings {
    readonly kind: 'consumer';
    readonly queues: readonly Queue[];
    /// Batches of one queue at once: the account's environments are the shoppers'.
    readonly atOnceMax: number;
}

export const FUNCTIONS: readonly HttpFunction[] = [
    {
        name: 'configurator-read',
        kind: 'read',
        ports: ['read-secrets', 'read-hot'],
        memoryMb: 1769,
        timeoutS: 5,
    },
    {
        name: 'loyalty-read',
        kind: 'read',
        ports: ['read-secrets', 'read-hot', 'read-commands'],
        memoryMb: 512,
        timeoutS: 5,
    },
    {
        name: 'cart-read',
        kind: 'read',
        ports: ['read-secrets', 'read-hot', 'read-commands'],
        memoryMb: 512,
        timeoutS: 5,
    },
    {
        name: 'commands',
        kind: 'write',
        ports: [
            'read-secrets',
            'read-hot',
            'write-hot',
            'read-commands',
            'record-commands',
            'publish',
        ],
        memoryMb: 512,
        timeoutS: 30,
    },
    {
        name: 'webhooks',
        kind: 'write',
        // What the bus does not carry is kept beside it.
        ports: ['read-secrets', 'write-hot', 'publish'],
        memoryMb: 256,
        timeoutS: 30,
    },
    {
        name: 'admin',
        kind: 'write',
        ports: [
            'read-secrets',
            'read-hot',
            'write-hot',
            'read-commands',
            'record-commands',
            'publish',
        ],
        memoryMb: 3008,
        timeoutS: 30,
        // Publishing compiles: two at a time leave the account's environments to shoppers.
        reserved: 2,
    },
];

const ALLOWED: Record<string, Pick<Consumer, 'ports' | 'memoryMb' | 'atOnceMax'>> = {
    // The links in orders' carts are signed.
    'consume-cart': {
        ports: ['read-secrets', 'read-hot', 'write-hot'],
        memoryMb: 256,
        atOnceMax: 50,
    },
    // What it decides is published before its message is deleted.
    'consume-loyalty': {
        ports: ['read-hot', 'write-hot', 'publish'],
        memoryMb: 256,
        atOnceMax: 20,
    },
    // Erasing everybody looks at every item; what one invocation leaves, the next one finds. Two are
    // the fewest an event source mapping takes.
    'consume-privacy': {
        ports: ['read-hot', 'write-hot', 'erase'],
        memoryMb: 256,
        atOnceMax: 2,
    },
    'consume-published': { ports: ['invalidate'], memoryMb: 128, atOnceMax: 2 },
};

const file: { consumers: { name: string; timeout_s: number; queues: Queue[] }[] } = JSON.parse(
    readFileSync(new URL('../../wiring.json', import.meta.url), 'utf8')
);

export const CONSUMERS: readonly Consumer[] = file.consumers.map(({ name, timeout_s, queues }) => {
    const allowed = ALLOWED[name];
    if (allowed === undefined) {
        throw new Error(`infra/wiring.json has a consumer that may do nothing: ${name}`);
    }
    return { name, kind: 'consumer', timeoutS: timeout_s, queues, ...allowed };
});

/// The functions that CloudFront invokes itself.
export const readFunctions = (): readonly HttpFunction[] =>
    FUNCTIONS.filter((it) => it.kind === 'read');
