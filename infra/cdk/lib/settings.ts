// The settings of one environment. Everything else follows from the code.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Architecture = 'x86_64' | 'arm64';
export type EdgeForm = 'cloudfront-function' | 'lambda-at-edge';

/// Announced load: from `start` to `end` (UTC cron, as Application Auto Scaling writes it) each read
/// function keeps at least `environments` warm.
export interface Campaign {
    readonly name: string;
    readonly start: string;
    readonly end: string;
    readonly environments: number;
}

export interface Settings {
    /// `prod`, `staging`, …: part of every name, so that several stand side by side.
    readonly environment: string;
    readonly account: string;
    readonly region: string;
    /// The `*.myshopify.com` domain this deployment serves, and its one currency (ISO 4217).
    readonly shop: string;
    readonly currency: string;
    /// Folder with the `bootstrap` that every Lambda runs.
    readonly binaries: string;
    /// Which form of the edge function: edge/lambda/README.md says which when.
    readonly edge: EdgeForm;
    /// Folder with the build of that form, if not the default one.
    readonly edgeFunctions?: string;
    /// `x86_64` until an arm64 build has been run; arm64 costs a fifth less per GB-second.
    readonly architecture: Architecture;
    /// Warm environments of each read function: always, and at most under load.
    readonly warm: { readonly least: number; readonly most: number };
    readonly campaigns: readonly Campaign[];
    /// The address that is paged.
    readonly pageTo?: string;
    /// A domain of the merchant's with its certificate in us-east-1.
    readonly domain?: { readonly name: string; readonly certificateArn: string };
    /// A web ACL for CloudFront, in us-east-1.
    readonly webAclArn?: string;
    /// A capacity provider: the read functions then run on Managed Instances.
    readonly capacityProviderArn?: string;
    /// Tables restored from a backup: they are used instead of the stack's own, which stay. No
    /// redemption is decided while `replaying`: the replay may still bring an earlier decision.
    readonly restored?: {
        readonly hot: string;
        readonly commands: string;
        readonly replaying?: boolean;
    };
    /// The secret's version that the edge sends the `origin` of; without it, the current one.
    readonly secretVersion?: string;
    /// The distribution, once there is one: outside us-east-1 its alarms are a stack of their own.
    readonly distribution?: string;
}

/// Where each form is built (edge/cloudfront-function/build.js, edge/lambda/build.mjs).
const EDGE_FORMS: Record<EdgeForm, string> = {
    'cloudfront-function': '../../../edge/cloudfront-function/dist',
    'lambda-at-edge': '../../../edge/lambda/dist/function',
};

/// The folder with the built edge functions.
export const edgeFunctions = ({ edge, edgeFunctions }: Settings): string =>
    edgeFunctions ?? fileURLToPath(new URL(EDGE_FORMS[edge], import.meta.url));

/// The secret of an environment (origin/functions/src/runtime/secrets.rs has its form). It is older than
/// the stack, whose functions do not start without it, and outlives it.
export const secretName = ({ environment }: Settings): string => `forecourt/${environment}`;

const NAME = /^[a-z][a-z0-9-]{0,19}$/;
const SHOP = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/// The settings of environments/NAME.json.
export function readSettings(environment: unknown): Settings {
    if (typeof environment !== 'string' || !NAME.test(environment)) {
        throw new Error('which environment? NAME means environments/NAME.json');
    }
    const file = new URL(`../environments/${environment}.json`, import.meta.url);
    return { environment, ...JSON.parse(readFileSync(file, 'utf8')) };
}

/// Rejects settings that could not be deployed, with all errors at once.
export function check(settings: Settings): Settings {
    const errors = [
        NAME.test(settings.environment) || `environment: ${settings.environment} is no short name`,
        /^\d{12}$/.test(settings.account) || 'account: twelve digits',
        /^[a-z]{2}(-[a-z]+)+-\d$/.test(settings.region) || 'region: like us-east-1',
        SHOP.test(settings.shop) || 'shop: like example.myshopify.com',
        settings.edge in EDGE_FORMS || `edge: ${Object.keys(EDGE_FORMS).join(' or ')}`,
        /^[A-Z]{3}$/.test(settings.currency) || 'currency: like EUR',
        (settings.warm.least >= 1 && settings.warm.most >= settings.warm.least) ||
            'warm: at least one, and most is no less than least',
        settings.campaigns.every((it) => it.environments <= settings.warm.most) ||
            'campaigns: no campaign may keep more warm than `warm.most`',
    ].filter((it): it is string => typeof it === 'string');
    if (errors.length > 0) {
        throw new Error(`these settings can't be deployed:\n  ${errors.join('\n  ')}`);
    }
    return settings;
}
