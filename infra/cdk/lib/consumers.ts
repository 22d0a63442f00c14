// The consumers that the queues invoke. Made after the edge, since publications invalidate it.
import { Duration } from 'aws-cdk-lib';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Edge } from './edge.ts';
import type { Events } from './events.ts';
import type { Functions } from './functions.ts';
import { CONSUMERS } from './wiring.ts';

export interface ConsumersProps {
    readonly functions: Functions;
    readonly events: Events;
    readonly edge: Edge;
}

export class Consumers extends Construct {
    constructor(scope: Construct, id: string, { functions, events, edge }: ConsumersProps) {
        super(scope, id);
        for (const consumer of CONSUMERS) {
            const distribution = consumer.ports.includes('invalidate')
                ? edge.distribution.ref
                : undefined;
            const alias = functions.make(consumer, distribution);
            for (const { wired, queue, deadLetters } of events.wakes.filter((it) => it.consumer === consumer)) {
                // With their reason, which the queue itself does not know.
                deadLetters.grant(alias, 'sqs:SendMessage');
                alias.addEventSource(
                    new sources.SqsEventSource(queue, {
                        batchSize: wired.batch_max,
                        maxBatchingWindow:
                            wired.batch_window_s === undefined
                                ? undefined
                                : Duration.seconds(wired.batch_window_s),
                        reportBatchItemFailures: true,
                        maxConcurrency: consumer.atOnceMax,
                    })
                );
            }
        }
    }
}
