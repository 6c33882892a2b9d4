/** How the PWA is built: one app, one service worker, the map in a chunk of its own. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { VitePWA } from 'vite-plugin-pwa';

const backend = process.env['LEXUN_BACKEND'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    svelte(),
    svelteTesting(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      registerType: 'prompt',
      // The app registers the worker itself (app/update.svelte.ts), after the first screen is drawn.
      injectRegister: null,
      injectManifest: {
        // A module worker does not register in every browser; the classic form does.
        rollupFormat: 'iife',
        globPatterns: ['**/*.{js,css,html,svg,png,webmanifest}'],
      },
      manifest: {
        id: '/',
        name: '平安乐巡',
        short_name: '乐巡',
        description: '邻里巡逻，接单、巡走、上报，换一份心意。Neighbourhood patrols.',
        lang: 'zh-CN',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'any',
        theme_color: '#0b6b5b',
        background_color: '#f5f6f3',
        categories: ['lifestyle', 'utilities'],
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        shortcuts: [
          { name: '任务', url: '/', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
          { name: '巡逻', url: '/patrol', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
        ],
      },
    }),
  ],
  build: {
    target: 'es2022',
    manifest: true,
    reportCompressedSize: true,
    assetsInlineLimit: 2048,
  },
  server: { proxy: { '/api': { target: backend, ws: false }, '/maps': { target: backend } } },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
  },
});
