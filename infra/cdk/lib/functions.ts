// The Lambdas: one role each, one statement per port, an alias that deployments move.
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Data } from './data.ts';
import type { Events } from './events.ts';
import { type Settings, secretName } from './settings.ts';
import { type Consumer, FUNCTIONS, type HttpFunction, type Port, deliveriesMax } from './wiring.ts';

/// Logs answer questions about the last two weeks; permanent data is in the tables and the archive.
const LOGS = logs.RetentionDays.TWO_WEEKS;
/// Share of warm environments in use at which more are made.
const UTILISATION = 0.7;
/// Requests at once in one environment on Managed Instances: eight per vCPU is AWS's default for
/// Rust (Lambda Developer Guide, "Managed Instances").
const MANAGED_CONCURRENCY = 8;

export interface FunctionsProps {
    readonly settings: Settings;
    readonly data: Data;
    readonly events: Events;
}

export class Functions extends Construct {
    /// By name; consumers are among them.
    readonly byName = new Map<string, lambda.Alias>();
    /// One file for all of them: the handler name selects the function.
    private readonly code: lambda.Code;

    constructor(
        scope: Construct,
        id: string,
        private readonly props: FunctionsProps
    ) {
        super(scope, id);
        this.code = lambda.Code.fromAsset(props.settings.binaries);
        for (const it of FUNCTIONS) {
            const alias = this.make(it);
            if (it.kind === 'read') {
                this.keepWarm(it, alias);
            }
        }
    }

    /// A function with its own role and the alias `live`.
    make(it: HttpFunction | Consumer, distribution?: string): lambda.Alias {
        const { settings, data, events } = this.props;
        const name = `forecourt-${settings.environment}-${it.name}`;
        const logGroup = new logs.LogGroup(this, `${it.name}-logs`, {
            logGroupName: `/forecourt/${settings.environment}/${it.name}`,
            retention: LOGS,
            removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        });
        const role = new iam.Role(this, `${it.name}-role`, {
            assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        });
        role.addToPolicy(
            new iam.PolicyStatement({
                sid: 'Log',
                actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
                resources: [logGroup.logGroupArn],
            })
        );
        for (const port of it.ports) {
            role.addToPolicy(this.statement(port, distribution));
        }
        const isReplaying = it.name === 'consume-loyalty' && settings.restored?.replaying === true;
        const mayRead = it.ports.includes('read-secrets');
        const fn = new lambda.Function(this, it.name, {
            functionName: name,
            runtime: lambda.Runtime.PROVIDED_AL2023,
            architecture:
                settings.architecture === 'arm64'
                    ? lambda.Architecture.ARM_64
                    : lambda.Architecture.X86_64,
            handler: it.name,
            code: this.code,
            role,
            logGroup,
            loggingFormat: lambda.LoggingFormat.JSON,
            // Three lines an invocation that repeat the metrics: at the reads' rate they would be
            // most of the bill for logs. Failures are logged.
            systemLogLevelV2: lambda.SystemLogLevel.WARN,
            // For a roll-back; but not versions whose deployment failed.
            currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
            memorySize: it.memoryMb,
            timeout: Duration.seconds(it.timeoutS),
            ...('reserved' in it ? { reservedConcurrentExecutions: it.reserved } : {}),
            environment: {
                FORECOURT_SHOP: settings.shop,
                FORECOURT_CURRENCY: settings.currency,
                ...(mayRead ? { FORECOURT_SECRET: secretName(settings) } : {}),
                ...(isReplaying ? { FORECOURT_REPLAYING: 'true' } : {}),
                ...(distribution === undefined ? {} : { FORECOURT_DISTRIBUTION: distribution }),
                ...(it.kind === 'consumer' ? { FORECOURT_DELIVERIES_MAX: String(deliveriesMax(it)) } : {}),
                FORECOURT_HOT_TABLE: data.hot.tableName,
                FORECOURT_COMMANDS_TABLE: data.commands.tableName,
                FORECOURT_BUS: events.bus.eventBusName,
            },
        });
        const alias = new lambda.Alias(this, `${it.name}-live`, {
            aliasName: 'live',
            version: fn.currentVersion,
        });
        if (it.kind === 'read' && settings.capacityProviderArn !== undefined) {
            const resource = fn.node.defaultChild as lambda.CfnFunction;
            resource.capacityProviderConfig = {
                lambdaManagedInstancesCapacityProviderConfig: {
                    capacityProviderArn: settings.capacityProviderArn,
                    perExecutionEnvironmentMaxConcurrency: MANAGED_CONCURRENCY,
                },
            };
        }
        this.byName.set(it.name, alias);
        return alias;
    }

