import { ASSUMED, computeCosts, type Design, designs, readSettings, S3_REQUESTS } from '../../docs/cost.ts';
import { PRICES } from '../../docs/prices.ts';
import { keepParameters } from '../deployment.ts';

/** Dollars, at the list prices of docs/cost.md. */
export interface SmokeCosts {
  /** The upload itself, its event and its renditions. */
  readonly upload: number;
  /** POST and its execution. */
  readonly request: number;
  /** Each GET for the status. */
  readonly get: number;
  /** The upload of a text, which is read and gets a manifest. */
  readonly refusal: number;
  readonly removal: number;
}

const MILLION = 1e6;

/** @param parameters of the stack, which change what it costs. */
export function costSmoke(parameters: Readonly<Record<string, string>>): SmokeCosts {
  const settings = readSettings(keepParameters(parameters));
  const { uploads, removals, 'one by one': requests } = designs(settings);
  const refusals: Design = {
    ...uploads,
    imageSeconds: S3_REQUESTS.inTurn * ASSUMED.s3RoundTripSeconds,
    writes: 1,
  };
  const one = (design: Design): number =>
    computeCosts(settings, { design }).lines.reduce((sum, { dollars: [each = 0] }) => sum + each, 0) /
    MILLION;
  return {
    upload: one(uploads) + PRICES.s3Write,
    request: one(requests),
    get: PRICES.apiRequest,
    refusal: one(refusals) + PRICES.s3Write,
    removal: one(removals),
  };
}

/** All of it: the GETs are those that were needed. */
export function sumCosts({ upload, request, get, refusal, removal }: SmokeCosts, gets: number): number {
  return upload + request + gets * get + refusal + removal;
}
