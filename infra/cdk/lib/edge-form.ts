// The two forms of the edge function, behind one switch.
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { groupOf } from '../../../edge/cloudfront-function/groups.js';
import { type Settings, edgeFunctions, secretName } from './settings.ts';

/// The trigger that is the name of the function in edge/distribution.json.
export const TRIGGER = 'viewer-request';

/// A cache behaviour of edge/distribution.json.
export interface Behaviour {
    /// The default behaviour has none.
    readonly PathPattern?: string;
    readonly TargetOriginId: string;
    readonly CachePolicyId: string;
}

/// The associations of a cache behaviour.
export interface Associations {
    readonly functionAssociations?: cloudfront.CfnDistribution.FunctionAssociationProperty[];
    readonly lambdaFunctionAssociations?: cloudfront.CfnDistribution.LambdaFunctionAssociationProperty[];
}

/// The function that handles viewer requests.
export interface EdgeFunction {
    associations(behaviour: Behaviour): Associations;
    /// The store of its keys and texts, if it has one.
    readonly store?: cloudfront.CfnKeyValueStore;
}

/// The form that `settings.edge` names.
export function edgeFunction(scope: Construct, settings: Settings): EdgeFunction {
    return settings.edge === 'lambda-at-edge'
        ? new LambdaAtEdge(scope, 'LambdaAtEdge', settings)
        : new CloudFrontFunctions(scope, 'CloudFrontFunctions', settings);
}

/// JavaScript of at most 10 KB, so one function for each group of behaviours, from one source; keys in
/// a key-value store.
export class CloudFrontFunctions extends Construct implements EdgeFunction {
    readonly store: cloudfront.CfnKeyValueStore;
    private readonly byGroup = new Map<string, cloudfront.CfnFunction>();

    constructor(
        scope: Construct,
        id: string,
        private readonly settings: Settings
    ) {
        super(scope, id);
        this.store = new cloudfront.CfnKeyValueStore(this, 'Store', {
            name: `forecourt-${settings.environment}-edge`,
            comment: 'Keys of the edge function and the texts of its rejections',
        });
    }

    associations(behaviour: Behaviour): Associations {
        const group = groupOf(behaviour);
        const own = this.byGroup.get(group) ?? this.make(group);
        this.byGroup.set(group, own);
        return {
            functionAssociations: [{ eventType: TRIGGER, functionArn: own.attrFunctionArn }],
        };
    }

    private make(group: string): cloudfront.CfnFunction {
        return new cloudfront.CfnFunction(this, group, {
            name: `forecourt-${this.settings.environment}-${group}`,
            autoPublish: true,
            functionCode: readFileSync(join(edgeFunctions(this.settings), `${group}.js`), 'utf8'),
            functionConfig: {
                comment: 'Verifies, canonicalises, rejects (edge/cloudfront-function)',
                runtime: 'cloudfront-js-2.0',
                keyValueStoreAssociations: [{ keyValueStoreArn: this.store.attrArn }],
            },
        });
    }
}

/// Where Lambda@Edge functions are made, and replicated from.
const HOME = 'us-east-1';
/// The newest its documentation names ("Restrictions on Lambda@Edge").
export const EDGE_RUNTIME = lambda.Runtime.NODEJS_22_X;
/// The memory of a function at viewer-request (CloudFront Developer Guide, "Quotas").
const MEMORY_MB = 128;
/// Longer than the shim waits for Secrets Manager (edge/lambda/node/secret.mjs).
const TIMEOUT = Duration.seconds(5);

/// The Rust crate as WebAssembly, one version of it, replicated by CloudFront. It lives in us-east-1:
/// elsewhere in a stack of its own there, whose version this one refers to.
export class LambdaAtEdge extends Construct implements EdgeFunction {
    private readonly version: lambda.IVersion;

    constructor(scope: Construct, id: string, settings: Settings) {
        super(scope, id);
        const { account, environment, region } = settings;
        const home =
            region === HOME
                ? this
                : new Stack(this.node.root, `forecourt-${environment}-edge`, {
                      env: { account, region: HOME },
                      crossRegionReferences: true,
                      description: `Forecourt ${environment}: the edge function of ${settings.shop}`,
                      terminationProtection: true,
                  });
        const fn = new lambda.Function(home, 'Function', {
            functionName: `forecourt-${environment}-edge`,
            description: 'Verifies, canonicalises, rejects (edge/lambda)',
            runtime: EDGE_RUNTIME,
            handler: 'index.handler',
            code: lambda.Code.fromAsset(deployed(settings)),
            role: role(home, settings),
            memorySize: MEMORY_MB,
            timeout: TIMEOUT,
            // The same name in each region that ever runs it; only errors are written.
            logGroup: logs.LogGroup.fromLogGroupName(home, 'Logs', logGroup(settings)),
            loggingFormat: lambda.LoggingFormat.JSON,
            systemLogLevelV2: lambda.SystemLogLevel.WARN,
            applicationLogLevelV2: lambda.ApplicationLogLevel.WARN,
            // Replicas outlive their association by hours, and what has replicas can't be deleted.
            currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
        });
        fn.applyRemovalPolicy(RemovalPolicy.RETAIN);
        this.version = fn.currentVersion;
    }

    associations(): Associations {
        return {
            lambdaFunctionAssociations: [
                { eventType: TRIGGER, lambdaFunctionArn: this.version.functionArn },
            ],
        };
    }
}

/// The built function with this environment's deployment.json: Lambda@Edge has no environment
/// variables. It holds no secret, but names the one to read.
function deployed(settings: Settings): string {
    const built = edgeFunctions(settings);
    if (!existsSync(join(built, 'index.mjs'))) {
        throw new Error(`${built} is no built edge/lambda: run \`npm run build\` there`);
    }
    const folder = mkdtempSync(join(tmpdir(), 'forecourt-edge-'));
    cpSync(built, folder, { recursive: true });
    const { region, shop } = settings;
    const deployment = {
        shop,
        secret: secretName(settings),
        region,
        endpoint: `https://secretsmanager.${region}.amazonaws.com/`,
    };
    writeFileSync(join(folder, 'deployment.json'), JSON.stringify(deployment));
    return folder;
}

const logGroup = ({ environment }: Settings): string => `/forecourt/${environment}/edge`;

/// The function's log groups, one in each region that ever runs it.
export const edgeLogs = (settings: Settings): string =>
    `arn:aws:logs:*:${settings.account}:log-group:${logGroup(settings)}:*`;

function role(home: Construct, settings: Settings): iam.Role {
    const { account, region } = settings;
    const created = new iam.Role(home, 'Role', {
        assumedBy: new iam.CompositePrincipal(
            new iam.ServicePrincipal('lambda.amazonaws.com'),
            new iam.ServicePrincipal('edgelambda.amazonaws.com')
        ),
    });
    created.addToPolicy(
        new iam.PolicyStatement({
            sid: 'Log',
            // The function itself creates the group of a region.
            actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [edgeLogs(settings)],
        })
    );
    created.addToPolicy(
        new iam.PolicyStatement({
            sid: 'ReadOwnSecrets',
            actions: ['secretsmanager:GetSecretValue'],
            // Secrets Manager puts six characters of its own behind a name.
            resources: [
                `arn:aws:secretsmanager:${region}:${account}:secret:${secretName(settings)}-??????`,
            ],
        })
    );
    return created;
}
