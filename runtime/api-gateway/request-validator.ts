import AjvDraft04 from 'ajv-draft-04';
import type { Value } from '../template/index.ts';
import { GatewayFault } from './gateway-responses.ts';

/** Keywords of later drafts and of OpenAPI, which Ajv would apply and API Gateway does not know. */
const LATER_KEYWORDS = ['const', 'if', 'then', 'else', 'contains', 'propertyNames', 'nullable'];

/** @throws GatewayFault BAD_REQUEST_BODY for a body that does not match the method's model for its content type. */
export type ValidateBody = (contentType: string, body: string) => void;

/**
 * Reads an API's models, which are JSON Schema draft 4. The result makes a validator from the `content` of a request
 * body.
 * @throws TemplateError
 */
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
      // API Gateway validates nothing if there is no model for the content type.
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
