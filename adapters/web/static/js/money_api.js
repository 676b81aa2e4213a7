// Money's HTTP face, for one person: tokens, tips, streams, calls, and what operators do.
// Amounts are whole tokens; `key` makes a repetition harmless.

import { request, spacePath } from './api.js';

const part = encodeURIComponent;

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

export class MoneyApi {
  // `token ()`: the proof of who I am, as it is now.
  constructor(token) {
    this.token = token;
  }

  #get(path, more) {
    return request('GET', path, { token: this.token(), ...more });
  }

  #post(path, body, key) {
    return request('POST', path, { token: this.token(), body: body ?? {}, key });
  }

  packs = () => this.#get('api/tokens/packs');
  balance = () => this.#get('api/tokens/balance');
  wallet = () => this.#get('api/wallet');
  history = (page) => this.#get(`api/tokens/history${query(page)}`);
  purchases = (fields) => this.#get(`api/tokens/purchases${query(fields)}`);
  purchase = (tokenAmount, key) => this.#post('api/tokens/purchase', { tokenAmount }, key);
  payouts = (page) => this.#get(`api/tokens/payouts${query(page)}`);
  cashOut = (tokenAmount, key) => this.#post('api/tokens/payout', { tokenAmount }, key);
  cancelCashOut = (id) => this.#post(`api/tokens/payouts/${part(id)}/cancel`);
  earnings = () => this.#get('api/earnings');

  statement = (fields) =>
    this.#get(`api/billing/statement${query(fields)}`, fields.format === 'csv' ? { file: 'csv' } : {});

  tip = (body, key) => this.#post('api/tips/send', body, key);
  tipsReceived = (page) => this.#get(`api/tips/received${query(page)}`);
  tipStats = (creator, period) => this.#get(`api/tips/stats/${part(creator)}${query({ period })}`);

  enrol = (displayName) =>
    request('PUT', 'api/creators/me', { token: this.token(), body: { display_name: displayName } });

  streams = (fields) => this.#get(`api/streams${query(fields)}`);
  streamsOf = (creator, fields) => this.#get(`api/creators/${part(creator)}/streams${query(fields)}`);
  stream = (id) => this.#get(`api/streams/${part(id)}`);
  access = (id) => this.#get(`api/streams/${part(id)}/access`);
  createStream = (body, key) => this.#post('api/streams/create', body, key);
  startStream = (id) => this.#post(`api/streams/${part(id)}/start`);
  endStream = (id) => this.#post(`api/streams/${part(id)}/end`);
  payOutside = (body, key) => this.#post('api/payments/purchase', body, key);
  payments = (fields) => this.#get(`api/payments${query(fields)}`);
  payment = (id) => this.#get(`api/payments/${part(id)}`);
  cancelPayment = (id) => this.#post(`api/payments/${part(id)}/cancel`);
  outsidePrices = (tokens) => this.#get(`api/payments/prices${query({ tokens })}`);
  spaceTicket = (space, body, key) => this.#post(`${spacePath(space)}/tickets/checkout`, body, key);
  checkout = (id, priceTokens, key) => this.#post(`api/streams/${part(id)}/tickets/checkout`, { priceTokens }, key);

  ring = (body, key) => this.#post('api/calls/init', body, key);
  ringFan = (body, key) => this.#post('api/calls/initiate', body, key);
  pendingCalls = () => this.#get('api/calls/pending');
  calls = (page) => this.#get(`api/calls/history${query(page)}`);
  callStats = (creator) => this.#get(`api/calls/stats/${part(creator)}`);
  call = (id) => this.#get(`api/calls/${part(id)}`);
  accept = (id) => this.#post(`api/calls/${part(id)}/accept`);
  endCall = (id) => this.#post(`api/calls/${part(id)}/end`);
  heartbeat = (id) => this.#post(`api/calls/${part(id)}/heartbeat`);
  pauseCall = (id) => this.#post(`api/billing/${part(id)}/pause`);
  resumeCall = (id) => this.#post(`api/billing/${part(id)}/active`);

  operatorPurchases = (fields) => this.#get(`api/admin/purchases${query(fields)}`);
  confirmPurchase = (id, reference) => this.#post(`api/admin/purchases/${part(id)}/confirm`, { reference });
  operatorPayments = (fields) => this.#get(`api/admin/payments${query(fields)}`);
  confirmOutside = (id, wish) => this.#post(`api/admin/payments/${part(id)}/confirm`, wish);
  refuseOutside = (id) => this.#post(`api/admin/payments/${part(id)}/refuse`);
  credits = (page) => this.#get(`api/admin/credits${query(page)}`);
  payBackCredit = (wish) => this.#post('api/admin/credits/paid-back', wish);
  operatorPayouts = (page) => this.#get(`api/admin/payouts${query(page)}`);
  approvePayout = (id) => this.#post(`api/admin/payouts/${part(id)}/approve`);
  confirmPayout = (id, reference) => this.#post(`api/admin/payouts/${part(id)}/confirm`, { reference });
  disputes = (fields) => this.#get(`api/admin/disputes${query(fields)}`);
  openDispute = (wish) => this.#post('api/admin/disputes', wish);
  decideDispute = (id, verdict) => this.#post(`api/admin/disputes/${part(id)}/${verdict}`);
  cancelPayout = (id) => this.#post(`api/admin/payouts/${part(id)}/cancel`);
}
