// `infra/deploy ENVIRONMENT [--dry-run|--back]`: runs lib/deployment.ts with AWS's own CLI.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type EdgeTexts, type Shell, deploy, digest, rollBack } from '../lib/deployment.ts';
import { check, readSettings } from '../lib/settings.ts';
import { byHand, shopifyApp } from '../lib/shopify-app.ts';

const [environment = '', mode] = process.argv.slice(2);
const settings = check(readSettings(environment));
const isDry = mode === '--dry-run';
if (mode !== undefined && !isDry && mode !== '--back') {
    throw new Error(`${mode}: the only options are --dry-run and --back`);
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
            return JSON.parse(execFileSync(program, rest, { encoding: 'utf8', stdio: 'pipe' }));
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
const emptyTexts: EdgeTexts = { texts: async () => ({}), config: async () => '' };
const builtTexts: EdgeTexts = {
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
    if (mode === '--back') {
        console.log(rollBack(settings, shell).join('\n'));
    } else {
        const secret = process.env.SHOPIFY_CLIENT_SECRET ?? (isDry ? 'of the app' : '');
        const deployed = await deploy(settings, secret, shell, isDry ? emptyTexts : builtTexts);
        const file = new URL(`../../shopify.app.${environment}.toml`, import.meta.url);
        const template = readFileSync(new URL('../../shopify.app.toml', import.meta.url), 'utf8');
        if (!isDry) {
            writeFileSync(file, shopifyApp(template, deployed.Url, deployed.clientId));
        }
        const steps = byHand(environment, deployed.clientId).map((step, at) => `  ${at + 1}. ${step}`);
        console.log(`\n${deployed.Url}\n\ninfra/shopify.app.${environment}.toml is for Shopify. By hand:`);
        console.log(steps.join('\n'));
    }
} catch (error) {
    console.error(`infra/deploy: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
}
