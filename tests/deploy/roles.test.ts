// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { type Role, rolesOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';
import { BY_DEFAULT, BY_PARAMETER, shorten } from './allow-list.ts';
import { SETTINGS } from './settings.ts';
import { type Change, type Parameters, useTranslator } from './translator.ts';

describe('The roles of the deployed stack', () => {
  const translator = useTranslator();

  for (const [setting, parameters] of SETTINGS) {
    it(`The deployed roles equal the roles that the local runtime enforces, with ${setting}`, async () => {
      const { roles: theirs } = await translator().deploy(parameters);
      const ours = rolesOf(readReal(parameters));
      expect([...ours.keys()]).to.have.members([...theirs.keys()]);
      for (const [logicalId, role] of ours)
        expect(comparable(role), logicalId).to.deep.equal(comparable(theirs.get(logicalId)));
    });

    it(`The deployed roles have exactly the permissions on the allow-list, with ${setting}`, async () => {
      const { roles } = await translator().deploy(parameters);
      expect(difference(roles, parameters)).to.deep.equal([]);
    });
  }

  for (const [what, change, complaint] of [
    [
      'an additional action',
      {
        from: '[s3:GetObject, s3:PutObject, s3:DeleteObject]',
        to: '[s3:GetObject, s3:PutObject, s3:DeleteObject, s3:PutObjectAcl]',
      },
      'ImageResizeFunctionRole: s3:PutObjectAcl on s3:::local-resizedimagesbucket/output/* is not on the allow-list',
    ],
    [
      'a wider resource',
      { from: '${Bucket}/input/*', to: '${Bucket}/*' },
      'ImageResizeFunctionRole: s3:GetObject on s3:::local-originalimagesbucket/* is not on the allow-list',
    ],
    [
      'a managed policy',
      {
        from: '  ImageResizeFunctionRole:\n    Type: AWS::IAM::Role\n    Properties:',
        to: '  ImageResizeFunctionRole:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      },
      'ImageResizeFunctionRole: logs:CreateLogGroup on * is not on the allow-list',
    ],
    [
      'a missing permission',
      {
        from: 'Action: [s3:PutObject, s3:GetObject, s3:ListMultipartUploadParts, s3:AbortMultipartUpload]',
        to: 'Action: [s3:PutObject, s3:GetObject, s3:ListMultipartUploadParts]',
      },
      'ResizeImageStateMachineRole: s3:AbortMultipartUpload on s3:::local-resizedimagesbucket/runs/* is missing',
    ],
  ] as const satisfies readonly (readonly [string, Change, string])[])
    it(`The comparison of the deployed roles with the allow-list reports ${what} by name`, async () => {
      const { roles } = await translator().deploy({}, change);
      expect(difference(roles, {})).to.include(complaint);
    });
});

/** A role with its statements sorted, because their order has no effect. */
function comparable(role: Role | undefined) {
  const statements = role?.statements.map((statement) => JSON.stringify(statement)).sort();
  return { ...role, statements };
}

function difference(roles: ReadonlyMap<string, Role>, parameters: Parameters): string[] {
  const expected = allowed(parameters);
  const found = [...roles.values()].flatMap(({ logicalId, statements }) =>
    statements.flatMap(({ effect, actions, resources }) =>
      actions.flatMap((action) =>
        resources.map(
          (resource) => `${logicalId}: ${effect === 'Deny' ? 'Deny ' : ''}${action} on ${shorten(resource)}`,
        ),
      ),
    ),
  );
  return [
    ...found.filter((grant) => !expected.includes(grant)).map((grant) => `${grant} is not on the allow-list`),
    ...expected.filter((grant) => !found.includes(grant)).map((grant) => `${grant} is missing`),
  ];
}

function allowed(parameters: Parameters): string[] {
  const added = Object.entries(BY_PARAMETER).filter(([names]) =>
    names.split('+').every((name) => Object.hasOwn(parameters, name)),
  );
  const lists = [BY_DEFAULT, ...added.map(([, list]) => list)];
  const brought = (resource: string) =>
    resource
      .replace('local-originalimagesbucket', parameters.ExistingOriginalImagesBucket ?? '$&')
      .replace('local-resizedimagesbucket', parameters.ExistingResizedImagesBucket ?? '$&');
  return lists.flatMap((list) =>
    Object.entries(list).flatMap(([role, grants]) =>
      Object.entries(grants).flatMap(([action, resources]) =>
        resources.map((resource) => `${role}: ${action} on ${brought(resource)}`),
      ),
    ),
  );
}
