import { IntersectionType, OmitType, PartialType, PickType } from '@nestjs/mapped-types';
import type { Type } from '@nestjs/common';
import { Exclude, Expose } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsInstance,
  IsOptional,
  IsString,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import type { ClassPlan, Member } from './plan.js';
import { membersOf } from './plan.js';
import { FREE } from './free.js';
import { SCALARS, typed } from './scalars.js';

/** Name of the discriminators' property. */
export const DISCRIMINATOR = '__kind';

/** A class that was made of a plan, and what its properties hold. */
export interface BuiltClass {
  readonly type: Type<object>;
  readonly members: readonly BuiltMember[];
  /** Its value of the discriminator, and whether its instances have that, too. */
  readonly tag?: { readonly name: string; readonly isOwn: boolean };
}

export interface BuiltMember extends Member {
  /** The classes that its objects may be of; empty for scalars. */
  readonly classes: readonly BuiltClass[];
}

type Base = new () => object;

/** Makes the class of a plan, decorated as a compiler would decorate it. */
export function buildClass(plan: ClassPlan, name = 'Generated'): BuiltClass {
  const all: BuiltMember[] = [];
  const build = (member: Member) =>
    withClasses(plan.closed ? { ...member, exposed: member.exposed ?? member.name } : member, name);
  const inherited = plan.inherited.map(build);
  const own = plan.own.map(build);
  const base = baseOf(plan.how, inherited, name, () => built);
  const type = extend(base, own, plan.defined, name);
  if (plan.closed) Exclude()(type);
  const built: BuiltClass = { type, members: all };
  own.forEach((member) => decorate(type, member, () => built, plan.how === 'plain'));
  const made = [...inherited, ...own];
  all.push(...membersOf(plan).map((member, i) => ({ ...member, classes: made[i]?.classes ?? [] })));
  return built;
}

function withClasses(member: Member, owner: string): BuiltMember {
  const { item } = member;
  const name = `${owner}_${member.name}`;
  if (item.kind === 'nested') return { ...member, classes: [buildClass(item.of, name)] };
  if (item.kind !== 'choice') return { ...member, classes: [] };
  const base = buildClass(item.base, name);
  if (item.tag !== 'hidden') IsString()(base.type.prototype as object, DISCRIMINATOR);
  return {
    ...member,
    classes: item.variants.map((plan, i) => variant(base, plan, i, item.tag !== 'hidden')),
  };
}

function variant(base: BuiltClass, plan: ClassPlan, i: number, isOwn: boolean): BuiltClass {
  const own = plan.own.map((member): BuiltMember => ({ ...member, classes: [] }));
  const type = extend(base.type, own, plan.defined, `${base.type.name}_${i}`);
  // A class without any rule is unknown to class-validator.
  Allow()(type.prototype as object, 'unused');
  const tag = { name: `variant ${i}`, isOwn };
  const built: BuiltClass = { type, members: [...base.members, ...own], tag };
  own.forEach((member) => decorate(type, member, () => built, true));
  return built;
}

function baseOf(
  how: ClassPlan['how'],
  members: readonly BuiltMember[],
  name: string,
  owner: () => BuiltClass,
): Base {
  if (how === 'plain') return Object;
  const make = (some: readonly BuiltMember[], suffix: string): Type<object> => {
    const type = extend(Object, some, false, `${name}${suffix}`);
    some.forEach((member) => decorate(type, member, owner, false));
    return type;
  };
  const base = make(members, 'Base');
  switch (how) {
    case 'extends':
      return base;
    case 'partial':
      return PartialType(base);
    case 'intersection':
      return IntersectionType(make(members.slice(0, 1), 'First'), make(members.slice(1), 'Second'));
    default: {
      Allow()(base.prototype as object, 'dropped');
      if (how === 'omit') return OmitType(base, ['dropped'] as never[]);
      return PickType(base, members.map((member) => member.name) as never[]);
    }
  }
}

