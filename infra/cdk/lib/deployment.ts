// The steps of a deployment, from an account to a working URL and from one release to the next. The
// shell that runs them is an argument, so that tests can replace AWS.
import { createHmac } from 'node:crypto';
import { type Document, firstSecrets } from './secret.ts';
import { putTexts } from './edge-store.ts';
import { type Release, addRelease } from './releases.ts';
import { type EdgeForm, type Settings, secretName } from './settings.ts';
import type { Shell } from './shell.ts';
import { environmentsMax } from './wiring.ts';

/// The outputs of a new stack, for a dry run.
const EMPTY: Deployed = { Url: 'https://…', Distribution: 'the-new-one', EdgeStore: 'the-new-store' };
/// Where the forms of the edge function are built.
const EDGE_FUNCTIONS: Record<EdgeForm, string> = {
    'cloudfront-function': '../../edge/cloudfront-function',
    'lambda-at-edge': '../../edge/lambda',
};

/// The CloudFront Functions as they were built, and what they read from their store.
export interface EdgeTexts {
    /// The code of each group.
    functions(): Promise<Record<string, string>>;
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
    /// What serves now.
    readonly release?: Release;
}

/// Deploys, and returns the outputs of the stack.
export async function deploy(
    settings: Settings,
    shopifySecret: string,
    shell: Shell,
    edge: EdgeTexts,
    now: () => string
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
    const built = after.EdgeStore === undefined
        ? undefined
        : { functions: await edge.functions(), texts: await edge.texts() };
    const release = addRelease(settings, after, built, now(), shell);
    return { ...after, clientId: secret.document.shopify_client_id, release };
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

/// The outputs of an environment's stack; `undefined`: it was never deployed.
export function deployed(settings: Settings, shell: Shell): Deployed | undefined {
    return outputs(`forecourt-${settings.environment}`, settings.region, shell);
}

function outputs(stack: string, region: string, shell: Shell): Deployed | undefined {
    const command = ['aws', 'cloudformation', 'describe-stacks', '--stack-name', stack];
    const response = shell.query([...command, '--region', region, '--output', 'json']);
    const all: { OutputKey: string; OutputValue: string }[] = response?.Stacks?.[0]?.Outputs ?? [];
    return all.length === 0
        ? undefined
        : (Object.fromEntries(all.map((it) => [it.OutputKey, it.OutputValue])) as any);
}

async function fill(
    store: string,
    settings: Settings,
    document: Document,
    shell: Shell,
    edge: EdgeTexts
): Promise<void> {
    const config = await edge.config({ shop: settings.shop, ...document });
    putTexts(store, { ...(await edge.texts()), config }, shell);
}

/// Staff tokens as the edge function stores them (edge/wire/src/token.rs).
export const digest = (token: string): string =>
    createHmac('sha256', 'forecourt/staff-token/1').update(token).digest('hex');
