import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` forwards the API to a running authority: NARU_API=http://127.0.0.1:8700
const api = process.env.NARU_API ?? 'http://127.0.0.1:8700';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // The page's content policy forbids inline scripts and data: URLs for code.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': { target: api, changeOrigin: false } } },
});
