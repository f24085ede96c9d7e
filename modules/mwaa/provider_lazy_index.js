// Preloaded into jsii's Node process by provider.py: the index of @cdktf/provider-aws, or of @cdktn/provider-aws, requires
// 2,214 modules at once; here each becomes a getter that requires its module when it is first read. Every other file
// loads as ever, and so does an index of another shape.
//
// cdktf itself requires `archiver`, a fifth of all its code, for asset archives, of which a synthesis here makes none:
// that one is loaded when it is first used. cdktn has no such weight.
"use strict";

const fs = require("fs");
const Module = require("module");

const INDEX = /[\\/]@cdkt[fn][\\/]provider-aws[\\/](.*[\\/])?lib[\\/]index\.js$/;
const EXPORT = /^exports\.(\w+) = (?:__importStar\()?require\("(\.\/[\w-]+(?:\/index)?)"\)\)?;$/gm;
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

const loadModule = Module._load;

Module._load = function (request, parent, isMain) {
  if (request !== "archiver" || !/[\\/]cdktf[\\/]lib[\\/]/.test(parent?.filename ?? "")) {
    return loadModule(request, parent, isMain);
  }
  let loaded;
  const archiver = () => (loaded ??= loadModule(request, parent, isMain));
  return new Proxy(function () {}, {
    apply: (_target, _this, args) => archiver()(...args),
    get: (_target, name) => archiver()[name],
  });
};
