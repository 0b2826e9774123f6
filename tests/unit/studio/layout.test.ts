import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { allStates, readDefinition } from '../../../local/studio/page/graph/definition.ts';
import { type Box, type Point, pointsAlong } from '../../../local/studio/page/graph/geometry.ts';
import { layOut } from '../../../local/studio/page/graph/layout.ts';
import type { GraphLayout } from '../../../local/studio/page/graph/picture.ts';
import { START_RADIUS } from '../../../local/studio/page/graph/sizes.ts';
import { randomMachine } from './random-machine.ts';

const FOREIGN = 'tests/unit/studio/machines';
const FILES = ['statemachine', FOREIGN].flatMap((folder) =>
  readdirSync(folder).map((name) => `${folder}/${name}`),
);

const names = ({ nodes, groups }: GraphLayout) => [...nodes, ...groups].map(({ state }) => state.name).sort();

/** The boxes that an edge must not touch on its way: every state, and of what contains others the name. */
const boxesOf = ({ nodes, groups }: GraphLayout): { readonly id: string; readonly box: Box }[] => [
  ...nodes.map((node) => ({ id: node.state.id, box: node })),
  ...groups.map((group) => ({ id: group.state.id, box: { ...group, height: group.headerHeight } })),
];

/** A pixel inside of the border counts as outside. */
const contains = (box: Box, { x, y }: Point) =>
  x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1;
const overlaps = (one: Box, other: Box) =>
  one.x < other.x + other.width - 1 &&
  other.x < one.x + one.width - 1 &&
  one.y < other.y + other.height - 1 &&
  other.y < one.y + one.height - 1;

/** What is wrong with a picture, in words. */
function mistakesIn(layout: GraphLayout): string[] {
  const boxes = boxesOf(layout);
  const labels = layout.edges.flatMap(({ label }) => label ?? []);
  const crossings = layout.edges.flatMap(({ from, to, points }) =>
    boxes
      .filter(({ box }) => pointsAlong(points, 24).some((point) => contains(box, point)))
      .map(({ id }) => `the edge from ${from} to ${to} crosses ${id}`),
  );
  const invaded = layout.groups.flatMap((group) => {
    const inside = new Set([group.state.id, ...group.state.inner.flatMap(allStates).map(({ id }) => id)]);
    return layout.edges
      .filter(({ from, to }) => !inside.has(from) && !inside.has(to))
      .filter(({ points }) => pointsAlong(points, 24).some((point) => contains(group, point)))
      .map(({ from, to }) => `the edge from ${from} to ${to} runs through ${group.state.id}`);
  });
  const overlaid = boxes.flatMap(({ id, box }, index) => [
    ...boxes
      .slice(index + 1)
      .filter((other) => overlaps(box, other.box))
      .map((other) => `${id} lies on ${other.id}`),
    ...labels.filter((label) => overlaps(box, label)).map((label) => `"${label.whole}" lies on ${id}`),
  ]);
  const labelled = labels.flatMap((label, index) =>
    labels
      .slice(index + 1)
      .filter((other) => overlaps(label, other))
      .map((other) => `"${label.whole}" lies on "${other.whole}"`),
  );
  const isOutside = ({ x, y }: Point) => x < 0 || y < 0 || x > layout.width || y > layout.height;
  const { start } = layout;
  const outside = [
    ...(start && isOutside({ x: start.x, y: start.y - START_RADIUS }) ? ['the start is cut off'] : []),
    ...boxes
      .filter(({ box }) => isOutside(box) || isOutside({ x: box.x + box.width, y: box.y + box.height }))
      .map(({ id }) => `${id} lies outside of the picture`),
    ...layout.edges
      .filter(({ points }) => points.some(isOutside))
      .map(({ from, to }) => `the edge from ${from} to ${to} leaves the picture`),
  ];
  return [...crossings, ...invaded, ...overlaid, ...labelled, ...outside, ...looseEnds(layout)];
}

