import type { HistoryEvent } from '../calls/history-event.ts';

/** One passage through a state. */
export interface Visit {
  readonly name: string;
  /** Such as `Task`. */
  readonly type: string;
  readonly enteredMs: number;
  endedMs: number | undefined;
  /** Undefined while it runs. `exited` also after a Catch. */
  end: 'exited' | 'failed' | 'stopped' | undefined;
  /** JSON text; undefined if the events carry no data. */
  readonly input: string | undefined;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  /** Of a Task, or of the function or the Map Run that a state starts. */
  readonly attempts: Attempt[];
  /** Whether what it contains has failed; a Catch may have passed that on. */
  haveContentsFailed: boolean;
  /** Of a Map. */
  iterations: { started: number; succeeded: number; failed: number };
  /** Of a distributed Map. */
  mapRunArn: string | undefined;
}

export interface Attempt {
  readonly startedMs: number;
  endedMs: number | undefined;
  hasFailed: boolean;
  error: string | undefined;
  cause: string | undefined;
}

/** A visit and the Parallel state or Map around it. */
interface Place {
  readonly visit: Visit;
  readonly around: Place | undefined;
}

/** An attempt begins with it: the service or the function is called, or the Map Run starts. */
const BEGINS = /^(TaskScheduled|LambdaFunctionScheduled|ActivityScheduled|MapRunStarted)$/;
const SUCCEEDS = /^(Task|LambdaFunction|Activity|MapRun)Succeeded$/;
const FAILS =
  /^(Task|LambdaFunction|Activity|MapRun)(Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed|Aborted)$/;
/** The end of what a Parallel state or a Map contains; these events name no state. */
const CONTENTS_END = /^(ParallelState|MapState)(Succeeded|Failed|Aborted)$/;

/** Reads the passages through states from events in the order of time. */
export function readVisits(events: readonly HistoryEvent[]): Visit[] {
  const reader = new Reader();
  for (const event of events) reader.read(event);
  return reader.visits;
}

class Reader {
  readonly visits: Visit[] = [];
  /** What each event belongs to, by the event's number: each event names the one before it in its branch. */
  readonly #places = new Map<number, Place>();
  readonly #starts = new Set<number>();
  readonly #entered: Place[] = [];

  read(event: HistoryEvent): void {
    const before = this.#places.get(event.previousId);
    const place = this.#placeOf(event, before);
    if (place) {
      this.#places.set(event.id, place);
      note(place.visit, event);
      if (/^(MapIteration|MapState|ParallelState)(Failed|Aborted)$/.test(event.type))
        this.#endInside(place, event, before);
    }
    if (/^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type)) this.#end(event, before);
  }

  #placeOf(event: HistoryEvent, before: Place | undefined): Place | undefined {
    const { type, details } = event;
    if (type.endsWith('StateEntered')) return this.#enter(event, before);
    if (type.endsWith('StateExited')) return this.#named(text(details, 'name'), before);
    if (type === 'ParallelStateStarted' || type === 'MapIterationStarted') this.#starts.add(event.id);
    if (type.startsWith('MapIteration')) return this.#named(text(details, 'name'), before);
    if (CONTENTS_END.test(type)) {
      // The one before is the last state of a branch, or the Parallel state or Map itself.
      return isAround(before, type) ? before : before?.around;
    }
    return before;
  }

  #enter({ type, previousId, atMs, details }: HistoryEvent, before: Place | undefined): Place {
    const visit: Visit = {
      name: text(details, 'name') ?? '',
      type: type.replace('StateEntered', ''),
      enteredMs: atMs,
      endedMs: undefined,
      // It ends its branch with it.
      end: type === 'FailStateEntered' ? 'failed' : undefined,
      input: text(details, 'input'),
      output: undefined,
      error: undefined,
      cause: undefined,
      attempts: [],
      haveContentsFailed: false,
      iterations: { started: 0, succeeded: 0, failed: 0 },
      mapRunArn: undefined,
    };
    this.visits.push(visit);
    const place = { visit, around: this.#starts.has(previousId) ? before : before?.around };
    this.#entered.push(place);
    return place;
  }

  /** The place that the chain of events leads to, or one around it; without a chain, the last visit of the name. */
  #named(name: string | undefined, before: Place | undefined): Place | undefined {
    for (let place = before; place; place = place.around) if (place.visit.name === name) return place;
    const visit = this.visits.findLast((one) => one.name === name);
    return visit && { visit, around: undefined };
  }

  /** A branch or an iteration failed: ends what it came from, and, with the whole state, all others in it. */
  #endInside(outer: Place, { type, atMs }: HistoryEvent, last: Place | undefined): void {
    for (const place of this.#entered) {
      const isLast = place === last;
      if (place.visit.end !== undefined || !isInside(place, outer)) continue;
      if (!isLast && type.startsWith('MapIteration')) continue;
      const failure = place.visit.attempts.at(-1);
      const end = isLast || failure?.hasFailed ? 'failed' : 'stopped';
      Object.assign(place.visit, { end, endedMs: atMs, error: failure?.error, cause: failure?.cause });
    }
  }

  /** What still runs when the execution ends did not come to its own end. */
  #end({ type, atMs, details, previousId }: HistoryEvent, last: Place | undefined): void {
    const failed = last ?? this.#places.get(previousId);
    for (let place = type === 'ExecutionFailed' ? failed : undefined; place; place = place.around)
      if (place.visit.end === undefined || (place.visit.end === 'failed' && place === failed))
        Object.assign(place.visit, {
          end: 'failed',
          endedMs: atMs,
          error: place.visit.error ?? text(details, 'error'),
          cause: place.visit.cause ?? text(details, 'cause'),
        });
    for (const visit of this.visits)
      if (visit.end === undefined) Object.assign(visit, { end: 'stopped', endedMs: atMs });
  }
}

function isInside(place: Place, outer: Place): boolean {
  for (let around = place.around; around; around = around.around)
    if (around.visit === outer.visit) return true;
  return false;
}

function isAround(place: Place | undefined, type: string): boolean {
  const wanted = type.startsWith('Map') ? 'Map' : 'Parallel';
  return place?.visit.type === wanted && place.visit.end === undefined;
}

/** Notes in a visit what one of its events tells. */
function note(visit: Visit, { type, atMs, details }: HistoryEvent): void {
  const [error, cause] = [text(details, 'error'), text(details, 'cause')];
  const attempt = visit.attempts.at(-1);
  if (type.endsWith('StateExited')) {
    Object.assign(visit, { end: 'exited', endedMs: atMs, output: text(details, 'output') });
  } else if (BEGINS.test(type)) {
    visit.attempts.push({
      startedMs: atMs,
      endedMs: undefined,
      hasFailed: false,
      error: undefined,
      cause: undefined,
    });
    visit.mapRunArn = text(details, 'mapRunArn') ?? visit.mapRunArn;
  } else if (SUCCEEDS.test(type)) {
    if (attempt) attempt.endedMs = atMs;
  } else if (FAILS.test(type)) {
    if (attempt) Object.assign(attempt, { endedMs: atMs, hasFailed: true, error, cause });
  } else if (CONTENTS_END.test(type)) {
    if (!type.endsWith('Succeeded')) Object.assign(visit, { error, cause, haveContentsFailed: true });
  } else if (type === 'MapIterationStarted') visit.iterations.started += 1;
  else if (type === 'MapIterationSucceeded') visit.iterations.succeeded += 1;
  else if (type === 'MapIterationFailed') visit.iterations.failed += 1;
}

function text(details: HistoryEvent['details'], key: string): string | undefined {
  const value = details[key];
  return typeof value === 'string' ? value : undefined;
}
