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
    const withoutDomain = {
        'AwsSolutions-CFR4':
            "Without a domain of the merchant's the certificate is CloudFront's own, whose policy is " +
            'CloudFront\'s; with one, viewers need TLS 1.2 (settings, `domain`).',
    };
    const withoutWebAcl = {
        'AwsSolutions-CFR2':
            'A web ACL costs each request money, and whether a shop needs one is for the merchant to ' +
            'decide (settings, `webAclArn`); the edge function rejects what no route accepts.',
    };
    const reasons = {
        ...(settings.domain === undefined ? withoutDomain : {}),
        ...(settings.webAclArn === undefined ? withoutWebAcl : {}),
        ...(settings.edge === 'lambda-at-edge' ? ofLambdaAtEdge : {}),
        'AwsSolutions-SQS3':
            'The queue of what EventBridge could not deliver is a dead-letter queue: of rules, which ' +
            'this check does not look at.',
        'AwsSolutions-APIG4':
            'Commands are authorised by signed tokens and webhooks by HMAC, in the edge function and ' +
            'again in the handler; the API itself accepts only requests with the origin header.',
        'AwsSolutions-CFR1': 'A shop sells where Shopify says; its API is as public as the shop.',
        'AwsSolutions-CFR3':
            'Such a log has each query string, in which bookmarks and the signatures of app proxy ' +
            'requests are. Writes are logged without query at the API behind the edge.',
    };
    for (const [rule, reason] of Object.entries(reasons)) {
        Validations.of(app).acknowledge({ id: `AwsSolutions::${rule}`, reason });
    }
}
