// Preloaded into jsii's Node process by provider.py: the index of @cdktf/provider-aws, or of @cdktn/provider-aws, requires
// 2,214 modules at once; here each becomes a getter that requires its module when it is first read. Every other file
// loads as ever, and so does an index of another shape.
//
// cdktf itself requires `archiver`, a fifth of all its code, for asset archives, of which a synthesis here makes none:
// that one is loaded when it is first used. cdktn has no such weight.
//
// Each token keeps the whole stack of its creation, for an error message that would list frames of jsii and of cdktf only: a
// stack of Python is not in it. At a hundred workspaces that is about a sixth of all CPU time. cdktn has a variable to leave
// them out, CDKTN_DISABLE_CREATION_STACK, which provider.py sets; cdktf gets its function replaced.
"use strict";

const fs = require("fs");
const Module = require("module");

const INDEX = /[\\/]@cdkt[fn][\\/]provider-aws[\\/](.*[\\/])?lib[\\/]index\.js$/;
const EXPORT = /^exports\.(\w+) = (?:__importStar\()?require\("(\.\/[\w-]+(?:\/index)?)"\)\)?;$/gm;
const STACK_TRACE = /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/;
const load = Module._extensions[".js"];

Module._extensions[".js"] = function (module, filename) {
  const found = INDEX.test(filename) ? [...fs.readFileSync(filename, "utf8").matchAll(EXPORT)] : [];
  if (found.length === 0) {
    load(module, filename);
    if (STACK_TRACE.test(filename)) module.exports.captureStackTrace = () => [];
    return;
  }
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
