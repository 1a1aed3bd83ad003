'use strict';
// The road with the npm package tinkoff-merchant-api: a thin client over request. It signs every member of a body, objects
// too, so that this road sends none. Its address is a static member of the class, which a subclass replaces.

const assert = require('node:assert/strict');
const TinkoffMerchantAPI = require('tinkoff-merchant-api');
const { play } = require('./stage.js');

function client(s, password = s.password) {
  class AtTheSimulator extends TinkoffMerchantAPI {
    static get apiUrl() {
      return `${s.base}/v2/`;
    }
  }
  return new AtTheSimulator(s.terminal, password);
}

// notices reads each new notification once the client's own check has let it through; a changed one it must refuse.
function notices(s, bank) {
  return s.heard().map((raw) => {
    const body = JSON.parse(raw);
    assert.deepStrictEqual(bank.checkNotificationRequest({ body }), { success: true });
    assert.equal(bank.checkNotificationRequest({ body: { ...body, Amount: 1 } }).success, false);
    return [body.Status, body.Amount];
  });
}

async function opened(s, bank, kopecks, more = {}) {
  const OrderId = s.order();
  const p = await bank.init({ OrderId, Amount: kopecks, NotificationURL: s.address, ...more });
  assert.deepStrictEqual([p.Success, p.ErrorCode, p.OrderId, p.Amount, p.Status], [true, '0', OrderId, kopecks, 'NEW']);
  return p;
}

async function oneStage(s, bank) {
  const p = await opened(s, bank, 149_900, { Description: 'Заказ «шкаф»', Language: 'en', PayType: 'O', IP: '203.0.113.7' });
  s.is('Init gives an address that opens', await s.page(p.PaymentURL), 200);
  s.is('a payer pays after 3-D Secure', await s.pay(p.PaymentId, { card: '4249170392197566', code: '1234' }), 'CONFIRMED');
  s.is('its check takes AUTHORIZED and CONFIRMED', notices(s, bank).sort(), [['AUTHORIZED', 149_900], ['CONFIRMED', 149_900]]);
  const state = await bank.getState({ PaymentId: p.PaymentId });
  s.is('GetState reads the payment', [state.Success, state.Status, state.Amount], [true, 'CONFIRMED', 149_900]);
  const part = await bank.cancel({ PaymentId: p.PaymentId, Amount: 50_000 });
  s.is('Cancel gives a part back', [part.Status, part.OriginalAmount, part.NewAmount], ['PARTIAL_REFUNDED', 149_900, 99_900]);
  const rest = await bank.cancel({ PaymentId: p.PaymentId });
  s.is('Cancel gives the rest back', [rest.Status, rest.NewAmount], ['REFUNDED', 0]);
  await s.deliver();
  s.is('both refunds are notified', notices(s, bank).map(([status]) => status), ['PARTIAL_REFUNDED', 'REFUNDED']);
}

async function twoStages(s, bank) {
  let p = await opened(s, bank, 80_000, { PayType: 'T' });
  s.is("a payer's money is held", await s.pay(p.PaymentId), 'AUTHORIZED');
  s.is('Confirm takes a part of it', (await bank.confirm({ PaymentId: p.PaymentId, Amount: 60_000 })).Status, 'CONFIRMED');
  p = await opened(s, bank, 80_000, { PayType: 'T' });
  await s.pay(p.PaymentId);
  s.is('Cancel releases a hold', (await bank.cancel({ PaymentId: p.PaymentId })).Status, 'REVERSED');
  await s.deliver();
  s.is('its check takes all four notifications', notices(s, bank), [['AUTHORIZED', 80_000], ['CONFIRMED', 60_000], ['AUTHORIZED', 80_000], ['REVERSED', 80_000]]);
}

async function whatFails(s, bank) {
  let p = await opened(s, bank, 30_000);
  s.is('Cancel ends an unpaid payment', (await bank.cancel({ PaymentId: p.PaymentId })).Status, 'CANCELED');
  await s.deliver();
  s.heard();
  p = await opened(s, bank, 30_000);
  s.is('a card is declined', await s.pay(p.PaymentId, { outcome: 'card_expired' }), 'REJECTED');
  s.is('its check takes the decline', notices(s, bank), [['REJECTED', 30_000]]);
  const forged = await client(s, 'wrong').getState({ PaymentId: p.PaymentId });
  s.is('a wrong password is error 204', [forged.Success, forged.ErrorCode], [false, '204']);
}

async function duplicateNotice(s, bank) {
  await s.control('POST', '/control/faults', { call: 'notification', fault: 'duplicate', times: 1 });
  const p = await opened(s, bank, 20_000);
  await s.pay(p.PaymentId);
  s.is('its check takes a notification that comes twice, both times', notices(s, bank).length, 3);
  s.is('Resend finds nothing left to send', [(await bank.resend({})).Success, (await bank.resend({})).Count], [true, 0]);
}

play('Merchant', 'tinkoff-merchant-api', async (s) => {
  const bank = client(s);
  for (const part of [oneStage, twoStages, whatFails, duplicateNotice]) await part(s, bank);
});
