import 'reflect-metadata';

/** A decorated method, by its class's prototype and its name. */
export interface MethodKey {
  readonly prototype: object;
  readonly methodName: string;
}

/** What this copy of the package knows of one such method. */
export interface MethodRecord<Metadata> extends MethodKey {
  /** One for each decorator, the topmost first. */
  readonly metadata: Metadata[];
  /** The method as its decorators found it: other decorators may have wrapped it before, or after. */
  readonly functions: Set<object>;
  /** Whether an application in this process calls it, or did. */
  isListener: boolean;
  /** Whether it was told that no provider has it. */
  wasTold: boolean;
}

/** The methods that one decorator of this package was applied to. */
export class DecoratedMethods<Metadata> {
  /** Where a function says whose it is, for classes that take methods over from others (mixins). */
  private readonly mark: symbol;
  private readonly records = new WeakMap<object, Map<string, MethodRecord<Metadata>>>();
  // Weakly: a class that nobody can use any more is no concern of anybody.
  private readonly prototypes = new Set<WeakRef<object>>();

  /** @param decorator its name, for messages to people: `@OnEvent`. */
  constructor(readonly decorator: string) {
    this.mark = Symbol(decorator);
  }

  /** Adds what one decorator says of a method. Not to the function alone: another decorator may replace it. */
  record({ prototype, methodName }: MethodKey, method: object, metadata: Metadata): void {
    const record = this.own(prototype, methodName) ?? this.add({ prototype, methodName });
    record.metadata.unshift(metadata);
    record.functions.add(method);
    // Until all decorators have been applied, this is what the author wrote.
    const written: unknown = Object.getOwnPropertyDescriptor(prototype, methodName)?.value;
    if (typeof written === 'function') record.functions.add(written);
    Reflect.defineMetadata(this.mark, record, method);
  }

  /** Every method that this copy's decorator was applied to. */
  all(): MethodRecord<Metadata>[] {
    const all: MethodRecord<Metadata>[] = [];
    for (const reference of this.prototypes) {
      const prototype = reference.deref();
      if (prototype) all.push(...(this.records.get(prototype)?.values() ?? []));
      else this.prototypes.delete(reference);
    }
    return all;
  }

  /** The methods of a class itself that it was applied to, whatever became of them, as they were declared. */
  of(prototype: object): MethodRecord<Metadata>[] {
    return [...(this.records.get(prototype)?.values() ?? [])];
  }

  /**
   * What was recorded of a method that a class has: by the class and its name, or of the function where
   * the class took it over from another one.
   */
  find({ prototype, methodName }: MethodKey): MethodRecord<Metadata> | undefined {
    const own = this.own(prototype, methodName);
    if (own) return own;
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, methodName)?.value;
    if (typeof method !== 'function') return undefined;
    return Reflect.getOwnMetadata(this.mark, method) as MethodRecord<Metadata> | undefined;
  }

  private own(prototype: object, methodName: string): MethodRecord<Metadata> | undefined {
    return this.records.get(prototype)?.get(methodName);
  }

  private add(key: MethodKey): MethodRecord<Metadata> {
    const record: MethodRecord<Metadata> = {
      ...key,
      metadata: [],
      functions: new Set(),
      isListener: false,
      wasTold: false,
    };
    let ofClass = this.records.get(key.prototype);
    if (!ofClass) {
      ofClass = new Map();
      this.records.set(key.prototype, ofClass);
      this.prototypes.add(new WeakRef(key.prototype));
    }
    ofClass.set(key.methodName, record);
    return record;
  }
}
