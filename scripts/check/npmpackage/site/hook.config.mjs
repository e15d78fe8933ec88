// Builds hook.ts alone; the page has React already.
export default {
  build: {
    lib: { entry: "hook.ts", formats: ["es"], fileName: () => "hook.js" },
    rollupOptions: { external: ["react"] },
  },
};
