// From release to release, on a model of the parts of AWS that a release consists of.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { RELEASES_MAX, addRelease, goTo, readReleases, rollBack } from '../lib/releases.ts';
import type { Settings } from '../lib/settings.ts';
import type { Shell } from '../lib/shell.ts';
import { CONSUMERS, FUNCTIONS } from '../lib/wiring.ts';

const example = JSON.parse(
    readFileSync(new URL('../environments/example.json', import.meta.url), 'utf8')
) as Omit<Settings, 'environment'>;
const settings: Settings = { environment: 'staging', ...example };
const STACK = { Distribution: 'E2EXAMPLE', EdgeStore: 'arn:store' };
const NAMES = [...FUNCTIONS, ...CONSUMERS].map(({ name }) => `forecourt-staging-${name}`);
const GROUPS = ['personal', 'public'];

/// What one build deploys. Equal builds change nothing at CloudFormation.
interface Build {
    readonly origin: string;
    readonly edge: string;
}

/// Functions with versions and an alias, edge functions with one stage, a store, a distribution and a
/// bucket. CloudFormation compares a template with the one before, not with what is there.
class Aws implements Shell {
    readonly done: string[] = [];
    bucket: string | undefined;
    private template: Build = { origin: '', edge: '' };
    private readonly versions: string[] = [];
    readonly alias = new Map<string, string>();
    readonly edge = new Map<string, string>();
    readonly store = new Map<string, string>();
    associated = '';
    private readonly edgeVersions: string[] = [];
    private draft = 0;
    /// Fails once this many commands have changed something.
    failsAfter = Infinity;

    constructor(private readonly form: 'functions' | 'lambda' = 'functions') {}

    /// `cdk deploy`, and what follows it.
    deploy(build: Build): void {
        if (build.origin !== this.template.origin) {
            this.versions.push(build.origin);
            NAMES.forEach((name) => this.alias.set(name, String(this.versions.length)));
        }
        if (build.edge !== this.template.edge) {
            this.edgeVersions.push(build.edge);
            GROUPS.forEach((group) => this.edge.set(`forecourt-staging-${group}`, `${build.edge} ${group}`));
            this.associated = `arn:edge:${this.edgeVersions.length}`;
        }
        this.template = build;
        const texts = { door: `a text of ${build.edge}` };
        Object.entries(texts).forEach(([name, text]) => this.store.set(name, text));
        const functions = Object.fromEntries(GROUPS.map((it) => [it, `${build.edge} ${it}`]));
        const built = this.form === 'functions' ? { functions, texts } : undefined;
        const stack = this.form === 'functions' ? STACK : { Distribution: STACK.Distribution };
        addRelease(settings, stack, built, '2026-12-01T12:00:00Z', this);
    }

    /// The build that serves, or what is mixed.
    serving(): Build | string {
        const origins = new Set([...this.alias.values()].map((it) => this.versions[Number(it) - 1]));
        const edges = new Set(
            this.form === 'functions'
                ? [...this.edge.values()].map((code) => code.split(' ')[0])
                : [this.edgeVersions[Number(this.associated.split(':')[2]) - 1]]
        );
        if (this.form === 'functions') {
            edges.add(this.store.get('door')!.split(' ').at(-1));
        }
        const [origin, edge] = [[...origins], [...edges]];
        return origin.length === 1 && edge.length === 1
            ? { origin: origin[0]!, edge: edge[0]! }
            : `origins ${origin}, edges ${edge}`;
    }

    run(command: readonly string[], input?: string): void {
        if (this.done.length >= this.failsAfter) {
            throw new Error('the connection is lost');
        }
        this.done.push(command.join(' '));
        const value = (name: string) => command[command.indexOf(name) + 1]!;
        const acts: Record<string, () => void> = {
            cp: () => (this.bucket = input),
            'create-bucket': () => (this.bucket = ''),
            'update-alias': () => this.alias.set(value('--function-name'), value('--function-version')),
            'update-function': () => {
                assert.deepEqual(JSON.parse(value('--function-config')), { Runtime: 'r' });
                this.edge.set(value('--name'), input!);
                this.draft += 1;
            },
            'publish-function': () => assert.equal(value('--if-match'), `E${this.draft}`),
            'update-keys': () =>
                JSON.parse(input!).forEach((it: any) => this.store.set(it.Key, it.Value)),
            'update-distribution': () => {
                const { DefaultCacheBehavior: own, CacheBehaviors: others } = JSON.parse(input!);
                const arns = [own, ...others.Items].map(
                    (it: any) => it.LambdaFunctionAssociations.Items[0].LambdaFunctionARN
                );
                assert.equal(new Set(arns).size, 1);
                this.associated = arns[0];
            },
        };
        acts[command[2]!]!();
    }

