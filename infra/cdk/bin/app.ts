// `cdk -c environment=prod …`: the environment of environments/prod.json.
import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from '../lib/acknowledged.ts';
import { Forecourt } from '../lib/forecourt.ts';
import type { Settings } from '../lib/settings.ts';

const app = new App();
const environment: unknown = app.node.tryGetContext('environment');
if (typeof environment !== 'string' || !/^[a-z][a-z0-9-]*$/.test(environment)) {
    throw new Error('which environment? `-c environment=NAME` reads environments/NAME.json');
}
const file = new URL(`../environments/${environment}.json`, import.meta.url);
const settings: Settings = {
    environment,
    secretVersion: app.node.tryGetContext('secretVersion'),
    ...JSON.parse(readFileSync(file, 'utf8')),
};
new Forecourt(app, settings);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
acknowledge(app, settings);
