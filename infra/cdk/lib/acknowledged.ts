// Rules of cdk-nag that we break on purpose, each with its reason.
import { Validations } from 'aws-cdk-lib';
import type { Forecourt } from './forecourt.ts';

export function acknowledge(stack: Forecourt): void {
    const reasons = {
        'AwsSolutions-SQS3':
            'The queue of what EventBridge could not deliver is a dead-letter queue: of rules, which ' +
            'this check does not look at.',
        'AwsSolutions-APIG4':
            'Commands are authorised by signed tokens and webhooks by HMAC, in the edge function and ' +
            'again in the handler; the API itself takes only what bears the origin header of the edge.',
    };
    for (const [rule, reason] of Object.entries(reasons)) {
        Validations.of(stack).acknowledge({ id: `AwsSolutions::${rule}`, reason });
    }
}
