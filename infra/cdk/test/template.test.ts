// The template, as CloudFormation would get it: security, privacy, recovery and money rules.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { FUNCTION_BYTES_MAX } from '../../../edge/cloudfront-function/build.js';
import { GROUPS, groupOf } from '../../../edge/cloudfront-function/groups.js';
import type { Behaviour } from '../lib/edge-form.ts';
import { DISTRIBUTION } from '../lib/edge.ts';
import { check, edgeFunctions } from '../lib/settings.ts';
import { CONSUMERS, FUNCTIONS } from '../lib/wiring.ts';
import { type Json, settings, synthesised } from './synthesis.ts';

const QUEUES = CONSUMERS.flatMap((it) => it.queues.map((queue) => ({ ...queue, consumer: it })));

const template = synthesised('cloudfront-function').get('forecourt-test')!;
const resources: Json = template.Resources;
const ofType = (type: string): [string, Json][] =>
    Object.entries(resources).filter(([, it]) => it.Type === type) as [string, Json][];
const distribution = ofType('AWS::CloudFront::Distribution')[0]![1].Properties.DistributionConfig;

test('the deployed distribution is the file of the local edge, except for the names in it', () => {
    const file: Json = JSON.parse(readFileSync(DISTRIBUTION, 'utf8'));
    const names = new Map<string, string>();
    for (const kind of ['CachePolicy', 'OriginRequestPolicy', 'ResponseHeadersPolicy']) {
        const policies = file[kind.replace(/y$/, 'ies')] as Json;
        const deployed = ofType(`AWS::CloudFront::${kind}`);
        assert.equal(deployed.length, Object.keys(policies).length);
        for (const [id, it] of deployed) {
            const { Name, ...rest } = it.Properties[`${kind}Config`];
            const own = Name.replace('forecourt-test-', '');
            names.set(id, own);
            const { Name: _, ...expected } = policies[own];
            assert.deepEqual(rest, expected, `${kind} ${own}`);
        }
    }
    const behavior = ({ FunctionAssociations, ...it }: Json): Json => {
        const policy = (value: Json | undefined) => (value ? names.get(value.Ref) : undefined);
        const restored: Json = {
            ...it,
            CachePolicyId: policy(it.CachePolicyId),
            OriginRequestPolicyId: policy(it.OriginRequestPolicyId),
            ResponseHeadersPolicyId: policy(it.ResponseHeadersPolicyId),
            LambdaFunctionAssociations: [
                { EventType: FunctionAssociations[0].EventType, LambdaFunctionARN: 'viewer-request' },
            ],
        };
        return JSON.parse(JSON.stringify(restored));
    };
    const origin = ({ OriginAccessControlId, OriginCustomHeaders, ...it }: Json): Json => ({
        ...it,
        DomainName: `${it.Id}.origin.invalid`,
    });
    const restored = {
        ...distribution,
        Comment: distribution.Comment.replace(/ test$/, ''),
        Origins: distribution.Origins.map(origin),
        CacheBehaviors: distribution.CacheBehaviors.map(behavior),
        DefaultCacheBehavior: behavior(distribution.DefaultCacheBehavior),
    };
    assert.deepEqual(restored, file.DistributionConfig);
});

test('every behaviour has the edge function of its group', () => {
    const file: Json = JSON.parse(readFileSync(DISTRIBUTION, 'utf8'));
    const of = (config: Json): Json[] => [...config.CacheBehaviors, config.DefaultCacheBehavior];
    const groups = of(file.DistributionConfig).map((it) => groupOf(it as Behaviour));
    const deployed = of(distribution).map((it) => {
        const [id] = it.FunctionAssociations[0].FunctionARN['Fn::GetAtt'];
        return resources[id].Properties;
    });
    assert.deepEqual(
        deployed.map((it) => it.Name),
        groups.map((group) => `forecourt-test-${group}`)
    );
    assert.equal(ofType('AWS::CloudFront::Function').length, GROUPS.length);
    deployed.forEach((it, at) => {
        const built = join(edgeFunctions(settings), `${groups[at]}.js`);
        assert.equal(it.FunctionCode, readFileSync(built, 'utf8'));
        assert.ok(it.FunctionCode.length <= FUNCTION_BYTES_MAX);
        assert.equal(it.FunctionConfig.Runtime, 'cloudfront-js-2.0');
        assert.equal(it.FunctionConfig.KeyValueStoreAssociations.length, 1);
    });
});

