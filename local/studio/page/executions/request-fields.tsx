import type { Choice } from './request.ts';

interface Props {
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
}

const WHAT: readonly (readonly [Choice['what'], string])[] = [
  ['all', 'All images'],
  ['prefix', 'Images whose keys start with'],
  ['key', 'One image'],
];

export function RequestFields({ choice, onChange }: Props) {
  const { what, force, dryRun } = choice;
  return (
    <>
      <fieldset>
        <legend class="visually-hidden">Which images</legend>
        {WHAT.map(([value, title]) => (
          <div key={value} class="request-choice">
            <label>
              <input
                type="radio"
                name="what"
                checked={what === value}
                onChange={() => onChange({ ...choice, what: value })}
              />
              {title}
            </label>
            {value !== 'all' && what === value && (
              <input
                type="text"
                aria-label={value === 'key' ? 'Key' : 'Prefix'}
                value={choice[value]}
                spellcheck={false}
                onInput={({ currentTarget }) => onChange({ ...choice, [value]: currentTarget.value })}
              />
            )}
          </div>
        ))}
      </fieldset>
      <fieldset>
        <legend class="visually-hidden">How</legend>
        <label>
          <input type="checkbox" checked={force} onChange={() => onChange({ ...choice, force: !force })} />
          Also those that are up to date (force)
        </label>
        {what !== 'key' && (
          <label>
            <input
              type="checkbox"
              checked={dryRun}
              onChange={() => onChange({ ...choice, dryRun: !dryRun })}
            />
            Only count what would be made (dry run)
          </label>
        )}
      </fieldset>
    </>
  );
}
