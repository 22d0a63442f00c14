// What is watched: failures that a shopper would notice, and dead letters. One dashboard.
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { CfnMonitoringSubscription } from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { Alarms, ERRORS_PERCENT, edgeMetric } from './alarms.ts';
import type { Data } from './data.ts';
import type { Edge } from './edge.ts';
import type { Events } from './events.ts';
import type { Functions } from './functions.ts';
import type { Settings } from './settings.ts';
import { CONSUMERS, FUNCTIONS, readFunctions } from './wiring.ts';

/// The 99th percentile of an origin before shoppers notice: the target at the edge, less the
/// network.
const READ_P99_MS = 150;
const WRITE_P99_MS = 1_000;
/// Share of its timeout that a consumer may take before messages are redelivered, in per cent.
const CONSUMER_PERCENT = 80;
/// How old the oldest message may get: clients carry commands that are not applied in bookmarks,
/// and sixty commands of one client take longer than this.
const OLDEST_MESSAGE_S = 300;
/// Share of requests the edge should answer, in per cent.
const HIT_PERCENT_MIN = 50;
/// Minutes in a row for conditions that may pass by themselves.
const MINUTES = 3;

export interface WatchProps {
    readonly settings: Settings;
    readonly data: Data;
    readonly events: Events;
    readonly functions: Functions;
    readonly edge: Edge;
}

export class Watch extends Construct {
    private readonly alarms: Alarms;

    constructor(
        scope: Construct,
        id: string,
        private readonly props: WatchProps
    ) {
        super(scope, id);
        this.alarms = new Alarms(this, 'Alarms', props.settings);
        if (props.settings.region === 'us-east-1') {
            this.alarms.ofEdge(props.edge.distribution.ref);
        }
        // The hit rate is among the metrics that CloudFront stores only with this subscription.
        new CfnMonitoringSubscription(this, 'EdgeMetrics', {
            distributionId: props.edge.distribution.ref,
            monitoringSubscription: {
                realtimeMetricsSubscriptionConfig: { realtimeMetricsSubscriptionStatus: 'Enabled' },
            },
        });
        this.watchWrites();
        FUNCTIONS.forEach((it) =>
            this.watchFunction(it.name, it.kind === 'read' ? READ_P99_MS : WRITE_P99_MS)
        );
        CONSUMERS.forEach((it) =>
            this.watchFunction(it.name, it.timeoutS * 10 * CONSUMER_PERCENT)
        );
        readFunctions().forEach((it) => this.watchWarmth(it.name));
        this.watchQueues();
        this.watchTables();
        this.dashboard();
    }

    /// A function that answers 503 has not failed: only the metrics of its API count it.
    private watchWrites(): void {
        const { api } = this.props.edge;
        this.alarms.ring({
            kind: 'writes-errors',
            metric: api.metricServerError({ statistic: 'Average' }),
            most: ERRORS_PERCENT / 100,
            minutes: MINUTES,
            meaning: 'commands or webhooks are not accepted',
        });
    }

    private watchFunction(name: string, slowMs: number): void {
        const alias = this.props.functions.byName.get(name)!;
        const ring = (kind: string, metric: cloudwatch.Metric, most: number, meaning: string) =>
            this.alarms.ring({ kind, of: name, metric, most, minutes: MINUTES, meaning });
        ring('errors', alias.metricErrors(), 0, 'invocations fail');
        ring('throttles', alias.metricThrottles(), 0, 'no environment was free');
        const slowest = alias.metricDuration({ statistic: 'p99' });
        ring('slow', slowest, slowMs, 'the slowest hundredth is too slow');
    }

    /// Managed Instances have no cold starts.
    private watchWarmth(name: string): void {
        if (this.props.settings.capacityProviderArn !== undefined) {
            return;
        }
        const alias = this.props.functions.byName.get(name)!;
        this.alarms.ring({
            kind: 'cold',
            of: name,
            metric: alias.metric('ProvisionedConcurrencySpilloverInvocations', {
                statistic: 'Sum',
            }),
            most: 0,
            minutes: MINUTES,
            meaning: 'more load than warm environments',
        });
    }

    private watchQueues(): void {
        const { events } = this.props;
        const statistic = { statistic: 'Maximum' };
        for (const { wired, queue, deadLetters } of events.wakes) {
            this.alarms.ring({
                kind: 'dead-letters',
                of: wired.name,
                metric: deadLetters.metricApproximateNumberOfMessagesVisible(statistic),
                most: 0,
                meaning: 'an event was given up',
            });
            this.alarms.ring({
                kind: 'behind',
                of: wired.name,
                metric: queue.metricApproximateAgeOfOldestMessage(statistic),
                most: OLDEST_MESSAGE_S,
                meaning: 'events are not applied',
            });
        }
        this.alarms.ring({
            kind: 'undelivered',
            metric: events.undelivered.metricApproximateNumberOfMessagesVisible(statistic),
            most: 0,
            meaning: 'EventBridge could not reach a queue',
        });
    }

    private watchTables(): void {
        const { hot, commands } = this.props.data;
        for (const [name, table] of Object.entries({ hot, commands })) {
            for (const operation of ['Read', 'Write']) {
                this.alarms.ring({
                    kind: 'throttled',
                    of: `${name}-${operation.toLowerCase()}`,
                    metric: new cloudwatch.Metric({
                        namespace: 'AWS/DynamoDB',
                        metricName: `${operation}ThrottleEvents`,
                        dimensionsMap: { TableName: table.tableName },
                        statistic: 'Sum',
                    }),
                    most: 0,
                    minutes: MINUTES,
                    meaning: 'DynamoDB throttles',
                });
            }
        }
    }

    private dashboard(): void {
        const { events, functions, settings, edge } = this.props;
        const ofEdge = (name: string, statistic = 'Average') =>
            edgeMetric(edge.distribution.ref, name, statistic);
        const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
            new cloudwatch.GraphWidget({ title, left, right, width: 12 });
        const reads = readFunctions().map((it) => functions.byName.get(it.name)!);
        const all = [...functions.byName.values()];
        new cloudwatch.Dashboard(this, 'Dashboard', {
            dashboardName: `forecourt-${settings.environment}`,
            widgets: [
                [new cloudwatch.AlarmStatusWidget({ alarms: this.alarms.all, width: 24 })],
                [
                    graph(
                        'Edge: requests, errors',
                        [ofEdge('Requests', 'Sum')],
                        [ofEdge('5xxErrorRate'), ofEdge('4xxErrorRate')]
                    ),
                    new cloudwatch.GraphWidget({
                        title: 'Edge: hits, per cent',
                        left: [ofEdge('CacheHitRate')],
                        leftAnnotations: [{ value: HIT_PERCENT_MIN, label: 'expected' }],
                        width: 12,
                    }),
                ],
                [
                    graph('Reads: p99, ms', reads.map((it) => it.metricDuration({ statistic: 'p99' }))),
                    graph('Errors', all.map((it) => it.metricErrors())),
                ],
                [
                    graph(
                        'Queues: oldest, s; dead letters',
                        events.wakes.map((it) => it.queue.metricApproximateAgeOfOldestMessage()),
                        events.wakes.map((it) =>
                            it.deadLetters.metricApproximateNumberOfMessagesVisible()
                        )
                    ),
                    graph('Warm environments in use', reads.map((it) =>
                        it.metric('ProvisionedConcurrencyUtilization', { statistic: 'Maximum' })
                    )),
                ],
            ],
        });
    }
}
