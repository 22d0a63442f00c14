// What pages somebody: what a shopper would notice, and letters nobody delivered. One dashboard.
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Data } from './data.ts';
import type { Edge } from './edge.ts';
import type { Events } from './events.ts';
import type { Functions } from './functions.ts';
import type { Settings } from './settings.ts';
import { CONSUMERS, FUNCTIONS, readFunctions } from './wiring.ts';

/// What an origin may take at its 99th percentile before shoppers notice: what is promised at the
/// edge, less the way.
const READ_P99_MS = 150;
const WRITE_P99_MS = 1_000;
/// Share of answers that may be errors of ours, in per cent.
const ERRORS_PERCENT = 1;
/// How old the oldest message may get: what clients have not seen applied they carry in bookmarks,
/// and sixty commands of one client take longer than this.
const OLDEST_MESSAGE_S = 300;
/// Share of requests the edge should answer, in per cent.
const HIT_PERCENT_MIN = 50;

export interface WatchProps {
    readonly settings: Settings;
    readonly data: Data;
    readonly events: Events;
    readonly functions: Functions;
    readonly edge: Edge;
}

export class Watch extends Construct {
    readonly pages: sns.Topic;
    private readonly alarms: cloudwatch.Alarm[] = [];

    constructor(
        scope: Construct,
        id: string,
        private readonly props: WatchProps
    ) {
        super(scope, id);
        const { settings, events } = props;
        this.pages = new sns.Topic(this, 'Pages', {
            topicName: `forecourt-${settings.environment}-pages`,
            enforceSSL: true,
        });
        if (settings.pageTo !== undefined) {
            this.pages.addSubscription(new subscriptions.EmailSubscription(settings.pageTo));
        }
        // CloudFront's metrics are in us-east-1 alone; an alarm elsewhere would never ring.
        if (settings.region === 'us-east-1') {
            this.watchEdge();
        }
        FUNCTIONS.forEach((it) => this.watchFunction(it.name, it.kind === 'read'));
        CONSUMERS.forEach((it) => this.watchFunction(it.name, false));
        for (const { wired, queue, deadLetters } of events.wakes) {
            this.alarm(
                `${wired.name}-dead-letters`,
                deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
                0,
                'an event was given up: `forecourt dead-letters list`'
            );
            this.alarm(
                `${wired.name}-behind`,
                queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum' }),
                OLDEST_MESSAGE_S,
                'what shoppers did is not applied'
            );
        }
        this.alarm(
            'undelivered',
            events.undelivered.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
            0,
            'EventBridge could not reach a queue'
        );
        this.watchTables();
        this.dashboard();
    }

    private watchEdge(): void {
        this.alarm(
            'edge-errors',
            this.edgeMetric('5xxErrorRate', 'Average'),
            ERRORS_PERCENT,
            'shoppers see errors'
        );
    }

    private watchFunction(name: string, isRead: boolean): void {
        const alias = this.props.functions.byName.get(name)!;
        this.alarm(`${name}-errors`, alias.metricErrors(), 0, 'invocations fail', 3);
        this.alarm(`${name}-throttles`, alias.metricThrottles(), 0, 'no environment was free', 3);
        this.alarm(
            `${name}-slow`,
            alias.metricDuration({ statistic: 'p99' }),
            isRead ? READ_P99_MS : WRITE_P99_MS,
            'the slowest hundredth is too slow',
            3
        );
        if (isRead && this.props.settings.capacityProviderArn === undefined) {
            const spilled = alias.metric('ProvisionedConcurrencySpilloverInvocations', {
                statistic: 'Sum',
            });
            this.alarm(`${name}-cold`, spilled, 0, 'more load than warm environments', 3);
        }
    }

    private watchTables(): void {
        const { hot, commands } = this.props.data;
        for (const [name, table] of Object.entries({ hot, commands })) {
            const throttled = new cloudwatch.Metric({
                namespace: 'AWS/DynamoDB',
                metricName: 'ThrottledRequests',
                dimensionsMap: { TableName: table.tableName },
                statistic: 'Sum',
            });
            this.alarm(`${name}-throttled`, throttled, 0, 'DynamoDB throttles', 3);
        }
    }

    /// Rings when the metric was above `most` in each of so many minutes. No data is no trouble:
    /// a shop that nobody visits at night.
    private alarm(
        name: string,
        metric: cloudwatch.Metric,
        most: number,
        meaning: string,
        minutes = 1
    ): void {
        const alarm = new cloudwatch.Alarm(this, name, {
            alarmName: `forecourt-${this.props.settings.environment}-${name}`,
            alarmDescription: `${meaning}. What to do: infra/README.md, "When ${name} rings"`,
            metric: metric.with({ period: Duration.minutes(1) }),
            threshold: most,
            comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluationPeriods: minutes,
            treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        });
        alarm.addAlarmAction(new actions.SnsAction(this.pages));
        alarm.addOkAction(new actions.SnsAction(this.pages));
        this.alarms.push(alarm);
    }

    private edgeMetric(metricName: string, statistic: string): cloudwatch.Metric {
        return new cloudwatch.Metric({
            namespace: 'AWS/CloudFront',
            metricName,
            dimensionsMap: { DistributionId: this.props.edge.distribution.ref, Region: 'Global' },
            region: 'us-east-1',
            statistic,
        });
    }

    private dashboard(): void {
        const { events, functions, settings } = this.props;
        const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
            new cloudwatch.GraphWidget({ title, left, right, width: 12 });
        const reads = readFunctions().map((it) => functions.byName.get(it.name)!);
        const all = [...functions.byName.values()];
        new cloudwatch.Dashboard(this, 'Dashboard', {
            dashboardName: `forecourt-${settings.environment}`,
            widgets: [
                [new cloudwatch.AlarmStatusWidget({ alarms: this.alarms, width: 24 })],
                [
                    graph(
                        'Edge: requests, errors',
                        [this.edgeMetric('Requests', 'Sum')],
                        [
                            this.edgeMetric('5xxErrorRate', 'Average'),
                            this.edgeMetric('4xxErrorRate', 'Average'),
                        ]
                    ),
                    new cloudwatch.GraphWidget({
                        title: 'Edge: hits, per cent',
                        left: [this.edgeMetric('CacheHitRate', 'Average')],
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
