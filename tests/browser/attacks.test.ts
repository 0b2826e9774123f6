// What a page of another site can do to the runtime of somebody who has it open in a browser: nothing.

import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { useChromium } from './chromium.ts';
import { useSite } from './site.ts';

describeLocally('A page of another site', 'npm start is what it attacks', () => {
  const openPage = useChromium(
    // As a name server of the attacker answers, at once or from the second time on.
    '--host-resolver-rules=MAP evil.example 127.0.0.1',
    // Some browsers ask before a page reaches this machine; in the others, the runtime alone refuses it.
    '--disable-features=LocalNetworkAccessChecks',
  );
  const site = useSite();
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline();
    await pipeline.uploadAndWait('input/private.jpg', await paintUpright(90, 60).jpeg().toBuffer());
  });
  after(() => pipeline?.stop());

  /** Sends a bulk run in every way that needs no preflight. */
  const startBulkRuns = (page: Page) =>
    page.evaluate(async (url) => {
      const body = '{"force":true}';
      const untyped = new Blob([body]);
      const post = (given: RequestInit) =>
        fetch(url, { method: 'POST', mode: 'no-cors', ...given }).catch(String);
      await post({ body: untyped });
      await post({ body: untyped, referrerPolicy: 'no-referrer' });
      await post({ body });
      navigator.sendBeacon(url, untyped);
      const form = document.createElement('form');
      Object.assign(form, { method: 'POST', action: url, enctype: 'text/plain', target: 'answer' });
      const frame = Object.assign(document.createElement('iframe'), { name: 'answer' });
      const loaded = new Promise((done) => frame.addEventListener('load', done));
      document.body.append(form, frame);
      form.submit();
      await loaded;
    }, `${pipeline.addresses.api}/process-image`);

  it('A page of another site starts no bulk run, while the same requests of an own page start it', async () => {
    const before = await pipeline.newestExecution();
    const evil = await openPage();
    await evil.goto(site().page('Nothing to see').replace('127.0.0.1', 'evil.example'));
    await startBulkRuns(evil);
    expect(await pipeline.newestExecution()).to.equal(before);

    const own = await openPage();
    await own.goto(pipeline.addresses.page ?? '');
    await startBulkRuns(own);
    expect(await pipeline.newestExecution()).to.not.equal(before);
  });

  it('A page of another site reads nothing by the studio, changes nothing, and cannot frame it', async () => {
    const { states, resizedImagesBucket, originalImagesBucket, resizeImageStateMachineArn } =
      pipeline.addresses;
    const before = await pipeline.newestExecution();
    const page = await openPage();
    await page.goto(site().page('Nothing to see').replace('127.0.0.1', 'evil.example'));
    const answers: string[] = [];
    page.on('response', (answer) => {
      const { pathname } = new URL(answer.url());
      if (pathname.startsWith('/studio/')) answers.push(`${pathname.split('/')[2]} ${answer.status()}`);
    });
    const seen = await page.evaluate(
      async ([url, resized, originals, machine]) => {
        const get = (path: string) => fetch(`${url}/studio/${path}`, { mode: 'no-cors' }).catch(String);
        const post = (path: string, body: string) =>
          fetch(`${url}/studio/${path}`, { method: 'POST', mode: 'no-cors', body }).catch(String);
        await get('stack.json');
        await post('states', JSON.stringify({ stateMachineArn: machine, input: '{}' }));
        await post('api/process-image', '{"force":true}');
        await fetch(`${url}/studio/s3/${originals}/input%2Fevil.jpg`, { method: 'PUT', body: 'evil' }).catch(
          String,
        );
        const image = new Image();
        image.src = `${url}/studio/s3/${resized}/output%2Fprivate.jpg%2Fthumbnail.jpg`;
        const isShown = await image.decode().then(
          () => true,
          () => false,
        );
        const frame = document.createElement('iframe');
        frame.src = `${url}/`;
        const loaded = new Promise((done) => frame.addEventListener('load', done));
        document.body.append(frame);
        await loaded;
        return { isShown };
      },
      [states, resizedImagesBucket, originalImagesBucket, resizeImageStateMachineArn],
    );
    expect(seen.isShown).to.equal(false);
    expect(answers).to.include.members(['stack.json 403', 'states 403', 'api 403']);
    await until(
      async () => page.frames().some((frame) => frame.url() === 'chrome-error://chromewebdata/'),
      'the error of Chromium in the frame',
      10_000,
    );
    expect(page.frames().map((frame) => frame.url())).to.not.include(`${states}/`);
    expect(await pipeline.newestExecution()).to.equal(before);
    const found = { Bucket: originalImagesBucket, Prefix: 'input/evil' };
    expect((await pipeline.s3.send(new ListObjectsV2Command(found))).KeyCount).to.equal(0);
  });

  it('A page of another site stores no object, and begins no upload, for which browsers send no preflight', async () => {
    const { s3, originalImagesBucket: Bucket } = pipeline.addresses;
    const page = await openPage();
    await page.goto(site().page('Nothing to see').replace('127.0.0.1', 'evil.example'));
    const answers: string[] = [];
    page.on('response', (answer) => answers.push(`${answer.request().method()} ${answer.status()}`));
    await page.evaluate(
      async ([url, name]) => {
        const object = `${url}/${name}/input/evil.jpg`;
        const put = fetch(object, { method: 'PUT', body: 'evil' });
        const begun = fetch(`${object}?uploads`, { method: 'POST', mode: 'no-cors' });
        await Promise.allSettled([put, begun]);
      },
      [s3, Bucket],
    );
    expect(answers).to.include('POST 403').and.not.include('PUT 200');
    const stored = await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'input/evil' }));
    expect(stored.KeyCount).to.equal(0);
    const { Uploads = [] } = await pipeline.s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads).to.deep.equal([]);
  });

  it('A page whose domain name was made to lead to this machine reads nothing and starts nothing, on any port', async () => {
    const { api, s3, states, images = '', resizedImagesBucket: bucket } = pipeline.addresses;
    const before = await pipeline.newestExecution();
    for (const [url, path, init] of [
      [s3, '/', {}],
      [s3, `/${bucket}?list-type=2`, {}],
      [s3, `/${bucket}/output/private.jpg/manifest.json`, {}],
      [s3, `/${bucket}/output/private.jpg/manifest.json`, { method: 'DELETE' }],
      [images, '/private.jpg/manifest.json', {}],
      [states, '/page/', {}],
      [states, '/studio/stack.json', {}],
      [states, `/studio/s3/${bucket}/output%2Fprivate.jpg%2Fmanifest.json`, {}],
      [states, '/studio/api/process-image', { method: 'POST', body: '{"force":true}' }],
      [states, '/', { method: 'POST', headers: { 'X-Amz-Target': 'AmazonSQS.ListQueues' }, body: '{}' }],
      [api.replace('/prod', ''), '/prod/process-image', { method: 'POST', body: '{"force":true}' }],
    ] as const) {
      const evil = url.replace('127.0.0.1', 'evil.example');
      const page = await openPage();
      // The attacker's own server, which answered before the name led to this machine.
      await page.route(`${evil}/attack.html`, (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Nothing to see</title>' }),
      );
      await page.goto(`${evil}/attack.html`);
      const answer = await page.evaluate(
        async ([target, given]) => {
          const { status, body } = await fetch(target, given).then(
            async (answered) => ({ status: answered.status, body: await answered.text() }),
            (error: unknown) => ({ status: 0, body: String(error) }),
          );
          return { origin: location.origin, status, body };
        },
        [path, init] as const,
      );
      expect(answer, path).to.include({ origin: evil, status: 403 });
      expect(answer.body, path)
        .to.include('To allow it, start with --allow-host evil.example')
        .and.not.include('private');
    }
    expect(await pipeline.newestExecution()).to.equal(before);
  });
});
