// `infra/deploy ENVIRONMENT [--dry-run|--back]`: lib/deployment.ts, carried out with AWS's own CLI.
import { execFileSync } from 'node:child_process';
import { type EdgeTexts, type Shell, deploy, digest, rollBack } from '../lib/deployment.ts';
import { check, readSettings } from '../lib/settings.ts';

const [environment = '', mode] = process.argv.slice(2);
const settings = check(readSettings(environment));
const isDry = mode === '--dry-run';
if (mode !== undefined && !isDry && mode !== '--back') {
    throw new Error(`${mode}: only --dry-run and --back are known`);
}

/// What AWS's CLI says of something that is not there.
const ABSENT = /ResourceNotFoundException|does not exist/;

const say = (words: readonly string[], mark: string): void =>
    console.log(`${mark} ${words.join(' ')}`);

const shell: Shell = {
    run(words, input) {
        say(words, '$');
        if (!isDry) {
            const [program, ...rest] = words as [string, ...string[]];
            const stdin = input === undefined ? 'inherit' : 'pipe';
            execFileSync(program, rest, { input, stdio: [stdin, 'inherit', 'inherit'] });
        }
    },
    ask(words) {
        say(words, '?');
        if (isDry) {
            return undefined;
        }
        const [program, ...rest] = words as [string, ...string[]];
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

// Not before its needs are installed and it is built, which a dry run does not do.
const untold: EdgeTexts = { words: async () => ({}), config: async () => '' };
const told: EdgeTexts = {
    async words() {
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
        const deployed = await deploy(settings, secret, shell, isDry ? untold : told);
        console.log(`\n${deployed.Url}`);
    }
} catch (error) {
    console.error(`infra/deploy: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
}
