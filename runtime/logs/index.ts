/**
 * CloudWatch Logs: what state machines log, for as long as the runtime runs.
 *
 * Covers FilterLogEvents with a time range, pages, and filter patterns of terms (`word`, `"a phrase"`, `?either ?or`,
 * `-without`). Log groups are those that the state machines name; each keeps its newest 32 million characters.
 * Refuses by name: every other operation and member, and patterns for JSON, for columns and of regular expressions. Not
 * here: the logs of functions, which are files, and of the API.
 * Follows https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export { createLogs, type Logs } from './service.ts';
