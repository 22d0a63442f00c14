// Which releases there were, and the way from one to another. A release is a version of every function
// and the edge function with the texts of its store. Their list is an object in a bucket of its own,
// since neither Lambda nor CloudFront knows which versions belong together, and CloudFront Functions
// have no former versions at all.
import { putTexts } from './edge-store.ts';
import type { Shell } from './shell.ts';
import type { Settings } from './settings.ts';
import { CONSUMERS, FUNCTIONS } from './wiring.ts';

/// How many releases are remembered: their edge functions take 60 KB each.
export const RELEASES_MAX = 20;
/// The alias of the active version.
const ALIAS = 'live';
/// Where Lambda@Edge functions are made.
const EDGE_HOME = 'us-east-1';

/// The edge function of a release.
export type EdgeRelease =
    /// CloudFront Functions: their code by group, and the texts in the store.
    | { readonly functions: Record<string, string>; readonly texts: Record<string, string> }
    /// Lambda@Edge: the ARN of its version.
    | { readonly version: string };

export interface Release {
    readonly release: number;
    /// What served when it was deployed; the first one has none.
    readonly before?: number;
    readonly deployedAt: string;
    /// The version of each function, by its name.
    readonly functions: Record<string, string>;
    readonly edge: EdgeRelease;
}

export interface Releases {
    /// The release that serves.
    readonly serving: number;
    /// Oldest first.
    readonly all: readonly Release[];
}

/// What is needed of the stack.
export interface Stack {
    readonly Distribution: string;
    readonly EdgeStore?: string;
}

/// The releases; `undefined` before the first.
export function readReleases(settings: Settings, shell: Shell): Releases | undefined {
    return shell.query(['aws', 's3', 'cp', object(settings), '-', ...inRegion(settings)]);
}

/// Makes what was just deployed the newest release, and lets it serve: CloudFormation does not know of
/// roll-backs, and leaves what did not change since its last deployment as the roll-back left it.
export function addRelease(
    settings: Settings,
    stack: Stack,
    built: EdgeRelease | undefined,
    deployedAt: string,
    shell: Shell
): Release {
    const known = readReleases(settings, shell);
    const newest = known?.all.at(-1);
    const edge = built ?? { version: newestEdgeVersion(settings, shell) };
    const functions = Object.fromEntries(
        names().map((name) => [name, newestVersion(settings, name, shell)])
    );
    const release: Release = {
        release: (newest?.release ?? 0) + 1,
        before: known?.serving,
        deployedAt,
        functions,
        edge,
    };
    if (known !== undefined && known.serving !== newest?.release) {
        serve(settings, stack, release, 'forward', shell);
    }
    if (known === undefined) {
        createBucket(settings, shell);
    }
    const all = [...(known?.all ?? []), release].slice(-RELEASES_MAX);
    write(settings, { serving: release.release, all }, shell);
    return release;
}

/// Back to the release that served before the newest was deployed.
export function rollBack(settings: Settings, stack: Stack, shell: Shell): string[] {
    const known = required(settings, shell);
    const newest = known.all.at(-1)!;
    if (known.serving !== newest.release) {
        throw new Error(
            `release ${known.serving} serves since a roll-back from ${newest.release}: a second one is ` +
                `refused; \`--to RELEASE\` goes to any of ${numbers(known)}`
        );
    }
    if (newest.before === undefined) {
        throw new Error(`release ${newest.release} is the first: none served before it`);
    }
    return goTo(settings, stack, newest.before, shell);
}

/// To any release that is remembered, older or newer. Repeating it completes one that was cut off.
export function goTo(settings: Settings, stack: Stack, number: number, shell: Shell): string[] {
    const known = required(settings, shell);
    const target = known.all.find((it) => it.release === number);
    if (target === undefined) {
        throw new Error(`there is no release ${number}: ${numbers(known)} are remembered`);
    }
    const direction = number < known.serving ? 'back' : 'forward';
    const lines = serve(settings, stack, target, direction, shell);
    write(settings, { ...known, serving: number }, shell);
    return [`release ${known.serving} ─► ${number}, of ${target.deployedAt}`, ...lines];
}

/// The edge is never older than what is behind it: an origin reads what the edge of the next release
/// sends, but may need what its own edge does.
function serve(
    settings: Settings,
    stack: Stack,
    { functions, edge }: Release,
    direction: 'back' | 'forward',
    shell: Shell
): string[] {
    const origin = () => Object.entries(functions).map(([name, version]) =>
        activate(settings, name, version, shell)
    );
    const atEdge = () => [serveEdge(settings, stack, edge, shell)];
    return direction === 'back'
        ? [...origin(), ...atEdge()]
        : [...atEdge(), ...origin()];
}

function activate(settings: Settings, name: string, version: string, shell: Shell): string {
    const fn = ['--function-name', `forecourt-${settings.environment}-${name}`];
    const read = ['aws', 'lambda', 'get-alias', ...fn, '--name', ALIAS, ...json(settings)];
    const serving = shell.query(read)?.FunctionVersion;
    if (serving === version) {
        return `${name}: ${version}, as before`;
    }
    const to = ['--name', ALIAS, '--function-version', version];
    shell.run(['aws', 'lambda', 'update-alias', ...fn, ...to, ...json(settings)]);
    return `${name}: ${serving ?? 'none'} ─► ${version}`;
}

