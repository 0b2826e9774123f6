import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { isJsonObject, type JsonObject, parseJson } from '../data/json.ts';

type MapRunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

/** Counts of items, or of the child executions that process them. */
export interface Counts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  failuresNotRedrivable: number;
  pendingRedrive: number;
}

/** One run of a distributed Map, in the form that DescribeMapRun returns. */
export interface MapRun {
  readonly mapRunArn: string;
  readonly executionArn: string;
  status: MapRunStatus;
  /** Seconds since 1970. */
  readonly startDate: number;
  stopDate?: number;
  readonly maxConcurrency: number;
  readonly toleratedFailurePercentage: number;
  readonly toleratedFailureCount: number;
  readonly redriveCount: number;
  readonly itemCounts: Counts;
  readonly executionCounts: Counts;
}

interface NewMapRun {
  readonly executionArn: string;
  /** The machine's ARN with the Map's label, `…:stateMachine:name/label`. */
  readonly stateMachineArn: string;
  readonly maxConcurrency: number;
  readonly toleratedFailurePercentage: number;
  readonly toleratedFailureCount: number;
}

/** Map Runs. Each has a row in the database, which is written at its start and end; running ones are also in memory. */
export class MapRuns {
  readonly #database: DatabaseSync;
  readonly #underWay = new Map<string, MapRun>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS states_map_runs (
      arn TEXT PRIMARY KEY, execution_arn TEXT NOT NULL, state_machine_arn TEXT NOT NULL,
      status TEXT NOT NULL, started REAL NOT NULL, record TEXT NOT NULL) STRICT`);
    database.exec(
      'CREATE INDEX IF NOT EXISTS states_map_runs_of ON states_map_runs (execution_arn, started)',
    );
  }

  open({ stateMachineArn, ...settings }: NewMapRun): MapRun {
    const run: MapRun = {
      mapRunArn: `${stateMachineArn.replace(':stateMachine:', ':mapRun:')}:${randomUUID()}`,
      ...settings,
      status: 'RUNNING',
      startDate: Date.now() / 1000,
      redriveCount: 0,
      itemCounts: noCounts(),
      executionCounts: noCounts(),
    };
    this.#database
      .prepare('INSERT INTO states_map_runs VALUES (?, ?, ?, ?, ?, ?)')
      .run(run.mapRunArn, run.executionArn, stateMachineArn, run.status, run.startDate, JSON.stringify(run));
    this.#underWay.set(run.mapRunArn, run);
    return run;
  }

  close(run: MapRun, status: MapRunStatus): void {
    run.status = status;
    run.stopDate = Date.now() / 1000;
    this.#database
      .prepare('UPDATE states_map_runs SET status = ?, record = ? WHERE arn = ?')
      .run(status, JSON.stringify(run), run.mapRunArn);
    this.#underWay.delete(run.mapRunArn);
  }

  /** Ends the Map Runs of a killed process as ABORTED: their executions are restarted, with new Map Runs. */
  abortLeftovers(): void {
    this.#database.exec(`UPDATE states_map_runs SET status = 'ABORTED',
      record = json_set(record, '$.status', 'ABORTED', '$.stopDate', unixepoch('subsec')) WHERE status = 'RUNNING'`);
  }

  /** A Map Run as DescribeMapRun returns it; undefined if there is none. */
  describe(arn: string): JsonObject | undefined {
    const row = this.#database.prepare('SELECT record FROM states_map_runs WHERE arn = ?').get(arn);
    const underWay = this.#underWay.get(arn);
    const text = underWay ? JSON.stringify(underWay) : row?.record;
    const record = typeof text === 'string' ? parseJson(text) : undefined;
    return isJsonObject(record) ? record : undefined;
  }

  /** An execution's Map Runs as ListMapRuns returns them, newest first. */
  list(executionArn: string): JsonObject[] {
    const rows = this.#database
      .prepare(
        'SELECT arn, state_machine_arn FROM states_map_runs WHERE execution_arn = ? ORDER BY started DESC, arn',
      )
      .all(executionArn);
    return rows.flatMap(({ arn, state_machine_arn: stateMachineArn }) => {
      const { startDate, stopDate } = (typeof arn === 'string' && this.describe(arn)) || {};
      if (typeof arn !== 'string' || typeof stateMachineArn !== 'string' || startDate === undefined)
        return [];
      return [
        {
          executionArn,
          mapRunArn: arn,
          stateMachineArn,
          startDate,
          ...(stopDate === undefined ? {} : { stopDate }),
        },
      ];
    });
  }
}

function noCounts(): Counts {
  return {
    pending: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
    total: 0,
    resultsWritten: 0,
    failuresNotRedrivable: 0,
    pendingRedrive: 0,
  };
}
