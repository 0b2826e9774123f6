// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.
//
// What AWS's documents leave open, where the template can do without the answer. docs/aws-differences.md, "What only a
// deployment can tell", lists these and the rest.

import { bodyOf, may, properties, resources } from './read-stack.ts';
import { at, items } from './translator.ts';
import type { Trap } from './traps.ts';

const IMAGE = 'statemachine/resize-image.asl.json';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction';

/** Settings of an API, each with the extension that says the same in an imported body. */
const EXTENSIONS = {
  SecurityPolicy: 'x-amazon-apigateway-security-policy',
  EndpointAccessMode: 'x-amazon-apigateway-endpoint-access-mode',
};

export const DOUBT_TRAPS: readonly Trap[] = [
  {
    name: 'an import may reset what the imported body does not say, the TLS policy among it',
    rule: (stack) =>
      Object.entries(EXTENSIONS)
        .filter(
          ([property, extension]) =>
            at(bodyOf(stack), extension) !== properties(stack, 'ProcessImageApi')[property],
        )
        .map(([property, extension]) => `${extension} is not the ${property}`),
    falls: [
      { from: '        x-amazon-apigateway-security-policy: *securityPolicy\n', to: '' },
      {
        from: 'x-amazon-apigateway-endpoint-access-mode: *endpointAccessMode',
        to: 'x-amazon-apigateway-endpoint-access-mode: BASIC',
      },
    ],
  },
  {
    name: 'an import may drop "not" from a model, and nobody who starts an execution directly is checked by a model',
    rule: ({ definitions }) => {
      const machine = definitions.get('resize-image');
      const [first] = items(at(machine, 'States', String(at(machine, 'StartAt')), 'Choices'));
      const refusal = at(machine, 'States', String(at(first, 'Next')));
      const asked = JSON.stringify(at(first, 'And'));
      return [
        ...['key', 'prefix', 'dryRun']
          .filter((field) => !asked?.includes(`{"Variable":"$.${field}","IsPresent":true}`))
          .map((field) => `the first choice does not ask for ${field}`),
        ...(at(refusal, 'Type') === 'Fail' ? [] : ['the first choice does not end the execution']),
      ];
    },
    falls: [
      { file: IMAGE, from: '"Next": "InvalidRequest"', to: '"Next": "NameExecution"' },
      { file: IMAGE, from: '"Variable": "$.dryRun"', to: '"Variable": "$.force"' },
    ],
  },
  {
    name: 'CodeDeploy may ask for a version of the function, and not only for its alias',
    rule: (stack) =>
      stack.parameters.GradualDeployment === undefined
        ? []
        : [FUNCTION, `${FUNCTION}:live`, `${FUNCTION}:7`].flatMap((arn) =>
            ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig']
              .filter((action) => !may(stack, 'ImageResizeDeploymentRole', action, arn))
              .map((action) => `CodeDeploy may not ${action} on ${arn}`),
          ),
    falls: [
      {
        from: "!Sub '${ImageResizeFunction.Arn}:*'",
        to: "!Sub '${ImageResizeFunction.Arn}:live'",
        parameters: { GradualDeployment: 'Canary10Percent5Minutes' },
      },
    ],
  },
  {
    name: 'a state machine with the log level OFF may refuse destinations, and with any other level it needs one',
    rule: (stack) =>
      resources(stack, 'AWS::StepFunctions::StateMachine').flatMap(({ logicalId, properties: machine }) => {
        const isOff = at(machine, 'LoggingConfiguration', 'Level') === 'OFF';
        const destinations = items(at(machine, 'LoggingConfiguration', 'Destinations'));
        return isOff === (destinations.length === 0)
          ? []
          : [`${logicalId} has ${destinations.length} destinations`];
      }),
    falls: [
      {
        from: "LogsStateMachines: !Not [!Equals [!Ref StateMachineLogLevel, 'OFF']]",
        to: "LogsStateMachines: !Not [!Equals [!Ref StateMachineLogLevel, 'NONE']]",
        parameters: { StateMachineLogLevel: 'OFF' },
      },
      {
        from: "LogsStateMachines: !Not [!Equals [!Ref StateMachineLogLevel, 'OFF']]",
        to: "LogsStateMachines: !Equals [!Ref StateMachineLogLevel, 'ALL']",
      },
    ],
  },
];
