/**
 * @param {string} name by which a caller tells errors apart
 * @param {string} message
 * @param {unknown} [cause]
 */
export function namedError(name, message, cause) {
  return Object.assign(new Error(message, { cause }), { name });
}
