import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Outcome } from './run.ts';

type ExecutionStatus = 'RUNNING' | Outcome['status'];

/** The row of an execution. Input and output are JSON text, times milliseconds since 1970. */
export interface ExecutionRow {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly input: string;
  readonly status: ExecutionStatus;
  readonly startedMs: number;
  readonly stoppedMs: number | undefined;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

const STATUSES: readonly ExecutionStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

/** The executions that outlive the process: the STANDARD ones, and EXPRESS ones until they have ended. */
export class Executions {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS states_executions (
      arn TEXT PRIMARY KEY, machine_arn TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, status TEXT NOT NULL,
      started_ms INTEGER NOT NULL, stopped_ms INTEGER, output TEXT, error TEXT, cause TEXT) STRICT`);
    database.exec(
      'CREATE INDEX IF NOT EXISTS states_executions_of ON states_executions (machine_arn, started_ms)',
    );
    database.exec(
      "CREATE INDEX IF NOT EXISTS states_executions_running ON states_executions (status) WHERE status = 'RUNNING'",
    );
  }

  insert({
    arn,
    machineArn,
    name,
    input,
    startedMs,
  }: Pick<ExecutionRow, 'arn' | 'machineArn' | 'name' | 'input' | 'startedMs'>): void {
    this.#database
      .prepare(
        "INSERT INTO states_executions (arn, machine_arn, name, input, status, started_ms) VALUES (?, ?, ?, ?, 'RUNNING', ?)",
      )
      .run(arn, machineArn, name, input, startedMs);
  }

  end(arn: string, outcome: Outcome, stoppedMs: number): void {
    const succeeded = outcome.status === 'SUCCEEDED';
    this.#database
      .prepare(
        'UPDATE states_executions SET status = ?, stopped_ms = ?, output = ?, error = ?, cause = ? WHERE arn = ?',
      )
      .run(
        outcome.status,
        stoppedMs,
        succeeded ? JSON.stringify(outcome.output) : null,
        succeeded ? null : (outcome.error ?? null),
        succeeded ? null : (outcome.cause ?? null),
        arn,
      );
  }

  /** Deletes an EXPRESS execution that has ended, which AWS cannot describe either. */
  forget(arn: string): void {
    this.#database.prepare('DELETE FROM states_executions WHERE arn = ?').run(arn);
  }

  find(arn: string): ExecutionRow | undefined {
    const row = this.#database.prepare('SELECT * FROM states_executions WHERE arn = ?').get(arn);
    return row && rowOf(row);
  }

  running(): ExecutionRow[] {
    return this.#database
      .prepare("SELECT * FROM states_executions WHERE status = 'RUNNING' ORDER BY started_ms")
      .all()
      .map(rowOf);
  }

  /** A machine's executions, newest first, without their payloads. */
  list(machineArn: string, status: ExecutionStatus | undefined): ExecutionRow[] {
    const columns =
      "arn, machine_arn, name, '' AS input, status, started_ms, stopped_ms, NULL AS output, NULL AS error, NULL AS cause";
    const rows = this.#database
      .prepare(
        `SELECT ${columns} FROM states_executions WHERE machine_arn = ? ORDER BY started_ms DESC, rowid DESC`,
      )
      .all(machineArn)
      .map(rowOf);
    return status === undefined ? rows : rows.filter((row) => row.status === status);
  }
}

function rowOf(row: Record<string, SQLOutputValue>): ExecutionRow {
  const status = STATUSES.find((candidate) => candidate === row.status);
  if (status === undefined)
    throw new Error(`Expected an execution's status in the database but received ${row.status}`);
  return {
    arn: String(row.arn),
    machineArn: String(row.machine_arn),
    name: String(row.name),
    input: String(row.input),
    status,
    startedMs: Number(row.started_ms),
    stoppedMs: row.stopped_ms === null ? undefined : Number(row.stopped_ms),
    output: textOf(row.output),
    error: textOf(row.error),
    cause: textOf(row.cause),
  };
}

function textOf(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
