declare module 'echarts/i18n/langKO-obj.js' {
  const language: never;
  export default language;
}
