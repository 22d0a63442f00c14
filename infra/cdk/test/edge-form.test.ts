// The second form of the edge function, where the shop is in us-east-1 and where it is not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { DISTRIBUTION } from '../lib/edge.ts';
import { check } from '../lib/settings.ts';
import { type Json, folder, settings, synthesised } from './synthesis.ts';

const built = folder('index.mjs', 'edge_lambda.wasm');
const lambdaAtEdge = { edge: 'lambda-at-edge', edgeFunctions: built } as const;
const here = synthesised('lambda-at-edge', lambdaAtEdge);
const abroad = synthesised('lambda-at-edge-abroad', { ...lambdaAtEdge, region: 'ap-south-1' });

const ofType = (template: Json, type: string): [string, Json][] =>
    Object.entries(template.Resources as Json).filter(([, it]) => it.Type === type);

/// The one function that runs Node, and its template.
function edge(
    templates: Map<string, Json>,
    stack: string
): { template: Json; id: string; fn: Json } {
    const template = templates.get(stack)!;
    const [own, ...others] = ofType(template, 'AWS::Lambda::Function').filter(
        ([, it]) => it.Properties.FunctionName === 'forecourt-test-edge'
    );
    assert.ok(own !== undefined && others.length === 0, `one edge function in ${stack}`);
    return { template, id: own[0], fn: own[1] };
}

const behaviors = (templates: Map<string, Json>): Json[] => {
    const [[, it]] = ofType(templates.get('forecourt-test')!, 'AWS::CloudFront::Distribution') as [
        [string, Json],
    ];
    const { CacheBehaviors, DefaultCacheBehavior } = it.Properties.DistributionConfig;
    return [...CacheBehaviors, DefaultCacheBehavior];
};

test('every behaviour has one version of the function, and no other function', () => {
    const { template, id } = edge(here, 'forecourt-test');
    const file: Json = JSON.parse(readFileSync(DISTRIBUTION, 'utf8'));
    assert.equal(behaviors(here).length, file.DistributionConfig.CacheBehaviors.length + 1);
    for (const it of behaviors(here)) {
        assert.equal(it.FunctionAssociations, undefined);
        const [{ EventType, LambdaFunctionARN }] = it.LambdaFunctionAssociations;
        assert.equal(EventType, 'viewer-request');
        const version = template.Resources[LambdaFunctionARN.Ref];
        assert.equal(version.Type, 'AWS::Lambda::Version');
        assert.deepEqual(version.Properties.FunctionName, { Ref: id });
    }
    assert.equal(ofType(template, 'AWS::CloudFront::Function').length, 0);
    assert.equal(ofType(template, 'AWS::CloudFront::KeyValueStore').length, 0);
    assert.equal(template.Outputs.EdgeStore, undefined);
});

test('abroad the function is in us-east-1, and the shop refers to its version', () => {
    const { template } = edge(abroad, 'forecourt-test-edge');
    assert.deepEqual([...abroad.keys()].sort(), ['forecourt-test', 'forecourt-test-edge']);
    const [[version]] = ofType(template, 'AWS::Lambda::Version') as [[string, Json]];
    const reader = JSON.stringify(behaviors(abroad)[0]!.LambdaFunctionAssociations[0]);
    const own = ofType(abroad.get('forecourt-test')!, 'AWS::Lambda::Function');
    assert.ok(own.every(([, it]) => it.Properties.FunctionName !== 'forecourt-test-edge'));
    assert.match(reader, /ExportsReader/);
    assert.ok(reader.includes(version), reader);
});

test('the function has only properties that Lambda@Edge supports', () => {
    for (const { fn } of [edge(here, 'forecourt-test'), edge(abroad, 'forecourt-test-edge')]) {
        const it = fn.Properties;
        assert.match(it.Runtime, /^nodejs/);
        assert.equal(it.Handler, 'index.handler');
        assert.equal(it.MemorySize, 128);
        assert.equal(it.Timeout, 5);
        assert.deepEqual(it.Architectures ?? ['x86_64'], ['x86_64']);
        for (const unsupported of [
            'Environment',
            'VpcConfig',
            'DeadLetterConfig',
            'Layers',
            'TracingConfig',
            'ReservedConcurrentExecutions',
            'EphemeralStorage',
        ]) {
            assert.equal(it[unsupported], undefined, unsupported);
        }
    }
});

test('CloudFront may replicate it, and former versions stay for a roll-back', () => {
    const { template, fn } = edge(here, 'forecourt-test');
    const role = template.Resources[fn.Properties.Role['Fn::GetAtt'][0]];
    assert.deepEqual(
        role.Properties.AssumeRolePolicyDocument.Statement.map((it: Json) => it.Principal.Service),
        ['lambda.amazonaws.com', 'edgelambda.amazonaws.com']
    );
    assert.equal(role.Properties.ManagedPolicyArns, undefined);
    assert.equal(fn.DeletionPolicy, 'Retain');
    for (const [, it] of ofType(template, 'AWS::Lambda::Version').filter(([id]) =>
        id.includes('LambdaAtEdge')
    )) {
        assert.equal(it.DeletionPolicy, 'Retain');
    }
});

test('it may write its errors and read the secret of its environment, in its region', () => {
    for (const [region, { template, fn }] of [
        ['us-east-1', edge(here, 'forecourt-test')],
        ['ap-south-1', edge(abroad, 'forecourt-test-edge')],
    ] as const) {
        const role = fn.Properties.Role['Fn::GetAtt'][0];
        const [[, policy]] = ofType(template, 'AWS::IAM::Policy').filter(
            ([, it]) => it.Properties.Roles[0].Ref === role
        ) as [[string, Json]];
        const rights = policy.Properties.PolicyDocument.Statement.map((it: Json) => [
            it.Sid,
            it.Action,
            it.Resource,
        ]);
        const account = settings.account;
        assert.deepEqual(rights, [
            [
                'Log',
                ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
                `arn:aws:logs:*:${account}:log-group:/forecourt/test/edge:*`,
            ],
            [
                'ReadOwnSecrets',
                'secretsmanager:GetSecretValue',
                `arn:aws:secretsmanager:${region}:${account}:secret:forecourt/test-??????`,
            ],
        ]);
        assert.deepEqual(fn.Properties.LoggingConfig, {
            ApplicationLogLevel: 'WARN',
            LogFormat: 'JSON',
            LogGroup: '/forecourt/test/edge',
            SystemLogLevel: 'WARN',
        });
    }
});

test('a folder without the built function is rejected, and so is an unknown form', () => {
    assert.throws(() => synthesised('unbuilt', { ...lambdaAtEdge, edgeFunctions: folder() }), {
        message: /is no built edge\/lambda: run `npm run build` there$/,
    });
    assert.throws(() => check({ ...settings, edge: 'lambda' as never }), {
        message: /edge: cloudfront-function or lambda-at-edge$/,
    });
});
