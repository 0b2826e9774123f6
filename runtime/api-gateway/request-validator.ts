import AjvDraft04 from 'ajv-draft-04';
import type { Value } from '../template/value.ts';
import { GatewayFault } from './gateway-responses.ts';

/** Of later drafts and of OpenAPI, which Ajv carries out and API Gateway does not know. */
const LATER_KEYWORDS = ['const', 'if', 'then', 'else', 'contains', 'propertyNames', 'nullable'];

/** Throws a BAD_REQUEST_BODY fault for a body that does not fit the method's model for its content type. */
export type ValidateBody = (contentType: string, body: string) => void;

/** Makes the body validators of an API: its models are JSON Schema draft 4. */
export function createModels(components: Value): (content: Value) => ValidateBody {
  const Ajv = AjvDraft04.default;
  const ajv = new Ajv({ strict: false, strictSchema: true });
  for (const keyword of LATER_KEYWORDS) ajv.removeKeyword(keyword);
  for (const [name, schema] of components.at('schemas').ifPresent((value) => value.entries()) ?? [])
    refuseBadSchema(ajv, schema, name);
  ajv.addKeyword('components');
  ajv.addSchema({ id: 'body', components: components.raw ?? {} });

  return (content) => {
    const models = content.entries().map(([contentType, media]) => {
      const schema = media.only(['schema']).at('schema');
      if (typeof schema.raw !== 'object' || schema.raw === null) schema.fail('a schema');
      return [contentType, compile(ajv, schema)] as const;
    });
    const byContentType = new Map(models);
    return (contentType, body) => {
      // No model for the content type: API Gateway does not validate, and leaves the rest to the integration.
      const validate = byContentType.get(contentType);
      if (validate && !validate(parse(body)))
        throw new GatewayFault('BAD_REQUEST_BODY', 'Invalid request body');
    };
  };
}

type Draft04 = InstanceType<typeof AjvDraft04.default>;

function compile(ajv: Draft04, schema: Value): (value: unknown) => boolean {
  const text = JSON.stringify(schema.raw).replaceAll('"$ref":"#/', '"$ref":"body#/');
  try {
    const validate = ajv.compile(JSON.parse(text));
    return (value) => validate(value) === true;
  } catch (error) {
    return schema.fail('a JSON Schema of draft 4', error instanceof Error ? error.message : 'another');
  }
}

function refuseBadSchema(ajv: Draft04, schema: Value, name: string): void {
  if (!/^[a-zA-Z0-9]+$/.test(name)) schema.fail('a model name of letters and digits', name);
  if (typeof schema.raw !== 'object' || schema.raw === null) schema.fail('a schema');
  if (ajv.validateSchema({ ...schema.raw }) !== true)
    schema.fail('a JSON Schema of draft 4', ajv.errorsText(ajv.errors, { dataVar: name }));
}

/** An empty body counts as {}. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new GatewayFault('BAD_REQUEST_BODY', 'Invalid request body');
  }
}
