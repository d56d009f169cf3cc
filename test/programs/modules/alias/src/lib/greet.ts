export const greet = (name: string): string => `hello from ${name}`;
