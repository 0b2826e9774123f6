import { apisOf } from './api-gateway/index.ts';
import { distributionsOf } from './cloudfront/index.ts';
import { canMatchS3, compilePattern, rulesOf } from './event-bridge/index.ts';
import { rolesOf } from './iam/index.ts';
import { functionsOf } from './lambda/index.ts';
import { bucketsOf } from './s3/index.ts';
import { silentSubscriptionsOf, subscriptionsOf, topicsOf } from './sns/index.ts';
import { queuesOf } from './sqs/index.ts';
import { loadMachines, stateMachinesOf } from './states/index.ts';
import {
  isPolicyTarget,
  isServed,
  type LeftOut,
  leaveOut,
  readWithMistakes,
  type Template,
  type TemplateOptions,
} from './template/index.ts';

/**
 * Reads a template without the resources that are not supported as they are written. A bucket, queue, function, state
 * machine, API or distribution is left out if
 * - nothing that runs refers to it: neither itself nor its role, layers or policies, except that a bucket policy may let
 *   it in, and
 * - another resource of its type runs, or it is a distribution: the only bucket of a template, for example, is what the
 *   user came for, but everything else runs without a distribution.
 * The message that would have refused the template becomes the reason. Outputs do not run, so they may refer to it.
 * Otherwise it stays, and the reader of its service refuses it with file and line.
 * @throws TemplateError for any other mistake that the readers cannot see.
 */
export function readRunnableTemplate(options: TemplateOptions): Template {
  const { template, mistakes: unread } = readWithMistakes(options);
  const { mistakes, runs } = findMistakes(template, unread);
  const running = new Set([...runs].map((logicalId) => typeOf(template, logicalId)));
  const wanted = [...mistakes.keys()].filter((logicalId) => {
    const type = typeOf(template, logicalId);
    return isServed(type) && type !== 'AWS::CloudFront::Distribution' && !running.has(type);
  });
  const reached = reachedFrom([...runs, ...wanted], template);
  for (const [logicalId, mistake] of unread) if (reached.has(logicalId)) throw mistake;
  const needless = [...mistakes].filter(([logicalId]) => !reached.has(logicalId));
  const reasons = new Map(needless.map(([logicalId, { message }]) => [logicalId, message]));
  const runnable = leaveOut(template, reasons);
  if (reasons.size < mistakes.size) return runnable;
  const silent = [...silentRulesOf(runnable), ...silentSubscriptionsOf(runnable)];
  return { ...runnable, leftOut: [...runnable.leftOut, ...silent] };
}

/**
 * Finds out which resources run, one by one: the services' readers stop at the first mistake.
 * @param unread the mistakes of the resources that could not even be read.
 */
function findMistakes(template: Template, unread: ReadonlyMap<string, Error>) {
  const served = [...template.resources.values()]
    .filter(({ logicalId, type, isLeftOut }) => isServed(type) && !isLeftOut && !unread.has(logicalId))
    .map(({ logicalId }) => logicalId);
  const mistakes = new Map(unread);
  if (unread.size === 0 && !mistakeIn(template)) return { mistakes, runs: new Set(served) };
  const runs = new Set<string>();
  // A function may use the role of a later one, so those with a mistake are tried again.
  for (let before = -1; runs.size > before; ) {
    before = runs.size;
    for (const logicalId of served.filter((one) => !runs.has(one))) {
      const others = served.filter((other) => other !== logicalId && !runs.has(other));
      const reasons = [...unread.keys(), ...others].map((other) => [other, ''] as const);
      const mistake = mistakeIn(leaveOut(template, new Map(reasons)));
      if (mistake) mistakes.set(logicalId, mistake);
      else runs.add(logicalId);
    }
  }
  for (const logicalId of runs) mistakes.delete(logicalId);
  return { mistakes, runs };
}

/** The first mistake that a service finds in the resources that it would run. */
function mistakeIn(template: Template): Error | undefined {
  try {
    bucketsOf(template);
    queuesOf(template);
    topicsOf(template);
    subscriptionsOf(template);
    functionsOf(template);
    loadMachines(stateMachinesOf(template));
    for (const { pattern } of rulesOf(template)) compilePattern(pattern);
    apisOf(template);
    rolesOf(template);
    distributionsOf(template);
    return undefined;
  } catch (error) {
    if (error instanceof Error && ['TemplateError', 'DefinitionError'].includes(error.name)) return error;
    throw error;
  }
}

/** These resources and all that they refer to, by themselves or by what they refer to; policies belong to their targets. */
function reachedFrom(logicalIds: readonly string[], template: Template): ReadonlySet<string> {
  const reached = new Set(logicalIds);
  // Includes what is added on the way.
  for (const one of reached) {
    if (template.resources.get(one)?.isLeftOut) continue;
    for (const { usedBy, property, logicalId } of template.references) {
      if (property === undefined || logicalId === undefined) continue;
      // Whom a bucket policy lets in does not matter to the bucket.
      if (usedBy === one && typeOf(template, one) !== 'AWS::S3::BucketPolicy') reached.add(logicalId);
      if (logicalId === one && isPolicyTarget(typeOf(template, usedBy), property)) reached.add(usedBy);
    }
  }
  return reached;
}

/** Rules that never fire here. */
function silentRulesOf(template: Template): LeftOut[] {
  return rulesOf(template)
    .filter(({ pattern }) => !canMatchS3(pattern))
    .map(({ logicalId, pattern }) => ({
      logicalId,
      type: 'AWS::Events::Rule',
      reason: `${template.name}:${pattern.line}: only S3 sends events here, and this pattern matches none of them`,
    }));
}

function typeOf(template: Template, logicalId: string): string {
  return template.resources.get(logicalId)?.type ?? '';
}
