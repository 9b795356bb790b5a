import type { Plugin } from "vite";

/**
 * The DICOM decoders come from Emscripten, which makes the functions between JavaScript and WebAssembly out of
 * text. The server's policy forbids code made from text, so the build puts closures that do the same in their
 * place. A decoder in which the functions cannot be found stops the build: it would fail only when used.
 */
const REPLACED: Record<string, string> = {
  createNamedFunction: `function createNamedFunction(name, body) {
    return Object.defineProperty(function () { return body.apply(this, arguments); }, "name", { value: name });
  }`,
  craftInvokerFunction: `function craftInvokerFunction(humanName, argTypes, classType, invoker, fn) {
    var count = argTypes.length - 2;
    if (count < 0) throwBindingError("argTypes array size mismatch! Must at least get return value and 'this' types!");
    var isMethod = argTypes[1] !== null && classType !== null;
    var needsStack = argTypes.slice(1).some(function (t) { return t !== null && t.destructorFunction === undefined; });
    var returns = argTypes[0].name !== "void";
    return function () {
      if (arguments.length !== count) throwBindingError("function " + humanName + " called with " + arguments.length + " arguments, expected " + count);
      var destructors = needsStack ? [] : null, wired = [];
      if (isMethod) wired.push(argTypes[1]["toWireType"](destructors, this));
      for (var i = 0; i < count; ++i) wired.push(argTypes[i + 2]["toWireType"](destructors, arguments[i]));
      var result = invoker.apply(null, [fn].concat(wired));
      if (needsStack) runDestructors(destructors);
      else for (var k = 0; k < wired.length; ++k) {
        var type = argTypes[k + (isMethod ? 1 : 2)];
        if (type.destructorFunction !== null) type.destructorFunction(wired[k]);
      }
      if (returns) return argTypes[0]["fromWireType"](result);
    };
  }`,
  craftEmvalAllocator: `function craftEmvalAllocator(count) {
    return function (constructor, types, args) {
      var made = [];
      for (var i = 0; i < count; ++i) {
        var type = requireRegisteredType(HEAPU32[types >> 2], "parameter " + i);
        made.push(type["readValueFromPointer"](args));
        args += type["argPackAdvance"];
        types += 4;
      }
      return Emval.toHandle(new constructor(...made));
    };
  }`,
  __emval_get_method_caller: `var __emval_get_method_caller = function (count, argTypes, kind) {
    var types = emval_lookupTypes(count, argTypes), result = types.shift();
    return emval_addMethodCaller(function (object, method, destructors, args) {
      var read = types.map(function (type) {
        var value = type["readValueFromPointer"](args);
        args += type["argPackAdvance"];
        return value;
      });
      var made = kind === 1 ? new method(...read) : method.call(...(kind === 0 ? [object] : []), ...read);
      if (!result.isVoid) return emval_returnValue(result, destructors, made);
    });
  };`,
};

export function codecsWithoutEval(): Plugin {
  return {
    name: "codecs-without-eval",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/@cornerstonejs\/codec-[^/]+\/dist\/.*\.js$/.test(id)) return null;
      let changed = code;
      for (const [name, text] of Object.entries(REPLACED)) {
        const begin = text.startsWith("var") ? `var ${name}=` : `function ${name}(`;
        const at = changed.indexOf(begin);
        if (at >= 0) {
          // The old one stays under another name, unused, and the bundler drops it.
          changed = `${changed.slice(0, at)}${text}\n${begin.replace(name, `${name}FromText`)}${changed.slice(at + begin.length)}`;
        } else if (name === "craftInvokerFunction") {
          this.error(`${id} has no ${name}: how it binds WebAssembly has changed`);
        }
      }
      return { code: changed, map: null };
    },
  };
}
