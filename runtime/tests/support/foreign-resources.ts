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
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Comment: !Base64 pages
        Origins:
          - Id: pages
            DomainName: !GetAtt ${bucket}.RegionalDomainName
            S3OriginConfig: { OriginAccessIdentity: '{{resolve:ssm:/identity}}' }
        DefaultCacheBehavior:
          TargetOriginId: pages
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: !Select [0, !GetAZs '']
        ViewerCertificate:
          AcmCertificateArn: { Fn::ImportValue: certificate }
          SslSupportMethod: sni-only
        WebACLId: !Select [1, !Split [',', !ImportValue acls]]
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
          PAGES_DOMAIN: !GetAtt Distribution.DomainName
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
  { logicalId: 'Distribution', type: 'AWS::CloudFront::Distribution' },
  { logicalId: 'CountWordsFunction', type: 'AWS::Serverless::Function' },
  { logicalId: 'SearchApplication', type: 'AWS::Serverless::Application' },
];
