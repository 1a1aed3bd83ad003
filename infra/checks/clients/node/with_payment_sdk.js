'use strict';
// The road with the npm package @jfkz/tinkoff-payment-sdk: its ApiManager over got, amounts in roubles, its own WebhookHandler.

const assert = require('node:assert/strict');
const got = require('got');
const { ApiManager, DataTypeQr, GotHttpClient, PayType, ReceiptTax, ReceiptTaxation, SdkError, WebhookHandler } = require('@jfkz/tinkoff-payment-sdk');
const { play } = require('./stage.js');

function client(s, password = s.password) {
  return new ApiManager({
    httpClient: new GotHttpClient({ got: got.extend({ timeout: 10_000, retry: 0 }) }),
    baseUrl: `${s.base}/v2/`,
    terminalKey: s.terminal,
    password,
  });
}

// refused gives the bank's code of an error that the SDK throws.
async function refused(call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof SdkError) return error.payload.ErrorCode;
    throw error;
  }
  return 'no error';
}

// notices reads each new notification with the SDK's handler, which must refuse it once it has been changed.
function notices(s) {
  const handler = new WebhookHandler({ terminalKey: s.terminal, password: s.password });
  return s.heard().map((raw) => {
    const { payload, response } = handler.handleWebhookRequest({ payload: JSON.parse(raw) });
    assert.deepStrictEqual(response, { status: 200, payload: 'OK' });
    const forged = { ...JSON.parse(raw), Amount: 1 };
    assert.throws(() => handler.handleWebhookRequest({ payload: forged }), /Incorrect webhook request token/);
    return [payload.Status, payload.Amount];
  });
}

async function opened(s, bank, roubles, more = {}) {
  const OrderId = s.order();
  const p = await bank.initPayment({ OrderId, Amount: roubles, NotificationURL: s.address, ...more });
  assert.deepStrictEqual([p.OrderId, p.Amount, p.Status, p.TerminalKey], [OrderId, roubles, 'NEW', s.terminal]);
  return p;
}

async function oneStage(s, bank) {
  const due = new Date(Date.now() + 3_600_000);
  const p = await opened(s, bank, 1499, { Description: 'Заказ № 7 & «шкаф»', PayType: PayType.SingleStage, RedirectDueDate: due, DATA: { Email: 'buyer@example.com' } });
  s.is('Init takes DATA and a deadline, and gives an address that opens', await s.page(p.PaymentURL), 200);
  s.is('a payer pays', await s.pay(p.PaymentId), 'CONFIRMED');
  s.is('its WebhookHandler takes AUTHORIZED and CONFIRMED', notices(s).sort(), [['AUTHORIZED', 1499], ['CONFIRMED', 1499]]);
  const state = await bank.getState({ PaymentId: p.PaymentId });
  s.is('GetState reads the payment', [state.Status, state.PaymentId, state.OrderId], ['CONFIRMED', p.PaymentId, p.OrderId]);
  const { Payments } = await bank.checkOrder({ OrderId: p.OrderId });
  s.is('CheckOrder lists it', Payments.map((x) => [x.PaymentId, x.Status, x.ErrorCode]), [[p.PaymentId, 'CONFIRMED', '0']]);
  const part = await bank.cancelPayment({ PaymentId: p.PaymentId, Amount: 500 });
  s.is('Cancel gives a part back', [part.Status, part.OriginalAmount, part.NewAmount], ['PARTIAL_REFUNDED', 1499, 999]);
  const rest = await bank.cancelPayment({ PaymentId: p.PaymentId });
  s.is('Cancel gives the rest back', [rest.Status, rest.OriginalAmount, rest.NewAmount], ['REFUNDED', 999, 0]);
  s.is('… and nothing twice', await refused(() => bank.cancelPayment({ PaymentId: p.PaymentId })), '4');
  await s.deliver();
  s.is('both refunds are notified', notices(s).map(([status]) => status), ['PARTIAL_REFUNDED', 'REFUNDED']);
}

