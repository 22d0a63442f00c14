// The steps of a deployment and their order, and secrets that it never prints. AWS is a table of
// answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { config, store } from '../../../edge/cloudfront-function/build.js';
import { type EdgeTexts, deploy, digest } from '../lib/deployment.ts';
import type { Settings } from '../lib/settings.ts';
import type { Shell } from '../lib/shell.ts';

const example = JSON.parse(
    readFileSync(new URL('../environments/example.json', import.meta.url), 'utf8')
) as Omit<Settings, 'environment'>;
const settings: Settings = { environment: 'staging', ...example };
const SHOPIFY = 'shpss_0123456789abcdef';
const STACK = {
    Stacks: [
        {
            Outputs: [
                { OutputKey: 'Url', OutputValue: 'https://d1.cloudfront.net' },
                { OutputKey: 'Distribution', OutputValue: 'E2EXAMPLE' },
                { OutputKey: 'EdgeStore', OutputValue: 'arn:store' },
            ],
        },
    ],
};
const edge: EdgeTexts = {
    functions: async () => ({ public: 'its code' }),
    texts: async () => store(),
    config: async (document) => config(document, digest),
};

const now = (): string => '2026-12-01T12:00:00Z';

/// An account, and the commands that changed it.
class Account implements Shell {
    readonly done: { line: string; input?: string }[] = [];
    /// The stack after a deployment.
    deployed: object = STACK;

    constructor(
        private secret: string | undefined,
        private stack: object | undefined,
        private readonly allowed = 1000
    ) {}

    run(command: readonly string[], input?: string): void {
        this.done.push({ line: command.join(' '), input });
        if (command.includes('create-secret')) {
            this.secret = input;
        }
        if (command.includes('deploy')) {
            this.stack = this.deployed;
        }
    }

    query(command: readonly string[]): any {
        const answers: Record<string, () => any> = {
            'get-account-settings': () => ({ AccountLimit: { ConcurrentExecutions: this.allowed } }),
            'get-secret-value': () =>
                this.secret === undefined
                    ? undefined
                    : { SecretString: this.secret, VersionId: 'v-7' },
            'describe-stacks': () => this.stack,
            'describe-key-value-store': () => ({ ETag: 'E-now' }),
            cp: () => undefined,
            'list-objects-v2': () => undefined,
            'list-versions-by-function': () => ({
                Versions: ['$LATEST', '2', '13', '9'].map((Version) => ({ Version })),
            }),
        };
        return answers[command[2]!]!();
    }

    /// The kinds of commands that change AWS.
    acts(): string[] {
        const acts = ['cdk bootstrap', 'create-secret', 'update-keys', 'cdk deploy'];
        return this.done.flatMap(({ line }) => acts.filter((act) => line.includes(act)));
    }
}

test('an empty account gets its secrets before the stack and its texts after it', async () => {
    const account = new Account(undefined, undefined);
    const deployed = await deploy(settings, SHOPIFY, account, edge, now);
    assert.equal(deployed.Url, 'https://d1.cloudfront.net');
    assert.deepEqual(account.acts(), [
        'create-secret',
        'cdk bootstrap',
        'cdk deploy',
        'update-keys',
    ]);
    assert.deepEqual(
        account.done.slice(1, 4).map(({ line }) => line.split(' ').slice(0, 3).join(' ')),
        ['../package x86_64', 'npm ci --silent', 'npm run build']
    );
});

test('a further deployment writes texts before the function that uses them', async () => {
    const secret = JSON.stringify({
        keys: `k1:${'0'.repeat(32)}`,
        shopify_secrets: SHOPIFY,
        staff_tokens: 's'.repeat(32),
        origin: 'o'.repeat(32),
    });
    const account = new Account(secret, STACK);
    await deploy(settings, '', account, edge, now);
    assert.deepEqual(account.acts(), ['cdk bootstrap', 'update-keys', 'cdk deploy']);
    const { line, input } = account.done.find((it) => it.line.includes('update-keys'))!;
    assert.ok(line.includes('--kvs-arn arn:store') && line.includes('--if-match E-now'));
    const puts: { Key: string; Value: string }[] = JSON.parse(input!);
    const names = puts.map((it) => it.Key);
    assert.deepEqual(names.sort(), [...Object.keys(store()), 'config'].sort());
    const written = JSON.parse(puts.find((it) => it.Key === 'config')!.Value);
    assert.equal(written.shop, settings.shop);
    assert.deepEqual(written.staff, [digest('s'.repeat(32))]);
    assert.equal(input!.includes('o'.repeat(32)), false, 'the edge function needs no origin header');
});

