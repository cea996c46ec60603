// The world of a script in Max's [js]: ECMAScript 5, outlet, post, Task, jsarguments, LiveAPI, and nothing else.
"use strict";

const vm = require("vm");
const {liveApi} = require("./live_set.js");

const ES5 = { // what ECMAScript 5.1 has, by where; anything newer is taken away
    global: ["Object", "Function", "Array", "String", "Boolean", "Number", "Date", "RegExp", "Error", "EvalError",
             "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "Math", "JSON", "NaN",
             "Infinity", "undefined", "parseInt", "parseFloat", "isNaN", "isFinite", "decodeURI",
             "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape", "globalThis"],
    Object: ["prototype", "getPrototypeOf", "getOwnPropertyDescriptor", "getOwnPropertyNames", "create",
             "defineProperty", "defineProperties", "seal", "freeze", "preventExtensions", "isSealed", "isFrozen",
             "isExtensible", "keys", "length", "name"],
    "Array.prototype": ["constructor", "concat", "join", "pop", "push", "reverse", "shift", "slice", "sort",
                        "splice", "unshift", "indexOf", "lastIndexOf", "every", "some", "forEach", "map", "filter",
                        "reduce", "reduceRight", "toString", "toLocaleString", "length"],
    "String.prototype": ["constructor", "charAt", "charCodeAt", "concat", "indexOf", "lastIndexOf", "localeCompare",
                         "match", "replace", "search", "slice", "split", "substring", "substr", "toLowerCase",
                         "toLocaleLowerCase", "toUpperCase", "toLocaleUpperCase", "trim", "toString", "valueOf",
                         "length"],
    Array: ["prototype", "isArray", "length", "name"],
    String: ["prototype", "fromCharCode", "length", "name"],
    Number: ["prototype", "MAX_VALUE", "MIN_VALUE", "NaN", "NEGATIVE_INFINITY", "POSITIVE_INFINITY", "length", "name"],
    Math: ["E", "LN10", "LN2", "LOG2E", "LOG10E", "PI", "SQRT1_2", "SQRT2", "abs", "acos", "asin", "atan", "atan2",
           "ceil", "cos", "exp", "floor", "log", "max", "min", "pow", "random", "round", "sin", "sqrt", "tan"]
};

// Runs in the script's world, before the script.
const TAKE_AWAY = `(function (world, kept, own) {
    Object.keys(kept).forEach(function (where) {
        var thing = where === "global" ? world : where.split(".").reduce(function (at, name) {
            return at[name];
        }, world);
        Object.getOwnPropertyNames(thing).forEach(function (name) {
            if (kept[where].indexOf(name) < 0 && (where !== "global" || own.indexOf(name) < 0)) {
                delete thing[name];
            }
        });
    });
})`;

class Script {
    // Runs `source` as [js] would. `said(outlet, atoms)` hears its outlets; `set` is Live.
    constructor(source, words, set, said) {
        this.ready = false;
        this.set = set;
        this.said = said;
        const world = {
            jsarguments: ["bandmate.js", ...words],
            outlet: (...all) => this.outlet(all),
            post: (...what) => process.stderr.write(`post: ${what.join(" ")}\n`),
            LiveAPI: liveApi(set, () => this.ready),
            Task: this.taskClass()
        };
        this.world = vm.createContext(world);
        vm.runInContext(TAKE_AWAY, this.world)(vm.runInContext("this", this.world), ES5, Object.keys(world));
        this.run(() => vm.runInContext(source, this.world, {filename: "bandmate.js"}));
    }

    // What goes wrong in the script is a fault, and ends nothing: so it is in Max.
    run(work) {
        try {
            return work();
        } catch (problem) {
            if (!problem.told) {
                this.set.faults.push(String(problem.stack || problem));
            }
            return undefined;
        }
    }

    outlet(all) {
        const [index, atoms] = all;
        if (all.length !== 2 || !Array.isArray(atoms) || !atoms.length) {
            this.set.fault(`outlet takes a number and one array, not ${JSON.stringify(all)}`);
        }
        if (!Number.isInteger(index) || index < 0 || index >= this.world.outlets) {
            this.set.fault(`there is no outlet ${index}`);
        }
        for (const atom of atoms) {
            if (!(typeof atom === "string" || (typeof atom === "number" && Number.isFinite(atom)))) {
                this.set.fault(`outlet ${index}: no atom: ${String(atom)} in ${JSON.stringify(atoms)}`);
            }
        }
        this.said(index, [...atoms]);
    }

    taskClass() {
        const script = this;
        return function Task(work, owner) {
            const timer = {interval: 500, handle: null};
            const members = {
                repeat(times) {
                    if (times !== -1 || timer.handle) {
                        script.set.fault("this Task runs already, or not for ever");
                    }
                    timer.handle = setInterval(() => script.run(() => work.call(owner)), timer.interval);
                },
                cancel: () => clearInterval(timer.handle)
            };
            return new Proxy({}, {
                get: (target, name) => members[name] || script.set.fault(`Task has no ${String(name)}`),
                set(target, name, value) {
                    if (name !== "interval" || typeof value !== "number") {
                        script.set.fault(`Task has no ${String(name)} to set`);
                    }
                    timer.interval = value;
                    return true;
                }
            });
        };
    }

    // A message into the inlet: the function of its name, as [js] calls it.
    message(name, atoms) {
        if (typeof this.world[name] !== "function") {
            this.set.faults.push(`the script has no function for ${name}`);
            return;
        }
        if (name === "bang") {
            this.ready = true;
        }
        this.run(() => this.world[name](...atoms));
    }
}

module.exports = {Script};
