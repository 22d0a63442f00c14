// What Lambda@Edge calls. Everything it needs is in this folder; the deployment of an
// environment adds `deployment.json`.
import { readFileSync } from 'node:fs';
import { viewerRequest } from './handler.mjs';
import { secretReader } from './secret.mjs';
import { Verdicts } from './verdicts.mjs';

const read = (name) => readFileSync(new URL(name, import.meta.url));

// Lambda@Edge has no environment variables but Lambda's own; these change with each environment.
const credentials = () => ({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
});

export const handler = viewerRequest({
    verdicts: new Verdicts(new WebAssembly.Module(read('edge_lambda.wasm'))),
    readConfiguration: secretReader(JSON.parse(read('deployment.json')), credentials),
    now_ms: Date.now,
    log: console.error,
});
// Before the first event, while Lambda starts. If it fails, the first event tries again.
await handler.renew();
