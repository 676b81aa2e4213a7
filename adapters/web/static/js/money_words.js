// How amounts, times and kinds of money are written.

const GROUPED = new Intl.NumberFormat('en-US');
const MONEY = new Map(); // currency → format

export function tokens(count) {
  return `${GROUPED.format(count)} ${Math.abs(count) === 1 ? 'token' : 'tokens'}`;
}

export function signed(count) {
  return count > 0 ? `+${GROUPED.format(count)}` : GROUPED.format(count).replace('-', '−');
}

export function grouped(count) {
  return GROUPED.format(count);
}

// `amount` is an exact decimal, as the server writes it.
export function money(amount, currency) {
  if (currency !== 'USD') return `${amount} ${currency}`;
  if (!MONEY.has(currency)) MONEY.set(currency, new Intl.NumberFormat('en-US', { style: 'currency', currency }));
  return MONEY.get(currency).format(Number(amount));
}

export function when(iso) {
  const time = new Date(iso);
  const today = time.toDateString() === new Date().toDateString();
  const clock = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return today ? `Today, ${clock}` : `${time.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' })}, ${clock}`;
}

// How far a payment from outside has come.
export const PAYMENT_STATES = {
  awaiting_payment: 'Waiting for payment',
  partly_paid: 'Partly paid',
  expired: 'Expired',
  confirmed: 'Confirmed',
  given_back: 'Called off',
};

// What it is for.
export function goodsOf({ purchase_type: type, tier_code: tier, subscription_type: period, stream_id: stream, ticket_type: ticket, space_type: kind, space_id: space }) {
  if (type === 'subscription') return `the tier ${tier}, ${period}`;
  if (type === 'stream_ticket') return `a ticket to the stream ${stream}`;
  return `a ticket (${ticket}) to ${kind}/${space}`;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

// What is given back, by what its reference begins with.
const GIVEN = { tip: 'Tip', call: 'Call', microphone: 'Microphone', dispute: 'What was frozen' };

// What a movement in my history was, and with whom.
export function movement({ type, amount, details, reference = '' }) {
  const out = amount < 0;
  const from = details?.from ?? details?.buyer ?? 'somebody';
  const to = details?.to ?? 'somebody';
  switch (type) {
    case 'purchase':
      return 'Tokens bought';
    case 'tip':
      return out ? `Tip to ${to}` : `Tip from ${from}`;
    case 'call':
      return out ? `Call with ${to}, block ${details?.block}` : `Call with ${from}, block ${details?.block}`;
    case 'ticket':
      return out ? 'Ticket' : 'Ticket sold';
    case 'refund':
      return out ? `${GIVEN[reference.split(':')[0]] ?? 'Ticket'} refunded` : `${GIVEN[reference.split(':')[0]] ?? 'Ticket'} given back`;
    case 'dispute':
      return 'Frozen: somebody disputes a payment';
    case 'dispute_fee':
      return 'Fee of a dispute that was lost';
    case 'debt':
      return 'Paid back';
    case 'payout':
      return 'Cashed out';
    default:
      return type.replaceAll('_', ' ');
  }
}
