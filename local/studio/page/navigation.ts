import { useEffect, useState } from 'preact/hooks';

export const VIEWS = ['images', 'executions', 'queue'] as const;
export type View = (typeof VIEWS)[number];

/** What the address shows: `#/executions/NAME` is the view `executions` with the rest `['NAME']`. */
export interface Route {
  readonly view: View;
  readonly rest: readonly string[];
}

/** Reads the hash of an address. Everything unknown shows the images. */
function readRoute(hash: string): Route {
  const [name, ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode);
  const view = VIEWS.find((one) => one === name);
  return view === undefined ? { view: 'images', rest: [] } : { view, rest: rest.filter(Boolean) };
}

/** The address of a view, or of one thing in it, for a link. */
export function hrefTo(view: View, ...rest: readonly string[]): string {
  return `#/${[view, ...rest.map(encodeURIComponent)].join('/')}`;
}

/** The route of the page's address; changes when somebody follows a link or goes back. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(readRoute(location.hash));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Somebody may have typed it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
