import type { Filter } from './execution-list.ts';
import { STATUS_TONES } from './execution-list.ts';

interface Props {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
  readonly count: number;
}

const KINDS: readonly (readonly [Filter['kind'], string])[] = [
  ['all', 'Everything'],
  ['upload', 'Uploads and removals'],
  ['request', 'Requests and bulk runs'],
];
const STATUSES: readonly Filter['status'][] = [
  'all',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'ABORTED',
];

export function FilterBar({ filter, onChange, count }: Props) {
  const { kind, status, text } = filter;
  const pick = <Value extends string>(values: readonly Value[], name: string) =>
    values.find((one) => one === name);
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not known to all screen readers.
    <div class="filter-bar" role="search" aria-label="Executions">
      <label>
        Show
        <select
          value={kind}
          onChange={({ currentTarget: { value } }) =>
            onChange({
              ...filter,
              kind:
                pick(
                  KINDS.map(([one]) => one),
                  value,
                ) ?? 'all',
            })
          }
        >
          {KINDS.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Status
        <select
          value={status}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...filter, status: pick(STATUSES, value) ?? 'all' })
          }
        >
          {STATUSES.map((value) => (
            <option key={value} value={value}>
              {value === 'all' ? 'any' : STATUS_TONES[value].text}
            </option>
          ))}
        </select>
      </label>
      <label class="filter-text">
        Key, name or error
        <input
          type="search"
          value={text}
          onInput={({ currentTarget: { value } }) => onChange({ ...filter, text: value })}
        />
      </label>
      <p class="quiet" aria-live="polite">
        {count} {count === 1 ? 'execution' : 'executions'}
      </p>
    </div>
  );
}
