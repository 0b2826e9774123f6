/**
 * TestState's InspectionData: what a state's data is after each step.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
 */
import type { Json, JsonObject } from '../data/json.ts';
import type { State } from '../definition/state-types.ts';
import type { Inspect, Step } from '../execution/run.ts';

/** The steps that AWS shows of each type of state: fewer than there are. */
const SHOWN: Readonly<Record<State['type'], readonly Step[]>> = {
  Task: ['afterInputPath', 'afterParameters', 'result', 'afterResultSelector', 'afterResultPath'],
  Map: ['afterInputPath', 'afterResultSelector', 'afterResultPath'],
  Parallel: ['afterResultSelector', 'afterResultPath'],
  Pass: ['afterInputPath', 'afterParameters', 'afterResultSelector', 'afterResultPath'],
  Choice: ['afterInputPath'],
  Wait: ['afterInputPath'],
  Succeed: ['afterInputPath'],
  Fail: ['afterInputPath'],
};
const OF_A_FIXED_RESULT: readonly Step[] = ['result', 'afterResultSelector', 'afterResultPath'];

/** What a Map makes of its items, and its limits. */
interface MapData {
  readonly afterItemsPath?: readonly Json[] | undefined;
  readonly afterItemSelector?: readonly Json[] | undefined;
  readonly afterItemBatcher?: readonly Json[] | undefined;
  readonly maxConcurrency?: number;
  readonly toleratedFailureCount?: number | undefined;
  readonly toleratedFailurePercentage?: number | undefined;
}

interface ErrorDetails {
  readonly catchIndex?: number;
  readonly retryIndex?: number;
  /** Whole seconds. */
  readonly retryBackoffIntervalSeconds?: number;
}

/** Collects the data of one attempt. */
export class Inspection {
  readonly #shown: readonly Step[];
  #data: JsonObject;

  /** @param input the state's input as text. */
  constructor(state: State, input: string) {
    const isFixed = state.type === 'Pass' && state.result !== undefined;
    this.#shown = isFixed ? OF_A_FIXED_RESULT : SHOWN[state.type];
    this.#data = { input };
  }

  readonly step: Inspect = (step, data) => {
    if (this.#shown.includes(step)) this.#data = { ...this.#data, [step]: JSON.stringify(data) };
  };

  map(data: MapData): void {
    for (const [name, value] of Object.entries(data)) {
      if (value === undefined) continue;
      this.#data = { ...this.#data, [name]: typeof value === 'number' ? value : JSON.stringify(value) };
    }
  }

  error(details: ErrorDetails): void {
    if (Object.keys(details).length > 0) this.#data = { ...this.#data, errorDetails: { ...details } };
  }

  get data(): JsonObject {
    return this.#data;
  }
}
