// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.
//
// Failures that occur only on AWS and that no emulator shows: one rule for each, and changes to the template that break
// the rule. docs/research/aws.md names the sources.

import {
  alarms,
  bodyOf,
  bucketIds,
  bucketNames,
  circles,
  encryptionOf,
  kmsComplaints,
  lettersAreTaken,
  logGroupOf,
  maps,
  may,
  namesAccount,
  operations,
  patterns,
  properties,
  refusesPlainHttp,
  resources,
  roleOf,
  statementsOf,
  targets,
  tasks,
  text,
  timeoutOf,
  watches,
  written,
} from './read-stack.ts';
import { at, type Change, type DeployedStack, entries, items, type Parameters } from './translator.ts';

export interface Trap {
  /** What goes wrong on AWS. */
  readonly name: string;
  /** The faults of a stack, in words; none if it avoids the trap. */
  readonly rule: (stack: DeployedStack) => readonly string[];
  /** The rule applies only to a deployment with every default. */
  readonly isForDefaults?: true;
  /** Changes to the template, each of which falls into the trap. */
  readonly falls: readonly Fall[];
}

interface Fall extends Change {
  readonly parameters?: Parameters;
  /** The error, if AWS's translator or our reader refuses the changed template. */
  readonly refusal?: RegExp;
}

const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];
/** The quota of a new account. */
const CONCURRENT_INVOCATIONS = 10;
const LARGEST_MEMORY_MB = 3008;
const IMAGE = 'statemachine/resize-image.asl.json';
/** Services whose roles cannot have the condition. The template says why, at each role. */
const WITHOUT_SOURCE: ReadonlySet<string> = new Set([
  'apigateway.amazonaws.com',
  'events.amazonaws.com',
  'lambda.amazonaws.com',
]);