test('CloudFormation gets the version of the secret that the edge sends', async () => {
    const account = new Account(undefined, undefined);
    await deploy(settings, SHOPIFY, account, edge, now);
    const { line } = account.done.find((it) => it.line.includes('cdk deploy'))!;
    assert.ok(line.endsWith('-c environment=staging -c secretVersion=v-7'), line);
});

test('no secret is in the arguments of a command, which other users can read', async () => {
    const account = new Account(undefined, undefined);
    await deploy(settings, SHOPIFY, account, edge, now);
    const { input } = account.done.find((it) => it.line.includes('create-secret'))!;
    const document: Record<string, string> = JSON.parse(input!);
    assert.equal(document.shopify_secrets, SHOPIFY);
    const output = account.done.map(({ line }) => line).join('\n');
    for (const [name, secret] of Object.entries(document)) {
        assert.equal(output.includes(secret), false, name);
        assert.equal(output.includes(secret.replace('k1:', '')), false, name);
    }
});

test('without the secret of the app nothing is deployed', async () => {
    const account = new Account(undefined, undefined);
    await assert.rejects(deploy(settings, '', account, edge, now), /client secret is needed/);
    assert.deepEqual(account.done, []);
});

test('too few environments of the account are an error before anything is built', async () => {
    const account = new Account(undefined, undefined, 10);
    await assert.rejects(
        deploy(settings, SHOPIFY, account, edge, now),
        /allows 10 Lambda environments in us-east-1, and 802 are needed/
    );
    assert.deepEqual(account.done, []);
});

test('outside us-east-1 the alarms of the edge follow the distribution', async () => {
    const account = new Account(undefined, undefined);
    await deploy({ ...settings, region: 'ap-south-1' }, SHOPIFY, account, edge, now);
    const lines = account.done.map(({ line }) => line);
    assert.ok(lines.some((it) => it.includes('aws://111122223333/ap-south-1 aws://111122223333/us-east-1')));
    const [main, alarms] = lines.filter((it) => it.includes('cdk deploy'));
    assert.ok(main!.includes(' forecourt-staging '));
    assert.ok(alarms!.includes('forecourt-staging-edge-alarms'));
    assert.ok(alarms!.endsWith('-c distribution=E2EXAMPLE'));
});

test('Lambda@Edge is built instead, and reads the secret itself: there is no store to fill', async () => {
    const account = new Account(undefined, undefined);
    account.deployed = { Stacks: [{ Outputs: STACK.Stacks[0]!.Outputs.slice(0, 2) }] };
    await deploy({ ...settings, edge: 'lambda-at-edge' }, SHOPIFY, account, edge, now);
    assert.deepEqual(account.acts(), ['create-secret', 'cdk bootstrap', 'cdk deploy']);
    const built = account.done.filter(({ line }) => line.startsWith('npm')).map(({ line }) => line);
    assert.ok(built.length === 2 && built.every((it) => it.endsWith(' ../../edge/lambda')));
});

test('a dry run prints all commands and runs none', () => {
    const folder = fileURLToPath(new URL('..', import.meta.url));
    const command = ['--import', 'tsx', 'bin/deploy.ts', 'example', '--dry-run'];
    // Only Node itself can run, by its absolute path.
    const env = { PATH: '/nowhere' };
    const output = execFileSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8' });
    const lines = output.split('\n').filter((line) => line.startsWith('$'));
    assert.deepEqual(lines, [
        '$ aws secretsmanager create-secret --name forecourt/example ' +
            '--secret-string file:///dev/stdin --region us-east-1 --output json',
        '$ ../package x86_64',
        '$ npm ci --silent --prefix ../../edge/cloudfront-function',
        '$ npm run build --silent --prefix ../../edge/cloudfront-function',
        '$ npx cdk bootstrap aws://111122223333/us-east-1',
        '$ npx cdk deploy --require-approval never forecourt-example ' +
            '-c environment=example -c secretVersion=the-first',
        '$ aws cloudfront-keyvaluestore update-keys --if-match the-first ' +
            '--puts file:///dev/stdin --kvs-arn the-new-store --output json',
        '$ aws s3api create-bucket --bucket forecourt-example-releases-111122223333-us-east-1 ' +
            '--region us-east-1 --output json',
        '$ aws s3 cp - s3://forecourt-example-releases-111122223333-us-east-1/releases.json ' +
            '--region us-east-1',
    ]);
});
