import { KEY } from './settings.ts';

/** Resources by role and action. A permission that is not listed here must not be in the template. */
type AllowList = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const ORIGINALS = 's3:::local-originalimagesbucket';
const RESIZED = 's3:::local-resizedimagesbucket';
const FUNCTION = 'lambda:function:ImageResizeFunction:live';
const QUEUE = 'sqs:UnprocessedUploadsQueue';

// The actions of CloudWatch's log delivery support no resource but *.
const LOG_DELIVERY = {
  'logs:CreateLogDelivery': ['*'],
  'logs:GetLogDelivery': ['*'],
  'logs:UpdateLogDelivery': ['*'],
  'logs:DeleteLogDelivery': ['*'],
  'logs:ListLogDeliveries': ['*'],
  'logs:PutResourcePolicy': ['*'],
  'logs:DescribeResourcePolicies': ['*'],
  'logs:DescribeLogGroups': ['*'],
};

export const BY_DEFAULT: AllowList = {
  ImageResizeFunctionRole: {
    // runs/ contains the results that it counts.
    's3:GetObject': [`${ORIGINALS}/input/*`, `${RESIZED}/output/*`, `${RESIZED}/runs/*`],
    's3:PutObject': [`${RESIZED}/output/*`, `${RESIZED}/runs/claims/*`],
    's3:DeleteObject': [`${RESIZED}/output/*`],
    // Without it, S3 answers 403 instead of 404 for a missing object.
    's3:ListBucket': [ORIGINALS, RESIZED],
    // Whether the bulk run that has a prefix still runs.
    'states:DescribeExecution': ['states:execution:ResizeImageStateMachine:*'],
    'logs:CreateLogStream': ['logs:log-group:ImageResizeFunctionLogGroup:*'],
    'logs:PutLogEvents': ['logs:log-group:ImageResizeFunctionLogGroup:*'],
  },
  ResizeUploadStateMachineRole: {
    'lambda:InvokeFunction': [FUNCTION],
    'sqs:SendMessage': [QUEUE],
    ...LOG_DELIVERY,
  },
  ResizeImageStateMachineRole: {
    'lambda:InvokeFunction': [FUNCTION],
    'sqs:SendMessage': [QUEUE],
    's3:ListBucket': [ORIGINALS],
    's3:PutObject': [`${RESIZED}/runs/*`],
    's3:GetObject': [`${RESIZED}/runs/*`],
    's3:ListMultipartUploadParts': [`${RESIZED}/runs/*`],
    's3:AbortMultipartUpload': [`${RESIZED}/runs/*`],
    'states:StartExecution': ['states:stateMachine:ResizeImageStateMachine'],
    'states:DescribeExecution': ['states:execution:ResizeImageStateMachine*'],
    'states:StopExecution': ['states:execution:ResizeImageStateMachine*'],
    ...LOG_DELIVERY,
  },
  ResizeUploadStateMachineImageUploadedRole: {
    'states:StartExecution': ['states:stateMachine:ResizeUploadStateMachine'],
  },
  ResizeUploadStateMachineImageRemovedRole: {
    'states:StartExecution': ['states:stateMachine:ResizeUploadStateMachine'],
  },
  ResizeImageStateMachineProcessImageRole: {
    'states:StartExecution': ['states:stateMachine:ResizeImageStateMachine'],
  },
  ProcessImageStatusRole: {
    'states:DescribeExecution': ['states:execution:ResizeImageStateMachine:*'],
  },
};

const KMS = { 'kms:GenerateDataKey': [shorten(KEY)], 'kms:Decrypt': [shorten(KEY)] };
// X-Ray's actions support no resource but * either. Only the state machines read the sampling rules; Lambda samples by itself.
const XRAY = { 'xray:PutTraceSegments': ['*'], 'xray:PutTelemetryRecords': ['*'] };
const XRAY_WITH_RULES = { ...XRAY, 'xray:GetSamplingRules': ['*'], 'xray:GetSamplingTargets': ['*'] };

/** Additional permissions while each of these parameters (A+B: of both) has another value than its default. */
export const BY_PARAMETER: Readonly<Record<string, AllowList>> = {
  BrowserUploads: {
    // Whoever has a link uploads with this role. It can neither read nor list.
    UploadLinkFunctionRole: {
      's3:PutObject': [`${ORIGINALS}/input/*`],
      'logs:CreateLogStream': ['logs:log-group:UploadLinkFunctionLogGroup:*'],
      'logs:PutLogEvents': ['logs:log-group:UploadLinkFunctionLogGroup:*'],
    },
    CreateUploadLinkRole: { 'lambda:InvokeFunction': ['lambda:function:UploadLinkFunction'] },
  },
  KmsKeyArn: { ImageResizeFunctionRole: KMS, ResizeImageStateMachineRole: KMS },
  'BrowserUploads+KmsKeyArn': {
    UploadLinkFunctionRole: { 'kms:GenerateDataKey': [shorten(KEY)] },
  },
  'BrowserUploads+Tracing': { UploadLinkFunctionRole: XRAY },
  Tracing: {
    ImageResizeFunctionRole: XRAY,
    ResizeImageStateMachineRole: XRAY_WITH_RULES,
    ResizeUploadStateMachineRole: XRAY_WITH_RULES,
  },
  GradualDeployment: {
    ImageResizeDeploymentRole: {
      // Its alias and its versions.
      'lambda:GetAlias': ['lambda:function:ImageResizeFunction', 'lambda:function:ImageResizeFunction:*'],
      'lambda:UpdateAlias': ['lambda:function:ImageResizeFunction', 'lambda:function:ImageResizeFunction:*'],
      'lambda:GetProvisionedConcurrencyConfig': [
        'lambda:function:ImageResizeFunction',
        'lambda:function:ImageResizeFunction:*',
      ],
      // CodeDeploy asks for the states of all alarms in one call.
      'cloudwatch:DescribeAlarms': ['*'],
    },
  },
  // AWS's managed policy, which API Gateway requires for this role of the whole account.
  SetApiGatewayLogRole: {
    ApiGatewayLogRole: {
      'logs:CreateLogGroup': ['*'],
      'logs:CreateLogStream': ['*'],
      'logs:DescribeLogGroups': ['*'],
      'logs:DescribeLogStreams': ['*'],
      'logs:PutLogEvents': ['*'],
      'logs:GetLogEvents': ['*'],
      'logs:FilterLogEvents': ['*'],
    },
  },
};

/** An ARN without partition, region and account, which are the same in all of them. */
export function shorten(arn: string): string {
  return arn.replace(/^arn:aws:/, '').replace(':us-east-1:000000000000:', ':');
}
