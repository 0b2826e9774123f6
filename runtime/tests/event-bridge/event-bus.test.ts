import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { createEventBridge, type Rule } from '../../event-bridge/index.ts';

describe('The local EventBridge', () => {
  function ruleNamed(logicalId: string, matches = true): { rule: Rule; events: unknown[] } {
    const events: unknown[] = [];
    const start = async (event: unknown) => {
      events.push(event);
    };
    return { rule: { logicalId, matches: () => matches, start, giveUp: () => {} }, events };
  }

  it('an event that a rule matched is delivered by the rule of a new name after a restart', async () => {
    const database = new DatabaseSync(':memory:');
    const before = ruleNamed('NoteSaved');
    createEventBridge(database, () => [before.rule]).record({
      type: 'Object Created',
      bucket: 'notes',
      key: 'notes/cat.md',
      size: 1,
      etag: 'e',
      sequencer: '1',
      reason: 'PutObject',
      time: new Date(0).toISOString(),
      requestId: 'r',
      sourceIp: '127.0.0.1',
    });

    const renamed = ruleNamed('NoteStored');
    const other = ruleNamed('NoteRemoved', false);
    const eventBridge = createEventBridge(database, () => [renamed.rule, other.rule]);
    eventBridge.deliver();
    await new Promise(setImmediate);

    expect(renamed.events).to.have.length(1);
    expect([...before.events, ...other.events]).to.deep.equal([]);
    expect(eventBridge.stop()).to.equal(0);
  });
});