test('an origin is reached only through the edge', () => {
    for (const [, it] of ofType('AWS::Lambda::Url')) {
        assert.equal(it.Properties.AuthType, 'AWS_IAM');
    }
    for (const it of distribution.Origins) {
        const isSigned = it.OriginAccessControlId !== undefined;
        const hasSecret = it.OriginCustomHeaders?.[0]?.HeaderName === 'Forecourt-Origin';
        assert.ok(isSigned !== hasSecret, it.Id);
    }
    const callers = ofType('AWS::Lambda::Permission').map(([, it]) => it.Properties);
    for (const it of callers.filter((it) => it.Principal === 'cloudfront.amazonaws.com')) {
        assert.ok(JSON.stringify(it.SourceArn).includes('Distribution'));
    }
    assert.ok(callers.every((it) => it.Principal !== '*'));
});

test('every path of the edge that writes has a route in the API', () => {
    const routes = ofType('AWS::ApiGatewayV2::Route').map(([, it]) => it.Properties.RouteKey);
    for (const path of ['/v1/cart/{rest+}', '/v1/carts', '/v1/session', '/webhooks/{rest+}']) {
        assert.ok(routes.includes(`ANY ${path}`), path);
    }
    assert.ok(routes.includes('ANY /v1/admin/{rest+}'));
    assert.ok(routes.includes('ANY /v1/configurator/{id}/selections'));
});

test('data outlives the stack, can be restored to any second, and is not deleted by mistake', () => {
    for (const [id, it] of ofType('AWS::DynamoDB::GlobalTable')) {
        const replica = it.Properties.Replicas[0];
        assert.equal(it.DeletionPolicy, 'Retain', id);
        assert.equal(it.UpdateReplacePolicy, 'Retain', id);
        assert.equal(replica.DeletionProtectionEnabled, true, id);
        assert.equal(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true, id);
        assert.deepEqual(it.Properties.TimeToLiveSpecification, {
            AttributeName: 'ttl',
            Enabled: true,
        });
        assert.equal(it.Properties.BillingMode, 'PAY_PER_REQUEST');
    }
    assert.equal(ofType('AWS::DynamoDB::GlobalTable').length, 2);
    assert.equal(ofType('AWS::SecretsManager::Secret').length, 0, 'older than the stack');
});

test('everything that can fail has dead letters, and dead letters ring', () => {
    for (const [id, it] of ofType('AWS::Events::Rule')) {
        for (const target of it.Properties.Targets) {
            assert.ok(target.DeadLetterConfig.Arn, id);
        }
    }
    const queues = ofType('AWS::SQS::Queue');
    const dead = new Set(
        queues.flatMap(([, it]) => it.Properties.RedrivePolicy?.deadLetterTargetArn?.['Fn::GetAtt'][0] ?? [])
    );
    assert.equal(dead.size, QUEUES.length);
    const watched = ofType('AWS::CloudWatch::Alarm')
        .filter(([, it]) => it.Properties.MetricName === 'ApproximateNumberOfMessagesVisible')
        .flatMap(([, it]) => it.Properties.Dimensions.map((one: Json) => one.Value['Fn::GetAtt'][0]));
    for (const [id, it] of queues) {
        const isSource = it.Properties.RedrivePolicy !== undefined;
        assert.ok(isSource || watched.includes(id), id);
        assert.equal(it.Properties.SqsManagedSseEnabled, true, id);
    }
    for (const [id, it] of ofType('AWS::CloudWatch::Alarm')) {
        assert.equal(it.Properties.AlarmActions.length, 1, id);
        assert.equal(it.Properties.TreatMissingData, 'notBreaching', id);
    }
});

