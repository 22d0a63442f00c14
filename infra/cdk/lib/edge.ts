// CloudFront: edge/distribution.json, with the names in it replaced by the deployed resources.
import { readFileSync } from 'node:fs';
import { type CfnResource, Fn, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Behaviour, type EdgeFunction, edgeFunction } from './edge-form.ts';
import type { Functions } from './functions.ts';
import { type Settings, secretName } from './settings.ts';
import { typed } from './typed.ts';
import { FUNCTIONS, readFunctions } from './wiring.ts';

type Json = { [key: string]: any };

/// The file the local edge is started with.
export const DISTRIBUTION = new URL('../../../edge/distribution.json', import.meta.url);
/// The header that proves to an HTTP API that a request comes from the edge.
export const ORIGIN_HEADER = 'Forecourt-Origin';

/// The kinds of policies in that file.
const POLICIES = {
    CachePolicy: (scope: Construct, id: string, config: Json): CfnResource =>
        new cloudfront.CfnCachePolicy(scope, id, {
            cachePolicyConfig: config as cloudfront.CfnCachePolicy.CachePolicyConfigProperty,
        }),
    OriginRequestPolicy: (scope: Construct, id: string, config: Json): CfnResource =>
        new cloudfront.CfnOriginRequestPolicy(scope, id, {
            originRequestPolicyConfig:
                config as cloudfront.CfnOriginRequestPolicy.OriginRequestPolicyConfigProperty,
        }),
    ResponseHeadersPolicy: (scope: Construct, id: string, config: Json): CfnResource =>
        new cloudfront.CfnResponseHeadersPolicy(scope, id, {
            responseHeadersPolicyConfig:
                config as cloudfront.CfnResponseHeadersPolicy.ResponseHeadersPolicyConfigProperty,
        }),
};

export interface EdgeProps {
    readonly settings: Settings;
    readonly functions: Functions;
}

export class Edge extends Construct {
    readonly distribution: cloudfront.CfnDistribution;
    readonly viewerFunction: EdgeFunction;
    readonly api: apigateway.HttpApi;

    constructor(
        scope: Construct,
        id: string,
        private readonly props: EdgeProps
    ) {
        super(scope, id);
        const file: Json = JSON.parse(readFileSync(DISTRIBUTION, 'utf8'));
        this.api = this.writes();
        this.viewerFunction = edgeFunction(this, props.settings);
        const access = this.originAccess();
        const policies = new Map([
            ...this.policies('CachePolicy', file.CachePolicies),
            ...this.policies('OriginRequestPolicy', file.OriginRequestPolicies),
            ...this.policies('ResponseHeadersPolicy', file.ResponseHeadersPolicies),
        ]);
        const behavior = (it: Json & Behaviour): Json => {
            const { LambdaFunctionAssociations: _, ...rest } = it;
            const policy = (kind: keyof typeof POLICIES): Json =>
                it[`${kind}Id`] === undefined
                    ? {}
                    : { [`${kind}Id`]: policies.get(`${kind}/${it[`${kind}Id`]}`)?.ref };
            return {
                ...typed({
                    ...rest,
                    ...policy('CachePolicy'),
                    ...policy('OriginRequestPolicy'),
                    ...policy('ResponseHeadersPolicy'),
                }),
                ...this.viewerFunction.associations(it),
            };
        };
        const config: Json = file.DistributionConfig;
        const { domain, webAclArn, environment } = this.props.settings;
        this.distribution = new cloudfront.CfnDistribution(this, 'Distribution', {
            distributionConfig: {
                ...typed(config),
                comment: `${config.Comment} ${environment}`,
                origins: config.Origins.map((it: Json) => this.origin(it, access)),
                cacheBehaviors: config.CacheBehaviors.map(behavior),
                defaultCacheBehavior: behavior(config.DefaultCacheBehavior),
                ...(webAclArn === undefined ? {} : { webAclId: webAclArn }),
                ...(domain === undefined
                    ? {}
                    : {
                          aliases: [domain.name],
                          viewerCertificate: {
                              acmCertificateArn: domain.certificateArn,
                              minimumProtocolVersion: 'TLSv1.2_2021',
                              sslSupportMethod: 'sni-only',
                          },
                      }),
            },
        });
        this.admit();
    }

    private name(suffix: string): string {
        return `forecourt-${this.props.settings.environment}-${suffix}`;
    }

    /// Policies have names of their own in an account, so each environment has its own.
    private policies(kind: keyof typeof POLICIES, of: Json): [string, CfnResource][] {
        return Object.entries(of).map(([id, policy]) => [
            `${kind}/${id}`,
            POLICIES[kind](this, `${kind}-${id}`, { ...typed(policy), name: this.name(id) }),
        ]);
    }

