/** What was seen of a stack. */
export interface Observations {
  readonly upload: Seen<Manifest>;
  readonly refusal: Seen<Manifest>;
  readonly request: Seen<Execution>;
  /** Undefined if nobody can read the CDN without a signature, or there is none. */
  readonly delivery: Seen<{ readonly status: number }> | undefined;
  readonly removal: Seen<{ readonly isGone: boolean }>;
  /** Objects, versions and delete markers that are left. */
  readonly cleaning: Seen<{ readonly left: number }>;
}

/** What a step has found and how long that took, or the error that ended it. */
export type Seen<T> =
  | { readonly seconds: number; readonly found: T | undefined }
  | { readonly error: string };

/** The parts of a manifest that matter here: docs/manifest.md. */
export interface Manifest {
  readonly status: string;
  readonly source?: { readonly etag?: string };
  readonly renditions?: readonly unknown[];
  readonly error?: { readonly name: string };
}

/** The answer to POST, and how the execution has ended. */
export interface Execution {
  readonly httpStatus: number;
  /** Of the answer, if it is no 200. */
  readonly message?: string;
  /** Undefined if the POST was refused. */
  readonly status?: string;
  readonly error?: string;
  /** How often GET was called for the status. */
  readonly gets: number;
}
