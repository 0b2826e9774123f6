import type { LeftOut } from '../../template/index.ts';

/**
 * The lines of four resources that the runtime does not run, for the Resources section of a template. They use
 * intrinsic functions and dynamic references that are refused in a resource that runs, and refer to each other.
 * @param bucket the logical id of a bucket of the template.
 */
export const foreignResources = (bucket: string): string => `
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub \${AWS::StackName}-words
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: word, AttributeType: S }]
      KeySchema: [{ AttributeName: word, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  LoadBalancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Name: !Base64 pages
      IpAddressType: '{{resolve:ssm:/address-type}}'
      Subnets: [!Select [0, !GetAZs ''], !Select [1, !Split [',', !ImportValue subnets]]]
      SecurityGroups: [{ Fn::ImportValue: group }]
      LoadBalancerAttributes:
        - { Key: access_logs.s3.enabled, Value: 'true' }
        - { Key: access_logs.s3.bucket, Value: !Ref ${bucket} }
  CountWordsFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: count_words.handler
      CodeUri: functions/count-words
      Policies:
        - DynamoDBCrudPolicy: { TableName: !Ref Table }
        - S3ReadPolicy: { BucketName: !Ref ${bucket} }
      Environment:
        Variables:
          TABLE: !Ref Table
          PAGES_DOMAIN: !GetAtt LoadBalancer.DNSName
          SEARCH: !GetAtt SearchApplication.Outputs.Endpoint
      Events:
        Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
        Changes: { Type: DynamoDB, Properties: { Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST } }
  SearchApplication:
    Type: AWS::Serverless::Application
    Properties:
      Location: search/template.yaml
      Parameters: { Table: !GetAtt Table.Arn, Function: !GetAtt CountWordsFunction.Arn }
`;

/** These resources, as `leftOut` lists them. */
export const FOREIGN_LEFT_OUT: readonly LeftOut[] = [
  { logicalId: 'Table', type: 'AWS::DynamoDB::Table' },
  { logicalId: 'LoadBalancer', type: 'AWS::ElasticLoadBalancingV2::LoadBalancer' },
  { logicalId: 'CountWordsFunction', type: 'AWS::Serverless::Function' },
  { logicalId: 'SearchApplication', type: 'AWS::Serverless::Application' },
];
