import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Inlined assets would need data: in connect-src, which the server's policy does not allow.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: process.env["SHAOGUANG_URL"] ?? "http://127.0.0.1:8080" } } },
});
