import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { codecsWithoutEval } from "./build/codecs";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Inlined assets would need data: in connect-src, which the server's policy does not allow.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es", plugins: () => [codecsWithoutEval()] },
  // The DICOM decoders are CommonJS files that a worker imports; the loader must stay where its worker lies.
  optimizeDeps: {
    exclude: ["@cornerstonejs/dicom-image-loader"],
    include: ["dicom-parser", "@cornerstonejs/codec-charls/decodewasmjs", "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs",
      "@cornerstonejs/codec-openjpeg/decodewasmjs", "@cornerstonejs/codec-openjph/wasmjs"],
  },
  server: { proxy: { "/api": { target: process.env["SHAOGUANG_URL"] ?? "http://127.0.0.1:8080" } } },
});
