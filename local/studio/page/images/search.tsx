/** A field that searches while somebody types. */
export function Search({ value, change }: { value: string; change: (value: string) => void }) {
  return (
    <label class="images-search">
      <span class="visually-hidden">Search by key</span>
      <input
        type="search"
        placeholder="Search by key"
        autoComplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  );
}
