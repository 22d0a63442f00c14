// From an account to a working URL, and from one release to the next: what is done, and in which
// order. Who does it is an argument, so that the tests are told instead of AWS.
import { createHmac } from 'node:crypto';
import { type Document, firstSecrets } from './secret.ts';
import { type EdgeForm, type Settings, secretName } from './settings.ts';
import { CONSUMERS, FUNCTIONS, environmentsMax } from './wiring.ts';

/// Keys of one `UpdateKeys` (CloudFront Developer Guide, "Quotas on key value stores").
const KEYS_MAX = 50;
/// What an empty account would answer, where a dry run asks.
const EMPTY: Deployed = { Url: 'https://…', Distribution: 'the-new-one', EdgeStore: 'the-new-store' };
/// Where the forms of the edge function are built.
const EDGE_FUNCTIONS: Record<EdgeForm, string> = {
    'cloudfront-function': '../../edge/cloudfront-function',
    'lambda-at-edge': '../../edge/lambda',
};
/// The alias that serves.
const ALIAS = 'live';

export interface Shell {
    /// Runs a command in infra/cdk. What is secret goes in by `input`, never among the words.
    run(words: readonly string[], input?: string): void;
    /// The answer of a command that changes nothing; `undefined` if what it asks for is not there.
    ask(words: readonly string[]): any;
}

/// What the edge function reads from its store: the words of refusals, and its configuration.
export interface EdgeTexts {
    words(): Promise<Record<string, string>>;
    config(document: Document & { shop: string }): Promise<string>;
}

export interface Deployed {
    readonly Url: string;
    readonly Distribution: string;
    /// Of the CloudFront Function only.
    readonly EdgeStore?: string;
}

/// Deploys, and tells where.
export async function deploy(
    settings: Settings,
    shopifySecret: string,
    shell: Shell,
    edge: EdgeTexts
): Promise<Deployed> {
    const { environment, account, region, architecture } = settings;
    const stack = `forecourt-${environment}`;
    admit(settings, shell);
    // Before the stack: its functions do not start without secrets.
    const secret = secrets(settings, shopifySecret, shell);
    shell.run(['../package', architecture]);
    const edgeFunction = ['--silent', '--prefix', EDGE_FUNCTIONS[settings.edge]];
    shell.run(['npm', 'ci', ...edgeFunction]);
    shell.run(['npm', 'run', 'build', ...edgeFunction]);
    // CloudFront's alarms are in us-east-1 wherever the shop is.
    const regions = [...new Set([region, 'us-east-1'])];
    shell.run(['npx', 'cdk', 'bootstrap', ...regions.map((it) => `aws://${account}/${it}`)]);
    const before = outputs(stack, region, shell);
    // Words first: a new function may refuse with words that the store does not have yet.
    if (before?.EdgeStore !== undefined) {
        await fill(before.EdgeStore, settings, secret.document, shell, edge);
    }
    const cdk = ['npx', 'cdk', 'deploy', '--require-approval', 'never'];
    const context = ['-c', `environment=${environment}`, '-c', `secretVersion=${secret.version}`];
    shell.run([...cdk, stack, ...context]);
    const after = outputs(stack, region, shell) ?? EMPTY;
    if (region !== 'us-east-1') {
        const of = ['-c', `distribution=${after.Distribution}`];
        shell.run([...cdk, '--exclusively', `${stack}-edge-alarms`, ...context, ...of]);
    }
    if (before === undefined && after.EdgeStore !== undefined) {
        await fill(after.EdgeStore, settings, secret.document, shell, edge);
    }
    return after;
}

