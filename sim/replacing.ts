/** The object with some of its methods replaced; also an instance of a class with private fields. */
export function replacing<T extends object>(target: T, changed: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(Object.hasOwn(changed, name) ? changed : object, name);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
