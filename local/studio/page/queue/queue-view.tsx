/** The messages of UnprocessedUploadsQueue. */
export function QueueView(_: { readonly rest: readonly string[] }) {
  return <h1>Not processed</h1>;
}
