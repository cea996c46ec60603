// Whether a file is ECMAScript 5, by a parser: node es5.js FILE. Prints the first thing that is not, with its line.
"use strict";

const {parse} = require("acorn");
const source = require("fs").readFileSync(process.argv[2], "utf8");

try {
    parse(source, {ecmaVersion: 5, sourceType: "script"});
} catch (problem) {
    process.stdout.write(`${problem.message}\n`);
    process.exit(1);
}
