// Shopify's side of a deployment: the app's configuration, from infra/shopify.app.toml and the URL
// of the stack, and what only a person can do.
/// What infra/shopify.app.toml has in place of the URL, and of the app's client id.
const URL_PLACE = 'https://D.cloudfront.net';
const CLIENT_ID_PLACE = "the app's client id";

/// The configuration that `shopify app deploy --config ENVIRONMENT` sends.
export function shopifyApp(template: string, url: string, clientId: string | undefined): string {
    for (const place of [URL_PLACE, CLIENT_ID_PLACE]) {
        if (!template.includes(place)) {
            throw new Error(`infra/shopify.app.toml has no ${JSON.stringify(place)} to replace`);
        }
    }
    const comment = /^#.*\n(#.*\n)*/;
    return template
        .replace(comment, '# Written by infra/deploy from infra/shopify.app.toml: edit that file.\n')
        .replaceAll(URL_PLACE, url)
        .replaceAll(CLIENT_ID_PLACE, clientId ?? CLIENT_ID_PLACE);
}

/// What is left to do by hand, in this order.
export function byHand(environment: string, clientId: string | undefined): string[] {
    const steps = [
        clientId === undefined &&
            'put the app\'s client id (Dev Dashboard, Settings) into the secret as "shopify_client_id", and deploy again',
        `cd infra && shopify app deploy --config ${environment}`,
        'request access to protected customer data: Orders and Customers, level 1, and the fields that the programs use ' +
            '(Partner Dashboard, API access requests); until then orders arrive without their customer, and nobody earns points',
        "install the app in the shop (Dev Dashboard, Distribution), and open it in the shop's admin: who opens it first is the owner",
    ];
    return steps.filter((it): it is string => typeof it === 'string');
}
