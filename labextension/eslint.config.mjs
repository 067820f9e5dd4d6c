import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['lib', 'node_modules'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: './tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      // An index that was just looked at is there.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `a || b()` is said where it reads well.
      '@typescript-eslint/no-unused-expressions': 'off',
      curly: 'error',
      eqeqeq: 'error'
    }
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: { module: 'readonly', require: 'readonly' },
      sourceType: 'commonjs'
    },
    rules: {}
  }
);
