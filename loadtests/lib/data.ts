// What a run works with: a file that `forecourt loadtest-data` writes, for the demo or a deployment.

/// Values by option.
export type Selection = Readonly<Record<string, string>>;

export interface Product {
  readonly id: string;
  /// Options and their values, for selections that were never requested before.
  readonly options: readonly { readonly id: string; readonly values: readonly string[] }[];
  /// Complete selections that can be put into a cart.
  readonly buyable: readonly Selection[];
}

export interface Customer {
  readonly id: string;
  readonly token: string;
}

export interface Data {
  readonly url: string;
  readonly shop: string;
  readonly currency: string;
  /// Digits of an amount after the decimal point.
  readonly decimals: number;
  /// Most popular first.
  readonly products: readonly Product[];
  /// Customers whose points are read.
  readonly customers: readonly Customer[];
  /// Customers of the load tests only, whose ledgers are compared with the orders of the run.
  readonly buyers: readonly Customer[];
  /// Until when the tokens are valid.
  readonly expires_unix_s: number;
}

const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/;

/// Whether the shop is on this machine, so that what a run leaves there does no harm.
export const isLocal = (data: Data): boolean => LOCAL.test(data.url);

/// The data file, or why it can't be used: an error before the first request.
export function readData(needed_s: number): Data {
  const file = __ENV.DATA;
  if (!file) {
    throw new Error('DATA names no file: `forecourt loadtest-data --out FILE` writes one');
  }
  const data: Data = JSON.parse(open(file));
  if (!isLocal(data) && __ENV.YES_PRODUCTION !== '1') {
    throw new Error(`${data.url} is not this machine: a run against it needs --yes-production`);
  }
  if (data.decimals === undefined) {
    throw new Error(`${file} is of an older version: write it again with \`forecourt loadtest-data\``);
  }
  const left_s = data.expires_unix_s - Date.now() / 1000;
  if (left_s < needed_s) {
    throw new Error(
      `the tokens of ${file} are valid for ${Math.floor(left_s)} s and the run takes ${needed_s} s: ` +
        'write it again with `forecourt loadtest-data --valid-hours N`',
    );
  }
  return data;
}
