/**
 * List prices of us-east-1 in dollars, without free tiers and discounts. Compared with copies of AWS's price pages on 28
 * November 2026.
 */
export const PRICES = {
  eventBridgeEvent: 1 / 1e6,
  expressRequest: 1 / 1e6,
  expressGbSecond: 0.00001667,
  standardTransition: 0.025 / 1000,
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  logsGb: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  trace: 5 / 1e6,
  apiRequest: 3.5 / 1e6,
  queueRequest: 0.4 / 1e6,
  topicPublish: 0.5 / 1e6,
  topicToHttp: 0.6 / 1e6,
  kmsRequest: 0.03 / 1e4,
  kmsKeyMonth: 1,
  /** The United States and Europe, the first 10 TB of a month. */
  cdnGb: 0.085,
  cdnRequest: 0.01 / 1e4,
  cdnFunction: 0.1 / 1e6,
};

export function formatPrices(): string {
  const million = (price: number) => Number((price * 1e6).toFixed(4));
  const prices: Record<string, number> = {
    'EventBridge, a million events': million(PRICES.eventBridgeEvent),
    'Step Functions EXPRESS, a million requests': million(PRICES.expressRequest),
    'Step Functions EXPRESS, a GB-second': PRICES.expressGbSecond,
    'Step Functions STANDARD, a million transitions': million(PRICES.standardTransition),
    'Lambda, a million requests': million(PRICES.lambdaRequest),
    'Lambda arm64, a GB-second': PRICES.lambdaGbSecond.arm64,
    'Lambda x86_64, a GB-second': PRICES.lambdaGbSecond.x86_64,
    'S3, a million PUT or LIST': million(PRICES.s3Write),
    'S3, a million GET or HEAD': million(PRICES.s3Read),
    'CloudWatch, a GB of logs': PRICES.logsGb,
    'X-Ray, a million traces': million(PRICES.trace),
    'API Gateway, a million requests': million(PRICES.apiRequest),
    'SQS, a million requests': million(PRICES.queueRequest),
    'SNS, a million messages': million(PRICES.topicPublish),
    'SNS, a million deliveries to a webhook': million(PRICES.topicToHttp),
    'CloudFront, a GB, in the United States and Europe': PRICES.cdnGb,
    'CloudFront, a million requests by HTTPS': million(PRICES.cdnRequest),
    'CloudFront, a million invocations of a function': million(PRICES.cdnFunction),
    'KMS, a million requests': million(PRICES.kmsRequest),
    'KMS, a key, a month': PRICES.kmsKeyMonth,
    'CloudWatch, a metric, a month': PRICES.metricMonth,
    'CloudWatch, an alarm, a month': PRICES.alarmMonth,
    'CloudWatch, a dashboard, a month': PRICES.dashboardMonth,
  };
  return Object.entries(prices)
    .map(([name, price]) => `| ${name} | ${price} |`)
    .join('\n');
}
