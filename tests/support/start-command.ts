import packageFile from '../../package.json' with { type: 'json' };

/** What `npm start` gives to node, its flags included: what is tested is what people run. */
export const START_WORDS: readonly string[] = packageFile.scripts.start.split(' ').slice(1);