function serveEdge(settings: Settings, stack: Stack, edge: EdgeRelease, shell: Shell): string {
    if ('version' in edge) {
        return associate(stack.Distribution, edge.version, shell);
    }
    // Texts first: the function may use some that the store does not have.
    if (stack.EdgeStore !== undefined) {
        putTexts(stack.EdgeStore, edge.texts, shell);
    }
    for (const [group, code] of Object.entries(edge.functions)) {
        const named = ['--name', `forecourt-${settings.environment}-${group}`];
        const api = ['aws', 'cloudfront'];
        const describe = [...api, 'describe-function', ...named, '--output', 'json'];
        const { ETag, FunctionSummary } = shell.query(describe);
        const config = ['--function-config', JSON.stringify(FunctionSummary.FunctionConfig)];
        const from = ['--function-code', 'fileb:///dev/stdin', '--if-match', ETag];
        shell.run([...api, 'update-function', ...named, ...config, ...from], code);
        const { ETag: updated } = shell.query(describe);
        shell.run([...api, 'publish-function', ...named, '--if-match', updated]);
    }
    return `edge: ${Object.keys(edge.functions).length} functions and their texts`;
}

/// Lambda@Edge: the distribution names the version.
function associate(distribution: string, version: string, shell: Shell): string {
    const of = ['--id', distribution, '--output', 'json'];
    const { ETag, DistributionConfig } = shell.query([
        'aws', 'cloudfront', 'get-distribution-config', ...of,
    ]);
    const { DefaultCacheBehavior, CacheBehaviors } = DistributionConfig;
    for (const behaviour of [DefaultCacheBehavior, ...(CacheBehaviors?.Items ?? [])]) {
        for (const association of behaviour.LambdaFunctionAssociations?.Items ?? []) {
            association.LambdaFunctionARN = version;
        }
    }
    const from = ['--if-match', ETag, '--distribution-config', 'file:///dev/stdin'];
    const update = ['aws', 'cloudfront', 'update-distribution', ...of, ...from];
    shell.run(update, JSON.stringify(DistributionConfig));
    return `edge: ${version}`;
}

function newestVersion(settings: Settings, name: string, shell: Shell): string {
    const fn = ['--function-name', `forecourt-${settings.environment}-${name}`];
    const list = ['aws', 'lambda', 'list-versions-by-function', ...fn, ...json(settings)];
    return String(newest(shell.query(list))?.Version ?? 1);
}

function newestEdgeVersion(settings: Settings, shell: Shell): string {
    const fn = ['--function-name', `forecourt-${settings.environment}-edge`];
    const at = ['--region', EDGE_HOME, '--output', 'json'];
    const versions = shell.query(['aws', 'lambda', 'list-versions-by-function', ...fn, ...at]);
    return newest(versions)?.FunctionArn ?? 'the-first';
}

/// `$LATEST` is no version.
function newest(list: any): { Version: string; FunctionArn?: string } | undefined {
    const versions = (list?.Versions ?? []).filter((it: any) => /^\d+$/.test(it.Version));
    return versions.sort((one: any, two: any) => one.Version - two.Version).at(-1);
}

/// The bucket is not part of the stack, which could not be deployed without what it remembers.
function createBucket(settings: Settings, shell: Shell): void {
    const list = ['aws', 's3api', 'list-objects-v2', '--bucket', bucket(settings)];
    if (shell.query([...list, ...json(settings)]) !== undefined) {
        return;
    }
    const { region } = settings;
    // AWS names every region but its first.
    const place = ['--create-bucket-configuration', `LocationConstraint=${region}`];
    const create = ['aws', 's3api', 'create-bucket', '--bucket', bucket(settings)];
    shell.run([...create, ...(region === 'us-east-1' ? [] : place), ...json(settings)]);
}

function write(settings: Settings, releases: Releases, shell: Shell): void {
    const put = ['aws', 's3', 'cp', '-', object(settings), ...inRegion(settings)];
    shell.run(put, JSON.stringify(releases));
}

function required(settings: Settings, shell: Shell): Releases {
    const known = readReleases(settings, shell);
    if (known === undefined) {
        throw new Error(`nothing was released to ${settings.environment} yet`);
    }
    return known;
}

const names = (): string[] => [...FUNCTIONS, ...CONSUMERS].map(({ name }) => name);
const numbers = ({ all }: Releases): string => all.map((it) => it.release).join(', ');
const bucket = ({ environment, account, region }: Settings): string =>
    `forecourt-${environment}-releases-${account}-${region}`;
const object = (settings: Settings): string => `s3://${bucket(settings)}/releases.json`;
const inRegion = ({ region }: Settings): string[] => ['--region', region];
const json = (settings: Settings): string[] => [...inRegion(settings), '--output', 'json'];
