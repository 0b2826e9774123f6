/** What the page is told of a stack: GET /studio/stack.json. */
export interface StackFacts {
  /** Of the stack; `local` for that of `npm start`. */
  readonly name: string;
  readonly isLocal: boolean;
  readonly region: string;
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  readonly resizeImageStateMachineArn: string;
  readonly resizeUploadStateMachineArn: string;
  readonly unprocessedUploadsQueueUrl: string;
  /** The API's own URL, for commands to copy; the page itself calls /studio/api/process-image. */
  readonly processImageUrl: string;
  readonly apiAuth: ApiAuth;
  /** The value of x-api-key, of a stack on this machine with `API_KEY`. */
  readonly apiKey?: string;
  /** Of the distribution, without a slash at its end; missing if the stack has none. */
  readonly imagesUrl?: string;
  readonly acceptHeic: boolean;
  /** The file with the lines of the function, of a stack on this machine. */
  readonly functionLog?: string;
  readonly costs: StackCosts;
}

export type ApiAuth = 'NONE' | 'API_KEY' | 'AWS_IAM';

/** Dollars for one of each on AWS, with the stack's settings, at the list prices of docs/cost.md. */
export interface StackCosts {
  /** An upload whose renditions are made. */
  readonly upload: number;
  /** An upload that is refused. */
  readonly refusal: number;
  readonly removal: number;
  /** POST /process-image for one image, which is made. */
  readonly request: number;
  /** An image of a bulk run that is made. */
  readonly bulkImage: number;
  /** An image of a bulk run that is up to date, or that a dry run counts. */
  readonly unchangedImage: number;
}