async function twoStages(s, bank) {
  let p = await opened(s, bank, 800, { PayType: PayType.DoubleStage });
  s.is("a payer's money is held", await s.pay(p.PaymentId), 'AUTHORIZED');
  const taken = await bank.confirmPayment({ PaymentId: p.PaymentId });
  s.is('Confirm takes it', [taken.Status, taken.PaymentId], ['CONFIRMED', p.PaymentId]);
  s.is('a second Confirm is refused', await refused(() => bank.confirmPayment({ PaymentId: p.PaymentId })), '4');
  p = await opened(s, bank, 800, { PayType: PayType.DoubleStage });
  await s.pay(p.PaymentId);
  s.is('Cancel releases a hold', (await bank.cancelPayment({ PaymentId: p.PaymentId })).Status, 'REVERSED');
  await s.deliver();
  s.is('hold, capture and release are notified', notices(s).map(([status]) => status), ['AUTHORIZED', 'CONFIRMED', 'AUTHORIZED', 'REVERSED']);
}

async function whatFails(s, bank) {
  let p = await opened(s, bank, 300);
  s.is('Cancel ends an unpaid payment', (await bank.cancelPayment({ PaymentId: p.PaymentId })).Status, 'CANCELED');
  await s.deliver();
  s.heard();
  p = await opened(s, bank, 300);
  s.is('a card is declined', await s.pay(p.PaymentId, { outcome: 'insufficient_funds' }), 'REJECTED');
  s.is('its WebhookHandler takes the decline', notices(s), [['REJECTED', 300]]);
  s.is('a second Init of one OrderId is refused', await refused(() => bank.initPayment({ OrderId: p.OrderId, Amount: 300 })), '20');
  s.is('a wrong password is error 204', await refused(() => client(s, 'wrong').getState({ PaymentId: p.PaymentId })), '204');
}

async function savedCard(s, bank) {
  await bank.addCustomer({ CustomerKey: 'buyer-1', Email: 'buyer@example.com' });
  s.is('GetCustomer reads what AddCustomer wrote', (await bank.getCustomer({ CustomerKey: 'buyer-1' })).Email, 'buyer@example.com');
  const parent = await opened(s, bank, 100, { CustomerKey: 'buyer-1', Recurrent: 'Y' });
  await s.pay(parent.PaymentId);
  const [told] = s.heard().map((raw) => JSON.parse(raw));
  const cards = await bank.getCardList({ CustomerKey: 'buyer-1' });
  s.is('GetCardList shows the card of the notification', cards.map((c) => [c.RebillId, c.Pan, c.Status]), [[told.RebillId, told.Pan, 'A']]);
  const child = await opened(s, bank, 200);
  const charged = await bank.chargePayment({ PaymentId: child.PaymentId, RebillId: told.RebillId });
  s.is('Charge debits it', [charged.Status, charged.Amount], ['CONFIRMED', 200]);
  await s.deliver();
  s.heard();
}

async function sbp(s, bank) {
  const p = await opened(s, bank, 450);
  const qr = await bank.getQr({ PaymentId: p.PaymentId, DataType: DataTypeQr.Payload });
  s.is('GetQr gives the payload of this payment', [qr.PaymentId, qr.Data.startsWith('https://qr.nspk.ru/')], [p.PaymentId, true]);
  s.is('a payer pays by SBP', await s.pay(p.PaymentId, { method: 'sbp' }), 'CONFIRMED');
  s.is('its WebhookHandler takes notifications without a card', notices(s).map(([status]) => status).sort(), ['AUTHORIZED', 'CONFIRMED']);
}

async function fiscal(s, bank) {
  await s.openTerminal({ fiscal: true });
  s.is('a terminal with a till wants a receipt', await refused(() => bank.initPayment({ OrderId: s.order(), Amount: 700 })), '309');
  const Receipt = {
    Email: 'buyer@example.com', Taxation: ReceiptTaxation.OSN,
    Items: [{ Name: 'Ткань «синяя»', Price: 400, Quantity: 1.75, Tax: ReceiptTax.VAT20 }],
  };
  const p = await opened(s, bank, 700, { Receipt });
  s.is("Init takes the SDK's receipt and its token without it", await s.pay(p.PaymentId), 'CONFIRMED');
  notices(s);
  await s.advance('10s');
  s.is('its WebhookHandler takes the notification of the receipt', notices(s), [['RECEIPT', 700]]);
}

play('Sdk', '@jfkz/tinkoff-payment-sdk', async (s) => {
  const bank = client(s);
  for (const part of [oneStage, twoStages, whatFails, savedCard, sbp, fiscal]) await part(s, bank);
});
