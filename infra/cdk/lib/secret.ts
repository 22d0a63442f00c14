// The first secrets of an environment. Their form is in origin/functions/src/runtime/secrets.rs.
import { randomBytes } from 'node:crypto';

export interface Document {
    readonly keys: string;
    readonly shopify_secrets: string;
    // Without it, no call from the admin inside Shopify is accepted.
    readonly shopify_client_id?: string;
    readonly staff_tokens: string;
    readonly origin: string;
    readonly origin_before?: string;
}

const fresh = (): string => randomBytes(32).toString('hex');

/// One of each, ours at random. Shopify's comes from the app's settings.
export function firstSecrets(shopifySecret: string): Document {
    if (shopifySecret === '' || shopifySecret.includes(',')) {
        throw new Error("the app's client secret is needed, and one only");
    }
    return {
        keys: `k1:${fresh()}`,
        shopify_secrets: shopifySecret,
        staff_tokens: fresh(),
        origin: fresh(),
    };
}
