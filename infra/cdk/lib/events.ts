// One bus per environment, an archive, and a queue with dead letters before every consumer.
import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CONSUMERS, type Consumer, type Waking } from './wiring.ts';

/// An erasure is complete when the archive has forgotten: well within the 30 days Shopify allows.
const ARCHIVE_DAYS = 20;
/// Dead letters wait this long for somebody: the most SQS keeps.
const DEAD_LETTER_DAYS = 14;
/// How often a message is tried before it is a dead letter.
const RECEIVE_MAX = 10;
/// A message stays hidden for six times its function's timeout (Lambda Developer Guide, "Configuring
/// scaling behavior for SQS event source mappings").
const VISIBILITY_FACTOR = 6;
/// EventBridge tries to reach a queue this long, then writes a dead letter of its own.
const DELIVERY_HOURS = 24;
const DELIVERY_ATTEMPTS = 185;

/// The topic stands in either family of Shopify's headers, as our receiver or Shopify writes them.
const TOPIC_HEADERS = ['x-shopify-topic', 'shopify-topic', 'X-Shopify-Topic'];

export interface Wake {
    readonly consumer: Consumer;
    readonly queue: sqs.Queue;
    readonly deadLetters: sqs.Queue;
}

export class Events extends Construct {
    readonly bus: events.EventBus;
    readonly wakes: readonly Wake[];
    /// What EventBridge could not hand to any queue.
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
        this.undelivered = this.queue('Undelivered', `${name}-undelivered`, DEAD_LETTER_DAYS);
        this.wakes = CONSUMERS.map((consumer) => this.wake(name, consumer));
    }

    private wake(name: string, consumer: Consumer): Wake {
        const { queue: queueName } = consumer;
        const deadLetters = this.queue(
            `${queueName}-dead`,
            `${name}-${queueName}-dead`,
            DEAD_LETTER_DAYS
        );
        const queue = new sqs.Queue(this, queueName, {
            queueName: `${name}-${queueName}`,
            encryption: sqs.QueueEncryption.SQS_MANAGED,
            enforceSSL: true,
            retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
            visibilityTimeout: Duration.seconds(consumer.timeoutS * VISIBILITY_FACTOR),
            deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVE_MAX },
        });
        for (const waking of consumer.events) {
            const rule = `${queueName}-${waking.detailType.replace('.', '-')}`;
            new events.Rule(this, `${rule}-rule`, {
                ruleName: `${name}-${rule}`,
                eventBus: this.bus,
                eventPattern: pattern(waking),
                targets: [
                    new targets.SqsQueue(queue, {
                        deadLetterQueue: this.undelivered,
                        maxEventAge: Duration.hours(DELIVERY_HOURS),
                        retryAttempts: DELIVERY_ATTEMPTS,
                    }),
                ],
            });
        }
        return { consumer, queue, deadLetters };
    }

    private queue(id: string, queueName: string, days: number): sqs.Queue {
        return new sqs.Queue(this, id, {
            queueName,
            encryption: sqs.QueueEncryption.SQS_MANAGED,
            enforceSSL: true,
            retentionPeriod: Duration.days(days),
        });
    }
}

function pattern({ source, detailType, topics }: Waking): events.EventPattern {
    const named = TOPIC_HEADERS.map((header) => ({ metadata: { [header]: topics } }));
    const detail = topics === undefined ? {} : { detail: { $or: named } };
    return { source: [source], detailType: [detailType], ...detail };
}
