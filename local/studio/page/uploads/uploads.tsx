/** Takes images that are dropped anywhere on the page; stays when another view is shown. */
export function Uploads() {
  return null;
}