test('every queue of the wiring has its settings and the one rule that fills it', () => {
    const queue = (name: string): [string, Json] =>
        ofType('AWS::SQS::Queue').find(
            ([, it]) => it.Properties.QueueName === `forecourt-test-${name}`
        )!;
    const rules = ofType('AWS::Events::Rule').map(([, it]) => it.Properties);
    assert.equal(rules.length, QUEUES.length);
    for (const wired of QUEUES) {
        const [id, { Properties: it }] = queue(wired.name);
        assert.equal(it.VisibilityTimeout, wired.consumer.timeoutS * 6, wired.name);
        assert.equal(it.RedrivePolicy.maxReceiveCount, wired.receives_max, wired.name);
        const rule = rules.find((one) => one.Name === `forecourt-test-${wired.name}`)!;
        assert.deepEqual(rule.EventPattern, wired.event_pattern);
        assert.equal(rule.Targets[0].Arn['Fn::GetAtt'][0], id);
        const mapping = ofType('AWS::Lambda::EventSourceMapping')
            .map(([, one]) => one.Properties)
            .find((one) => one.EventSourceArn['Fn::GetAtt'][0] === id)!;
        assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures']);
        assert.equal(mapping.BatchSize, wired.batch_max);
        // SQS needs a window for more than ten.
        assert.equal(mapping.MaximumBatchingWindowInSeconds ?? 0, wired.batch_window_s ?? 0);
        assert.ok(wired.batch_max <= 10 || (wired.batch_window_s ?? 0) >= 1, wired.name);
        assert.equal(it.DelaySeconds ?? 0, wired.delay_s ?? 0, wired.name);
        assert.equal(mapping.ScalingConfig.MaximumConcurrency, wired.consumer.atOnceMax);
    }
});

test('a publication invalidates this distribution and no other', () => {
    const [, published] = ofType('AWS::Lambda::Function').find(
        ([, it]) => it.Properties.Handler === 'consume-published'
    )!;
    const { FORECOURT_DISTRIBUTION: id } = published.Properties.Environment.Variables;
    assert.equal(resources[id.Ref].Type, 'AWS::CloudFront::Distribution');
    const [right] = ofType('AWS::IAM::Policy')
        .flatMap(([, it]) => it.Properties.PolicyDocument.Statement)
        .filter((it: Json) => it.Sid === 'Invalidate');
    assert.equal(right.Action, 'cloudfront:CreateInvalidation');
    assert.ok(JSON.stringify(right.Resource).includes(`{"Ref":"${id.Ref}"}`));
});

test('an erasure is complete within twenty days, and logs stay for two weeks', () => {
    assert.equal(ofType('AWS::Events::Archive')[0]![1].Properties.RetentionDays, 20);
    for (const [id, it] of ofType('AWS::Logs::LogGroup')) {
        assert.equal(it.Properties.RetentionInDays, 14, id);
        assert.equal(it.DeletionPolicy, 'RetainExceptOnCreate', id);
    }
});

test('a consumer postpones its messages, and sends its own dead letters only', () => {
    for (const consumer of CONSUMERS) {
        const [, fn] = ofType('AWS::Lambda::Function').find(
            ([, it]) => it.Properties.Handler === consumer.name
        )!;
        const given = fn.Properties.Environment.Variables.FORECOURT_DELIVERIES_MAX;
        assert.deepEqual(
            consumer.queues.map((it) => String(it.receives_max)),
            consumer.queues.map(() => given)
        );
        const statements = ofType('AWS::IAM::Policy')
            .filter(([id]) => id.startsWith(`Functions${consumer.name.replaceAll('-', '')}role`))
            .flatMap(([, it]) => it.Properties.PolicyDocument.Statement);
        const targets = (action: string): string[] =>
            statements
                .filter((it: any) => [it.Action].flat().includes(action))
                .map((it: any) => JSON.stringify(it.Resource));
        const names = consumer.queues.map((it) => it.name);
        assert.equal(targets('sqs:ChangeMessageVisibility').length, names.length, consumer.name);
        const dead = targets('sqs:SendMessage');
        assert.equal(dead.length, names.length, consumer.name);
        names.forEach((name, at) => assert.match(dead[at]!, new RegExp(`Events${name}dead`)));
    }
});

