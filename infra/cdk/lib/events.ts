// One bus per environment, an archive, and a queue with dead letters before every consumer.
import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CONSUMERS, type Consumer, type Queue } from './wiring.ts';

/// An erasure is complete when the archive has deleted the events: well within the 30 days Shopify
/// allows.
const ARCHIVE_DAYS = 20;
/// How long dead letters stay: the maximum of SQS.
const DEAD_LETTER_DAYS = 14;
/// A message stays hidden for six times its function's timeout (Lambda Developer Guide, "Configuring
/// scaling behavior for SQS event source mappings").
const VISIBILITY_FACTOR = 6;
/// EventBridge tries to reach a queue this long, then writes a dead letter of its own.
const DELIVERY_HOURS = 24;
const DELIVERY_ATTEMPTS = 185;

/// A scheduled event may come this many minutes late, so that shops do not begin at once.
const SCHEDULE_WINDOW_MINUTES = 30;

/// A queue, its dead letters, and its consumer.
export interface Wake {
    readonly consumer: Consumer;
    readonly wired: Queue;
    readonly queue: sqs.Queue;
    readonly deadLetters: sqs.Queue;
}

export class Events extends Construct {
    readonly bus: events.EventBus;
    readonly wakes: readonly Wake[];
    /// Events that EventBridge could not deliver to a queue.
    readonly undelivered: sqs.Queue;

    constructor(scope: Construct, id: string, environment: string) {
        super(scope, id);
        const name = `forecourt-${environment}`;
        this.bus = new events.EventBus(this, 'Bus', { eventBusName: name });
        this.bus.archive('Archive', {
            archiveName: name,
            description: 'Every event, for replays',
            // All of the account: an archive needs a pattern.
            eventPattern: { account: [this.bus.stack.account] },
            retention: Duration.days(ARCHIVE_DAYS),
        });
        this.undelivered = this.deadLetters('Undelivered', `${name}-undelivered`);
        this.wakes = CONSUMERS.flatMap((consumer) =>
            consumer.queues.map((wired) => this.wake(name, consumer, wired))
        );
        this.schedule(name);
    }

    /// The scheduler puts the events on the bus, where the rules of their queues take them.
    private schedule(name: string): void {
        const role = new iam.Role(this, 'ScheduleRole', {
            assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
                conditions: { StringEquals: { 'aws:SourceAccount': this.bus.stack.account } },
            }),
        });
        role.addToPolicy(
            new iam.PolicyStatement({
                sid: 'Publish',
                actions: ['events:PutEvents'],
                resources: [this.bus.eventBusArn],
            })
        );
        for (const { wired } of this.wakes) {
            if (wired.daily === undefined) continue;
            new scheduler.CfnSchedule(this, `${wired.name}-daily`, {
                name: `${name}-${wired.name}`,
                scheduleExpression: wired.daily.at,
                flexibleTimeWindow: {
                    mode: 'FLEXIBLE',
                    maximumWindowInMinutes: SCHEDULE_WINDOW_MINUTES,
                },
                target: {
                    arn: this.bus.eventBusArn,
                    roleArn: role.roleArn,
                    input: '{}',
                    eventBridgeParameters: {
                        source: wired.daily.source,
                        detailType: wired.daily['detail-type'],
                    },
                },
            });
        }
    }

    private wake(name: string, consumer: Consumer, wired: Queue): Wake {
        const queueName = `${name}-${wired.name}`;
        const deadLetters = this.deadLetters(`${wired.name}-dead`, `${queueName}-dead`);
        const queue = new sqs.Queue(this, wired.name, {
            queueName,
            encryption: sqs.QueueEncryption.SQS_MANAGED,
            enforceSSL: true,
            deliveryDelay: Duration.seconds(wired.delay_s ?? 0),
            retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
            visibilityTimeout: Duration.seconds(consumer.timeoutS * VISIBILITY_FACTOR),
            deadLetterQueue: { queue: deadLetters, maxReceiveCount: wired.receives_max },
        });
        const rule = new events.Rule(this, `${wired.name}-rule`, {
            ruleName: queueName,
            eventBus: this.bus,
            eventPattern: { source: ['overridden below'] },
            targets: [
                new targets.SqsQueue(queue, {
                    deadLetterQueue: this.undelivered,
                    maxEventAge: Duration.hours(DELIVERY_HOURS),
                    retryAttempts: DELIVERY_ATTEMPTS,
                }),
            ],
        });
        // As in the file: CDK's own type has no `$or`.
        (rule.node.defaultChild as events.CfnRule).eventPattern = wired.event_pattern;
        return { consumer, wired, queue, deadLetters };
    }

    private deadLetters(id: string, queueName: string): sqs.Queue {
        return new sqs.Queue(this, id, {
            queueName,
            encryption: sqs.QueueEncryption.SQS_MANAGED,
            enforceSSL: true,
            retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
        });
    }
}