export const TRAPS: readonly Trap[] = [
  {
    name: 'S3 answers 403 instead of 404 for a missing object to a role without s3:ListBucket',
    rule: (stack) =>
      bucketNames(stack)
        .filter((name) => !may(stack, 'ImageResizeFunctionRole', 's3:ListBucket', `arn:aws:s3:::${name}`))
        .map((name) => `the function may not list ${name}`),
    falls: [
      {
        from: "                  - !Sub ['arn:${AWS::Partition}:s3:::${Bucket}', { Bucket: *resizedImagesBucket }]\n",
        to: '',
      },
      {
        from: "- &originalImagesBucketArn\n                    !Sub ['arn:${AWS::Partition}:s3:::${Bucket}',",
        to: "- &originalImagesBucketArn\n                    !Sub ['arn:${AWS::Partition}:s3:::${Bucket}/*',",
      },
      {
        from: '                Action: s3:ListBucket\n                Resource:\n',
        to: '                Action: s3:ListBucket\n                Condition: { StringLike: { s3:prefix: output/* } }\n                Resource:\n',
        // Our reader accepts no condition in a role's policy.
        refusal: /Condition is not supported here/,
      },
    ],
  },
  {
    name: 'a state machine with logs needs eight permissions on * and a log group below /aws/vendedlogs/',
    rule: (stack) =>
      resources(stack, 'AWS::StepFunctions::StateMachine').flatMap(({ logicalId, properties }) => [
        ...LOG_DELIVERY.filter((action) => !may(stack, roleOf(properties.RoleArn), action, '*')).map(
          (action) => `${logicalId} may not ${action}`,
        ),
        ...items(at(properties, 'LoggingConfiguration', 'Destinations'))
          .map((destination) => logGroupOf(stack, at(destination, 'CloudWatchLogsLogGroup', 'LogGroupArn')))
          .filter((name) => !name.startsWith('/aws/vendedlogs/'))
          .map((name) => `${logicalId} logs to ${name}`),
      ]),
    falls: [
      { from: '                  - logs:ListLogDeliveries\n', to: '' },
      { from: '/aws/vendedlogs/states/', to: '/aws/states/' },
    ],
  },
  {
    name: 'a Distributed Map needs permissions for its own state machine, its executions, its reader and its writer',
    rule: (stack) => {
      const [originals, resized] = bucketNames(stack);
      const states = 'arn:aws:states:us-east-1:000000000000';
      const needs: [string, string][] = [
        ['states:StartExecution', `${states}:stateMachine:ResizeImageStateMachine`],
        ['states:DescribeExecution', `${states}:execution:ResizeImageStateMachine/ResizeEveryImage:1`],
        ['states:StopExecution', `${states}:execution:ResizeImageStateMachine:1`],
        ['s3:ListBucket', `arn:aws:s3:::${originals}`],
        ...['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'].map(
          (action): [string, string] => [action, `arn:aws:s3:::${resized}/runs/1/manifest.json`],
        ),
      ];
      return needs
        .filter(([action, resource]) => !may(stack, 'ResizeImageStateMachineRole', action, resource))
        .map(([action, resource]) => `the bulk machine may not ${action} on ${resource}`);
    },
    falls: [
      { from: 'Action: states:StartExecution', to: 'Action: states:ListExecutions' },
      { from: '[states:DescribeExecution, states:StopExecution]', to: 'states:DescribeExecution' },
      { from: 's3:GetObject, s3:ListMultipartUploadParts', to: 's3:GetObject' },
      {
        from: "s3:AbortMultipartUpload]\n                Resource: !Sub ['arn:${AWS::Partition}:s3:::${Bucket}/runs/*'",
        to: "s3:AbortMultipartUpload]\n                Resource: !Sub ['arn:${AWS::Partition}:s3:::${Bucket}/results/*'",
      },
    ],
  },
  {
    name: 'dead letters need a queue policy, and a KMS key needs a permission for every principal that uses it',
    rule: (stack) => [
      ...resources(stack, 'AWS::Events::Rule').flatMap(({ logicalId }) =>
        lettersAreTaken(stack, logicalId)
          ? []
          : [`the queue policy refuses the dead letters of ${logicalId}`],
      ),
      ...resources(stack, 'AWS::SNS::Topic')
        .filter(
          ({ properties }) =>
            ![undefined, stack.parameters.KmsKeyArn].includes(text(properties.KmsMasterKeyId)),
        )
        .map(({ logicalId }) => `CloudWatch cannot publish to ${logicalId} through SNS's own key`),
      ...(stack.parameters.KmsKeyArn === undefined ? [] : kmsComplaints(stack, stack.parameters.KmsKeyArn)),
    ],
    falls: [
      { from: 'Service: events.amazonaws.com', to: 'Service: sns.amazonaws.com' },
      { from: '                  - !GetAtt ResizeUploadStateMachineImageRemoved.Arn\n', to: '' },
      { from: '!If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]', to: 'alias/aws/sns' },
      {
        from: '              - *mayUseKmsKey\n',
        to: '',
        parameters: { KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/1' },
      },
    ],
  },
  {
    name: 'API Gateway refuses to write logs in a new account',
    isForDefaults: true,
    rule: (stack) => [
      ...resources(stack, 'AWS::ApiGateway::Stage').flatMap(({ properties }) => [
        ...(properties.AccessLogSetting === undefined ? [] : ['the stage has access logs']),
        ...items(properties.MethodSettings).flatMap((setting) =>
          [undefined, 'OFF'].includes(text(at(setting, 'LoggingLevel')))
            ? []
            : ['the stage has execution logs'],
        ),
      ]),
      ...resources(stack, 'AWS::ApiGateway::Account').map(
        ({ logicalId }) => `${logicalId} replaces the setting of other stacks`,
      ),
    ],
    falls: [
      {
        from: "  LogsApiAccess: !Equals [!Ref ApiAccessLogs, 'true']",
        to: "  LogsApiAccess: !Equals [!Ref ApiAccessLogs, 'false']",
      },
      {
        from: '          ThrottlingBurstLimit: !Ref ApiBurst\n',
        to: '          ThrottlingBurstLimit: !Ref ApiBurst\n          LoggingLevel: ERROR\n',
      },
      {
        from: "  SetsApiGatewayLogRole: !Equals [!Ref SetApiGatewayLogRole, 'true']",
        to: "  SetsApiGatewayLogRole: !Equals [!Ref SetApiGatewayLogRole, 'false']",
      },
    ],
  },
  {
    name: 'a new account has ten concurrent invocations and cannot reserve any of them',
    isForDefaults: true,
    rule: (stack) => [
      ...resources(stack, 'AWS::Lambda::Function')
        .filter(({ properties }) => properties.ReservedConcurrentExecutions !== undefined)
        .map(({ logicalId }) => `${logicalId} reserves concurrency`),
      // A batch that fails is processed again two images at a time, and uploads need invocations at the same time.
      ...(2 * Number(stack.template.parameters.MaxConcurrency) < CONCURRENT_INVOCATIONS
        ? []
        : ['a bulk run leaves no invocation for uploads']),
    ],
    falls: [
      { from: '    Default: 0\n', to: '    Default: 5\n' },
      { from: '    Default: 4\n', to: '    Default: 5\n' },
    ],
  },
  {
    name: 'Lambda refuses more than 3,008 MB in a new account',
    isForDefaults: true,
    rule: (stack) =>
      resources(stack, 'AWS::Lambda::Function')
        .filter(({ properties }) => Number(properties.MemorySize) > LARGEST_MEMORY_MB)
        .map(({ logicalId, properties }) => `${logicalId} has ${properties.MemorySize} MB`),
    falls: [{ from: '    Default: 1769\n', to: '    Default: 4096\n' }],
  },
  {
    name: 'an event pattern cannot combine a prefix with an exception for folder markers: entries of a list are alternatives',
    rule: (stack) =>
      patterns(stack).flatMap(([rule, pattern]) => {
        const keys = items(at(pattern, 'detail', 'object', 'key'));
        return keys.length === 1 && at(keys[0], 'prefix') === 'input/'
          ? []
          : [`${rule} also matches other keys`];
      }),
    falls: [
      { from: 'key: [{ prefix: input/ }]', to: 'key: [{ prefix: input/ }, { anything-but: { suffix: / } }]' },
      { from: '                object: { key: [{ prefix: input/ }] }\n', to: '' },
    ],
  },
  {
    name: 'EventBridge drops an event after a day of retries unless the target has a dead-letter queue',
    rule: (stack) =>
      targets(stack).flatMap(([rule, target]) => [
        ...(at(target, 'DeadLetterConfig', 'Arn') === undefined ? [`${rule} has no dead-letter queue`] : []),
        // The default policy is also the longest: 185 attempts within a day.
        ...(at(target, 'RetryPolicy') === undefined ? [] : [`${rule} gives up early`]),
      ]),
    falls: [
      { from: '            DeadLetterConfig: { Arn: !GetAtt UnprocessedUploadsQueue.Arn }\n', to: '' },
      {
        from: '            DeadLetterConfig: {',
        to: '            RetryPolicy: { MaximumRetryAttempts: 2 }\n            DeadLetterConfig: {',
      },
    ],
  },
  {
    name: 'no Catch handles an execution that exceeds its time limit, or an output above 256 KB',
    rule: (stack) => [
      ...resources(stack, 'AWS::StepFunctions::StateMachine').flatMap(({ logicalId }) =>
        ['ExecutionsTimedOut', 'ExecutionsAborted']
          .filter((metric) => !alarms(stack).some((alarm) => watches(alarm, metric, logicalId)))
          .map((metric) => `no alarm watches ${metric} of ${logicalId}`),
      ),
      ...resources(stack, 'AWS::Lambda::Function').flatMap(({ properties }) =>
        tasks(stack, ':lambda:invoke')
          // The recording of a failure may go on unseen: it does the same whenever it ends.
          .filter((task) => !/"failed(\.\$)?":/.test(JSON.stringify(at(task, 'Parameters', 'Payload'))))
          .filter((task) => !(Number(at(task, 'TimeoutSeconds')) > Number(properties.Timeout)))
          .map((task) => `a Task gives up after ${at(task, 'TimeoutSeconds')} s, before its function does`),
      ),
      ...maps(stack)
        .filter((map) => at(map, 'ItemProcessor', 'ProcessorConfig', 'Mode') === 'DISTRIBUTED')
        .filter((map) => at(map, 'ResultWriter') === undefined)
        .map(() => 'the results of a bulk run are part of its output'),
    ],
    falls: [
      { from: 'MetricName: ExecutionsTimedOut', to: 'MetricName: ExecutionsStarted' },
      { from: 'MetricName: ExecutionsAborted', to: 'MetricName: ExecutionsStarted' },
      { from: '      Timeout: 60\n', to: '      Timeout: 90\n' },
      { from: '"ResultWriter": {', to: '"Writer": {', file: IMAGE },
    ],
  },
  {
    name: 'Lambda retries asynchronous invocations by itself: only a waiting Task may invoke the function',
    rule: (stack) => [
      ...[
        'AWS::Lambda::Permission',
        'AWS::Lambda::EventInvokeConfig',
        'AWS::Lambda::EventSourceMapping',
        'AWS::Lambda::Url',
      ]
        .flatMap((type) => resources(stack, type))
        .map(({ logicalId }) => `${logicalId} lets others invoke the function`),
      ...tasks(stack, ':lambda:invoke')
        .filter((task) => at(task, 'Parameters', 'InvocationType') !== undefined)
        .map(() => 'a Task does not wait for its invocation'),
    ],
    falls: [
      {
        from: '      AutoPublishAlias: live\n',
        to: '      AutoPublishAlias: live\n      EventInvokeConfig: { MaximumRetryAttempts: 0 }\n',
      },
      { from: '"FunctionName":', to: '"InvocationType": "Event", "FunctionName":', file: IMAGE },
    ],
  },
  {
    name: 'S3 sends Object Deleted for old versions too: the function needs the whole event to recognize them',
    rule: (stack) =>
      targets(stack).flatMap(([rule, target]) =>
        ['Input', 'InputPath', 'InputTransformer']
          .filter((property) => at(target, property) !== undefined)
          .map((property) => `${rule} passes only a part of the event, because of ${property}`),
      ),
    falls: [
      { from: '            State: !If', to: '            InputPath: $.detail\n            State: !If' },
    ],
  },
  {
    name: "API Gateway answers 200 with an error's body if no integration response matches the error",
    rule: (stack) =>
      operations(stack)
        .filter(([, operation]) => at(operation, 'x-amazon-apigateway-integration', 'type') === 'aws')
        .flatMap(([name, operation]) => {
          const responses = at(operation, 'x-amazon-apigateway-integration', 'responses');
          return ['default', '400']
            .filter((status) => !/^[45]\d\d$/.test(String(at(responses, status, 'statusCode'))))
            .map((status) => `${name} answers ${at(responses, status, 'statusCode')} to ${status}`);
        }),
    falls: [
      {
        from: "                  default: &serverProblem\n                    statusCode: '500'",
        to: "                  default: &serverProblem\n                    statusCode: '200'",
      },
      {
        from: "                  '400':\n                    statusCode: '400'",
        to: "                  '409':\n                    statusCode: '400'",
      },
    ],
  },
  {
    name: 'an execution name has at most 80 characters and cannot be used again for 90 days',
    rule: (stack) => {
      const post = at(bodyOf(stack), 'paths', '/process-image', 'post', 'x-amazon-apigateway-integration');
      const answer = String(at(post, 'responses', '400', 'responseTemplates', 'application/json'));
      return [
        ...(/"ExecutionAlreadyExists"\)[\s\S]*?status = 409/.test(answer)
          ? []
          : ['a name that is in use is not answered with 409']),
        ...(/"InvalidName"\)[\s\S]*?1 to 80/.test(answer)
          ? []
          : ['a name that is too long is not explained']),
      ];
    },
    falls: [
      { from: 'endsWith("ExecutionAlreadyExists")', to: 'endsWith("ExecutionExists")' },
      { from: 'endsWith("InvalidName")', to: 'endsWith("BadName")' },
    ],
  },
  {
    name: 'all regions share the names of dashboards: the same stack in another region would replace the dashboard',
    rule: (stack) =>
      resources(stack, 'AWS::CloudWatch::Dashboard')
        .filter(({ properties }) => !text(properties.DashboardName)?.endsWith('us-east-1'))
        .map(({ logicalId }) => `${logicalId} has the same name in every region`),
    falls: [{ from: '!Sub ${AWS::StackName}-${AWS::Region}\n', to: '!Ref AWS::StackName\n' }],
  },
  {
    name: 'buckets must outlive the stack unless its creation fails, and a fixed name would fail the next deployment',
    rule: (stack) => [
      ...resources(stack, 'AWS::S3::Bucket').flatMap(({ logicalId, properties }) => [
        ...(written(stack, logicalId, 'DeletionPolicy') === 'RetainExceptOnCreate'
          ? []
          : [`${logicalId} is deleted with the stack, or left behind by a stack that failed`]),
        ...(written(stack, logicalId, 'UpdateReplacePolicy') === 'Retain'
          ? []
          : [`${logicalId} may be replaced`]),
        ...(properties.BucketName === undefined ? [] : [`${logicalId} has a fixed name`]),
      ]),
      ...resources(stack, 'AWS::Lambda::LayerVersion')
        .filter(({ logicalId }) => written(stack, logicalId, 'DeletionPolicy') !== 'Delete')
        .map(({ logicalId }) => `${logicalId} stays when the stack goes`),
    ],
    falls: [
      { from: 'DeletionPolicy: RetainExceptOnCreate', to: 'DeletionPolicy: Retain' },
      { from: '    UpdateReplacePolicy: Retain\n', to: '' },
      {
        from: '      BucketEncryption: &encrypted',
        to: '      BucketName: originals\n      BucketEncryption: &encrypted',
      },
      { from: '      RetentionPolicy: Delete\n', to: '' },
    ],
  },
  {
    name: 'SAM publishes a version for a changed layer only if it is named outside of !If, or by what the version describes',
    rule: ({ transformed }) => {
      const all = entries(at(transformed, 'Resources'));
      const ofType = (type: string) => all.filter(([, resource]) => at(resource, 'Type') === type);
      const descriptions = ofType('AWS::Lambda::Version').map(([, version]) =>
        JSON.stringify(at(version, 'Properties', 'Description')),
      );
      return ofType('AWS::Lambda::Function').flatMap(([logicalId, lambda]) =>
        items(at(lambda, 'Properties', 'Layers'))
          .flatMap((layer) => items(at(layer, 'Fn::If')).map((branch) => at(branch, 'Ref')))
          .filter((layer) => layer !== undefined && layer !== 'AWS::NoValue')
          .filter((layer) => !descriptions.some((text) => text.includes(`"${layer}"`)))
          .map((layer) => `${logicalId} may run with an old ${layer}`),
      );
    },
    falls: [{ from: "!Select [7, !Split [':', !Ref HeicLayer]]", to: "'1'" }],
  },
  {
    name: 'logs and traces can cost more than the images',
    rule: (stack) => [
      ...resources(stack, 'AWS::StepFunctions::StateMachine').flatMap(({ logicalId, properties }) => [
        ...(stack.parameters.StateMachineLogData === undefined &&
        at(properties, 'LoggingConfiguration', 'IncludeExecutionData') !== false
          ? [`${logicalId} logs its input and output`]
          : []),
        ...(stack.parameters.StateMachineLogLevel === undefined &&
        at(properties, 'LoggingConfiguration', 'Level') === 'ALL'
          ? [`${logicalId} logs every step`]
          : []),
        ...(stack.parameters.Tracing === undefined &&
        at(properties, 'TracingConfiguration', 'Enabled') !== false
          ? [`${logicalId} is traced`]
          : []),
      ]),
      ...resources(stack, 'AWS::Lambda::Function')
        .filter(({ properties }) => at(properties, 'LoggingConfig', 'SystemLogLevel') !== 'WARN')
        .map(({ logicalId }) => `${logicalId} logs every start`),
    ],
    falls: [
      {
        from: "LogsStateMachineData: !Equals [!Ref StateMachineLogData, 'true']",
        to: "LogsStateMachineData: !Equals [!Ref StateMachineLogData, 'false']",
      },
      { from: '    Default: ERROR\n', to: '    Default: ALL\n' },
      { from: '        SystemLogLevel: WARN\n', to: '' },
      {
        from: "  IsTraced: !Equals [!Ref Tracing, 'true']",
        to: "  IsTraced: !Equals [!Ref Tracing, 'false']",
      },
    ],
  },
  {
    name: 'a rejected image ends an execution in Fail: an alarm on failed executions would sound for every bad file',
    rule: (stack) => [
      ...alarms(stack)
        .filter(({ properties }) => /ExecutionsFailed|Rejected|4XX/.test(String(properties.MetricName)))
        .map(({ logicalId }) => `${logicalId} sounds when somebody uploads a text file`),
      ...alarms(stack)
        .filter(({ properties }) => properties.TreatMissingData !== 'notBreaching')
        .map(({ logicalId }) => `${logicalId} does not treat missing data as notBreaching`),
      ...(alarms(stack).some((alarm) =>
        watches(alarm, 'ApproximateNumberOfMessagesVisible', 'UnprocessedUploadsQueue'),
      )
        ? []
        : ['no alarm watches the queue']),
      ...['Errors', 'Throttles', 'Duration']
        .filter((metric) => !alarms(stack).some((alarm) => watches(alarm, metric, 'ImageResizeFunction')))
        .map((metric) => `no alarm watches ${metric} of the function`),
      ...alarms(stack)
        .filter(({ properties }) => properties.MetricName === 'Duration')
        .filter(({ properties: { Threshold } }) => !(Number(Threshold) < 1000 * timeoutOf(stack)))
        .map(({ logicalId }) => `${logicalId} has a threshold above the function's timeout`),
    ],
    falls: [
      { from: '      Threshold: 50000\n', to: '      Threshold: 60000\n' },
      { from: 'MetricName: Errors', to: 'MetricName: ImagesRejected' },
      { from: 'MetricName: ExecutionsAborted', to: 'MetricName: ExecutionsFailed' },
      { from: '      TreatMissingData: notBreaching\n', to: '' },
    ],
  },
  {
    name: 'AutoPublishAlias accepts no condition: the alias must always exist, and the state machines must invoke it',
    rule: (stack) => {
      const [alias] = resources(stack, 'AWS::Lambda::Alias');
      const arn = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';
      const isGradual =
        at(stack.transformed, 'Resources', alias?.logicalId ?? '', 'UpdatePolicy') !== undefined;
      return [
        ...(alias ? [] : ['there is no alias']),
        ...resources(stack, 'AWS::StepFunctions::StateMachine')
          .filter(
            ({ properties }) => at(properties, 'DefinitionSubstitutions', 'ImageResizeFunctionArn') !== arn,
          )
          .map(({ logicalId }) => `${logicalId} does not invoke the alias`),
        ...(isGradual === (stack.parameters.GradualDeployment !== undefined)
          ? []
          : ['the alias does not move as GradualDeployment says']),
      ];
    },
    falls: [
      {
        from: 'ImageResizeFunctionArn: !Ref ImageResizeFunction.Alias',
        to: 'ImageResizeFunctionArn: !GetAtt ImageResizeFunction.Arn',
      },
      {
        from: 'AutoPublishAlias: live',
        to: 'AutoPublishAlias: !If [IsDeployedGradually, live, !Ref AWS::NoValue]',
        refusal: /'AutoPublishAlias' must be a string or a Ref/,
      },
      {
        from: '        Enabled: !FindInMap [GradualDeployments, !Ref GradualDeployment, IsGradual]',
        to: '        Enabled: true',
        parameters: {},
      },
    ],
  },
  {
    name: 'a stack would replace the policy and notifications of a bucket that it did not create',
    rule: (stack) => [
      ...resources(stack, 'AWS::S3::BucketPolicy')
        .filter(({ properties }) => !bucketIds(stack).includes(String(properties.Bucket)))
        .map(({ logicalId }) => `${logicalId} replaces the policy of ${properties(stack, logicalId).Bucket}`),
      ...(stack.parameters.ExistingOriginalImagesBucket === undefined ||
      /get-bucket-notification-configuration[\s\S]*EventBridgeConfiguration[\s\S]*put-bucket-notification-configuration/.test(
        stack.template.outputs.PrepareExistingBucketsCommands ?? '',
      )
        ? []
        : ['the stack does not print the commands that its owner must run']),
      ...(stack.parameters.ExistingOriginalImagesBucket !== undefined &&
      bucketIds(stack).includes('local-originalimagesbucket')
        ? ['the stack creates a bucket although one exists']
        : []),
    ],
    falls: [
      {
        from: '    Condition: CreatesResizedImagesBucket\n    Properties:\n      Bucket: !Ref ResizedImagesBucket\n',
        to: '    Properties:\n      Bucket: *originalImagesBucket\n',
        parameters: { ExistingOriginalImagesBucket: 'originals-of-mine' },
      },
      {
        from: '      aws s3api get-bucket-notification-configuration',
        to: '      aws s3api head-bucket',
        parameters: { ExistingOriginalImagesBucket: 'originals-of-mine' },
      },
    ],
  },
  {
    name: 'a CORS preflight carries no credentials: OPTIONS must be open while GET and POST are not',
    rule: (stack) => {
      const { ApiAuth = 'AWS_IAM' } = stack.parameters;
      const asked = { AWS_IAM: 'sigv4', API_KEY: 'apiKey' }[ApiAuth];
      return operations(stack).flatMap(([name, operation]) => {
        const schemes = items(at(operation, 'security')).flatMap((one) =>
          entries(one).map(([scheme]) => scheme),
        );
        const expected = name.startsWith('options') || !asked ? [] : [asked];
        return at(operation, 'security') !== undefined && schemes.join() === expected.join()
          ? []
          : [`${name} requires ${schemes.join() || 'nothing'}`];
      });
    },
    falls: [
      { from: '              security: *apiSecurity\n', to: '              security: []\n' },
      { from: '              security: *apiSecurity\n', to: '' },
      {
        from: '                security: []\n',
        to: '                security: *apiSecurity\n',
        parameters: { CorsOrigin: 'https://www.example.com' },
      },
    ],
  },
  {
    name: 'data may be read by others or lost unless the template blocks access, encrypts it and keeps versions',
    rule: (stack) => [
      ...resources(stack, 'AWS::S3::Bucket').flatMap(({ logicalId, properties }) => [
        ...['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets']
          .filter((block) => at(properties, 'PublicAccessBlockConfiguration', block) !== true)
          .map((block) => `${logicalId} has no ${block}`),
        ...(encryptionOf(properties) === (stack.parameters.KmsKeyArn ?? 'AES256')
          ? []
          : [`${logicalId} is encrypted with ${encryptionOf(properties)}`]),
      ]),
      ...['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic']
        .flatMap((type) => resources(stack, type))
        .filter(({ logicalId, type }) => !refusesPlainHttp(stack, logicalId, type))
        .map(({ logicalId }) => `${logicalId} accepts requests without TLS`),
      ...['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
        .flatMap((type) => resources(stack, type))
        .filter(({ properties }) =>
          statementsOf(properties).some(
            (statement) =>
              at(statement, 'Effect') === 'Allow' && at(statement, 'Principal', 'Service') === undefined,
          ),
        )
        .map(({ logicalId }) => `${logicalId} allows access to other principals than services`),
      ...(at(properties(stack, 'OriginalImagesBucket'), 'VersioningConfiguration', 'Status') === 'Enabled' ||
      stack.parameters.ExistingOriginalImagesBucket !== undefined
        ? []
        : ['originals have no versions']),
    ],
    falls: [
      { from: '        BlockPublicPolicy: true\n', to: '        BlockPublicPolicy: false\n' },
      { from: 'SSEAlgorithm: AES256', to: 'SSEAlgorithm: aws:kms' },
      { from: 'Principal: { Service: cloudwatch.amazonaws.com }', to: "Principal: '*'" },
      { from: "Bool: { 'aws:SecureTransport': 'false' }", to: "Bool: { 'aws:SecureTransport': 'true' }" },
      {
        from: 'VersioningConfiguration: { Status: Enabled }',
        to: 'VersioningConfiguration: { Status: Suspended }',
      },
    ],
  },
  {
    name: 'CloudFormation refuses resources that depend on each other',
    rule: (stack) => circles(stack).map((logicalId) => `${logicalId} is part of a circular dependency`),
    falls: [
      {
        from: '              - *mayInvoke\n              - *mayLeaveOnQueue\n              - Effect: Allow\n                Action: s3:ListBucket',
        to: '              - { Effect: Allow, Action: states:StartExecution, Resource: !Ref ResizeImageStateMachine }\n              - *mayInvoke\n              - *mayLeaveOnQueue\n              - Effect: Allow\n                Action: s3:ListBucket',
      },
      {
        from: '  UnprocessedUploadsQueue:\n',
        to: '  UnprocessedUploadsQueue:\n    DependsOn: UnprocessedUploadsQueuePolicy\n',
      },
    ],
  },
  {
    name: 'a log group that the template does not declare keeps its logs for ever',
    rule: (stack) => [
      ...resources(stack, 'AWS::Logs::LogGroup')
        .filter(({ properties }) => !(Number(properties.RetentionInDays) > 0))
        .map(({ logicalId }) => `${logicalId} keeps its logs for ever`),
      ...resources(stack, 'AWS::Lambda::Function')
        .filter(({ properties }) => at(properties, 'LoggingConfig', 'LogGroup') === undefined)
        .map(({ logicalId }) => `${logicalId} logs to a group that Lambda creates`),
    ],
    falls: [
      { from: '      RetentionInDays: !Ref LogRetentionDays\n', to: '' },
      { from: '        LogGroup: !Ref ImageResizeFunctionLogGroup\n', to: '' },
    ],
  },
  {
    name: 'an API key that leaks costs money until somebody notices: its usage plan needs a quota',
    rule: (stack) => {
      const plans = resources(stack, 'AWS::ApiGateway::UsagePlan');
      const keys = resources(stack, 'AWS::ApiGateway::ApiKey');
      const inPlans = resources(stack, 'AWS::ApiGateway::UsagePlanKey');
      return [
        ...plans
          .filter(({ properties: { Quota } }) => !(Number(at(Quota, 'Limit')) > 0) || !at(Quota, 'Period'))
          .map(({ logicalId }) => `${logicalId} has no quota`),
        ...keys
          .filter(
            ({ logicalId }) =>
              !inPlans.some(({ properties: { KeyId } }) => String(KeyId).endsWith(logicalId)),
          )
          .map(({ logicalId }) => `${logicalId} is in no usage plan`),
        ...(stack.parameters.ApiAuth === 'API_KEY' && keys.length === 0 ? ['there is no API key'] : []),
      ];
    },
    falls: [
      {
        from: '      Quota: { Limit: !Ref ApiRequestsPerDay, Period: DAY }\n',
        to: '',
        parameters: { ApiAuth: 'API_KEY' },
      },
      {
        from: '      KeyId: !Ref ProcessImageApiKey\n',
        to: '      KeyId: another\n',
        parameters: { ApiAuth: 'API_KEY' },
      },
    ],
  },
  {
    name: 'AWS stops nobody who spends your money: an alarm must report it',
    rule: (stack) =>
      alarms(stack).some(
        (alarm) =>
          watches(alarm, 'Invocations', 'ImageResizeFunction') &&
          alarm.properties.Statistic === 'Sum' &&
          alarm.properties.Period === 3600 &&
          text(alarm.properties.Threshold) === stack.template.parameters.AlarmInvocationsPerHour,
      )
        ? []
        : ['no alarm watches the invocations of the function for each hour'],
    falls: [
      { from: 'MetricName: Invocations', to: 'MetricName: ConcurrentExecutions' },
      { from: '      Period: 3600\n', to: '      Period: 300\n' },
      { from: 'Threshold: !Ref AlarmInvocationsPerHour', to: 'Threshold: 1000000000' },
    ],
  },
  {
    name: 'a service may use for another account what trusts it, unless the policy names the account',
    rule: (stack) => [
      ...resources(stack, 'AWS::IAM::Role').flatMap(({ logicalId, properties }) =>
        items(at(properties, 'AssumeRolePolicyDocument', 'Statement')).flatMap((statement) => {
          const services = items(at(statement, 'Principal', 'Service')).map(String);
          return services.every((service) => WITHOUT_SOURCE.has(service)) || namesAccount(statement)
            ? []
            : [`${logicalId} trusts ${services} for every account`];
        }),
      ),
      ...['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
        .flatMap((type) => resources(stack, type))
        .filter(({ properties }) =>
          statementsOf(properties).some(
            (statement) => at(statement, 'Effect') === 'Allow' && !namesAccount(statement),
          ),
        )
        .map(({ logicalId }) => `${logicalId} trusts a service for every account`),
    ],
    falls: [
      {
        from: "            Condition: &forThisAccount { StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId } }\n",
        to: "            Condition: &forThisAccount { StringLike: { 'aws:SourceAccount': '*' } }\n",
      },
      {
        from: '            Action: sts:AssumeRole\n            Condition: *forThisAccount\n',
        to: '            Action: sts:AssumeRole\n',
        parameters: { GradualDeployment: 'Canary10Percent5Minutes' },
      },
      {
        from: '            Resource: !Ref AlarmTopic\n            Condition: *forThisAccount\n',
        to: '            Resource: !Ref AlarmTopic\n',
      },
      {
        from: '                  - !GetAtt ResizeUploadStateMachineImageUploaded.Arn\n',
        to: '                  - !Sub arn:${AWS::Partition}:events:*:*:rule/*\n',
      },
      {
        from: '            Principal: { Service: apigateway.amazonaws.com }\n            Action: sts:AssumeRole\n',
        to: '            Principal: { Service: apigateway.amazonaws.com }\n            Action: sts:AssumeRole\n            Condition: *forThisAccount\n',
        // API Gateway does not send the account.
        refusal: /expected no Condition for apigateway\.amazonaws\.com/,
      },
    ],
  },
  {
    name: 'Lambda publishes nothing twice, so a version that a rollback leaves behind fails the next deployment',
    rule: (stack) =>
      resources(stack, 'AWS::Lambda::Version')
        .filter(({ logicalId }) => written(stack, logicalId, 'DeletionPolicy') !== 'Delete')
        .map(({ logicalId }) => `${logicalId} is kept`),
    falls: [{ from: '      VersionDeletionPolicy: Delete\n', to: '' }],
  },
  {
    name: 'after sam sync, or for a changed property that belongs to no version, CloudFormation publishes what is published',
    rule: (stack) =>
      resources(stack, 'AWS::Lambda::Version').flatMap(({ logicalId, properties: { FunctionName } }) => {
        const lambda = ['Resources', String(FunctionName), 'Properties', 'Environment'];
        const version = ['Resources', logicalId, 'Properties', 'Description'];
        return [
          // What is part of a version, so that Lambda publishes one, and what replaces the resource that publishes it.
          ...(JSON.stringify(at(stack.transformed, ...lambda)).includes('{"Ref":"DeploymentId"}')
            ? []
            : [`DeploymentId does not change ${FunctionName}`]),
          ...(JSON.stringify(at(stack.transformed, ...version)).includes('${DeploymentId}')
            ? []
            : [`DeploymentId does not replace ${logicalId}`]),
          ...(stack.template.parameters.DeploymentId === ''
            ? []
            : ['DeploymentId changes the function although nobody set it']),
        ];
      }),
    falls: [
      {
        from: '          DEPLOYMENT_ID: !If [HasDeploymentId, !Ref DeploymentId, !Ref AWS::NoValue]\n',
        to: '',
      },
      { from: "!If [HasDeploymentId, !Sub ', ${DeploymentId}', '']", to: "''" },
      {
        from: "    Default: ''\n    AllowedPattern: ^[A-Za-z0-9._:-]{0,40}$\n",
        to: "    Default: '1'\n    AllowedPattern: ^[A-Za-z0-9._:-]{0,40}$\n",
      },
    ],
  },
  {
    name: "a dashboard's periodOverride auto replaces the period of every widget, so a sum per hour is one of something else",
    rule: (stack) =>
      resources(stack, 'AWS::CloudWatch::Dashboard')
        .filter(({ properties }) => JSON.parse(String(properties.DashboardBody)).periodOverride !== 'inherit')
        .map(({ logicalId }) => `${logicalId} replaces the periods of its widgets`),
    falls: [{ from: '"periodOverride": "inherit"', to: '"periodOverride": "auto"' }],
  },
  {
    name: 'delete markers stay for ever, and slow every listing of a bucket with versions',
    rule: (stack) =>
      resources(stack, 'AWS::S3::Bucket')
        .filter(({ properties }) => at(properties, 'VersioningConfiguration', 'Status') === 'Enabled')
        .filter(
          ({ properties }) =>
            !items(at(properties, 'LifecycleConfiguration', 'Rules')).some(
              (rule) => at(rule, 'ExpiredObjectDeleteMarker') === true && at(rule, 'Prefix') === undefined,
            ),
        )
        .map(({ logicalId }) => `${logicalId} keeps its delete markers`),
    falls: [{ from: '            ExpiredObjectDeleteMarker: true\n', to: '' }],
  },
  {
    name: 'the console has another domain in China and in GovCloud',
    rule: (stack) =>
      ['aws', 'aws-cn', 'aws-us-gov']
        .filter(
          (partition) => at(stack.transformed, 'Mappings', 'Consoles', partition, 'Domain') === undefined,
        )
        .map((partition) => `DashboardUrl is wrong in ${partition}`),
    falls: [
      { from: '    aws-cn: { Domain: console.amazonaws.cn }\n', to: '' },
      { from: '  Consoles:\n', to: '  Console:\n', refusal: /Consoles/ },
    ],
  },
  {
    name: 'S3 refuses requests for a bucket of another region, so the owner of a bucket must know which one is needed',
    rule: (stack) =>
      ['ExistingOriginalImagesBucket', 'ExistingResizedImagesBucket']
        .filter(
          (name) =>
            !/in this account and region/.test(
              String(at(stack.transformed, 'Parameters', name, 'Description')),
            ),
        )
        .map((name) => `${name} does not say in which region the bucket must be`),
    falls: [
      {
        from: 'An existing bucket in this account and region that takes',
        to: 'An existing bucket in this account that takes',
      },
    ],
  },
];
