/**
 * @param {string} name by which a caller tells errors apart
 * @param {string} message
 * @param {unknown} [cause]
 */
export declare function namedError(name: string, message: string, cause?: unknown): Error & {
    name: string;
};
