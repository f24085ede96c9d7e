// Preloaded into jsii's Node process by provider.py: the index of @cdktf/provider-aws requires 2,214 modules at once;
// here each becomes a getter that requires its module when it is first read. Every other file loads as ever, and so
// does an index of another shape.
"use strict";

const fs = require("fs");
const Module = require("module");

const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/].*lib[\\/]index\.js$|[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EXPORT = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const load = Module._extensions[".js"];

Module._extensions[".js"] = function (module, filename) {
  const found = INDEX.test(filename) ? [...fs.readFileSync(filename, "utf8").matchAll(EXPORT)] : [];
  if (found.length === 0) return load(module, filename);
  Object.defineProperty(module.exports, "__esModule", { value: true });
  for (const [, name, path] of found) {
    Object.defineProperty(module.exports, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = module.require(path);
        Object.defineProperty(module.exports, name, { enumerable: true, value });
        return value;
      },
    });
  }
};
