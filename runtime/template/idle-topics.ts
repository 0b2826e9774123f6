import type { Reference } from './references.ts';
import { isPolicyTarget, isServed, type Resource } from './resource-types.ts';

/**
 * The logical ids of topics to which nothing here publishes, such as those of alarms, and of the policies and
 * subscriptions that belong to such topics alone. They are left out, whatever is written in them.
 */
export function idleTopicsOf(
  resources: ReadonlyMap<string, Resource>,
  references: readonly Reference[],
): ReadonlySet<string> {
  const mayPublish = ({ usedBy, property }: Reference): boolean => {
    const user = resources.get(usedBy);
    return property !== undefined && user !== undefined && !user.isLeftOut && isServed(user.type);
  };
  const used = new Set(references.filter(mayPublish).map(({ logicalId }) => logicalId));
  const isIdle = ({ logicalId, type }: Resource): boolean =>
    type === 'AWS::SNS::Topic' && !used.has(logicalId);
  const belongsToIdle = ({ logicalId, type }: Resource): boolean => {
    if (type !== 'AWS::SNS::Subscription' && type !== 'AWS::SNS::TopicPolicy') return false;
    const topics = references
      .filter(({ usedBy, property = '' }) => usedBy === logicalId && isPolicyTarget(type, property))
      .map((reference) => resources.get(reference.logicalId ?? ''));
    return topics.every((topic) => topic === undefined || isIdle(topic));
  };
  const idle = [...resources.values()].filter((one) => isIdle(one) || belongsToIdle(one));
  return new Set(idle.map(({ logicalId }) => logicalId));
}
