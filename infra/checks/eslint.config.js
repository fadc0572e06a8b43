// The web page's modules and the tests that Node runs on them.
import js from "@eslint/js";
import globals from "globals";

export default [
  // Third-party code, as published.
  { ignores: ["**/vendor/**"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-implicit-globals": "error",
      "no-shadow": "error",
      "no-var": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "prefer-const": "error",
      "no-unused-expressions": "error",
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  { files: ["functions/**/*.js"], languageOptions: { sourceType: "module", globals: globals.browser } },
  { files: ["tests/**/*.mjs"], languageOptions: { sourceType: "module", globals: { ...globals.browser, ...globals.node } } },
];
