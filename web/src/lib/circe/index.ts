export * from './model.ts';
export { fromCirce } from './read.ts';
export { toCirce } from './write.ts';
