// An environment in another region, with every optional setting; and names that are unique to it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { FUNCTIONS } from '../lib/wiring.ts';
import { type Json, synthesised } from './synthesis.ts';

const WEB_ACL = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/forecourt/1';
const CERTIFICATE = 'arn:aws:acm:us-east-1:111122223333:certificate/c';

const here = synthesised('plain').get('forecourt-test')!;
const templates = synthesised('elsewhere', {
    environment: 'other',
    region: 'ap-south-1',
    architecture: 'arm64',
    domain: { name: 'api.example.com', certificateArn: CERTIFICATE },
    webAclArn: WEB_ACL,
    capacityProviderArn: 'arn:aws:lambda:ap-south-1:111122223333:capacity-provider:forecourt',
    secretVersion: 'v-7',
    restored: { hot: 'hot-2', commands: 'commands-2', replaying: true },
    distribution: 'E2EXAMPLE',
});
const other = templates.get('forecourt-other')!;
const ofType = (of: Json, type: string): [string, Json][] =>
    Object.entries(of.Resources as Json).filter(([, it]) => it.Type === type);

test('environments coexist: every name in an account belongs to one of them', () => {
    const ofAccount = /^(Function|Queue|Table|Topic|Alarm|Dashboard|LogGroup|Archive|)Name$/;
    let count = 0;
    for (const [id, it] of Object.entries(here.Resources as Json) as [string, Json][]) {
        const own: Json = it.Properties ?? {};
        const configs = Object.values(own).filter((value) => typeof value === 'object');
        for (const [key, value] of [own, ...configs].flatMap((one) => Object.entries(one))) {
            // An alias belongs to its function.
            if (ofAccount.test(key) && typeof value === 'string' && it.Type !== 'AWS::Lambda::Alias') {
                assert.match(value, /^(forecourt-test|\/forecourt\/test\/)/, `${id}: ${key}`);
                count += 1;
            }
        }
    }
    assert.ok(count > 60, `${count} names`);
});

test('an environment may have its own domain, a web ACL, arm64 and Managed Instances', () => {
    const find = (type: string) => ofType(other, type).map(([, it]) => it.Properties);
    const [{ DistributionConfig: config }] = find('AWS::CloudFront::Distribution') as [Json];
    assert.deepEqual(config.Aliases, ['api.example.com']);
    assert.equal(config.ViewerCertificate.MinimumProtocolVersion, 'TLSv1.2_2021');
    assert.equal(config.WebACLId, WEB_ACL);
    assert.ok(find('AWS::Lambda::Function').every((it) => it.Architectures[0] === 'arm64'));
    const managed = find('AWS::Lambda::Function').filter((it) => it.CapacityProviderConfig);
    assert.deepEqual(
        managed.map((it) => it.Handler),
        FUNCTIONS.filter((it) => it.kind === 'read').map((it) => it.name)
    );
    assert.deepEqual(find('AWS::ApplicationAutoScaling::ScalableTarget'), []);
    const sent = config.Origins.find((it: Json) => it.OriginCustomHeaders).OriginCustomHeaders[0];
    assert.equal(
        sent.HeaderValue,
        '{{resolve:secretsmanager:forecourt/other:SecretString:origin::v-7}}'
    );
});

test('tables restored from a backup are used, their originals stay, and redemptions wait for the replay', () => {
    const tables = ofType(other, 'AWS::DynamoDB::GlobalTable');
    assert.deepEqual(
        tables.map(([, it]) => [it.Properties.TableName, it.DeletionPolicy]),
        [
            ['forecourt-other-hot', 'Retain'],
            ['forecourt-other-commands', 'Retain'],
        ]
    );
    for (const [id, it] of ofType(other, 'AWS::Lambda::Function')) {
        const { FORECOURT_HOT_TABLE, FORECOURT_COMMANDS_TABLE } = it.Properties.Environment.Variables;
        assert.deepEqual([FORECOURT_HOT_TABLE, FORECOURT_COMMANDS_TABLE], ['hot-2', 'commands-2'], id);
    }
    const replaying = (of: Json) =>
        ofType(of, 'AWS::Lambda::Function')
            .filter(([, it]) => it.Properties.Environment?.Variables.FORECOURT_REPLAYING === 'true')
            .map(([, it]) => it.Properties.Handler);
    assert.deepEqual(replaying(other), ['consume-loyalty']);
    assert.deepEqual(replaying(here), []);
    const [reads] = ofType(other, 'AWS::IAM::Policy')
        .flatMap(([, it]) => it.Properties.PolicyDocument.Statement)
        .filter((it: Json) => it.Sid === 'ReadHot');
    const [table, index] = reads.Resource.map((it: Json) => JSON.stringify(it));
    assert.ok(table.endsWith(':table/hot-2"]]}'), table);
    assert.ok(index.endsWith(':table/hot-2/index/overloaded"]]}'), index);
});

test("CloudFront's alarms are where its metrics are, wherever the shop is", () => {
    const named = (of: Json): string[] =>
        ofType(of, 'AWS::CloudWatch::Alarm')
            .filter(([, it]) => it.Properties.Namespace === 'AWS/CloudFront')
            .map(([, it]) => it.Properties.AlarmName);
    assert.deepEqual(named(here), ['forecourt-test-edge-errors']);
    assert.deepEqual(named(other), []);
    assert.deepEqual([...templates.keys()].sort(), ['forecourt-other', 'forecourt-other-edge-alarms']);
    const alarms = templates.get('forecourt-other-edge-alarms')!;
    assert.deepEqual(named(alarms), ['forecourt-other-edge-errors']);
    const [[, alarm]] = ofType(alarms, 'AWS::CloudWatch::Alarm') as [[string, Json]];
    assert.ok(alarm.Properties.Dimensions.some((it: Json) => it.Value === 'E2EXAMPLE'));
    // Before there is a distribution, there is nothing to watch.
    const first = synthesised('first', { region: 'ap-south-1' });
    assert.deepEqual([...first.keys()], ['forecourt-test']);
});

test('infra/README.md says what to do for each kind of alarm, and for no other', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const documented = [...readme.matchAll(/^\| `\*?-?([a-z-]+)` \|/gm)].map(([, kind]) => kind!);
    const kinds = ofType(here, 'AWS::CloudWatch::Alarm').map(
        ([, it]) => /row "([a-z-]+)"$/.exec(it.Properties.AlarmDescription)![1]!
    );
    assert.deepEqual([...documented].sort(), [...new Set(kinds)].sort());
    for (const [, it] of ofType(here, 'AWS::CloudWatch::Alarm')) {
        const [, kind] = /row "([a-z-]+)"$/.exec(it.Properties.AlarmDescription)!;
        assert.ok(it.Properties.AlarmName.endsWith(kind!), it.Properties.AlarmName);
    }
});