function extend(
  base: Base,
  members: readonly BuiltMember[],
  defined: boolean,
  name: string,
): Type<object> {
  const type = class extends base {
    constructor() {
      super();
      for (const { name: property, ...member } of members) {
        if (member.initialised) Object.assign(this, { [property]: initialOf(member) });
        else if (defined) Object.assign(this, { [property]: undefined });
      }
    }
  };
  Object.defineProperty(type, 'name', { value: name });
  return type;
}

/** What a field's initialiser gives. */
function initialOf({ item, shape }: Pick<Member, 'item' | 'shape'>): unknown {
  if (shape === 'set') return new Set();
  if (shape === 'map') return new Map();
  if (shape !== 'one') return [];
  return item.kind === 'scalar' ? SCALARS[item.scalar].initial() : undefined;
}

function decorate(
  type: Type<object>,
  member: BuiltMember,
  owner: () => BuiltClass,
  isRecursive: boolean,
): void {
  const prototype = type.prototype as object;
  const { name, exposed, hint } = member;
  const type$ = hint === 'type' ? typeOf(member, owner) : undefined;
  const decorators = [
    ...presence(member),
    ...rules(member),
    ...(type$ ? [type$] : []),
    ...(exposed !== undefined ? [Expose({ name: exposed })] : []),
  ];
  const design = designOf(member, isRecursive ? type : Object);
  // As compiled code does it: metadata first, then the decorators from the last to the first.
  if (design !== undefined) Reflect.defineMetadata('design:type', design, prototype, name);
  for (const decorator of decorators.reverse()) decorator(prototype, name);
}

function presence({ presence }: Member): PropertyDecorator[] {
  if (presence === 'required') return [];
  if (presence !== 'nullable') return [IsOptional()];
  return [ValidateIf((_: unknown, value: unknown) => value !== null)];
}

function rules({ item, shape, bare }: Member): PropertyDecorator[] {
  const each = shape !== 'one';
  const outer = bare && shape !== 'lists' ? [] : outerRules(shape);
  if (item.kind !== 'scalar' && item.kind !== 'free') {
    const inner = shape === 'lists' ? [IsArray({ each })] : [];
    return [...outer, ...inner, ValidateNested({ each })];
  }
  // No other rule reaches the items of inner lists.
  if (shape === 'lists') return [...outer, IsArray({ each })];
  const { rules } = item.kind === 'free' ? FREE[item.free] : SCALARS[item.scalar];
  return [...outer, ...rules(each)];
}

function outerRules(shape: Member['shape']): PropertyDecorator[] {
  if (shape === 'set') return [IsInstance(Set)];
  if (shape === 'map') return [IsInstance(Map)];
  return shape === 'one' ? [] : [IsArray()];
}

function typeOf(member: BuiltMember, owner: () => BuiltClass): PropertyDecorator | undefined {
  const { item, classes } = member;
  if (item.kind === 'self') return typed(() => owner().type);
  if (item.kind === 'nested') return typed(() => classes[0]?.type);
  if (item.kind === 'choice') {
    const subTypes = classes.map(({ type, tag }) => ({ value: type, name: tag?.name ?? '' }));
    const base = Object.getPrototypeOf(classes[0]?.type) as unknown;
    return typed(() => base, {
      discriminator: { property: DISCRIMINATOR, subTypes },
      keepDiscriminatorProperty: item.tag === 'kept',
    });
  }
  if (item.kind === 'free') return undefined;
  const scalar = SCALARS[item.scalar];
  return 'type' in scalar ? typed(() => scalar.type) : undefined;
}

function designOf(member: BuiltMember, self: unknown): unknown {
  const { compiler, presence, shape, item, classes } = member;
  if (compiler === 'none') return undefined;
  const isUnion = presence === 'nullable' || presence === 'nullish';
  if (compiler === 'swc' && isUnion) return Object;
  if (shape === 'list' || shape === 'lists') return Array;
  if (shape === 'set') return Set;
  if (shape === 'map') return Map;
  if (item.kind === 'scalar') return SCALARS[item.scalar].design;
  if (item.kind === 'self') return self;
  return item.kind === 'nested' ? classes[0]?.type : Object;
}
