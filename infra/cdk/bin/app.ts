// `cdk -c environment=prod …`: the environment of environments/prod.json.
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from '../lib/acknowledged.ts';
import { stacks } from '../lib/forecourt.ts';
import { readSettings } from '../lib/settings.ts';

const app = new App();
const context = (name: string): string | undefined => app.node.tryGetContext(name);
const settings = {
    ...readSettings(context('environment')),
    secretVersion: context('secretVersion'),
    distribution: context('distribution'),
};
stacks(app, settings);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
acknowledge(app, settings);
