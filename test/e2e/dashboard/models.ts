import { payloadText, previewOf } from '../../../lib/dashboard/payload-text.js';
import type {
  EntityModel,
  EntryModel,
  EntryRow,
  Frame,
  HistoryModel,
  LetterGroup,
  LetterModel,
  LetterRow,
  ListenerFacts,
  PlanModel,
  ResultModel,
  StreamFacts,
} from '../../../lib/dashboard/views/models.js';

/** The night of the pictures. */
export const NOW = new Date('2026-11-28T03:12:45.123Z');

export const frame: Frame = {
  base: '.',
  service: 'store',
  places: ['redis://redis.internal:6379/0'],
  now: NOW,
  actions: true,
};

/** A time before now, in seconds. */
export function before(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1000);
}

function idAt(seconds: number, sequence = 0): string {
  return `${before(seconds).getTime()}-${sequence}`;
}

const ORDERS = 'store.orders.*:stream';
const PAYMENTS = 'store.payments.*:stream';
const ERROR = "Cannot read properties of undefined (reading 'quantity')";

/** A listener that is well, but for what is given. */
export function listener(
  given: Partial<ListenerFacts> & Pick<ListenerFacts, 'name'>,
): ListenerFacts {
  return {
    stream: ORDERS,
    lastDeliveredId: idAt(3),
    pending: 0,
    waiting: 0,
    undelivered: { count: 0, isAtLeast: false },
    oldestPending: null,
    failures: [],
    deadLetters: 0,
    oldestDeadLetterAt: null,
    lost: null,
    consumers: [1, 2].map((n) => worker(`worker-${n}`)),
    ...given,
  };
}

function worker(name: string, alive = true): ListenerFacts['consumers'][number] {
  return {
    name,
    pending: 0,
    idleMs: alive ? 1_800 : 8_400_000,
    worker: { host: `${name}.store.svc`, pid: 17, since: before(86_400 * 2), alive },
  };
}

export const failing = listener({
  name: 'store-reserve_stock',
  pending: 1,
  undelivered: { count: 1_284, isAtLeast: false },
  lastDeliveredId: idAt(724),
  consumers: [worker('worker-1')],
  oldestPending: {
    nativeId: idAt(724),
    consumer: 'worker-1',
    pendingMs: 724_000,
    deliveryCount: 9,
  },
  failures: [
    {
      nativeId: idAt(724),
      eventName: 'OrderPlaced',
      since: before(724),
      attempts: 31,
      error: ERROR,
      nextTryAt: before(-18),
      consumer: 'worker-1',
    },
  ],
});

const LETTERS: readonly LetterGroup[] = [
  {
    fingerprint: 'a41f09c2',
    reason: 'failed',
    error: 'PaymentRefused: card … was declined by the bank',
    count: { count: 12, isAtLeast: false },
    first: before(11_520),
    last: before(1_260),
    events: ['PaymentRequested'],
  },
  {
    fingerprint: '77d0be13',
    reason: 'invalid',
    error: 'amount must not be less than …',
    count: { count: 2, isAtLeast: false },
    first: before(9_800),
    last: before(9_700),
    events: ['PaymentRequested', 'RefundRequested'],
  },
];

export const listeners: readonly ListenerFacts[] = [
  listener({ name: 'store-audit' }),
  failing,
  listener({
    name: 'store-charge',
    stream: PAYMENTS,
    deadLetters: 14,
    oldestDeadLetterAt: before(11_520),
  }),
  listener({
    name: 'store-send_mail',
    pending: 0,
    undelivered: { count: 318, isAtLeast: false },
    consumers: [worker('mailer-1', false)],
  }),
  listener({
    name: 'search-index_orders',
    lost: {
      times: 1,
      last: { after: idAt(200_000), until: idAt(190_000), noticedAt: before(180_000) },
    },
  }),
  listener({ name: 'store-statistics', pending: 3, undelivered: { count: 41, isAtLeast: false } }),
];

/** Traffic as of a shop. */
function wave(parts: number): number[] {
  return Array.from({ length: parts }, (_, i) =>
    Math.max(0, Math.round(40 + 32 * Math.sin(i / 6) + 9 * Math.sin(i * 2.3))),
  );
}

export const streams: readonly StreamFacts[] = [
  {
    stream: ORDERS,
    apiName: 'store.orders',
    eventName: '*',
    place: 'redis://redis.internal:6379/0',
    length: 4_812_907,
    first: { nativeId: idAt(86_400 * 210), timestamp: before(86_400 * 210) },
    last: { nativeId: idAt(3), timestamp: before(3) },
    memoryBytes: 1_420_000_000,
    activity: {
      from: before(3_600),
      until: NOW,
      counts: wave(60),
      perMinute: 39.8,
      names: [
        { name: 'store.orders.OrderPlaced', count: 1_240, last: before(3) },
        { name: 'store.orders.OrderPaid', count: 902, last: before(9) },
        { name: 'store.orders.OrderCancelled', count: 31, last: before(410) },
      ],
      basis: 'the newest 5,000 entries',
    },
    listeners: 5,
  },
  {
    stream: PAYMENTS,
    apiName: 'store.payments',
    eventName: '*',
    place: 'redis://redis.internal:6379/0',
    length: 90_112,
    first: { nativeId: idAt(86_400 * 90), timestamp: before(86_400 * 90) },
    last: { nativeId: idAt(71), timestamp: before(71) },
    memoryBytes: 31_000_000,
    activity: {
      from: before(86_400),
      until: NOW,
      counts: wave(60).map((count, i) => (i % 4 === 0 ? count : 0)),
      perMinute: 0.4,
      names: [{ name: 'store.payments.PaymentRequested', count: 584, last: before(71) }],
      basis: 'the newest 5,000 entries',
    },
    listeners: 1,
  },
];

