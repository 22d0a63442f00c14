// Rules of cdk-nag that we break on purpose, each with its reason.
import { type App, Validations } from 'aws-cdk-lib';
import { EDGE_RUNTIME, edgeLogs } from './edge-form.ts';
import type { Settings } from './settings.ts';

export function acknowledge(app: App, settings: Settings): void {
    const ofLambdaAtEdge = {
        [`AwsSolutions-IAM5[Resource::${edgeLogs(settings)}]`]:
            'Lambda@Edge writes to the group of this one name in the region nearest the viewer.',
        'AwsSolutions-L1': `${EDGE_RUNTIME.name} is the newest known for Lambda@Edge.`,
    };
    const reasons = {
        ...(settings.edge === 'lambda-at-edge' ? ofLambdaAtEdge : {}),
        'AwsSolutions-SQS3':
            'The queue of what EventBridge could not deliver is a dead-letter queue: of rules, which ' +
            'this check does not look at.',
        'AwsSolutions-APIG4':
            'Commands are authorised by signed tokens and webhooks by HMAC, in the edge function and ' +
            'again in the handler; the API itself accepts only requests with the origin header.',
    };
    for (const [rule, reason] of Object.entries(reasons)) {
        Validations.of(app).acknowledge({ id: `AwsSolutions::${rule}`, reason });
    }
}