    private originAccess(): cloudfront.CfnOriginAccessControl {
        return new cloudfront.CfnOriginAccessControl(this, 'OriginAccess', {
            originAccessControlConfig: {
                name: this.name('origin'),
                originAccessControlOriginType: 'lambda',
                signingBehavior: 'always',
                signingProtocol: 'sigv4',
            },
        });
    }

    /// Reads go to function URLs, which CloudFront signs for. A signed write would need the body's
    /// hash from browsers and from Shopify, so writes go to an HTTP API (CloudFront Developer Guide,
    /// "Restrict access to an AWS Lambda function URL origin").
    private origin(
        it: Json,
        access: cloudfront.CfnOriginAccessControl
    ): cloudfront.CfnDistribution.OriginProperty {
        const alias = this.props.functions.byName.get(it.Id);
        if (alias === undefined) {
            throw new Error(`edge/distribution.json names an origin without a function: ${it.Id}`);
        }
        if (readFunctions().some((fn) => fn.name === it.Id)) {
            const url = new lambda.FunctionUrl(this, `${it.Id}-url`, {
                function: alias,
                authType: lambda.FunctionUrlAuthType.AWS_IAM,
            });
            return {
                ...typed(it),
                domainName: Fn.select(2, Fn.split('/', url.url)),
                originAccessControlId: access.attrId,
            };
        }
        const { settings } = this.props;
        return {
            ...typed(it),
            domainName: Fn.select(2, Fn.split('/', this.api.apiEndpoint)),
            originCustomHeaders: [
                {
                    headerName: ORIGIN_HEADER,
                    // CloudFormation reads a secret again only if the reference has changed.
                    headerValue: SecretValue.secretsManager(secretName(settings), {
                        jsonField: 'origin',
                        versionId: settings.secretVersion,
                    }).unsafeUnwrap(),
                },
            ],
        };
    }

    private writes(): apigateway.HttpApi {
        const api = new apigateway.HttpApi(this, 'Writes', {
            apiName: this.name('writes'),
            description: 'Commands, webhooks and publishing; reached through the edge only',
        });
        const accessLogs = new logs.LogGroup(this, 'WritesAccess', {
            logGroupName: `/forecourt/${this.props.settings.environment}/writes-access`,
            retention: logs.RetentionDays.TWO_WEEKS,
            removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        (api.defaultStage!.node.defaultChild as apigateway.CfnStage).accessLogSettings = {
            destinationArn: accessLogs.logGroupArn,
            // Neither query nor headers: both may hold tokens.
            format: JSON.stringify({
                at: '$context.requestTimeEpoch',
                route: '$context.routeKey',
                status: '$context.status',
                ms: '$context.responseLatency',
                error: '$context.integrationErrorMessage',
                id: '$context.requestId',
            }),
        };
        for (const it of FUNCTIONS.filter((fn) => fn.kind === 'write')) {
            const alias = this.props.functions.byName.get(it.name)!;
            const integration = new HttpLambdaIntegration(it.name, alias);
            for (const path of paths(it.name)) {
                api.addRoutes({ path, methods: [apigateway.HttpMethod.ANY], integration });
            }
        }
        return api;
    }

    /// Only CloudFront may call the function URLs: this needs both rights (Lambda Developer Guide,
    /// "Control access to function URLs").
    private admit(): void {
        const arn = Stack.of(this).formatArn({
            service: 'cloudfront',
            region: '',
            resource: 'distribution',
            resourceName: this.distribution.ref,
        });
        for (const it of readFunctions()) {
            const alias = this.props.functions.byName.get(it.name)!;
            for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
                new lambda.CfnPermission(this, `${it.name}-${action.split(':')[1]}`, {
                    action,
                    functionName: alias.functionArn,
                    principal: 'cloudfront.amazonaws.com',
                    sourceArn: arn,
                    ...(action === 'lambda:InvokeFunctionUrl'
                        ? { functionUrlAuthType: 'AWS_IAM' }
                        : {}),
                });
            }
        }
    }
}

/// The paths of an origin in the API. The edge function has removed `/proxy` by then.
function paths(origin: string): string[] {
    const file: Json = JSON.parse(readFileSync(DISTRIBUTION, 'utf8'));
    const patterns: string[] = file.DistributionConfig.CacheBehaviors.filter(
        (it: Json) => it.TargetOriginId === origin && !it.PathPattern.startsWith('/proxy/')
    ).map((it: Json) => it.PathPattern);
    return patterns.map((pattern) =>
        pattern.replace(/\/\*$/, '/{rest+}').replace('/*/', '/{id}/')
    );
}
