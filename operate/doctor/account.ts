/** What a machine and an AWS account are like, as far as a deployment of this stack depends on it. */
export interface Account {
  readonly account: string;
  /** The ARN of the caller. */
  readonly caller: string;
  readonly region: string;
  readonly stack: Answer<Stack | undefined>;
  /** The stack in which SAM keeps the bucket for artifacts. */
  readonly artifacts: Answer<Stack | undefined>;
  /** Actions of a deployment that the caller's policies deny, or do not allow. */
  readonly permissions: Answer<Permissions | undefined>;
  readonly lambda: Answer<{ readonly concurrent: number; readonly unreserved: number }>;
  readonly apiGateway: Answer<{
    readonly logRole: string | undefined;
    readonly requestsPerSecond: number;
    readonly burst: number;
  }>;
  /** Those of the planned log groups that exist. */
  readonly logGroups: Answer<readonly string[]>;
  /** Whether a dashboard of the planned name exists. */
  readonly hasDashboard: Answer<boolean>;
  // Undefined where the plan does not depend on it.
  /** The number of the account's distributions, or 1 for many. */
  readonly distributions: Answer<number> | undefined;
  readonly certificate: Answer<Certificate | undefined> | undefined;
  readonly hasKeyGroup: Answer<boolean> | undefined;
  readonly originals: Answer<Bucket> | undefined;
  readonly resized: Answer<Bucket> | undefined;
  readonly key: Answer<Key | undefined> | undefined;
}

/** Who asks, and where. */
export type Caller = Pick<Account, 'account' | 'caller' | 'region'>;

/** What AWS answered, or the name of the error with which it did not. */
export type Answer<T> = { readonly is: T } | { readonly error: string };

export interface Machine {
  /** The version of the SAM CLI; undefined if it cannot be run. */
  readonly sam: string | undefined;
  readonly hasMake: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Stack {
  /** A status of CloudFormation, such as ROLLBACK_COMPLETE. */
  readonly status: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
  /** The names and ARNs of its resources. */
  readonly physicalIds: readonly string[];
}

export interface Permissions {
  readonly asked: number;
  /** By an explicit Deny, which nothing overrules. */
  readonly denied: readonly string[];
  /** By no policy that allows them for every resource. One that names resources may still do. */
  readonly notAllowed: readonly string[];
}

export interface Certificate {
  readonly status: string;
  readonly names: readonly string[];
}

/** A bucket that somebody brings. */
export interface Bucket {
  readonly state: 'MISSING' | 'FORBIDDEN' | 'FOUND';
  /** Undefined if the bucket is not found. */
  readonly region?: string | undefined;
  /** Undefined if the bucket is not found or is of another region: then nothing more is asked. */
  readonly settings?: {
    readonly sendsEvents: Answer<boolean>;
    readonly announces: Answer<boolean>;
    /** The ARN of the KMS key of its default encryption, `aws/s3` for S3's own one; undefined for none. */
    readonly kmsKey: Answer<string | undefined>;
    /** Its policy as JSON; undefined if it has none. */
    readonly policy: Answer<string | undefined>;
    /** Origins whose pages may POST. */
    readonly uploadOrigins: Answer<readonly string[]>;
  };
}

export interface Key {
  readonly state: string;
  readonly spec: string;
  readonly policy: Answer<string>;
}
