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

  it('an event has the fields that S3 gives it: the ETag of what exists, and which version was deleted how', async () => {
    const { rule, events } = ruleNamed('NoteChanged');
    const eventBridge = createEventBridge(new DatabaseSync(':memory:'), () => [rule]);
    const change = { bucket: 'notes', key: 'cat.md', size: 1, etag: 'e', versionId: 'v', sequencer: '1' };
    const origin = { time: new Date(0).toISOString(), requestId: 'r', sourceIp: '127.0.0.1' };
    const deleted = { ...change, ...origin, type: 'Object Deleted', reason: 'DeleteObject' } as const;
    eventBridge.record({ ...change, ...origin, type: 'Object Created', reason: 'PutObject' });
    eventBridge.record({ ...deleted, deletionType: 'Delete Marker Created' });
    eventBridge.record({ ...deleted, deletionType: 'Permanently Deleted' });

    eventBridge.deliver();
    await new Promise(setImmediate);

    expect(events).to.have.length(3);
    const [created, marked, removed] = events;
    const object = { key: 'cat.md', 'version-id': 'v', sequencer: '1' };
    expect(created).to.deep.include({ 'detail-type': 'Object Created' });
    expect(created).to.have.deep.nested.property('detail.object', { ...object, size: 1, etag: 'e' });
    expect(created).not.to.have.nested.property('detail.deletion-type');
    expect(marked).to.have.deep.nested.property('detail.object', { ...object, etag: 'e' });
    expect(marked).to.have.nested.property('detail.deletion-type', 'Delete Marker Created');
    expect(removed).to.have.deep.nested.property('detail.object', object);
    expect(removed).to.have.nested.property('detail.deletion-type', 'Permanently Deleted');
  });
});