/// Has every function serve what it served before its last deployment. Data and edge stay as they
/// are: each release reads what the next one wrote.
export function rollBack(settings: Settings, shell: Shell): string[] {
    const at = ['--region', settings.region, '--output', 'json'];
    return [...FUNCTIONS, ...CONSUMERS].map(({ name }) => {
        const fn = ['--function-name', `forecourt-${settings.environment}-${name}`];
        const alias = shell.ask(['aws', 'lambda', 'get-alias', ...fn, '--name', ALIAS, ...at]);
        const all = shell.ask(['aws', 'lambda', 'list-versions-by-function', ...fn, ...at]);
        const serving = Number(alias?.FunctionVersion);
        const numbers: number[] = (all?.Versions ?? []).map((it: any) => Number(it.Version));
        const former = Math.max(...numbers.filter((it) => it < serving));
        if (!Number.isFinite(former)) {
            return `${name}: no version before ${alias?.FunctionVersion ?? 'the first'}`;
        }
        const to = ['--name', ALIAS, '--function-version', String(former)];
        shell.run(['aws', 'lambda', 'update-alias', ...fn, ...to, ...at]);
        return `${name}: ${serving} ─► ${former}`;
    });
}

/// Stops before anything is built if the account allows too few environments: a new one has ten.
function admit({ region, warm }: Settings, shell: Shell): void {
    const asked = ['aws', 'lambda', 'get-account-settings', '--region', region, '--output', 'json'];
    const allowed = shell.ask(asked)?.AccountLimit?.ConcurrentExecutions;
    const needed = environmentsMax(warm.most);
    if (allowed !== undefined && allowed < needed) {
        throw new Error(
            `the account allows ${allowed} Lambda environments in ${region}, and ${needed} are ` +
                'needed: ask for more (Service Quotas, Lambda, "Concurrent executions"), or lower ' +
                '`warm.most`'
        );
    }
}

function secrets(
    settings: Settings,
    shopifySecret: string,
    shell: Shell
): { document: Document; version: string } {
    const name = secretName(settings);
    const at = ['--region', settings.region, '--output', 'json'];
    const read = ['aws', 'secretsmanager', 'get-secret-value', '--secret-id', name, ...at];
    let found = shell.ask(read);
    if (found === undefined) {
        const first = firstSecrets(shopifySecret);
        const create = ['aws', 'secretsmanager', 'create-secret', '--name', name];
        const from = ['--secret-string', 'file:///dev/stdin'];
        shell.run([...create, ...from, ...at], JSON.stringify(first));
        found = shell.ask(read) ?? { SecretString: JSON.stringify(first), VersionId: 'the-first' };
    }
    return { document: JSON.parse(found.SecretString), version: found.VersionId };
}

function outputs(stack: string, region: string, shell: Shell): Deployed | undefined {
    const asked = ['aws', 'cloudformation', 'describe-stacks', '--stack-name', stack];
    const found = shell.ask([...asked, '--region', region, '--output', 'json']);
    const all: { OutputKey: string; OutputValue: string }[] = found?.Stacks?.[0]?.Outputs ?? [];
    return all.length === 0
        ? undefined
        : (Object.fromEntries(all.map((it) => [it.OutputKey, it.OutputValue])) as any);
}

/// Writes and never removes: what the function of the last release says stays said.
async function fill(
    store: string,
    settings: Settings,
    document: Document,
    shell: Shell,
    edge: EdgeTexts
): Promise<void> {
    const config = await edge.config({ shop: settings.shop, ...document });
    const all = Object.entries({ ...(await edge.words()), config });
    for (let at = 0; at < all.length; at += KEYS_MAX) {
        const puts = all.slice(at, at + KEYS_MAX).map(([Key, Value]) => ({ Key, Value }));
        const of = ['--kvs-arn', store, '--output', 'json'];
        const api = ['aws', 'cloudfront-keyvaluestore'];
        const now = shell.ask([...api, 'describe-key-value-store', ...of]);
        const from = ['--if-match', now?.ETag ?? 'the-first', '--puts', 'file:///dev/stdin'];
        shell.run([...api, 'update-keys', ...from, ...of], JSON.stringify(puts));
    }
}

/// Staff tokens as the edge function keeps them (edge/wire/src/token.rs).
export const digest = (token: string): string =>
    createHmac('sha256', 'forecourt/staff-token/1').update(token).digest('hex');
