import type { Use } from './resolve.ts';
import { isServed, type Resource } from './resource-types.ts';

export interface MadeUpValue {
  /** A logical id, for `Ref`, a logical id and an attribute, or what is not evaluated here, such as `Fn::ImportValue`. */
  readonly reference: string;
  /** The logical id of the resource, or the name of the output, that got the made-up value. */
  readonly usedBy: string;
}

/** A reference from a property that something here reads, or from an output. */
export interface Reference extends MadeUpValue {
  /** The resource that is referred to; for one that SAM generates, the resource that it is generated for. */
  readonly logicalId: string | undefined;
  /** The property of the resource that refers to it; undefined in an output. */
  readonly property: string | undefined;
  readonly isMadeUp: boolean;
}

/**
 * The properties of what runs here that no service reads: encryption, logs, traces, tags, deployments. A reference in
 * them has no effect, and neither has one outside of Properties.
 */
const WITHOUT_EFFECT: ReadonlySet<unknown> = new Set([
  'AccessLogSetting',
  'BucketEncryption',
  'DeploymentPreference',
  'Description',
  'EndpointConfiguration',
  'LifecycleConfiguration',
  'Logging',
  'LoggingConfig',
  'MethodSettings',
  'Tags',
  'Tracing',
  'VersionDescription',
]);

/** @returns none for a reference that has no effect. */
export function referenceOf(
  { reference, logicalId, isMadeUp, path }: Use,
  ownerOf: (logicalId: string) => string,
): Reference[] {
  const [section, usedBy, attribute, property] = path;
  const isOutput = section === 'Outputs';
  if (!isOutput && (attribute !== 'Properties' || WITHOUT_EFFECT.has(property))) return [];
  return [
    {
      reference,
      logicalId: logicalId === undefined ? undefined : ownerOf(logicalId),
      usedBy: String(usedBy),
      property: isOutput ? undefined : String(property),
      isMadeUp,
    },
  ];
}

/**
 * The references whose values are reported as made up. In what runs, these are all references to what is left out,
 * because nothing answers there; except in policies, because a permission for what is not here permits nothing. An
 * output is only printed: there, the usual ARN of a topic, for example, is no surprise.
 */
export function madeUpValuesOf(
  references: readonly Reference[],
  resources: ReadonlyMap<string, Resource>,
): MadeUpValue[] {
  const isReported = ({ usedBy, logicalId, property, isMadeUp }: Reference): boolean => {
    const target = resources.get(logicalId ?? '');
    if (property === undefined) return isMadeUp || (target?.isLeftOut === true && isServed(target.type));
    const user = resources.get(usedBy);
    if (!user || user.isLeftOut || !isServed(user.type) || property === 'Policies') return false;
    return isMadeUp || target?.isLeftOut === true;
  };
  return references.filter(isReported).map(({ reference, usedBy }) => ({ reference, usedBy }));
}
