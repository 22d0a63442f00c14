// The templates of an environment, as CloudFormation would get them.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from '../lib/acknowledged.ts';
import { stacks } from '../lib/forecourt.ts';
import type { Settings } from '../lib/settings.ts';

export type Json = { [key: string]: any };

export const read = (path: string): Json =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/// A folder with these files, each with its name in it: templates hold hashes of them, no more.
export function folder(...names: string[]): string {
    const path = mkdtempSync(join(tmpdir(), 'forecourt-cdk-'));
    names.forEach((name) => writeFileSync(join(path, name), name));
    return path;
}

export const settings: Settings = {
    environment: 'test',
    ...(read('../environments/example.json') as Omit<Settings, 'environment'>),
    binaries: folder('bootstrap'),
};

/// Each stack's template by the stack's name. The first synthesis of a process takes ten seconds. It
/// runs cdk-nag, and throws at any finding that is not acknowledged. CI runs cfn-lint on the
/// templates, in a folder of CDK_OUTDIR.
export function synthesised(name: string, changes: Partial<Settings> = {}): Map<string, Json> {
    const out = process.env.CDK_OUTDIR ?? mkdtempSync(join(tmpdir(), 'cdk-out-'));
    const app = new App({ outdir: join(out, name), autoSynth: false });
    const merged = { ...settings, ...changes };
    stacks(app, merged);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    acknowledge(app, merged);
    return new Map(app.synth().stacks.map((it) => [it.stackName, it.template]));
}
