import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openDatabase } from '../../database.ts';
import { createEventBridge, type Rule } from '../../event-bridge/index.ts';
import { useSmallDisk } from '../support/small-disk.ts';

const EVENT = {
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
} as const;

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
    createEventBridge(database, () => [before.rule]).record(EVENT);

    const renamed = ruleNamed('NoteStored');
    const other = ruleNamed('NoteRemoved', false);
    const eventBridge = createEventBridge(database, () => [renamed.rule, other.rule]);
    eventBridge.deliver();
    await new Promise(setImmediate);

    expect(renamed.events).to.have.length(1);
    expect([...before.events, ...other.events]).to.deep.equal([]);
    expect(eventBridge.stop()).to.equal(0);
  });

  describe('on a full disk', () => {
    const disk = useSmallDisk(8);

    it('events whose deliveries end meanwhile are forgotten when there is space again, and not delivered twice', async () => {
      const database = openDatabase(disk().folder);
      const { promise: delivered, resolve: end } = Promise.withResolvers<void>();
      const { rule, events } = ruleNamed('NoteSaved');
      const start = async (event: unknown) => {
        await rule.start(event);
        await delivered;
      };
      const eventBridge = createEventBridge(database, () => [{ ...rule, start }]);
      for (let count = 0; count < 50; count += 1) eventBridge.record(EVENT);
      eventBridge.deliver();
      disk().fill();
      end();
      await sleep(1000);
      const waiting = () =>
        Number(database.prepare('SELECT count(*) AS n FROM event_bridge_deliveries').get()?.n);
      expect(waiting()).to.be.above(0);

      disk().free();
      while (waiting() > 0) await sleep(20);
      expect(events).to.have.length(50);
      expect(eventBridge.stop()).to.equal(0);
      database.close();
    });

    it('an event whose execution, or dead letter, finds no space is delivered when there is space', async () => {
      const database = openDatabase(disk().folder);
      database.exec('CREATE TABLE kept (what TEXT)');
      const insert = database.prepare('INSERT INTO kept VALUES (?)');
      const save = (what: string) => insert.run(what + 'x'.repeat(10_000));
      const rules: Rule[] = [
        { ...ruleNamed('Starts').rule, start: async () => void save('started') },
        {
          ...ruleNamed('GivesUp').rule,
          start: () => Promise.reject(new Error('There is no such state machine')),
          giveUp: () => void save('given up'),
        },
      ];
      const eventBridge = createEventBridge(database, () => rules);
      eventBridge.record(EVENT);
      disk().fill();
      eventBridge.deliver();
      await sleep(1000);
      const kept = () => database.prepare('SELECT what FROM kept').all().length;
      expect(kept()).to.equal(0);

      disk().free();
      while (kept() < 2) await sleep(20);
      expect(eventBridge.stop()).to.be.at.most(2);
      database.close();
    });
  });

  it('who records an event learns whether a rule matches it', () => {
    const { rule } = ruleNamed('NoteSaved');
    const eventBridge = createEventBridge(new DatabaseSync(':memory:'), () => [
      { ...rule, matches: (event) => JSON.stringify(event).includes('"key":"a"') },
    ]);
    expect(eventBridge.record({ ...EVENT, key: 'a' })).to.equal(true);
    expect(eventBridge.record({ ...EVENT, key: 'b' })).to.equal(false);
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
