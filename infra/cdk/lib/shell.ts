// What runs the commands of a deployment: an argument, so that tests can replace AWS.

export interface Shell {
    /// Runs a command in infra/cdk. Secrets go into `input`, never into the arguments.
    run(command: readonly string[], input?: string): void;
    /// The output of a command that changes nothing; `undefined` if the resource does not exist.
    query(command: readonly string[]): any;
}
