// Which functions there are, what each may do, and which events wake which consumer. Sources and
// detail types are those of origin/domain/src/event.rs, names those of origin/functions/src/bin.

/// What a function may do: one statement of its policy for each.
export type Port =
    | 'read-hot'
    | 'write-hot'
    | 'read-commands'
    | 'record-commands'
    | 'erase'
    | 'publish';

export interface HttpFunction {
    readonly name: string;
    readonly ports: readonly Port[];
    /// Reads are invoked by CloudFront itself; writes stand behind an HTTP API.
    readonly kind: 'read' | 'write';
    readonly memoryMb: number;
    readonly timeoutS: number;
    /// Where a runaway would hurt others: at most so many environments at once.
    readonly reserved?: number;
}

/// Which events wake a consumer; of webhooks perhaps those of some topics only.
export interface Waking {
    readonly source: string;
    readonly detailType: string;
    readonly topics?: readonly string[];
}

export interface Consumer {
    readonly name: string;
    readonly queue: string;
    readonly events: readonly Waking[];
    readonly ports: readonly Port[];
    readonly memoryMb: number;
    readonly timeoutS: number;
    readonly reserved: number;
}

export const FUNCTIONS: readonly HttpFunction[] = [
    { name: 'configurator-read', kind: 'read', ports: ['read-hot'], memoryMb: 1769, timeoutS: 5 },
    {
        name: 'loyalty-read',
        kind: 'read',
        ports: ['read-hot', 'read-commands'],
        memoryMb: 512,
        timeoutS: 5,
    },
    {
        name: 'cart-read',
        kind: 'read',
        ports: ['read-hot', 'read-commands'],
        memoryMb: 512,
        timeoutS: 5,
    },
    {
        name: 'commands',
        kind: 'write',
        ports: ['read-hot', 'write-hot', 'read-commands', 'record-commands', 'publish'],
        memoryMb: 512,
        timeoutS: 30,
    },
    {
        name: 'webhooks',
        kind: 'write',
        // What the bus does not carry is kept beside it.
        ports: ['write-hot', 'publish'],
        memoryMb: 256,
        timeoutS: 30,
    },
    {
        name: 'admin',
        kind: 'write',
        ports: ['read-hot', 'write-hot', 'read-commands', 'record-commands', 'publish'],
        memoryMb: 3008,
        timeoutS: 30,
        // Publishing compiles: two at a time leave the account's environments to shoppers.
        reserved: 2,
    },
];

export const CONSUMERS: readonly Consumer[] = [
    {
        name: 'consume-cart',
        queue: 'cart',
        events: [
            { source: 'forecourt.cart', detailType: 'cart.commanded' },
            {
                source: 'forecourt.shopify',
                detailType: 'shopifyWebhook',
                topics: ['orders/create', 'orders/paid'],
            },
        ],
        ports: ['read-hot', 'write-hot'],
        memoryMb: 256,
        timeoutS: 30,
        reserved: 50,
    },
    {
        name: 'consume-loyalty',
        queue: 'loyalty',
        events: [
            { source: 'forecourt.shopify', detailType: 'shopifyWebhook' },
            { source: 'forecourt.loyalty', detailType: 'loyalty.commanded' },
            { source: 'forecourt.loyalty', detailType: 'redemption.held' },
            { source: 'forecourt.loyalty', detailType: 'redemption.rejected' },
            { source: 'forecourt.loyalty', detailType: 'redemption.settled' },
            { source: 'forecourt.loyalty', detailType: 'redemption.released' },
            { source: 'forecourt.loyalty', detailType: 'redemption.timed_out' },
        ],
        // What it decides is published before its message is deleted.
        ports: ['read-hot', 'write-hot', 'publish'],
        memoryMb: 256,
        timeoutS: 30,
        reserved: 20,
    },
    {
        name: 'consume-privacy',
        queue: 'privacy',
        events: [
            {
                source: 'forecourt.shopify',
                detailType: 'shopifyWebhook',
                // origin/domain/src/privacy/demand.rs
                topics: [
                    'customers/data_request',
                    'customers/redact',
                    'shop/redact',
                    'app/uninstalled',
                ],
            },
        ],
        ports: ['read-hot', 'write-hot', 'erase'],
        memoryMb: 256,
        // Erasing everybody looks at every item; what one invocation leaves, the next one finds.
        timeoutS: 300,
        // The fewest an event source mapping takes.
        reserved: 2,
    },
];

/// The function that answers readiness, products and whatever no behaviour names.
export const readFunctions = (): readonly HttpFunction[] =>
    FUNCTIONS.filter((it) => it.kind === 'read');
