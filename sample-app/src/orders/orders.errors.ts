/** A command names an order that no event speaks of. */
export class UnknownOrderError extends Error {
  constructor(orderId: string) {
    super(`There is no order '${orderId}'.`);
  }
}

/** The order is in a state in which it does not take this command. */
export class CommandRefusedError extends Error {
  constructor(command: string, orderId: string, status: string) {
    super(`Can't ${command} order '${orderId}': it is ${status}.`);
  }
}