test('no right is wider than its use', () => {
    // And that of the schedule.
    assert.equal(ofType('AWS::IAM::Policy').length, FUNCTIONS.length + CONSUMERS.length + 1);
    for (const [id, it] of ofType('AWS::IAM::Policy')) {
        for (const statement of it.Properties.PolicyDocument.Statement) {
            const actions = [statement.Action].flat();
            assert.ok(actions.every((action: string) => !action.includes('*')), `${id}: ${actions}`);
            assert.ok([statement.Resource].flat().every((it: unknown) => it !== '*'), id);
        }
    }
    for (const [id, it] of ofType('AWS::IAM::Role')) {
        assert.equal(it.Properties.ManagedPolicyArns, undefined, id);
    }
});

test('what is due once a day is put on the bus, where the rule of its queue takes it', () => {
    const schedules = ofType('AWS::Scheduler::Schedule').map(([, it]) => it.Properties);
    const daily = QUEUES.filter((it) => it.daily !== undefined);
    assert.deepEqual(
        daily.map((it) => it.name),
        ['reconciliation', 'rewards']
    );
    assert.equal(schedules.length, daily.length);
    for (const { name, daily: due, event_pattern: pattern } of daily) {
        const it = schedules.find((one) => one.Name === `forecourt-test-${name}`)!;
        assert.equal(it.ScheduleExpression, due!.at);
        const { EventBridgeParameters: event, Input: input } = it.Target;
        assert.deepEqual([event.Source, event.DetailType], [due!.source, due!['detail-type']]);
        const taken = pattern as Record<string, string[]>;
        assert.ok(taken.source!.includes(event.Source), name);
        assert.ok(taken['detail-type']!.includes(event.DetailType), name);
        assert.equal(input, '{}');
    }
});

test('functions that only read have no right to write', () => {
    const rights = (name: string): string[] =>
        ofType('AWS::IAM::Policy')
            .filter(([id]) => id.startsWith(`Functions${name.replaceAll('-', '')}role`))
            .flatMap(([, it]) => it.Properties.PolicyDocument.Statement)
            .map((it: Json) => it.Sid);
    assert.deepEqual(rights('cart-read'), ['Log', 'ReadOwnSecrets', 'ReadHot', 'ReadCommands']);
    assert.deepEqual(rights('configurator-read'), rights('cart-read'));
    assert.deepEqual(rights('consume-published').slice(0, 2), ['Log', 'Invalidate']);
});

test('nothing here is in a network of its own: no VPC, no NAT gateway', () => {
    const types = Object.values(resources).map((it) => it.Type as string);
    assert.ok(types.every((type) => !type.startsWith('AWS::EC2::')));
});

test('the read functions stay warm, follow load, and rise before a campaign', () => {
    const warm = ofType('AWS::Lambda::Alias').filter(
        ([, it]) => it.Properties.ProvisionedConcurrencyConfig !== undefined
    );
    assert.equal(warm.length, 3);
    const targets = ofType('AWS::ApplicationAutoScaling::ScalableTarget');
    assert.equal(targets.length, 3);
    for (const [, it] of targets) {
        assert.deepEqual(
            it.Properties.ScheduledActions.map((one: Json) => [
                one.ScheduledActionName,
                one.ScalableTargetAction.MinCapacity,
            ]),
            [
                ['morning-begins', 60],
                ['morning-ends', 2],
            ]
        );
    }
});

test('the read functions follow load by themselves, too', () => {
    const policies = ofType('AWS::ApplicationAutoScaling::ScalingPolicy');
    assert.equal(policies.length, 3);
    for (const [, it] of policies) {
        const tracked = it.Properties.TargetTrackingScalingPolicyConfiguration;
        assert.deepEqual(tracked.PredefinedMetricSpecification, {
            PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization',
        });
        assert.equal(tracked.TargetValue, 0.7);
    }
});

