import type { RuntimeOptions } from './runtime.ts';

/** The flags of `parseArgs` that every command which starts a runtime takes. */
export const RUNTIME_FLAGS = {
  port: { type: 'string', default: '3000' },
  's3-port': { type: 'string', default: '4566' },
  'cloudfront-port': { type: 'string', default: '8080' },
  data: { type: 'string', default: '.local' },
  'api-key': { type: 'string', default: 'local' },
  'parameter-overrides': { type: 'string', multiple: true },
  'allow-host': { type: 'string', multiple: true },
  'allow-origin': { type: 'string', multiple: true },
} as const;

export interface RuntimeFlags {
  readonly port: string;
  readonly 's3-port': string;
  readonly 'cloudfront-port': string;
  readonly data: string;
  readonly 'api-key': string;
  readonly 'parameter-overrides'?: readonly string[] | undefined;
  readonly 'allow-host'?: readonly string[] | undefined;
  readonly 'allow-origin'?: readonly string[] | undefined;
}

/**
 * Reads the flags. As with sam, several overrides may follow `--parameter-overrides`, in one word or in several.
 * @throws Error that names the flag, what it expects and what it got.
 */
export function readRuntimeFlags(
  flags: RuntimeFlags,
  moreOverrides: readonly string[],
): Pick<
  RuntimeOptions,
  | 'port'
  | 's3Port'
  | 'cloudFrontPort'
  | 'dataDirectory'
  | 'apiKey'
  | 'parameterOverrides'
  | 'allowHosts'
  | 'allowOrigins'
> {
  const port = readPort('--port', flags.port);
  const s3Port = readPort('--s3-port', flags['s3-port']);
  const cloudFrontPort = readPort('--cloudfront-port', flags['cloudfront-port']);
  const chosen = [port, s3Port, cloudFrontPort].filter((one) => one !== 0);
  if (new Set(chosen).size < chosen.length)
    throw new Error(
      `Expected different ports in --port, --s3-port and --cloudfront-port but received ${chosen.join(', ')}.`,
    );
  const overrides = [
    ...(flags['parameter-overrides'] ?? []).flatMap((words) => words.split(/\s+/)),
    ...moreOverrides,
  ];
  return {
    port,
    s3Port,
    cloudFrontPort,
    dataDirectory: flags.data,
    apiKey: flags['api-key'],
    parameterOverrides: Object.fromEntries(overrides.map(readOverride)),
    allowHosts: flags['allow-host'] ?? [],
    allowOrigins: flags['allow-origin'] ?? [],
  };
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${flag}: expected a port from 0 to 65535 but received "${text}".`);
}

function readOverride(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new Error(`--parameter-overrides: expected NAME=VALUE but received "${text}".`);
}