/** Each edge begins and ends on the border of its states. */
function looseEnds({ nodes, groups, edges }: GraphLayout): string[] {
  const byId = new Map([...nodes, ...groups].map((node) => [node.state.id, node]));
  const isOnBorder = (point: Point | undefined, box: Box | undefined) =>
    point !== undefined &&
    (box === undefined ||
      [box.y, box.y + box.height].some((y) => Math.abs(point.y - y) < 0.5) ||
      Math.abs(point.x - box.x - box.width) < 0.5);
  return edges
    .filter(
      ({ from, to, points }) =>
        !isOnBorder(points[0], byId.get(from)) || !isOnBorder(points.at(-1), byId.get(to)),
    )
    .map(({ from, to }) => `the edge from ${from} to ${to} has a loose end`);
}

describe('The picture of a state machine', () => {
  for (const file of FILES) {
    const definition: unknown = JSON.parse(readFileSync(file, 'utf8'));

    it(`${file}: each state is drawn once with its whole name, and no edge crosses a state`, () => {
      const layout = layOut(definition);
      const wanted = allStates(readDefinition(definition)).map(({ name }) => name);
      expect(names(layout)).to.deep.equal(wanted.sort());
      for (const { state, lines } of [...layout.nodes, ...layout.groups])
        expect(lines.join('').replaceAll(' ', '')).to.equal(state.name.replaceAll(' ', ''));
      expect(mistakesIn(layout)).to.deep.equal([]);
    });

    it(`${file}: each Next, Default, choice and Catch is an edge, and states lie in what contains them`, () => {
      const layout = layOut(definition);
      const wanted = new Set(JSON.stringify(definition).match(/"(Next|Default)":"/g));
      expect(wanted).to.have.property('size').that.is.above(0);
      for (const { id, transitions, inner } of allStates(readDefinition(definition))) {
        for (const { to, kind } of transitions)
          expect(
            layout.edges.filter((edge) => edge.from === id && edge.to === to && edge.kind === kind),
          ).to.have.length(1);
        const group = layout.groups.find(({ state }) => state.id === id);
        for (const inside of inner.flatMap(allStates)) {
          const box = boxesOf(layout).find((one) => one.id === inside.id)?.box;
          if (!group || !box) throw new Error(`Expected ${id} around ${inside.id}.`);
          expect(box.y).to.be.at.least(group.y + group.headerHeight);
          expect(box.x).to.be.at.least(group.x);
          expect(box.x + box.width).to.be.at.most(group.x + group.width);
          expect(box.y + box.height).to.be.at.most(group.y + group.height);
        }
      }
    });
  }

  it('The foreign machines are five, and one of them has forty states', () => {
    const sizes = readdirSync(FOREIGN).map(
      (name) => allStates(readDefinition(JSON.parse(readFileSync(`${FOREIGN}/${name}`, 'utf8')))).length,
    );
    expect(sizes).to.have.length(5);
    expect(Math.max(...sizes)).to.equal(40);
  });

  it('No edge crosses a state in machines made at random', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(randomMachine(), (definition) => {
        const layout = layOut(definition);
        const wanted = allStates(readDefinition(definition)).map(({ name }) => name);
        expect(names(layout)).to.deep.equal(wanted.sort());
        expect(mistakesIn(layout)).to.deep.equal([]);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('What is no state machine is an empty picture', () => {
    for (const definition of [undefined, null, 'text', 7, [], {}, { StartAt: 'A' }, { States: {} }])
      expect(layOut(definition)).to.include({ width: 0, height: 0 });
  });

  it('A transition to a state that does not exist is left out', () => {
    const layout = layOut({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, C: 'no object' } });
    expect(names(layout)).to.deep.equal(['A', 'C']);
    expect(layout.edges).to.have.length(1);
  });

  it('A choice is labelled with its rule in few words', () => {
    const { edges } = layOut(JSON.parse(readFileSync('statemachine/resize-image.asl.json', 'utf8')));
    const labels = new Map(edges.map(({ from, to, label }) => [`${from} ${to}`, label?.whole]));
    expect(labels.get('WasImageResized ImageRejected')).to.equal('status = "REJECTED"');
    expect(labels.get('WasImageResized ImageResized')).to.equal('otherwise');
    expect(labels.get('IsOneImage InvalidRequest')).to.equal(
      'key is present and (prefix is present or dryRun is present)',
    );
    expect(labels.get('ResizeImage RecordFailure')).to.equal('on Runtime.OutOfMemory or Runtime.ExitError');
    expect(labels.get('ResizeBatch ResizeImagesAlone')).to.equal('on any error');
  });
});
