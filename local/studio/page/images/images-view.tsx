/** @param rest of the address: the key of the image that is shown. */
export function ImagesView(_: { readonly rest: readonly string[] }) {
  return <h1>Images</h1>;
}
