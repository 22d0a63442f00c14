// Properties in CloudFormation's spelling, as the typed resources of the CDK take them. Untyped ones
// would do for CloudFormation, but cdk-nag checks only typed resources.

/// The same properties, their names in the CDK's camel case. A property that the CDK does not know
/// would be dropped without a word: the tests compare the template with the file.
export function typed(properties: unknown): any {
    if (Array.isArray(properties)) {
        return properties.map(typed);
    }
    if (typeof properties !== 'object' || properties === null) {
        return properties;
    }
    return Object.fromEntries(
        Object.entries(properties).map(([name, value]) => [camelCase(name), typed(value)])
    );
}

/// `IPV6Enabled` is `ipv6Enabled`, and `OriginSSLProtocols` is `originSslProtocols`.
export function camelCase(name: string): string {
    const words = name.match(/[A-Z]+\d*(?![a-z])|[A-Z][a-z0-9]*/g) ?? [name];
    const capitalised = words.map((word) => word[0]! + word.slice(1).toLowerCase());
    const [first, ...others] = capitalised;
    return [first!.toLowerCase(), ...others].join('');
}