test('a former version is there to roll back to', () => {
    const versions = ofType('AWS::Lambda::Version');
    assert.equal(versions.length, FUNCTIONS.length + CONSUMERS.length);
    for (const [id, it] of versions) {
        assert.equal(it.DeletionPolicy, 'RetainExceptOnCreate', id);
        assert.equal(it.UpdateReplacePolicy, 'Retain', id);
    }
    for (const [id, it] of ofType('AWS::Lambda::Alias')) {
        assert.equal(it.Properties.Name, 'live', id);
    }
});

test('a runaway leaves the account to shoppers', () => {
    const functions = ofType('AWS::Lambda::Function').map(([, it]) => it.Properties);
    const reserved = (handler: string): number | undefined =>
        functions.find((it) => it.Handler === handler)!.ReservedConcurrentExecutions;
    assert.deepEqual(['webhooks', 'admin', 'cart-read', 'consume-cart'].map(reserved), [
        100,
        2,
        undefined,
        undefined,
    ]);
});

test('the handler selects the function in one binary, which logs only failures', () => {
    const functions = ofType('AWS::Lambda::Function').map(([, it]) => it.Properties);
    assert.equal(functions.length, FUNCTIONS.length + CONSUMERS.length);
    assert.equal(new Set(functions.map((it) => JSON.stringify(it.Code))).size, 1);
    for (const it of functions) {
        assert.equal(it.Runtime, 'provided.al2023');
        assert.deepEqual(it.Architectures, ['x86_64']);
        assert.equal(it.LoggingConfig.LogFormat, 'JSON');
        assert.equal(it.LoggingConfig.SystemLogLevel, 'WARN');
    }
});

test('tables take a campaign at once', () => {
    for (const [id, it] of ofType('AWS::DynamoDB::GlobalTable')) {
        assert.deepEqual(
            it.Properties.WarmThroughput,
            { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000 },
            id
        );
    }
});

test('access logs hold no query and no header: both may contain tokens', () => {
    const [[, stage]] = ofType('AWS::ApiGatewayV2::Stage') as [[string, Json]];
    const fields = Object.values(JSON.parse(stage.Properties.AccessLogSettings.Format));
    assert.deepEqual(fields, [
        '$context.requestTimeEpoch',
        '$context.routeKey',
        '$context.status',
        '$context.responseLatency',
        '$context.integrationErrorMessage',
        '$context.requestId',
    ]);
});

test('no secret is in the template', () => {
    const text = JSON.stringify(template);
    assert.ok(!/dev-|shpss_|BEGIN [A-Z ]*PRIVATE/.test(text));
    const [{ HeaderValue }] = distribution.Origins.find((it: Json) => it.OriginCustomHeaders)
        .OriginCustomHeaders;
    assert.equal(HeaderValue, '{{resolve:secretsmanager:forecourt/test:SecretString:origin::}}');
});

test('only functions with a use for secrets may read them, and of this environment only', () => {
    for (const [, it] of ofType('AWS::Lambda::Function')) {
        const { Handler, Environment } = it.Properties;
        const own = [...FUNCTIONS, ...CONSUMERS].find((one) => one.name === Handler)!;
        const named = own.ports.includes('read-secrets') ? 'forecourt/test' : undefined;
        assert.equal(Environment.Variables.FORECOURT_SECRET, named, Handler);
    }
    const rights = ofType('AWS::IAM::Policy')
        .flatMap(([, it]) => it.Properties.PolicyDocument.Statement)
        .filter((it: Json) => it.Sid === 'ReadOwnSecrets');
    assert.equal(rights.length, 9);
    for (const it of rights) {
        assert.ok(JSON.stringify(it.Resource).endsWith(':secret:forecourt/test-??????"]]}'));
    }
});

test('settings that can not be deployed are rejected, all at once', () => {
    const invalid = { ...settings, account: '1', shop: 'example.com', warm: { least: 3, most: 1 } };
    assert.throws(() => check(invalid), {
        message: [
            "these settings can't be deployed:",
            'account: twelve digits',
            'shop: like example.myshopify.com',
            'warm: at least one, and most is no less than least',
            'campaigns: no campaign may keep more warm than `warm.most`',
        ].join('\n  '),
    });
});
