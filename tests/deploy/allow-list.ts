import { KEY } from './settings.ts';

/** Who may do what on what. A role gets a line here with the reason why it needs it, or the template does not get it. */
type AllowList = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const ORIGINALS = 's3:::local-originalimagesbucket';
const RESIZED = 's3:::local-resizedimagesbucket';
const FUNCTION = 'lambda:function:ImageResizeFunction:live';
const QUEUE = 'sqs:UnprocessedUploadsQueue';

// CloudWatch's log delivery offers no resource to name.
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
    's3:GetObject': [`${ORIGINALS}/input/*`, `${RESIZED}/output/*`],
    's3:PutObject': [`${RESIZED}/output/*`],
    's3:DeleteObject': [`${RESIZED}/output/*`],
    // For a 404 where there is no object.
    's3:ListBucket': [ORIGINALS, RESIZED],
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
    'states:DescribeMapRun': ['states:mapRun:ResizeImageStateMachine/*'],
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
// X-Ray offers no resource to name either. Lambda samples by itself; the state machines ask for the rules.
const XRAY = { 'xray:PutTraceSegments': ['*'], 'xray:PutTelemetryRecords': ['*'] };
const XRAY_WITH_RULES = { ...XRAY, 'xray:GetSamplingRules': ['*'], 'xray:GetSamplingTargets': ['*'] };

/** What a parameter adds while it has a value other than its default. */
export const BY_PARAMETER: Readonly<Record<string, AllowList>> = {
  KmsKeyArn: { ImageResizeFunctionRole: KMS, ResizeImageStateMachineRole: KMS },
  Tracing: {
    ImageResizeFunctionRole: XRAY,
    ResizeImageStateMachineRole: XRAY_WITH_RULES,
    ResizeUploadStateMachineRole: XRAY_WITH_RULES,
  },
  GradualDeployment: {
    ImageResizeDeploymentRole: {
      'lambda:GetAlias': ['lambda:function:ImageResizeFunction', FUNCTION],
      'lambda:UpdateAlias': ['lambda:function:ImageResizeFunction', FUNCTION],
      'lambda:GetProvisionedConcurrencyConfig': ['lambda:function:ImageResizeFunction', FUNCTION],
      // All alarms are asked for in one call.
      'cloudwatch:DescribeAlarms': ['*'],
    },
  },
  // AWS's own policy, which API Gateway asks for: the role is the whole account's.
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

/** An ARN without what is the same in all of them. */
export function shorten(arn: string): string {
  return arn.replace(/^arn:aws:/, '').replace(':us-east-1:000000000000:', ':');
}
