// Builds small.ts alone, as a page's script.
export default { build: { lib: { entry: "small.ts", formats: ["es"], fileName: () => "small.js" } } };
