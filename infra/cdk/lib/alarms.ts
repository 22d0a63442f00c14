// The alarms and their recipients. infra/README.md says what to do, a row for each kind.
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/// Share of answers that may be errors of ours, in per cent.
export const ERRORS_PERCENT = 1;

/// When an alarm rings: the metric was above `most` in each of so many minutes.
export interface Rule {
    /// The kind of failure: the row in infra/README.md.
    readonly kind: string;
    /// The watched resource, if there are several.
    readonly of?: string;
    readonly metric: cloudwatch.Metric;
    readonly most: number;
    readonly minutes?: number;
    readonly meaning: string;
}

export class Alarms extends Construct {
    readonly all: cloudwatch.Alarm[] = [];
    private readonly pages: sns.Topic;

    constructor(
        scope: Construct,
        id: string,
        private readonly settings: Settings
    ) {
        super(scope, id);
        this.pages = new sns.Topic(this, 'Pages', {
            topicName: `forecourt-${settings.environment}-pages`,
            enforceSSL: true,
        });
        if (settings.pageTo !== undefined) {
            this.pages.addSubscription(new subscriptions.EmailSubscription(settings.pageTo));
        }
    }

    /// The alarm on CloudFront's own metrics.
    ofEdge(distribution: string): void {
        this.ring({
            kind: 'edge-errors',
            metric: edgeMetric(distribution, '5xxErrorRate', 'Average'),
            most: ERRORS_PERCENT,
            minutes: 2,
            meaning: 'shoppers see errors',
        });
    }

    /// Missing data is not a failure: a shop may have no visitors at night.
    ring({ kind, of, metric, most, minutes = 1, meaning }: Rule): void {
        const name = of === undefined ? kind : `${of}-${kind}`;
        const alarm = new cloudwatch.Alarm(this, name, {
            alarmName: `forecourt-${this.settings.environment}-${name}`,
            alarmDescription: `${meaning}. What to do: infra/README.md, row "${kind}"`,
            metric: metric.with({ period: Duration.minutes(1) }),
            threshold: most,
            comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluationPeriods: minutes,
            treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        });
        alarm.addAlarmAction(new actions.SnsAction(this.pages));
        alarm.addOkAction(new actions.SnsAction(this.pages));
        this.all.push(alarm);
    }
}

export function edgeMetric(
    distribution: string,
    metricName: string,
    statistic: string
): cloudwatch.Metric {
    return new cloudwatch.Metric({
        namespace: 'AWS/CloudFront',
        metricName,
        dimensionsMap: { DistributionId: distribution, Region: 'Global' },
        region: 'us-east-1',
        statistic,
    });
}
