import { type Runtime, type RuntimeOptions, reportLeftOut } from 'aws-on-one-machine';

/** Where a runtime of this pipeline is. */
export type Addresses = ReturnType<typeof describeAddresses>;

/** The line that `--json` prints. */
export function describeAddresses(pipeline: Runtime) {
  const { apiUrl: api, s3Url: s3, statesUrl: states, outputs } = pipeline;
  return {
    api,
    s3,
    states,
    originalImagesBucket: outputs.OriginalImagesBucketName,
    resizedImagesBucket: outputs.ResizedImagesBucketName,
    resizeImageStateMachineArn: outputs.ResizeImageStateMachineArn,
    resizeUploadStateMachineArn: outputs.ResizeUploadStateMachineArn,
    ...webAddresses(pipeline),
  };
}

/** What web pages use, and the example page; without what a parameter turns off. */
function webAddresses({ apiUrl, statesUrl, distributions, outputs }: Runtime) {
  const [images] = distributions;
  return {
    ...(images && { images: images.url }),
    ...(outputs.UploadsUrl && { uploads: `${apiUrl}/uploads`, page: `${statesUrl}/page/` }),
  };
}

/** What `npm start` prints when everything runs, with commands that work as they are printed. */
export function introduce(
  pipeline: Runtime,
  options: Pick<RuntimeOptions, 'apiKey' | 'parameterOverrides'>,
): string {
  const { apiUrl, s3Url, statesUrl, outputs, s3Directory, resumed } = pipeline;
  const { images, uploads, page } = webAddresses(pipeline);
  const lines = [
    `Open ${statesUrl}/ to see it work.`,
    ``,
    `The pipeline of template.yaml runs here, with any AWS credentials and us-east-1:`,
    `  API             ${apiUrl}/process-image`,
    `  S3              ${s3Url}`,
    `  Step Functions  ${statesUrl}`,
    `  objects         ${s3Directory}`,
    ...(images ? [`  images          ${images}`] : []),
    ...(uploads ? [`  uploads         ${uploads}`] : []),
    ...(page ? [`  example page    ${page}`] : []),
    ``,
    `  aws s3 cp photo.jpg s3://${outputs.OriginalImagesBucketName}/input/ \\`,
    `    --endpoint-url ${s3Url}`,
    `  curl ${apiUrl}/process-image${credentialsOf(options)} \\`,
    `    -H 'Content-Type: application/json' -d '{}'`,
    ``,
    ...reportLeftOut(pipeline),
  ];
  if (resumed > 0) lines.push(`Restarted ${resumed} execution(s) that the last run left unfinished.`);
  return `${lines.join('\n')}\n`;
}

/** The options of curl with which a request carries what ApiAuth asks for. */
function credentialsOf({
  apiKey,
  parameterOverrides: { ApiAuth },
}: Pick<RuntimeOptions, 'apiKey' | 'parameterOverrides'>): string {
  switch (ApiAuth) {
    case 'API_KEY':
      return ` \\\n    -H 'x-api-key: ${apiKey}'`;
    case 'AWS_IAM':
      return ' \\\n    --aws-sigv4 aws:amz:us-east-1:execute-api --user anybody:anything';
    default:
      return '';
  }
}
