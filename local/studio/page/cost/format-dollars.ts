const MILLION = 1e6;

/** Two digits that count, and cents from one dollar on: `$0.000055`, `$0.12`, `$54.61`, `$1,234`. */
export function formatDollars(dollars: number): string {
  if (dollars === 0) return '$0';
  if (dollars >= 100) return `$${Math.round(dollars).toLocaleString('en-US')}`;
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(digits)}`;
}

/** @param dollars for one. */
export function formatMillion(dollars: number): string {
  const million = dollars * MILLION;
  return formatDollars(million >= 10 ? Math.round(million) : million).replace(/\.00$/, '');
}
