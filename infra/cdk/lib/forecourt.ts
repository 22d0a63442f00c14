// One environment: all of it in one stack, except resources that have to be in us-east-1.
import { type App, CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { Consumers } from './consumers.ts';
import { Data } from './data.ts';
import { Edge } from './edge.ts';
import { Events } from './events.ts';
import { Functions } from './functions.ts';
import { type Settings, check } from './settings.ts';
import { Watch } from './watch.ts';

/// All stacks of an environment.
export function stacks(app: App, settings: Settings): void {
    new Forecourt(app, settings);
    const { region, distribution } = settings;
    if (region !== 'us-east-1' && distribution !== undefined) {
        new EdgeAlarms(app, settings, distribution);
    }
}

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
        const data = new Data(this, 'Data', settings);
        const events = new Events(this, 'Events', environment);
        const functions = new Functions(this, 'Functions', { settings, data, events });
        const edge = new Edge(this, 'Edge', { settings, functions });
        new Consumers(this, 'Consumers', { functions, events, edge });
        new Watch(this, 'Watch', { settings, data, events, functions, edge });
        const url = edge.distribution.attrDomainName;
        new CfnOutput(this, 'Url', { value: `https://${settings.domain?.name ?? url}` });
        new CfnOutput(this, 'Distribution', { value: edge.distribution.ref });
        const { store } = edge.viewerFunction;
        if (store !== undefined) {
            new CfnOutput(this, 'EdgeStore', { value: store.attrArn });
        }
    }
}

/// CloudFront's metrics are in us-east-1, wherever the shop is, and so must be their alarms: of a shop
/// elsewhere these are a second stack, deployed when there is a distribution to watch.
export class EdgeAlarms extends Stack {
    constructor(scope: Construct, settings: Settings, distribution: string) {
        const { account, environment } = settings;
        super(scope, `forecourt-${environment}-edge-alarms`, {
            env: { account, region: 'us-east-1' },
            description: `Forecourt ${environment}: alarms of the distribution`,
        });
        Tags.of(this).add('forecourt', environment);
        new Alarms(this, 'Alarms', settings).ofEdge(distribution);
    }
}
