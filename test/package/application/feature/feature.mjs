// A part of an application that has packages of its own; see `copies.mjs`. Without decorator syntax.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsInt } from 'class-validator';
import { Event, LightbusModule, OnEvent } from 'nestjs-lightbus';

class Line {}
IsInt()(Line.prototype, 'quantity');
Type(() => Number)(Line.prototype, 'quantity');

export class Ordered {}
Event('store.orders.ordered')(Ordered);
IsArray()(Ordered.prototype, 'lines');
Type(() => Line)(Ordered.prototype, 'lines');

export class FeatureListener {
  handle() {}
}
const handle = Object.getOwnPropertyDescriptor(FeatureListener.prototype, 'handle');
OnEvent('store.orders.*', { listenerName: 'feature' })(FeatureListener.prototype, 'handle', handle);

export const featureModule = () => LightbusModule.forFeature([Ordered]);
