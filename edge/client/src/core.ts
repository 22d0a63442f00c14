/** What every part shares: the protocol, in one file of the build, and its context, made once per page. */
import type { Context } from './engine.js';
import { browser, type Platform } from './platform.js';
import { SessionKeeper } from './session.js';
import { Store } from './store.js';
import type { Options } from './index.js';

export async function createContext(
  options: Options & { customer?: string | null }, given?: Platform,
): Promise<Context> {
  const platform = given ?? browser();
  const store = await Store.open(platform);
  const baseUrl = options.baseUrl.replace(/\/$/, '');
  const session = new SessionKeeper(platform, store, baseUrl, options.proxyPath, options.customer);
  const tab = platform.randomId();
  platform.holdTab(tab);
  return { platform, store, session, tab, baseUrl };
}

export { Engine } from './engine.js';
export { ForecourtError } from './errors.js';
export { RETRY_MS_MAX, begin, dropAll, removeResource } from './jar.js';
export { CALL_MS_MAX, persist, send, within } from './wire.js';
