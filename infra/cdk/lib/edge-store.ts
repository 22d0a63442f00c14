// The key-value store of the CloudFront Functions: the texts of rejections, and their configuration.
import type { Shell } from './shell.ts';

/// Keys of one `UpdateKeys` (CloudFront Developer Guide, "Quotas on key value stores").
const KEYS_MAX = 50;

/// Writes and never removes: the functions of another release still use their texts.
export function putTexts(store: string, texts: Record<string, string>, shell: Shell): void {
    const all = Object.entries(texts);
    for (let at = 0; at < all.length; at += KEYS_MAX) {
        const puts = all.slice(at, at + KEYS_MAX).map(([Key, Value]) => ({ Key, Value }));
        const of = ['--kvs-arn', store, '--output', 'json'];
        const api = ['aws', 'cloudfront-keyvaluestore'];
        const now = shell.query([...api, 'describe-key-value-store', ...of]);
        const from = ['--if-match', now?.ETag ?? 'the-first', '--puts', 'file:///dev/stdin'];
        shell.run([...api, 'update-keys', ...from, ...of], JSON.stringify(puts));
    }
}
