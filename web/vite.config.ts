import { defineConfig } from "vite";

// Relative addresses: the page works from any path. Names without a hash: what is committed changes
// only where its content does, and hosts tell changes by their entity tags.
export default defineConfig({
  base: "./",
  publicDir: "public",
  build: {
    outDir: "../crates/lekka-server/assets",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  worker: {
    format: "es",
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
