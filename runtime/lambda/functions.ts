import type { Template, Value } from '../template/index.ts';
import { nameOf, resourcesOf, roleOfArn } from '../template/index.ts';

export interface LambdaFunction {
  readonly logicalId: string;
  /** The alias's ARN if it has an alias. */
  readonly arn: string;
  /** The logical id of its role. */
  readonly role: string;
  readonly handler: string;
  readonly codeUri: string;
  readonly timeoutSeconds: number;
  readonly memorySizeMb: number;
  readonly reservedConcurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly build: EsbuildProperties;
}

/** The function's `Metadata.BuildProperties`, as `sam build` gives them to esbuild. */
interface EsbuildProperties {
  readonly entryPoints: readonly string[];
  readonly external: readonly string[];
  readonly minify: boolean;
  readonly sourcemap: boolean;
  readonly target: string;
}

// Lambda's own defaults.
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;
// How a version gets its alias has no effect here, where there is one version.
const SUPPORTED = [
  'Architectures',
  'AutoPublishAlias',
  'AutoPublishAliasAllProperties',
  'CodeUri',
  'DeploymentPreference',
  'Description',
  'Environment',
  'Handler',
  'Layers',
  'LoggingConfig',
  'MemorySize',
  'Policies',
  'PropagateTags',
  'ReservedConcurrentExecutions',
  'Role',
  'Runtime',
  'Tags',
  'Timeout',
  'Tracing',
  'VersionDeletionPolicy',
  'VersionDescription',
];

// Lambda Developer Guide, "Defined runtime environment variables": a deployment that sets one of them fails.
const RESERVED_VARIABLES =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_(FUNCTION_NAME|FUNCTION_MEMORY_SIZE|FUNCTION_VERSION|INITIALIZATION_TYPE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API))|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

// Lambda Developer Guide, "Building Lambda functions with Node.js": the SDK comes with the runtime.
const IN_THE_RUNTIME = /^(@aws-sdk|@smithy)\//;

/**
 * The template's functions that the runtime runs: those that are built with esbuild.
 * @throws TemplateError
 */
export function functionsOf(template: Template): LambdaFunction[] {
  return resourcesOf(template, 'AWS::Serverless::Function').map(({ logicalId, properties, metadata }) => {
    properties.only(SUPPORTED);
    properties.at('Runtime').oneOf(['nodejs24.x']);
    const integer = (name: string, least: number, most: number): number | undefined =>
      properties.at(name).ifPresent((value) => value.integer(least, most));
    return {
      logicalId,
      arn:
        properties.at('AutoPublishAlias').ifPresent((alias) => nameOf.aliasArn(logicalId, alias.text())) ??
        nameOf.functionArn(logicalId),
      role: properties.at('Role').ifPresent(roleOfArn) ?? `${logicalId}Role`,
      handler: properties.at('Handler').text(),
      codeUri: properties.at('CodeUri').text(),
      timeoutSeconds: integer('Timeout', 1, 900) ?? DEFAULT_TIMEOUT_SECONDS,
      memorySizeMb: integer('MemorySize', 128, 10_240) ?? DEFAULT_MEMORY_MB,
      reservedConcurrency: integer('ReservedConcurrentExecutions', 0, Number.MAX_SAFE_INTEGER),
      environment: environmentOf(properties.at('Environment')),
      build: buildOf(metadata, layersOf(template, properties.at('Layers'))),
    };
  });
}

/** The limit in "Lambda quotas". */
const MAX_ENVIRONMENT_BYTES = 4096;

function environmentOf(environment: Value): Record<string, string> {
  const variables = environment.ifPresent((value) => value.only(['Variables']).at('Variables').entries());
  for (const [name, value] of variables ?? []) {
    if (RESERVED_VARIABLES.test(name)) value.fail('no variable that Lambda reserves', name);
    if (!/^[a-zA-Z]\w+$/.test(name)) value.fail('letters, digits and _, two at least, a letter first,', name);
    if (name.startsWith('AWS_ENDPOINT_URL'))
      value.fail('no endpoint variable, because the runtime sets them to its own endpoints,', name);
  }
  const resolved = Object.fromEntries((variables ?? []).map(([name, value]) => [name, value.scalar()]));
  const bytes = Buffer.byteLength(Object.entries(resolved).flat().join(''));
  if (bytes > MAX_ENVIRONMENT_BYTES)
    environment.fail(`at most ${MAX_ENVIRONMENT_BYTES} bytes of names and values`, String(bytes));
  return resolved;
}

const LAYER_ARN = /^arn:aws:lambda:[^:]+:\d{12}:layer:(.+):1$/;

/** The logical ids of a function's layers. */
function layersOf(template: Template, layers: Value): string[] {
  const known = resourcesOf(template, 'AWS::Serverless::LayerVersion').map(({ logicalId }) => logicalId);
  return (layers.ifPresent((value) => value.list()) ?? []).map(
    (layer) =>
      known.find((id) => id === LAYER_ARN.exec(layer.text())?.[1]) ?? layer.fail('a layer of this template'),
  );
}

function buildOf(metadata: Value, layers: readonly string[]): EsbuildProperties {
  const properties = metadata.at('BuildProperties');
  // UseNpmCi is about how sam build installs packages; here the project's node_modules are used as they are.
  properties.only(['EntryPoints', 'External', 'Format', 'Minify', 'Sourcemap', 'Target', 'UseNpmCi']);
  // An ES module would need the file name extension .mjs.
  properties.at('Format').ifPresent((value) => value.oneOf(['cjs']));
  const texts = (value: Value): string[] => value.list().map((item) => item.text());
  for (const name of properties.at('External').ifPresent((value) => value.list()) ?? [])
    if (layers.length === 0 && !IN_THE_RUNTIME.test(name.text()))
      name.fail('a function with Layers that bring what is not bundled', `none for ${name.text()}`);
  const flag = (name: string): boolean => properties.at(name).ifPresent((value) => value.boolean()) ?? false;
  return {
    entryPoints: texts(properties.at('EntryPoints')),
    external: properties.at('External').ifPresent(texts) ?? [],
    minify: flag('Minify'),
    sourcemap: flag('Sourcemap'),
    // The default of aws-lambda-builders.
    target: properties.at('Target').ifPresent((value) => value.text()) ?? 'es2020',
  };
}
