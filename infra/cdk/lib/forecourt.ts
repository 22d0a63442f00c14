// One environment: everything of it in one stack.
import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Consumers } from './consumers.ts';
import { Data } from './data.ts';
import { Edge } from './edge.ts';
import { Events } from './events.ts';
import { Functions } from './functions.ts';
import { type Settings, check } from './settings.ts';
import { Watch } from './watch.ts';

export class Forecourt extends Stack {
    constructor(scope: Construct, settings: Settings) {
        check(settings);
        const { account, region, environment } = settings;
        super(scope, `forecourt-${environment}`, {
            env: { account, region },
            description: `Forecourt ${environment}: the storefront API of ${settings.shop}`,
            terminationProtection: true,
            // The Lambda@Edge form is made in us-east-1, wherever this is.
            crossRegionReferences: settings.edge === 'lambda-at-edge',
        });
        Tags.of(this).add('forecourt', environment);
        const data = new Data(this, 'Data', environment);
        const events = new Events(this, 'Events', environment);
        const functions = new Functions(this, 'Functions', { settings, data, events });
        const edge = new Edge(this, 'Edge', { settings, functions });
        new Consumers(this, 'Consumers', { functions, events, edge });
        new Watch(this, 'Watch', { settings, data, events, functions, edge });
        const url = edge.distribution.getAtt('DomainName').toString();
        new CfnOutput(this, 'Url', { value: `https://${settings.domain?.name ?? url}` });
        if (edge.judge.store !== undefined) {
            new CfnOutput(this, 'EdgeStore', { value: edge.judge.store.getAtt('Arn').toString() });
        }
    }
}