const ORDER = {
  order_id: '8812',
  customer: { name: 'Ada Lovelace', address: { street: '12 St James’s Square', city: 'London' } },
  lines: [
    { sku: 'teapot', quantity: 2, price: 19.5 },
    { sku: 'cup', quantity: 6, price: 4.25 },
  ],
  total: 64.5,
  note: null,
};

export const entries: readonly EntryRow[] = Array.from({ length: 8 }, (_, i) => ({
  stream: ORDERS,
  nativeId: idAt(3 + i * 17),
  timestamp: before(3 + i * 17),
  name: `store.orders.${['OrderPlaced', 'OrderPaid', 'OrderPlaced', 'OrderCancelled'][i % 4]}`,
  apiName: 'store.orders',
  key: String(8812 - (i >> 1)),
  sequence: (i % 2) + 1,
  preview: previewOf({ ...ORDER, order_id: String(8812 - (i >> 1)) }),
}));

export const history: HistoryModel = {
  filters: {
    stream: ORDERS,
    ...{
      api: '',
      event: '',
      key: '',
      since: '1h',
      until: '',
      path: 'customer.address.city=London',
    },
    order: 'newest',
  },
  problem: null,
  streams: [ORDERS, PAYMENTS],
  entries,
  lookedAt: 5_000,
  next: idAt(9_000),
};

export const entry: EntryModel = {
  stream: ORDERS,
  nativeId: idAt(724),
  timestamp: before(724),
  name: 'store.orders.OrderPlaced',
  apiName: 'store.orders',
  key: '8812',
  sequence: 1,
  preview: previewOf(ORDER),
  id: '0193703b-5f2e-7cc4-a8a1-6f1f3bb6a1d2',
  version: 2,
  side: [
    { name: 'fired_at', value: before(724).toISOString() },
    { name: 'correlation_id', value: '0193703b-5e11-7aaa-91c2-1d2e3f405162' },
    { name: 'traceparent', value: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  ],
  headers: payloadText({ tenant: 'emea', shop: 17 }),
  payload: payloadText(ORDER),
  notes: [],
  previous: idAt(741),
  next: idAt(720),
  trace: {
    isWhole: true,
    events: [
      row('store.carts.CartCheckedOut', 0, 725),
      row('store.orders.OrderPlaced', 1, 724),
      row('store.payments.PaymentRequested', 2, 723),
      row('store.payments.PaymentRefused', 3, 722),
    ],
  },
};

function row(name: string, depth: number, seconds: number) {
  const stream = `${name.slice(0, name.lastIndexOf('.'))}.*:stream`;
  return { stream, nativeId: idAt(seconds), name, timestamp: before(seconds), depth };
}

export const entity: EntityModel = {
  ...{ api: 'store.orders', stream: ORDERS, key: '8812', problem: null, next: null },
  lookedAt: 4,
  entries: ['OrderPlaced', 'OrderPaid', 'OrderPacked', 'OrderSent'].map((name, i) => ({
    stream: ORDERS,
    nativeId: idAt(90_000 - i * 20_000),
    timestamp: before(90_000 - i * 20_000),
    name: `store.orders.${name}`,
    apiName: 'store.orders',
    key: '8812',
    sequence: i + 1,
    preview: previewOf(ORDER),
  })),
};

export const letterErrors = LETTERS;

export const letterRows: readonly LetterRow[] = Array.from({ length: 6 }, (_, i) => ({
  id: idAt(11_520 - i * 900),
  stream: PAYMENTS,
  nativeId: idAt(11_530 - i * 900),
  name: 'store.payments.PaymentRequested',
  reason: i === 2 ? 'invalid' : 'failed',
  message:
    i === 2
      ? 'amount must not be less than 1'
      : `PaymentRefused: card ${4000 + i} was declined by the bank`,
  attempts: i === 2 ? 0 : 14,
  time: before(11_520 - i * 900),
  preview: previewOf({ payment_id: `p-${i}`, order_id: String(8800 + i), amount: 64.5 }),
}));

const filters = { group: 'store-charge', error: LETTERS[0]!.fingerprint, event: '' };

export const letter: LetterModel = {
  ...letterRows[0]!,
  group: 'store-charge',
  listener: 'charge',
  consumer: 'worker-2',
  stack:
    'PaymentRefused: card 4000 was declined by the bank\n    at Charge.handle (/app/dist/payments/charge.js:88:11)',
  payload: payloadText({ payment_id: 'p-0', order_id: '8800', amount: 64.5 }),
};

export const plan: PlanModel = {
  action: 'redrive',
  filters,
  chosen: null,
  count: { count: 12, isAtLeast: false },
  errors: LETTERS.slice(0, 1),
  when: { kind: 'at_once', worker: 'worker-1' },
  notes: [],
  fields: [
    { name: 'csrf', value: 'c3Jm' },
    { name: 'group', value: 'store-charge' },
  ],
};

export const result: ResultModel = {
  action: 'redrive',
  filters,
  asked: 12,
  done: 12,
  outcome: { handled: 11, waiting: 0, failing: 0, deadAgain: 1 },
  left: { count: 3, isAtLeast: false },
  when: null,
  notes: [],
};
