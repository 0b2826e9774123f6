/**
 * EventBridge: S3's events on the default bus, and the rules that start state machines.
 *
 * Covers event patterns, Input, dead letters, and delivery at least once: an event is committed together with its
 * object, and delivered again if the process dies. A RetryPolicy is checked but not followed, because a delivery that
 * fails on one machine fails again.
 * Names at start: rules for events of other sources, which nothing sends here.
 * Refuses by name and line: other targets, input transformers and paths, pattern operators that event-pattern.ts does
 * not list.
 * Follows "Amazon S3 events to EventBridge: event message structure".
 */
export { createEventBridge, type Rule } from './event-bus.ts';
export { canMatchS3, compilePattern } from './event-pattern.ts';
export { type RuleResource, rulesOf } from './rules.ts';
