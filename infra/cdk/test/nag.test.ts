// What cdk-nag finds in the distribution, which it can only see in typed resources.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stacks } from '../lib/forecourt.ts';
import type { Settings } from '../lib/settings.ts';
import { camelCase } from '../lib/typed.ts';
import { settings } from './synthesis.ts';

/// The rules of CloudFront that an environment breaks, without what lib/acknowledged.ts says.
function broken(changes: Partial<Settings>): string[] {
    const outdir = mkdtempSync(join(tmpdir(), 'cdk-nag-'));
    const app = new App({ outdir, autoSynth: false });
    stacks(app, { ...settings, ...changes });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    assert.throws(() => app.synth(), /Validation failed/);
    const report = readFileSync(join(outdir, 'validation-report.json'), 'utf8');
    return [...new Set(report.match(/AwsSolutions-CFR\d/g))].sort();
}

test('cdk-nag sees what the distribution has, and what it has not', () => {
    assert.deepEqual(
        broken({}).map((rule) => rule.slice(-4)),
        ['CFR1', 'CFR2', 'CFR3', 'CFR4']
    );
});

test('a domain meets the rule for TLS, and a web ACL that for a firewall', () => {
    const region = 'us-east-1:111122223333';
    const changes = {
        domain: { name: 'shop.example', certificateArn: `arn:aws:acm:${region}:certificate/1` },
        webAclArn: `arn:aws:wafv2:${region}:global/webacl/shop/1`,
    };
    assert.deepEqual(
        broken(changes).map((rule) => rule.slice(-4)),
        ['CFR1', 'CFR3']
    );
});

test('names of CloudFormation become those of the CDK', () => {
    const names = ['IPV6Enabled', 'OriginSSLProtocols', 'WebACLId', 'MinTTL', 'FunctionARN', 'Id'];
    assert.deepEqual(names.map(camelCase), [
        'ipv6Enabled',
        'originSslProtocols',
        'webAclId',
        'minTtl',
        'functionArn',
        'id',
    ]);
});
