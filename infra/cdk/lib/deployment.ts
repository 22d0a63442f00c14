// The steps of a deployment, from an account to a working URL and from one release to the next. The
// shell that runs them is an argument, so that tests can replace AWS.
import { createHmac } from 'node:crypto';
import { type Document, firstSecrets } from './secret.ts';
import { type EdgeForm, type Settings, secretName } from './settings.ts';
import { CONSUMERS, FUNCTIONS, environmentsMax } from './wiring.ts';

/// Keys of one `UpdateKeys` (CloudFront Developer Guide, "Quotas on key value stores").
const KEYS_MAX = 50;
/// The outputs of a new stack, for a dry run.
const EMPTY: Deployed = { Url: 'https://…', Distribution: 'the-new-one', EdgeStore: 'the-new-store' };
/// Where the forms of the edge function are built.
const EDGE_FUNCTIONS: Record<EdgeForm, string> = {
    'cloudfront-function': '../../edge/cloudfront-function',
    'lambda-at-edge': '../../edge/lambda',
};
/// The alias of the active version.
const ALIAS = 'live';

export interface Shell {
    /// Runs a command in infra/cdk. Secrets go into `input`, never into the arguments.
    run(command: readonly string[], input?: string): void;
    /// The output of a command that changes nothing; `undefined` if the resource does not exist.
    query(command: readonly string[]): any;
}

/// What the edge function reads from its store: the texts of rejections, and its configuration.
export interface EdgeTexts {
    texts(): Promise<Record<string, string>>;
    config(document: Document & { shop: string }): Promise<string>;
}

export interface Deployed {
    readonly Url: string;
    readonly Distribution: string;
    /// Of the CloudFront Function only.
    readonly EdgeStore?: string;
    /// Of the app, from the secret.
    readonly clientId?: string;
}

/// Deploys, and returns the outputs of the stack.
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
    // Texts first: a new function may use texts that the store does not have yet.
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
    return { ...after, clientId: secret.document.shopify_client_id };
}

/// Activates the version of every function before its last deployment. Data and edge stay as they
/// are: each release reads data that the next one wrote.
export function rollBack(settings: Settings, shell: Shell): string[] {
    const at = ['--region', settings.region, '--output', 'json'];
    return [...FUNCTIONS, ...CONSUMERS].map(({ name }) => {
        const fn = ['--function-name', `forecourt-${settings.environment}-${name}`];
        const alias = shell.query(['aws', 'lambda', 'get-alias', ...fn, '--name', ALIAS, ...at]);
        const all = shell.query(['aws', 'lambda', 'list-versions-by-function', ...fn, ...at]);
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
    const at = ['--region', region, '--output', 'json'];
    const limits = shell.query(['aws', 'lambda', 'get-account-settings', ...at]);
    const allowed = limits?.AccountLimit?.ConcurrentExecutions;
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
    let stored = shell.query(read);
    if (stored === undefined) {
        const first = firstSecrets(shopifySecret);
        const create = ['aws', 'secretsmanager', 'create-secret', '--name', name];
        const from = ['--secret-string', 'file:///dev/stdin'];
        shell.run([...create, ...from, ...at], JSON.stringify(first));
        const created = { SecretString: JSON.stringify(first), VersionId: 'the-first' };
        stored = shell.query(read) ?? created;
    }
    return { document: JSON.parse(stored.SecretString), version: stored.VersionId };
}

function outputs(stack: string, region: string, shell: Shell): Deployed | undefined {
    const command = ['aws', 'cloudformation', 'describe-stacks', '--stack-name', stack];
    const response = shell.query([...command, '--region', region, '--output', 'json']);
    const all: { OutputKey: string; OutputValue: string }[] = response?.Stacks?.[0]?.Outputs ?? [];
    return all.length === 0
        ? undefined
        : (Object.fromEntries(all.map((it) => [it.OutputKey, it.OutputValue])) as any);
}

/// Writes and never removes: the function of the last release still uses its texts.
async function fill(
    store: string,
    settings: Settings,
    document: Document,
    shell: Shell,
    edge: EdgeTexts
): Promise<void> {
    const config = await edge.config({ shop: settings.shop, ...document });
    const all = Object.entries({ ...(await edge.texts()), config });
    for (let at = 0; at < all.length; at += KEYS_MAX) {
        const puts = all.slice(at, at + KEYS_MAX).map(([Key, Value]) => ({ Key, Value }));
        const of = ['--kvs-arn', store, '--output', 'json'];
        const api = ['aws', 'cloudfront-keyvaluestore'];
        const now = shell.query([...api, 'describe-key-value-store', ...of]);
        const from = ['--if-match', now?.ETag ?? 'the-first', '--puts', 'file:///dev/stdin'];
        shell.run([...api, 'update-keys', ...from, ...of], JSON.stringify(puts));
    }
}

/// Staff tokens as the edge function stores them (edge/wire/src/token.rs).
export const digest = (token: string): string =>
    createHmac('sha256', 'forecourt/staff-token/1').update(token).digest('hex');
