export const greeting = 'Hello from the dev server';
