import { useEffect, useRef, useState } from 'preact/hooks';
import type { StackFacts } from '../stack-facts.ts';
import { onReachability } from './calls/call.ts';
import { readStack } from './calls/stack.ts';
import { ExecutionsView } from './executions/executions-view.tsx';
import { ImagesView } from './images/images-view.tsx';
import { hrefTo, useRoute, VIEWS, type View } from './navigation.ts';
import { QueueView } from './queue/queue-view.tsx';
import { StackProvider } from './stack-context.ts';
import { Uploads } from './uploads/uploads.tsx';

const TITLES: Readonly<Record<View, string>> = {
  images: 'Images',
  executions: 'Executions',
  queue: 'Not processed',
};

const CONTENTS: Readonly<Record<View, typeof ImagesView>> = {
  images: ImagesView,
  executions: ExecutionsView,
  queue: QueueView,
};

/** The page: its head, the uploads that go on whatever is shown, and the view that the address names. */
export function App() {
  const { stack, problem } = useFollowedStack();
  const { view, rest } = useRoute();
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${TITLES[view]} · ${stack?.name ?? 'Image pipeline'}`;
  }, [view, stack]);
  const Content = CONTENTS[view];
  return (
    <>
      <button type="button" class="skip-link" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Head stack={stack} view={view} />
      <div role="status">{problem !== '' && <p class="banner">{problem}</p>}</div>
      <main ref={main} id="main" tabIndex={-1}>
        {stack && (
          <StackProvider value={stack}>
            <Uploads isBrief={view !== 'images'} />
            <Content rest={rest} />
          </StackProvider>
        )}
      </main>
    </>
  );
}

function Head({ stack, view }: { readonly stack: StackFacts | undefined; readonly view: View }) {
  return (
    <header class="head">
      <p class="head-title">
        Image pipeline
        {stack && (
          <span class="head-stack">
            {stack.isLocal ? 'on this machine' : `${stack.name} in ${stack.region}`}
          </span>
        )}
      </p>
      <nav aria-label="Views">
        {VIEWS.map((one) => (
          <a key={one} href={hrefTo(one)} aria-current={one === view ? 'page' : undefined}>
            {TITLES[one]}
          </a>
        ))}
      </nav>
    </header>
  );
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** How often the shell looks whether the studio still answers: no view may be asking for anything. */
const LOOK_MS = 5_000;

/** The stack, asked for until it answers, and again and again after. */
function useFollowedStack(): { readonly stack: StackFacts | undefined; readonly problem: string } {
  const [stack, setStack] = useState<StackFacts>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isRetrying = false;
    let waitMs = FIRST_RETRY_MS;
    const ask = async (): Promise<void> => {
      isRetrying = false;
      try {
        const found = await readStack();
        // The same object, so that nothing is drawn again.
        setStack((known) => (JSON.stringify(known) === JSON.stringify(found) ? known : found));
        waitMs = FIRST_RETRY_MS;
        setProblem('');
        clearTimeout(timer);
        timer = setTimeout(ask, LOOK_MS);
      } catch (error) {
        retry(error instanceof Error ? error.message : String(error));
      }
    };
    const retry = (reason: string): void => {
      if (isRetrying) return;
      isRetrying = true;
      setProblem(`${reason} Trying again…`);
      clearTimeout(timer);
      timer = setTimeout(ask, waitMs);
      waitMs = Math.min(waitMs * 2, LAST_RETRY_MS);
    };
    const stopListening = onReachability((reason) => reason !== undefined && retry(reason));
    void ask();
    return () => {
      stopListening();
      clearTimeout(timer);
    };
  }, []);
  return { stack, problem };
}
