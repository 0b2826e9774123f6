import { existsSync, readFileSync } from 'node:fs';
import { readTemplate } from 'aws-on-one-machine';
import { parse, type TomlTable } from 'smol-toml';

/** What `sam deploy` would be told, by its flags and by samconfig.toml. */
export interface Deployment {
  readonly stackName: string;
  /** Undefined if neither the flags nor the file name one: then the environment decides. */
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly overrides: Readonly<Record<string, string>>;
}

export interface Flags {
  readonly 'stack-name'?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly 'config-env'?: string | undefined;
  readonly 'config-file'?: string | undefined;
  readonly 'parameter-overrides'?: readonly string[] | undefined;
}

/** What would be deployed. */
export interface Plan {
  readonly stackName: string;
  /** Every parameter of the template with the value that it would have. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly logGroups: readonly string[];
  readonly dashboard: string;
}

/** Stands for the stack's name and region in what the template's reader makes of pseudo parameters. */
const READER = { stackName: 'local', region: 'us-east-1' };

/**
 * Reads the flags, and what they leave open from samconfig.toml, as `sam deploy` does.
 * Source: "AWS SAM CLI configuration file", AWS SAM Developer Guide.
 * @throws Error that names the flag or the entry, what it expects and what it got.
 */
export function readDeployment(flags: Flags, moreOverrides: readonly string[] = []): Deployment {
  const file = flags['config-file'] ?? 'samconfig.toml';
  const environment = flags['config-env'] ?? 'default';
  if (flags['config-file'] !== undefined && !existsSync(file))
    throw new Error(`--config-file: expected a file but there is no ${file}.`);
  const config = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
  if (flags['config-env'] !== undefined && config[environment] === undefined)
    throw new Error(`--config-env: expected a table of ${file} but there is no [${environment}…].`);
  const configured = {
    ...settingsOf(config, environment, 'global'),
    ...settingsOf(config, environment, 'deploy'),
  };
  const text = (name: string) => (typeof configured[name] === 'string' ? configured[name] : undefined);
  const stackName = flags['stack-name'] ?? text('stack_name');
  if (stackName === undefined)
    throw new Error(`--stack-name: expected a name, because ${file} has no stack_name for ${environment}.`);
  const given = [...(flags['parameter-overrides'] ?? []), ...moreOverrides];
  return {
    stackName,
    region: flags.region ?? text('region'),
    profile: flags.profile ?? text('profile'),
    // As in SAM, the flag replaces the whole list of the file.
    overrides: readOverrides(given.length > 0 ? given : configured.parameter_overrides),
  };
}

function settingsOf(config: TomlTable, environment: string, command: string): TomlTable {
  return tableOf(tableOf(tableOf(config[environment])[command]).parameters);
}

function tableOf(value: unknown): TomlTable {
  return isTable(value) ? value : {};
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** NAME=VALUE pairs in one text or in several, where a value with spaces has quotes; or a table. */
function readOverrides(given: unknown): Record<string, string> {
  if (given === undefined) return {};
  if (isTable(given))
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
  const texts = Array.isArray(given) ? given.map(String) : [String(given)];
  return Object.fromEntries(
    texts.flatMap((text) => text.match(/(?:"[^"]*"|[^\s"])+/g) ?? []).map(readOverride),
  );
}

/** SAM also takes what the AWS CLI takes: ParameterKey=NAME,ParameterValue=VALUE. */
function readOverride(given: string): [string, string] {
  const text = given.replace(/^ParameterKey=([^,]*),ParameterValue=/, '$1=');
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1).replaceAll('"', '')];
  throw new Error(`--parameter-overrides: expected NAME=VALUE but received "${given}".`);
}

/**
 * Works out what would be deployed. A parameter that nobody names keeps the value that it has in the stack.
 * @param inStack the parameters of the stack; none if it does not exist.
 * @throws TemplateError that lists every mistake in the overrides.
 */
export function planDeployment(
  { stackName, overrides }: Pick<Deployment, 'stackName' | 'overrides'>,
  region: string,
  inStack?: Readonly<Record<string, string>>,
): Plan {
  const { parameters, resources } = read({ ...(inStack && keepParameters(inStack)), ...overrides });
  const named = [...resources.values()].map(({ properties }) => properties);
  const logGroups = named.flatMap(({ LogGroupName }) =>
    LogGroupName === undefined
      ? []
      : [String(LogGroupName).replace(`/${READER.stackName}-`, `/${stackName}-`)],
  );
  return {
    stackName,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
    logGroups,
    dashboard: named
      .map(({ DashboardName }) => String(DashboardName ?? ''))
      .join('')
      .replace(`${READER.stackName}-${READER.region}`, `${stackName}-${region}`),
  };
}

/** The parameters of a stack without those that the template no longer has. */
export function keepParameters(inStack: Readonly<Record<string, string>>): Record<string, string> {
  if (Object.keys(inStack).length === 0) return {};
  const { parameters } = read({});
  return Object.fromEntries(Object.entries(inStack).filter(([name]) => name in parameters));
}

function read(parameterOverrides: Record<string, string>) {
  return readTemplate({ file: 'template.yaml', parameterOverrides, queueUrl: (logicalId) => logicalId });
}
