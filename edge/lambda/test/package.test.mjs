// What is deployed, as Lambda would run it: a process of its own, and a Secrets Manager behind HTTP.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { configurations } from '../../functions/vectors/cases.mjs';
import { secretReader } from '../node/secret.mjs';
import { configuration, dist, named } from './module.mjs';

// A viewer-request function used to have 1 MB (today 50: CloudFront Developer Guide, "Quotas").
const ZIP_BYTES_MAX = 1_000_000;

const deployment = (endpoint) => ({
    shop: 'demo.myshopify.com',
    secret: 'forecourt/test',
    region: 'ap-south-1',
    endpoint,
});
const credentials = () => ({ accessKeyId: 'AKID', secretAccessKey: 'key', sessionToken: 'token' });

// Secrets Manager over HTTP, for as long as `run` takes.
async function withSecretsManager(answer, run) {
    const requests = [];
    const server = createServer(async (request, response) => {
        const chunks = await request.toArray();
        requests.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks)) });
        const { status, body } = answer();
        response.writeHead(status).end(body);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
        await run(`http://127.0.0.1:${server.address().port}/`);
    } finally {
        server.close();
    }
    return requests;
}

const secret = (value) => ({ status: 200, body: JSON.stringify({ SecretString: value }) });
// The secret of an environment holds more than the edge needs.
const whole = () =>
    secret(JSON.stringify({ ...configurations.plain, shop: undefined, origin: 'x' }));

test('the archive runs by itself, with the secret that its deployment.json names', async () => {
    const { event, now_unix_s, output } = named('a cart by its token');
    const folder = mkdtempSync(join(tmpdir(), 'edge-lambda-'));
    try {
        cpSync(dist, folder, { recursive: true });
        const run = `
            Date.now = () => ${now_unix_s * 1000};
            const { handler } = await import('./index.mjs');
            console.log(JSON.stringify(await handler(${JSON.stringify(event)})));`;
        const requests = await withSecretsManager(whole, async (endpoint) => {
            writeFileSync(join(folder, 'deployment.json'), JSON.stringify(deployment(endpoint)));
            const { stdout } = await promisify(execFile)(
                process.execPath,
                ['--input-type=module', '--eval', run],
                {
                    cwd: folder,
                    env: {
                        AWS_ACCESS_KEY_ID: 'AKID',
                        AWS_SECRET_ACCESS_KEY: 'key',
                        AWS_SESSION_TOKEN: 'token',
                    },
                }
            );
            assert.deepEqual(JSON.parse(stdout), output);
        });
        assert.equal(requests.length, 1, 'at the start, and not again for the event');
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('the archive is within what Lambda@Edge takes', () => {
    const { size } = statSync(new URL('../edge-lambda.zip', dist));
    assert.ok(size <= ZIP_BYTES_MAX, `${size} bytes`);
});

test('the secret is requested by name, signed for its region; only needed fields are read', async () => {
    const [request] = await withSecretsManager(whole, async (endpoint) => {
        const read = secretReader(deployment(endpoint), credentials);
        assert.deepEqual(JSON.parse(await read()), JSON.parse(configuration('plain')));
    });
    assert.deepEqual(request.body, { SecretId: 'forecourt/test' });
    assert.equal(request.headers['x-amz-target'], 'secretsmanager.GetSecretValue');
    assert.equal(request.headers['x-amz-security-token'], 'token');
    assert.match(
        request.headers.authorization,
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/ap-south-1\/secretsmanager\/aws4_request, /
    );
});

test('an answer that is no secret is an error that quotes nothing of it', async () => {
    const cases = [
        [
            { status: 400, body: '{"__type":"AccessDenied"}' },
            'Secrets Manager answers 400 for forecourt/test',
        ],
        [{ status: 200, body: 'hunter2' }, 'the secret is not the JSON it should be'],
        [secret('hunter2'), 'the secret is not the JSON it should be'],
    ];
    for (const [answer, message] of cases) {
        await withSecretsManager(
            () => answer,
            async (endpoint) => {
                await assert.rejects(secretReader(deployment(endpoint), credentials), { message });
            }
        );
    }
});

test('a Secrets Manager that fails once is called again', async () => {
    const answers = [{ status: 500, body: '' }, whole()];
    const requests = await withSecretsManager(
        () => answers.shift(),
        async (endpoint) => {
            await secretReader(deployment(endpoint), credentials)();
        }
    );
    assert.equal(requests.length, 2);
});

test('a Secrets Manager that does not answer times out', async () => {
    const server = createServer(() => {});
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
        const read = secretReader(
            deployment(`http://127.0.0.1:${server.address().port}/`),
            credentials
        );
        await assert.rejects(read(), { name: 'TimeoutError' });
    } finally {
        server.closeAllConnections();
        server.close();
    }
});
