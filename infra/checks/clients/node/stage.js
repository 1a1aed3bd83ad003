'use strict';
// The stage of a client's road: a shop that hears the bank's notifications, the bank's control calls, and facts.
// A road is a function that takes a Stage. It ends the process with 1 at the first fact that does not hold.

const assert = require('node:assert/strict');
const http = require('node:http');

const CALL_MILLISECONDS = 10_000;

class Stage {
  constructor(name) {
    this.base = process.env.TBANK_ADDRESS;
    this.terminal = `Stranger${name}DEMO`; // the shop's contract, which open makes at the bank
    this.password = `pässword-of-${name}`;
    this.name = name;
    this.orders = 0;
    this.proved = 0;
    this.notices = [];
  }

  // open starts the shop's server on loopback, which keeps notifications as received and answers each with OK.
  async open() {
    const server = http.createServer((request, answer) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        this.notices.push(Buffer.concat(parts).toString('utf8'));
        answer.end('OK');
      });
    });
    await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
    server.unref();
    this.address = `http://127.0.0.1:${server.address().port}/notice`;
    await this.openTerminal({});
  }

  // openTerminal makes the terminal at the bank, or changes its settings.
  openTerminal(settings) {
    const body = { password: this.password, notification_url: this.address, ...settings };
    return this.control('PUT', `/control/terminals/${this.terminal}`, body);
  }

  // control makes a control call and gives its answer.
  async control(method, path, body) {
    const answer = await fetch(this.base + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MILLISECONDS),
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  // pay lets the payer pay, or fail to, and delivers what the bank has to tell of it.
  async pay(paymentId, attempt = {}) {
    const paid = await this.control('POST', `/control/payments/${paymentId}/pay`, attempt);
    await this.deliver();
    return paid.status;
  }

  // deliver delivers all notifications of now; none of this shop's may be left without an OK.
  async deliver() {
    await this.control('POST', '/control/tick');
    const { items } = await this.control('GET', '/control/notifications');
    const left = items.filter((notice) => notice.terminal === this.terminal && notice.state === 'pending');
    assert.equal(left.length, 0, 'a notification was not taken with OK');
  }

  // advance moves the bank's clock and does what has become due.
  async advance(step) {
    await this.control('POST', '/control/clock', { advance: step });
    await this.deliver();
  }

  // page opens a page as the payer's browser does and gives its status.
  async page(url) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_MILLISECONDS) });
    await answer.text();
    return answer.status;
  }

  order() {
    this.orders += 1;
    return `${this.name}-${this.orders}`;
  }

  // heard takes the notifications that have come since the last time, raw.
  heard() {
    return this.notices.splice(0);
  }

  is(fact, got, want) {
    assert.deepStrictEqual(got, want, `${fact}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
    this.proved += 1;
    console.log(`    ok  ${fact}`);
  }
}

// play plays a road; the process ends with it.
async function play(name, client, road) {
  const { version } = require(`${client}/package.json`);
  console.log(`${client} (npm) ${version}`);
  try {
    const stage = new Stage(name);
    await stage.open();
    await road(stage);
    console.log(`    ${stage.proved} facts proved with ${client} (npm) ${version}`);
  } catch (failure) {
    console.log(`    DIFFERS  ${failure.message}`);
    if (failure.payload) console.log(`    ${JSON.stringify(failure.payload)}`);
    process.exitCode = 1;
  }
}

module.exports = { play };
