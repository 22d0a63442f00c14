// `infra/deploy ENVIRONMENT [--dry-run|--back|--to RELEASE]`: runs lib/deployment.ts with AWS's own CLI.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type EdgeTexts, deploy, deployed, digest } from '../lib/deployment.ts';
import { goTo, rollBack } from '../lib/releases.ts';
import { check, readSettings } from '../lib/settings.ts';
import type { Shell } from '../lib/shell.ts';
import { byHand, shopifyApp } from '../lib/shopify-app.ts';

const [environment = '', mode, named] = process.argv.slice(2);
const settings = check(readSettings(environment));
const isDry = mode === '--dry-run';
if (mode !== undefined && !['--dry-run', '--back', '--to'].includes(mode)) {
    throw new Error(`${mode}: the only options are --dry-run, --back and --to RELEASE`);
}
if (mode === '--to' && !/^[1-9]\d*$/.test(named ?? '')) {
    throw new Error('--to takes the number of a release');
}

/// What AWS's CLI prints for a resource that does not exist.
const ABSENT = /ResourceNotFoundException|does not exist/;

const print = (command: readonly string[], mark: string): void =>
    console.log(`${mark} ${command.join(' ')}`);

const shell: Shell = {
    run(command, input) {
        print(command, '$');
        if (!isDry) {
            const [program, ...rest] = command as [string, ...string[]];
            const stdin = input === undefined ? 'inherit' : 'pipe';
            execFileSync(program, rest, { input, stdio: [stdin, 'inherit', 'inherit'] });
        }
    },
    query(command) {
        print(command, '?');
        if (isDry) {
            return undefined;
        }
        const [program, ...rest] = command as [string, ...string[]];
        try {
            const output = execFileSync(program, rest, { encoding: 'utf8', stdio: 'pipe' });
            // The CLI prints nothing for an empty list.
            return output.trim() === '' ? {} : JSON.parse(output);
        } catch (error) {
            const { stderr = '' } = error as { stderr?: string };
            if (ABSENT.test(stderr)) {
                return undefined;
            }
            throw new Error(stderr || String(error));
        }
    },
};

// Empty for a dry run, which does not build the edge function.
const emptyTexts: EdgeTexts = {
    functions: async () => ({}),
    texts: async () => ({}),
    config: async () => '',
};
const builtTexts: EdgeTexts = {
    async functions() {
        const { GROUPS } = await import('../../../edge/cloudfront-function/groups.js');
        const dist = new URL('../../../edge/cloudfront-function/dist/', import.meta.url);
        const code = (group: string) => readFileSync(new URL(`${group}.js`, dist), 'utf8');
        return Object.fromEntries(GROUPS.map((group: string) => [group, code(group)]));
    },
    async texts() {
        const { store } = await import('../../../edge/cloudfront-function/build.js');
        return store();
    },
    async config(document) {
        const { config } = await import('../../../edge/cloudfront-function/build.js');
        return config(document, digest);
    },
};

try {
    if (mode === '--back' || mode === '--to') {
        const stack = deployed(settings, shell);
        if (stack === undefined) {
            throw new Error(`${environment} was never deployed`);
        }
        const lines =
            mode === '--back'
                ? rollBack(settings, stack, shell)
                : goTo(settings, stack, Number(named), shell);
        console.log(lines.join('\n'));
    } else {
        const secret = process.env.SHOPIFY_CLIENT_SECRET ?? (isDry ? 'of the app' : '');
        const now = () => new Date().toISOString();
        const edge = isDry ? emptyTexts : builtTexts;
        const { Url, clientId, release } = await deploy(settings, secret, shell, edge, now);
        const file = new URL(`../../shopify.app.${environment}.toml`, import.meta.url);
        const template = readFileSync(new URL('../../shopify.app.toml', import.meta.url), 'utf8');
        if (!isDry) {
            writeFileSync(file, shopifyApp(template, Url, clientId));
        }
        const steps = byHand(environment, clientId).map((step, at) => `  ${at + 1}. ${step}`);
        console.log(`\nRelease ${release?.release} serves at\n${Url}\n\ninfra/shopify.app.${environment}.toml is for Shopify. By hand:`);
        console.log(steps.join('\n'));
    }
} catch (error) {
    console.error(`infra/deploy: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
}
