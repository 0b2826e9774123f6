import { expect } from 'chai';
import { PRICES } from '../../docs/prices.ts';
import { at, items } from '../deploy/translator.ts';
import { readReal } from '../support/template-file.ts';

describe('The dashboard', () => {
  const widgets = items(at(JSON.parse(body()), 'widgets'));
  const texts = JSON.stringify(widgets);

  it('The dashboard has a heading for each of its four questions', () => {
    const titles = widgets.map((widget) => String(at(widget, 'properties', 'markdown') ?? ''));
    expect(titles.map((title) => /^## (.*)$/m.exec(title)?.[1]).filter(Boolean)).to.deep.equal([
      'Is it working?',
      'How fast?',
      'What does it cost?',
      'What was refused?',
    ]);
  });

  it('The dashboard shows every metric that the function writes and every alarm', () => {
    for (const metric of [
      'ImagesResized',
      'ImagesUnchanged',
      'ImagesRejected',
      'SourceBytes',
      'RenditionBytes',
      'RenderMilliseconds',
    ])
      expect(texts).to.include(`["ImagePipeline","${metric}","FunctionName","ImageResizeFunction"`);
    expect(texts).to.include("SEARCH('{ImagePipeline,FunctionName,ErrorName} MetricName=");
    const alarms = [...readReal().resources.values()].filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
    expect(alarms).to.have.length(9);
    for (const { logicalId } of alarms) expect(texts).to.include(`:alarm:${logicalId}"`);
  });

  it('The dashboard names the region in every metric widget, because CloudWatch requires it', () => {
    for (const widget of widgets.filter((one) => at(one, 'type') === 'metric')) {
      expect(at(widget, 'properties', 'region')).to.equal('us-east-1');
      expect(at(widget, 'properties', 'title')).to.be.a('string');
    }
  });

  it('The dashboard has no widget that overlaps another', () => {
    const taken = new Set<string>();
    for (const widget of widgets) {
      const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((side) => Number(at(widget, side)));
      expect(Number(x) + Number(width)).to.be.at.most(24);
      for (let column = Number(x); column < Number(x) + Number(width); column += 1)
        for (let row = Number(y); row < Number(y) + Number(height); row += 1) {
          expect(taken, `${column}, ${row}`).not.to.include(`${column}, ${row}`);
          taken.add(`${column}, ${row}`);
        }
    }
  });

  it('The dashboard uses only metrics of the same widget in an expression, and the prices of docs/cost.md', () => {
    for (const widget of widgets) {
      const metrics = items(at(widget, 'properties', 'metrics')).map((metric) => items(metric).at(-1));
      const ids = metrics.map((metric) => at(metric, 'id'));
      for (const metric of metrics)
        for (const name of String(at(metric, 'expression') ?? '').match(/\b[a-z]+\b/g) ?? [])
          if (!String(at(metric, 'expression')).startsWith('SEARCH')) expect(ids).to.include(name);
    }
    for (const [Architecture, price] of Object.entries(PRICES.lambdaGbSecond))
      expect(body({ Architecture })).to.include(`* ${price.toFixed(10)}`);
    expect(body()).to.include(`* ${PRICES.expressGbSecond.toFixed(8)}`);
  });
});

function body(parameters: Record<string, string> = {}): string {
  return String(readReal(parameters).resources.get('Dashboard')?.properties.DashboardBody);
}