    /// Provisioned concurrency that follows load, and rises before announced campaigns. Managed
    /// Instances have no cold starts to avoid.
    private keepWarm(it: HttpFunction, alias: lambda.Alias): void {
        const { warm, campaigns, capacityProviderArn } = this.props.settings;
        if (capacityProviderArn !== undefined) {
            return;
        }
        (alias.node.defaultChild as lambda.CfnAlias).provisionedConcurrencyConfig = {
            provisionedConcurrentExecutions: warm.least,
        };
        const target = new appscaling.ScalableTarget(this, `${it.name}-warm`, {
            serviceNamespace: appscaling.ServiceNamespace.LAMBDA,
            scalableDimension: 'lambda:function:ProvisionedConcurrency',
            resourceId: `function:${alias.lambda.functionName}:${alias.aliasName}`,
            minCapacity: warm.least,
            maxCapacity: warm.most,
        });
        target.node.addDependency(alias);
        target.scaleToTrackMetric('Utilisation', {
            predefinedMetric:
                appscaling.PredefinedMetric.LAMBDA_PROVISIONED_CONCURRENCY_UTILIZATION,
            targetValue: UTILISATION,
        });
        for (const campaign of campaigns) {
            target.scaleOnSchedule(`${campaign.name}-begins`, {
                schedule: appscaling.Schedule.expression(campaign.start),
                minCapacity: campaign.environments,
            });
            target.scaleOnSchedule(`${campaign.name}-ends`, {
                schedule: appscaling.Schedule.expression(campaign.end),
                minCapacity: warm.least,
            });
        }
    }

    private statement(port: Port, distribution = ''): iam.PolicyStatement {
        const { hot, commands } = this.props.data;
        const { bus } = this.props.events;
        const reads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
        const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
        const statements: Record<Port, { sid: string; actions: string[]; resources: string[] }> = {
            'read-secrets': {
                sid: 'ReadOwnSecrets',
                actions: ['secretsmanager:GetSecretValue'],
                // Secrets Manager puts six characters of its own behind a name.
                resources: [
                    Stack.of(this).formatArn({
                        service: 'secretsmanager',
                        resource: 'secret',
                        resourceName: `${secretName(this.props.settings)}-??????`,
                        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
                    }),
                ],
            },
            invalidate: {
                sid: 'Invalidate',
                actions: ['cloudfront:CreateInvalidation'],
                resources: [
                    Stack.of(this).formatArn({
                        service: 'cloudfront',
                        region: '',
                        resource: 'distribution',
                        resourceName: distribution,
                    }),
                ],
            },
            'read-hot': {
                sid: 'ReadHot',
                actions: reads,
                resources: [hot.tableArn, `${hot.tableArn}/index/overloaded`],
            },
            'write-hot': {
                sid: 'WriteHot',
                actions: [...writes, 'dynamodb:ConditionCheckItem'],
                resources: [hot.tableArn],
            },
            'read-commands': {
                sid: 'ReadCommands',
                actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'],
                resources: [commands.tableArn],
            },
            'record-commands': {
                sid: 'RecordCommands',
                actions: ['dynamodb:PutItem'],
                resources: [commands.tableArn],
            },
            erase: {
                sid: 'Erase',
                actions: ['dynamodb:Scan', 'dynamodb:DeleteItem'],
                resources: [hot.tableArn, commands.tableArn],
            },
            publish: { sid: 'Publish', actions: ['events:PutEvents'], resources: [bus.eventBusArn] },
        };
        return new iam.PolicyStatement(statements[port]);
    }
}
