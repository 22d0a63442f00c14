// The environment's secret, read from Secrets Manager. No error may contain a part of it: errors
// are logged, and JSON.parse quotes what it can't read.
import { AwsClient } from 'aws4fetch';

// A viewer waits for this when an instance starts. Across the world it takes a quarter of a second.
const TIMEOUT_MS = 2_000;

// `deployment` names the secret, its region and endpoint, and the shop.
export function secretReader({ shop, secret, region, endpoint }, credentials) {
    return async () => {
        const client = new AwsClient({
            ...credentials(),
            service: 'secretsmanager',
            region,
            retries: 1,
        });
        const response = await client.fetch(endpoint, {
            method: 'POST',
            headers: {
                'content-type': 'application/x-amz-json-1.1',
                'x-amz-target': 'secretsmanager.GetSecretValue',
            },
            body: JSON.stringify({ SecretId: secret }),
            signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (!response.ok) {
            throw new Error(`Secrets Manager answers ${response.status} for ${secret}`);
        }
        const { SecretString } = parsed(await response.text());
        const { shopify_secrets, shopify_client_id, keys, staff_tokens } = parsed(SecretString);
        return JSON.stringify({ shop, shopify_secrets, shopify_client_id, keys, staff_tokens });
    };
}

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        throw new Error('the secret is not the JSON it should be');
    }
}
