// Wrong clients, made from the sources: the simulation must find each of them.
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;

/** By name: the file, what stands there, and what stands there instead. */
export const MUTANTS = {
  // The client keeps only the newest of its bookmarks.
  NewestBookmarkOnly: ['jar', 'jar.bookmarks = without(jar.bookmarks, sent.bookmarks);\n  return { number',
    'jar.bookmarks = [];\n  return { number'],
  // The client shows answers in the order in which they arrive.
  ShownOnArrival: ['jar', 'sent.isWhole && jar.answers === sent.answers', 'true'],
  // The client continues while the outcome of a command is unknown, and forgets the command.
  FateForgotten: ['jar', "command.state = 'open';", 'return settle(jar, { key, problem: { status: 503, body: {} } });'],
  // Bookmarks are replaced by their text.
  ReplacedByText: ['jar', 'one.number === other.number && one.text === other.text', 'one.text === other.text'],
  // The client sends four bookmarks regardless of their length.
  BookmarksOverBytes: ['jar', ' || bytes > HEADER_BYTES_MAX', ''],
  // The client sends its bookmarks with reads only.
  CommandsWithoutBookmarks: ['engine', 'return { sent, headers };', 'return { sent: { ...sent, bookmarks: [] }, headers };'],
  // Signed in, the client shows the customer's cart while something of the guest's is not merged.
  ShownBeforeMerge: ['engine', "\n        && !this.kind.hasMore?.(doc, platform.now());", ';'],
  // The bookmark of a 409 `cart-merged` is dropped.
  MergedBookmarkLost: ['engine', 'const number = insert(jar, command.resource, bookmark);',
    'const number = ++jar.answers;'],
  // The merge is sent without the guest's bookmarks.
  MergeWithoutGuest: ['engine', 'resource, guest || undefined, first)', 'resource, undefined, first)'],
  // On a 400 the client drops every bookmark, including newer ones.
  NewerBookmarksDropped: ['jar', `export function dropSent(jar: Jar, sent: Sent): void {
  jar.bookmarks = without(jar.bookmarks, sent.bookmarks);`, `export function dropSent(jar: Jar, sent: Sent): void {
  jar.bookmarks = [];`],
  // A command to a guest's cart is retried after the merge without the bookmarks of its first attempt.
  RetryForgetsGuest: ['engine', 'isMerged ? command.bookmarks : []', '[]'],
  // A command of unknown outcome is retried regardless of its age.
  RetriedForGood: ['jar', 'now <= oldest.at + RETRY_MS_MAX', 'now >= 0'],
};

/** The source of a module with a mutant. */
export function mutated(mutant, text) {
  const [name, from, to] = MUTANTS[mutant];
  if (text.split(from).length !== 2) throw new Error(`${mutant}: not once in ${name}.ts`);
  return text.replace(from, () => to);
}

/** The client: as it is shipped, or with one mutant. */
export async function load(mutant) {
  if (!mutant) return import('../dist/forecourt.js');
  const [name] = MUTANTS[mutant] ?? [];
  if (!name) throw new Error(`one of ${Object.keys(MUTANTS).join(', ')}`);
  const { build } = await import('esbuild');
  const outfile = join(tmpdir(), `forecourt-${mutant}-${process.pid}.mjs`);
  const patch = {
    name: 'mutant',
    setup: ({ onLoad }) => onLoad({ filter: new RegExp(`src/${name}\\.ts$`) }, async ({ path }) => {
      return { contents: mutated(mutant, await readFile(path, 'utf8')), loader: 'ts' };
    }),
  };
  await build({
    absWorkingDir: root, entryPoints: ['src/index.ts'], bundle: true, format: 'esm', outfile,
    plugins: [patch], logLevel: 'warning',
  });
  const client = await import(outfile);
  await rm(outfile);
  return client;
}
