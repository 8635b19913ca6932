import { block, Page } from '../harness/page.js';
import { page as eventSourcing } from './event-sourcing.js';

const IMPORTS = `
import type { EventBus } from 'nestjs-lightbus';
import { OrderCancelled, OrderPlaced } from './orders.js';
`;

export const page = new Page({
  path: 'docs/history.md',
  files: {
    'orders.ts': [eventSourcing.code('ts', 'export class Orders ')],
    'read.ts': [
      IMPORTS,
      'export async function readAll(bus: EventBus) {',
      block('new Date('),
      '}',
      'export async function readTwo(bus: EventBus, count: (quantity: number) => void) {',
      block('payload instanceof OrderPlaced'),
      '}',
      'export async function readOne(bus: EventBus, orderId: string) {',
      block('{ key: orderId }'),
      '}',
      'export async function follow(bus: EventBus, lastSeen: string, signal: AbortSignal) {',
      block('follow: true'),
      'return lastSeen; }',
    ],
  },
});
