/** @param rest of the address: the execution that is shown. */
export function ExecutionsView(_: { readonly rest: readonly string[] }) {
  return <h1>Executions</h1>;
}
