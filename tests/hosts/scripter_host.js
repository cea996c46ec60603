// A stand-in for Logic's Scripter: its events, parameters and timing, and a refusal of everything else.
//
//     node scripter_host.js SCRIPT < lines of JSON
//
// {"set": [name, value]}, {"note": [on, channel, pitch, velocity]}, {"block": {timing}}; what is sent comes out.
"use strict";
const fs = require("fs");
const vm = require("vm");

function fail(text) {
  process.stderr.write(`fault: ${text}\n`);
  process.exit(3);
}

function out(kind, event, beat) {
  const { channel, pitch, velocity, number, value } = event;
  process.stdout.write(JSON.stringify({ kind, channel, pitch, velocity, number, value, beat }) + "\n");
}

function strict(name, fields, allowed) {
  return new Proxy(fields, {
    get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : fail(`${name}.${String(key)} is not there`)),
    set: (target, key, to) => (allowed.includes(key) ? ((target[key] = to), true) : fail(`${name}.${key} cannot be set`)),
  });
}

function kind(name, fields) {
  function Event(of) {
    const own = { channel: of ? of.channel : 1 };
    for (const field of fields) own[field] = of ? of[field] : 0;
    const made = Object.assign(Object.create(Event.prototype), own);
    made.send = () => out(name, made, null);
    made.sendAtBeat = (beat) => {
      if (!world.NeedsTimingInfo) fail("sendAtBeat wants NeedsTimingInfo");
      if (!(beat >= block.blockStartBeat)) fail(`beat ${beat} is past: the block begins at ${block.blockStartBeat}`);
      out(name, made, beat);
    };
    const proxy = new Proxy(made, {
      get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : fail(`${name}.${String(key)} is not there`)),
      set: (target, key, to) => (key in own ? ((target[key] = to), true) : fail(`${name}.${key} cannot be set`)),
    });
    return proxy;
  }
  return Event;
}

let block = null;
const values = {};
const world = vm.createContext({
  NoteOn: kind("note on", ["pitch", "velocity"]),
  NoteOff: kind("note off", ["pitch", "velocity"]),
  ControlChange: kind("control", ["number", "value"]),
  GetParameter: (name) => (name in values ? values[name] : fail(`no parameter ${name}`)),
  GetTimingInfo: () => (world.NeedsTimingInfo ? strict("TimingInfo", { ...block }, []) : fail("NeedsTimingInfo is not set")),
});
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), world, { filename: process.argv[2] });
for (const parameter of world.PluginParameters) {
  const known = ["name", "type", "defaultValue", "minValue", "maxValue", "numberOfSteps", "valueStrings", "unit"];
  for (const key of Object.keys(parameter)) if (!known.includes(key)) fail(`parameter field ${key}`);
  if (!["lin", "log", "menu", "text", "checkbox"].includes(parameter.type)) fail(`parameter type ${parameter.type}`);
  values[parameter.name] = parameter.defaultValue;
}

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const order = JSON.parse(line);
  if (order.set) {
    if (!(order.set[0] in values)) fail(`no parameter ${order.set[0]}`);
    values[order.set[0]] = order.set[1];
  } else if (order.note) {
    const [on, channel, pitch, velocity] = order.note;
    const event = on ? new world.NoteOn() : new world.NoteOff();
    Object.assign(event, { channel, pitch, velocity });
    world.HandleMIDI(event);
  } else if (order.block) {
    block = order.block;
    world.ProcessMIDI();
  } else if (order.reset) {
    world.Reset();
  }
}
