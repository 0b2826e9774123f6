import { readFileSync } from 'node:fs';
import { satisfies } from 'semver';
import { at, entries, items } from './translator.ts';

export interface Advisory {
  readonly id: string;
  /** A range of npm, such as `<0.35.4`. */
  readonly affected: string;
  readonly what: string;
}

/** .ci/advisories.json: what was known of the packages that ship, when somebody looked each of them up. */
export interface AdvisoryList {
  readonly checked: string;
  /** By a package's name, or by those of a scope: `@aws-sdk/*`. A package without advisories has an empty list. */
  readonly packages: Readonly<Record<string, readonly Advisory[]>>;
}

export interface Package {
  readonly name: string;
  readonly version: string;
}

/** Folders with a lock file whose packages ship: the functions' and the layers'. */
export const FOLDERS = ['.', 'layers/sharp', 'layers/heic'] as const;

export function readAdvisories(): AdvisoryList {
  return JSON.parse(readFileSync('.ci/advisories.json', 'utf8'));
}

/** The packages of a lock file without those for development, which `sam build` does not install. */
export function shippedPackages(lock: unknown): Package[] {
  return entries(at(lock, 'packages'))
    .filter(([path, one]) => path.includes('node_modules/') && !isForDevelopment(one))
    .map(([path, one]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      version: String(at(one, 'version')),
    }));
}

function isForDevelopment(one: unknown): boolean {
  return ['dev', 'devOptional', 'link'].some((mark) => at(one, mark) === true);
}

export function lockOf(folder: string): unknown {
  return JSON.parse(readFileSync(`${folder}/package-lock.json`, 'utf8'));
}

/** The advisories on a package; undefined if nobody has looked it up. */
export function advisoriesOn({ name }: Package, { packages }: AdvisoryList): readonly Advisory[] | undefined {
  return packages[name] ?? packages[name.replace(/\/.*/, '/*')];
}

/** What the list knows of these packages, each as a sentence. */
export function knownFaults(shipped: readonly Package[], list: AdvisoryList): string[] {
  return shipped.flatMap((one) =>
    (advisoriesOn(one, list) ?? [])
      .filter(({ affected }) => satisfies(one.version, affected, { includePrerelease: true }))
      .map(({ id, what }) => `${one.name} ${one.version}: ${id}, ${what}`),
  );
}

/**
 * Asks the database of OSV about packages. Source: OSV API, "POST /v1/querybatch".
 * @returns the ids of advisories by package; undefined if the database cannot be reached.
 */
export async function askOsv(shipped: readonly Package[]): Promise<string[] | undefined> {
  const queries = shipped.map(({ name, version }) => ({ package: { name, ecosystem: 'npm' }, version }));
  const answer = await fetch('https://api.osv.dev/v1/querybatch', {
    method: 'POST',
    body: JSON.stringify({ queries }),
    signal: AbortSignal.timeout(30_000),
  }).catch(() => undefined);
  if (!answer?.ok) return undefined;
  const results = items(at(await answer.json(), 'results'));
  return shipped.flatMap(({ name, version }, index) =>
    items(at(results[index], 'vulns')).map((advisory) => `${name} ${version}: ${at(advisory, 'id')}`),
  );
}
