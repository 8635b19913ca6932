import fc from 'fast-check';
import { type BuiltClass, type BuiltMember, DISCRIMINATOR } from './build-class.js';
import { type ClassPlan, type Item, type Member, membersOf } from './plan.js';
import { snapshot } from './sameness.js';
import { FREE } from './free.js';
import { SCALARS, texts } from './scalars.js';

/**
 * A value as plain data, made without its class, so that a counterexample prints it and a run may change
 * what was made of it: an object's properties, a list for sets, a list of pairs for maps.
 */
export type Recipe = unknown;

interface Chosen {
  readonly variant: number;
  readonly properties: Recipe;
}

const DEEPEST = 3;

/** Values of a class: recipes for {@link toInstance} and {@link toPayload}. */
export function recipes(plan: ClassPlan, depth = 0): fc.Arbitrary<Recipe> {
  return recordOf(membersOf(plan), plan, depth);
}

function recordOf(members: readonly Member[], owner: ClassPlan, depth: number) {
  const properties = members.map(
    (member) => [member.name, valuesOf(member, owner, depth)] as const,
  );
  const required = members.filter(({ presence, initialised }) => {
    return !initialised && (presence === 'required' || presence === 'nullable');
  });
  return fc.record(Object.fromEntries(properties), {
    requiredKeys: required.map(({ name }) => name),
    noNullPrototype: true,
  });
}

function valuesOf(member: Member, owner: ClassPlan, depth: number): fc.Arbitrary<Recipe> {
  const isUnion = member.presence === 'nullable' || member.presence === 'nullish';
  const isSelf = member.item.kind === 'self';
  if (isSelf && depth >= DEEPEST) {
    return fc.constant(member.shape === 'one' ? null : []);
  }
  const given = shaped(member, itemsOf(member.item, owner, depth));
  return isUnion || (isSelf && member.shape === 'one') ? fc.option(given, { freq: 3 }) : given;
}

function shaped({ shape }: Member, item: fc.Arbitrary<Recipe>): fc.Arbitrary<Recipe> {
  const list = fc.array(item, { maxLength: 3 });
  switch (shape) {
    case 'one':
      return item;
    case 'list':
    case 'set':
      return list;
    case 'lists':
      return fc.array(list, { maxLength: 2 });
    case 'map':
      return fc.uniqueArray(fc.tuple(keys, item), { maxLength: 3, selector: ([key]) => key });
  }
}

const keys = fc
  .oneof(texts, fc.constantFrom('size', 'get', 'constructor', 'toString', '0'))
  .filter((key) => key !== '__proto__');

function itemsOf(item: Item, owner: ClassPlan, depth: number): fc.Arbitrary<Recipe> {
  switch (item.kind) {
    case 'scalar':
      return SCALARS[item.scalar].values;
    case 'free':
      return FREE[item.free].values;
    case 'nested':
      return recipes(item.of, depth + 1);
    case 'self':
      return recipes(owner, depth + 1);
    case 'choice':
      return fc.nat({ max: item.variants.length - 1 }).chain((variant) => {
        const members = [...membersOf(item.base), ...(item.variants[variant]?.own ?? [])];
        return fc.record({
          variant: fc.constant(variant),
          properties: recordOf(members, item.base, depth + 1),
        });
      });
  }
}

/** An instance of the class, and of its nested classes, as a service makes it before it fires. */
export function toInstance(built: BuiltClass, recipe: Recipe): object {
  const made = make(built, recipe, toInstance);
  const tag = built.tag?.isOwn ? { [DISCRIMINATOR]: built.tag.name } : {};
  return Object.assign(new built.type(), tag, made);
}

/** The same as plain data, objects by property names, discriminators as `@Type` asks for them. */
export function toPayload(built: BuiltClass, recipe: Recipe): object {
  const made = make(built, recipe, toPayload);
  return built.tag ? { [DISCRIMINATOR]: built.tag.name, ...made } : made;
}

type Maker = (built: BuiltClass, recipe: Recipe) => object;

function make(built: BuiltClass, recipe: Recipe, maker: Maker): Record<string, unknown> {
  const given = recipe as Readonly<Record<string, Recipe>>;
  const members = built.members.filter(({ name }) => Object.hasOwn(given, name));
  return Object.fromEntries(
    members.map((member) => [member.name, makeMember(built, member, given[member.name], maker)]),
  );
}

function makeMember(built: BuiltClass, member: BuiltMember, value: Recipe, maker: Maker): unknown {
  if (value === null) return null;
  const item = (each: Recipe) => makeItem(built, member, each, maker);
  switch (member.shape) {
    case 'one':
      return item(value);
    case 'list':
      return (value as Recipe[]).map(item);
    case 'lists':
      return (value as Recipe[][]).map((inner) => inner.map(item));
    case 'set':
      return new Set((value as Recipe[]).map(item));
    case 'map':
      return new Map((value as [string, Recipe][]).map(([key, each]) => [key, item(each)]));
  }
}

function makeItem(built: BuiltClass, member: BuiltMember, value: Recipe, maker: Maker): unknown {
  switch (member.item.kind) {
    case 'scalar':
    case 'free':
      return snapshot(value);
    case 'self':
      return maker(built, value);
    case 'nested':
      return maker(member.classes[0]!, value);
    case 'choice': {
      const { variant, properties } = value as Chosen;
      return maker(member.classes[variant]!, properties);
    }
  }
}
