/** A request that the studio does not forward, or cannot. */
export class Refusal extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(status: number, name: string, message: string) {
    super(message);
    this.status = status;
    this.name = name;
  }
}

/** @returns a refusal of what the page never asks for. */
export function notAllowed(message: string): Refusal {
  return new Refusal(403, 'NotAllowed', message);
}