    query(command: readonly string[]): any {
        const value = (name: string) => command[command.indexOf(name) + 1]!;
        const behaviour = () => ({
            LambdaFunctionAssociations: { Items: [{ LambdaFunctionARN: this.associated }] },
        });
        const answers: Record<string, () => any> = {
            cp: () => (this.bucket ? JSON.parse(this.bucket) : undefined),
            'list-objects-v2': () => (this.bucket === undefined ? undefined : {}),
            'get-alias': () => ({ FunctionVersion: this.alias.get(value('--function-name')) }),
            'list-versions-by-function': () => {
                const isEdge = value('--function-name') === 'forecourt-staging-edge';
                const all = isEdge ? this.edgeVersions : this.versions;
                const listed = all.map((_, at) => ({
                    Version: String(at + 1),
                    FunctionArn: `arn:edge:${at + 1}`,
                }));
                return { Versions: [{ Version: '$LATEST' }, ...listed.reverse()] };
            },
            'describe-function': () => ({
                ETag: `E${this.draft}`,
                FunctionSummary: { FunctionConfig: { Runtime: 'r' } },
            }),
            'describe-key-value-store': () => ({ ETag: 'E-store' }),
            'get-distribution-config': () => ({
                ETag: 'E-distribution',
                DistributionConfig: {
                    DefaultCacheBehavior: behaviour(),
                    CacheBehaviors: { Items: [behaviour(), behaviour()] },
                },
            }),
        };
        return answers[command[2]!]!();
    }
}

const build = (origin: number, edge = origin): Build => ({ origin: `o${origin}`, edge: `e${edge}` });

for (const form of ['functions', 'lambda'] as const) {
    test(`every function and the edge go to each release, over roll-backs and deployments (${form})`, () => {
        const aws = new Aws(form);
        const back = () => rollBack(settings, STACK, aws)[0];
        const to = (release: number) => goTo(settings, STACK, release, aws)[0];
        aws.deploy(build(1));
        assert.throws(back, /release 1 is the first: none served before it/);
        aws.deploy(build(2));
        aws.deploy(build(3));
        assert.deepEqual(aws.serving(), build(3));
        assert.equal(back(), 'release 3 ─► 2, of 2026-12-01T12:00:00Z');
        assert.deepEqual(aws.serving(), build(2));
        assert.throws(back, /release 2 serves since a roll-back from 3: .* any of 1, 2, 3/);
        assert.deepEqual(aws.serving(), build(2), 'the refused one changes nothing');
        to(1);
        assert.deepEqual(aws.serving(), build(1));
        to(3);
        assert.deepEqual(aws.serving(), build(3));
        assert.equal(back(), 'release 3 ─► 2, of 2026-12-01T12:00:00Z', 'it serves the newest again');
        // The next deployment follows what served, not the release that was left.
        aws.deploy(build(4));
        assert.deepEqual(aws.serving(), build(4));
        assert.equal(back(), 'release 4 ─► 2, of 2026-12-01T12:00:00Z');
        assert.deepEqual(aws.serving(), build(2));
        // Of the last template only the edge changes: CloudFormation leaves the functions as they are.
        aws.deploy(build(4, 5));
        assert.deepEqual(aws.serving(), build(4, 5));
        to(3);
        // And here nothing changes.
        aws.deploy(build(4, 5));
        assert.deepEqual(aws.serving(), build(4, 5));
        assert.equal(back(), 'release 6 ─► 3, of 2026-12-01T12:00:00Z');
        assert.deepEqual(aws.serving(), build(3));
        assert.throws(() => to(9), /there is no release 9: 1, 2, 3, 4, 5, 6 are remembered/);
    });
}

test('a roll-back ends at the edge, and the way forward begins there', () => {
    const aws = new Aws();
    aws.deploy(build(1));
    aws.deploy(build(2));
    const kinds = (from: number) => {
        const kind = (line: string) => (line.includes('update-alias') ? 'origin' : 'edge');
        const lines = aws.done.slice(from).filter((it) => /update-alias|update-function/.test(it));
        return lines.map(kind).join(' ').replace(/(\w+)( \1)+/g, '$1');
    };
    let from = aws.done.length;
    rollBack(settings, STACK, aws);
    assert.equal(kinds(from), 'origin edge');
    from = aws.done.length;
    goTo(settings, STACK, 2, aws);
    assert.equal(kinds(from), 'edge origin');
});

test('a roll-back that was cut off is completed by repeating it', () => {
    const whole = new Aws();
    whole.deploy(build(1));
    whole.deploy(build(2));
    const [before] = [whole.done.length, rollBack(settings, STACK, whole)];
    for (let step = 0; step < whole.done.length - before; step += 1) {
        const aws = new Aws();
        aws.deploy(build(1));
        aws.deploy(build(2));
        aws.failsAfter = aws.done.length + step;
        assert.throws(() => rollBack(settings, STACK, aws), /the connection is lost/);
        aws.failsAfter = Infinity;
        rollBack(settings, STACK, aws);
        assert.deepEqual(aws.serving(), build(1));
        assert.equal(readReleases(settings, aws)!.serving, 1);
    }
});

test('the bucket is made once, and the list of releases is bounded', () => {
    const aws = new Aws();
    for (let number = 1; number <= RELEASES_MAX + 2; number += 1) {
        aws.deploy(build(number));
    }
    assert.equal(aws.done.filter((it) => it.includes('create-bucket')).length, 1);
    const numbers = readReleases(settings, aws)!.all.map((it) => it.release);
    assert.deepEqual([numbers[0], numbers.length], [3, RELEASES_MAX]);
});

test('nothing was released: there is nothing to go back to', () => {
    assert.throws(() => rollBack(settings, STACK, new Aws()), /nothing was released to staging yet/);
    assert.throws(() => goTo(settings, STACK, 1, new Aws()), /nothing was released to staging yet/);
});
