// The two tables. Names of keys, the index and the expiry attribute are those of
// origin/adapters/src/schema.rs.
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/// Units a table accepts at once, without earlier traffic: fifty times a usual second. An
/// on-demand table begins with 4,000 writes and 12,000 reads a second (DynamoDB Developer Guide,
/// "On-demand capacity mode"), and may throttle when traffic more than doubles within 30 minutes.
const WARM_READS = 12_000;
const WARM_WRITES = 4_000;

export class Data extends Construct {
    readonly hot: dynamodb.ITableV2;
    readonly commands: dynamodb.ITableV2;

    constructor(scope: Construct, id: string, { environment, restored }: Settings) {
        super(scope, id);
        const text = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
        const retained = {
            billing: dynamodb.Billing.onDemand(),
            deletionProtection: true,
            pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
            removalPolicy: RemovalPolicy.RETAIN,
            timeToLiveAttribute: 'ttl',
            warmThroughput: { readUnitsPerSecond: WARM_READS, writeUnitsPerSecond: WARM_WRITES },
        };
        const hot = new dynamodb.TableV2(this, 'Hot', {
            ...retained,
            tableName: `forecourt-${environment}-hot`,
            partitionKey: text('pk'),
            sortKey: text('sk'),
            globalSecondaryIndexes: [
                {
                    indexName: 'overloaded',
                    partitionKey: text('gpk'),
                    sortKey: text('gsk'),
                    projectionType: dynamodb.ProjectionType.KEYS_ONLY,
                },
            ],
        });
        const commands = new dynamodb.TableV2(this, 'Commands', {
            ...retained,
            tableName: `forecourt-${environment}-commands`,
            partitionKey: text('pk'),
        });
        const table = (own: dynamodb.ITableV2, name?: string): dynamodb.ITableV2 =>
            name === undefined ? own : dynamodb.TableV2.fromTableName(this, name, name);
        this.hot = table(hot, restored?.hot);
        this.commands = table(commands, restored?.commands);
    }
}
