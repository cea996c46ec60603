// A stand-in for Bitwig Studio as a controller script sees it: the functions of its API (version 15) that Bandmate
// uses, by name and number of arguments, and a refusal for every other. What Bitwig allows in init alone is refused
// later; a value that nobody marked as interesting cannot be read; what is asked of the document happens later, and
// the cursor clip follows the selection later still. A double goes out as a 64-bit OSC float, as in Bitwig.
//
//     node bitwig_host.js SCRIPT DAEMON_PORT OUR_PORT [SEED]
//
// With a seed the network loses a fifth of the datagrams either way, doubles a fifth and delays a fifth.//
// Lines of JSON come in ({"do": "press", "label": "Continue"}), lines of JSON go out.
"use strict";
const dgram = require("dgram");
const fs = require("fs");
const vm = require("vm");
const readline = require("readline");

const LATER = 8; // ms that the document takes for anything
let initialising = true;

function fail(text) {
  process.stdout.write(JSON.stringify({ event: "fault", text }) + "\n");
  process.exit(3);
}

function say(event, more) {
  process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
}

// An object of the API: its functions by name, refused by any other name or with another number of arguments.
function object(name, methods) {
  return new Proxy({}, {
    get(_, key) {
      if (typeof key === "symbol") return undefined;
      const method = methods[key];
      if (!method) return fail(`${name}.${key} is not in the API as far as it is known here`);
      const call = (...given) => {
        const most = method.most === undefined ? method.length : method.most;
        if (given.length < method.length || given.length > most) fail(`${name}.${key} takes ${method.length} arguments`);
        if (method.early && !initialising) fail(`${name}.${key} may be called in init alone`);
        return method(...given);
      };
      return Object.assign(call, { apply: undefined, call: undefined, bind: undefined }); // a host's, not a script's
    },
    set(_, key) { return fail(`${name}.${key} cannot be set`); },
  });
}

function early(method) {
  method.early = true;
  return method;
}

// A value: read only after markInterested or with an observer, as in Bitwig.
function value(name, read, write) {
  const state = { interested: false, observers: [] };
  const proxy = {
    markInterested: early(() => { state.interested = true; }),
    addValueObserver: early((callback) => { state.observers.push(callback); state.interested = true; later(() => callback(read())); }),
    addRawValueObserver: early((callback) => { state.observers.push(callback); state.interested = true; later(() => callback(read())); }),
    get: () => (state.interested ? read() : fail(`${name}: markInterested was not called`)),
    getRaw: () => (state.interested ? read() : fail(`${name}: markInterested was not called`)),
    set: (given) => later(() => { write(given); state.observers.forEach((tell) => tell(read())); }),
  };
  const made = object(name, proxy);
  made_of.set(made, { changed: () => state.observers.forEach((tell) => tell(read())) });
  return made;
}
const made_of = new Map();

function later(work) { setTimeout(work, LATER); }

// The document: tracks of slots; a slot's clip is null, or its length and notes "channel:x:y" in steps of 1/48.
const STEPS = 48;
const document = { tracks: [], track: 0, selected: 0, shown: null, stepSize: 0, transport: { playing: false, position: 0, tempo: 120, beats: 4, unit: 4, loop: false, loopStart: 0, loopLength: 16 } };
const here = () => document.tracks[document.track];
const shownClip = () => (document.shown ? document.tracks[document.shown.track].slots[document.shown.slot] : null);
let stepObserver = () => {};

function noteStep(channel, x, y, note) {
  return object("NoteStep", {
    channel: () => channel, x: () => x, y: () => y,
    state: () => (note ? "NoteOn" : "Empty"),
    velocity: () => note.velocity / 127, duration: () => note.duration, isMuted: () => Boolean(note.muted),
  });
}

function show(track, slot) {
  const old = shownClip();
  for (const key of Object.keys(old ? old.notes : {})) stepObserver(noteStep(...key.split(":").map(Number), null));
  document.shown = { track, slot };
  const clip = shownClip();
  if (!clip) { document.shown = null; return; }
  for (const [key, note] of Object.entries(clip.notes)) {
    const [channel, x, y] = key.split(":").map(Number);
    stepObserver(noteStep(channel, x, y, note));
    if (note.duration > 1 / STEPS) later(() => {}); // sustained steps are told as NoteSustain; none is of interest here
  }
}

function select(slot) {
  later(() => {
    document.selected = slot;
    const track = document.track;
    if (here().slots[slot]) later(() => { if (document.track === track && document.selected === slot) show(track, slot); });
  });
}

function makeSlot(index) {
  const slot = {
    hasContent: () => hasContent, isSelected: () => isSelected, sceneIndex: () => sceneIndex,
    createEmptyClip: (beats) => {
      if (!Number.isInteger(beats) || beats < 1) fail(`createEmptyClip(${beats}): a whole number of beats`);
      later(() => {
        if (here().slots[index]) fail(`slot ${index} has a clip, which would be lost`);
        here().slots[index] = { name: "", length: beats, loop: true, loopStart: 0, loopLength: beats, playStart: 0, notes: {} };
        say("created", { slot: index });
      });
    },
    select: () => select(index),
  };
  const hasContent = value("hasContent", () => Boolean(here().slots[index]));
  const isSelected = value("isSelected", () => document.selected === index);
  const sceneIndex = value("sceneIndex", () => index);
  return object("ClipLauncherSlot", slot);
}

function makeClip(width, height) {
  if (height !== 128) fail("the grid must have every key");
  const beat = (name) => value(name, () => (shownClip() || { playStart: 0, loopStart: 0, loopLength: 0, length: 0 })[name],
    (given) => { shownClip()[name] = given; });
  const parts = {
    exists: value("exists", () => shownClip() !== null), playStart: beat("playStart"), playStop: beat("length"),
    loopStart: beat("loopStart"), loopLength: beat("loopLength"),
    loop: value("isLoopEnabled", () => Boolean(shownClip() && shownClip().loop)),
    scene: value("sceneIndex", () => (document.shown ? document.shown.slot : -1)),
  };
  const shownSlot = object("ClipLauncherSlot", { sceneIndex: () => parts.scene });
  const setStep = (channel, x, y, velocity, duration) => {
    if (![channel, x, y, velocity].every(Number.isInteger)) fail(`setStep(${channel}, ${x}, ${y}, ${velocity}): not whole`);
    if (x < 0 || x >= width || y < 0 || y > 127 || velocity < 1 || velocity > 127 || !(duration > 0)) fail("setStep out of the grid");
    const target = document.shown;
    later(() => {
      const clip = document.tracks[target.track].slots[target.slot];
      clip.notes[`${channel}:${x}:${y}`] = { velocity, duration };
      stepObserver(noteStep(channel, x, y, clip.notes[`${channel}:${x}:${y}`]));
    });
  };
  return object("PinnableCursorClip", {
    exists: () => parts.exists, getPlayStart: () => parts.playStart, getPlayStop: () => parts.playStop,
    getLoopStart: () => parts.loopStart, getLoopLength: () => parts.loopLength, isLoopEnabled: () => parts.loop,
    clipLauncherSlot: () => shownSlot, setStepSize: (size) => { document.stepSize = size; }, setStep,
    addNoteStepObserver: early((callback) => { stepObserver = callback; }),
    setName: (name) => { const target = document.shown; later(() => { document.tracks[target.track].slots[target.slot].name = name; }); },
  });
}

function makeTrack(id, name, sends, scenes, follows) {
  if (follows !== true || sends !== 0) fail("the cursor track must follow the selection");
  const slots = Array.from({ length: scenes }, (_, index) => makeSlot(index));
  const bank = object("ClipLauncherSlotBank", { getItemAt: (index) => slots[index] || fail(`no slot ${index}`) });
  const named = value("name", () => here().name), position = value("position", () => document.track);
  return object("CursorTrack", {
    name: () => named, position: () => position, clipLauncherSlotBank: () => bank,
    createLauncherCursorClip: early((clipId, clipName, width, height) => makeClip(width, height)),
  });
}

const settings = {};
function setting(label, category, initial, make) {
  const key = `${category}/${label}`;
  if (settings[key]) fail(`two settings are called ${key}`);
  const state = { value: initial, signals: [] };
  settings[key] = state;
  state.proxy = make(state);
  return state.proxy;
}
const plain = (label) => (state) => value(label, () => state.value, (given) => { state.value = given; });
const documentState = object("DocumentState", {
  getNumberSetting: early((label, category, low, high, step, unit, initial) => setting(label, category, initial, plain(label))),
  getEnumSetting: early((label, category, options, initial) =>
    (options.includes(initial) ? setting(label, category, initial, plain(label)) : fail(`${initial} is no option`))),
  getBooleanSetting: early((label, category, initial) => setting(label, category, initial, plain(label))),
  getSignalSetting: early((label, category, action) => setting(label, category, null, (state) =>
    object("Signal", { addSignalObserver: early((callback) => { state.signals.push(callback); }) }))),
});

function makeTransport() {
  const of = (name) => value(name, () => document.transport[name], (given) => { document.transport[name] = given; });
  const parts = Object.fromEntries(Object.keys(document.transport).map((name) => [name, of(name)]));
  document.parts = parts;
  const metre = object("TimeSignatureValue", { numerator: () => parts.beats, denominator: () => parts.unit });
  const tempo = object("Parameter", { value: () => parts.tempo });
  return object("Transport", {
    isPlaying: () => parts.playing, playPosition: () => parts.position, tempo: () => tempo, timeSignature: () => metre,
    isArrangerLoopEnabled: () => parts.loop, arrangerLoopStart: () => parts.loopStart, arrangerLoopDuration: () => parts.loopLength,
  });
}

// OSC over real UDP.
let seed = Number(process.argv[5] || 0);

function overTheNetwork(deliver) {
  if (!seed) return deliver();
  seed = (seed * 48271) % 2147483647; // Lehmer's generator
  const chance = seed / 2147483647;
  if (chance < 0.2) return undefined;
  if (chance < 0.4) deliver();
  if (chance > 0.8) return setTimeout(deliver, 30);
  return deliver();
}

const padded = (text) => { const raw = Buffer.from(text); return Buffer.concat([raw, Buffer.alloc(4 - (raw.length % 4))]); };

let odd = false; // an engine may hand a whole number over as an int or as a double

function encode(address, atoms) {
  let tags = ",";
  const body = atoms.map((atom) => {
    const raw = Buffer.alloc(8);
    if (typeof atom === "string") { tags += "s"; return padded(atom); }
    if (typeof atom !== "number") return fail(`OSC cannot carry ${atom}`);
    odd = !odd;
    if (Number.isInteger(atom) && odd) { tags += "i"; raw.writeInt32BE(atom); return raw.subarray(0, 4); }
    tags += "d"; raw.writeDoubleBE(atom); return raw;
  });
  return Buffer.concat([padded(address), padded(tags), ...body]);
}

function decode(raw) {
  let at = 0;
  const text = () => { const end = raw.indexOf(0, at), found = raw.toString("utf8", at, end); at = end + 4 - (end % 4); return found; };
  const address = text(), tags = text(), atoms = [];
  for (const tag of tags.slice(1)) {
    if (tag === "s") atoms.push(text());
    else { atoms.push(tag === "i" ? raw.readInt32BE(at) : raw.readFloatBE(at)); at += 4; }
  }
  const typed = (tag) => (index) => (tags[index + 1] === tag ? atoms[index] : fail(`argument ${index} of ${address} is ${tags}`));
  return object("OscMessage", {
    getAddressPattern: () => address, getTypeTag: () => tags,
    getInt: (i) => typed("i")(i), getFloat: (i) => typed("f")(i), getString: (i) => typed("s")(i),
  });
}

const oscModule = object("OscModule", {
  createAddressSpace: early(() => {
    const space = { method: null };
    const proxy = object("OscAddressSpace", {
      setName: (name) => {}, setShouldLogMessages: (yes) => {}, registerDefaultMethod: early((callback) => { space.method = callback; }),
    });
    made_of.set(proxy, space);
    return proxy;
  }),
  createUdpServer: early((port, space) => {
    const server = dgram.createSocket("udp4");
    server.on("message", (raw) => overTheNetwork(() => made_of.get(space).method(null, decode(raw))));
    server.bind(port, "127.0.0.1");
  }),
  connectToUdpServer: early((address, port, space) => {
    if (address !== "127.0.0.1") fail(`${address} is another machine`);
    const socket = dgram.createSocket("udp4");
    const sendMessage = (name, ...atoms) => { const raw = encode(name, atoms); overTheNetwork(() => socket.send(raw, port, address)); };
    sendMessage.most = 1000;
    return object("OscConnection", { sendMessage });
  }),
});

const scheduleTask = (callback, delay) => { setTimeout(callback, delay); };
const host = object("ControllerHost", {
  setShouldFailOnDeprecatedUse: (yes) => {}, defineController: (vendor, name, version, uuid, author) => {
    if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(uuid)) fail(`${uuid} is no UUID`);
  },
  defineMidiPorts: (ins, outs) => {}, println: (text) => {}, showPopupNotification: (text) => say("popup", { text }),
  getDocumentState: early(() => documentState), getOscModule: early(() => oscModule), createTransport: early(makeTransport),
  createCursorTrack: early(makeTrack), scheduleTask,
});

const world = vm.createContext({ host, loadAPI: (version) => { if (version !== 15) fail(`API ${version}`); } });

const orders = {
  track: ({ name, slots }) => { document.tracks.push({ name, slots }); },
  init: () => {
    vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), world, { filename: process.argv[2] });
    Object.assign(world, { DAEMON: Number(process.argv[3]), OURS: Number(process.argv[4]) }); // as a user edits them
    vm.runInContext("init()", world);
    initialising = false;
    if (document.stepSize !== 1 / STEPS) fail(`the step size is ${document.stepSize}`);
  },
  select: ({ track, slot }) => { document.track = track; select(slot); },
  press: ({ label }) => settings[label].signals.forEach((tell) => tell()),
  set: ({ label, to }) => { settings[label].value = to; made_of.get(settings[label].proxy).changed(); },
  transport: ({ name, to }) => { document.transport[name] = to; made_of.get(document.parts[name]).changed(); },
  exit: () => { vm.runInContext("exit()", world); setTimeout(() => process.exit(0), 100); },
};
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.do === "look") say("document", { tracks: document.tracks });
  else orders[order.do](order);
}).on("close", () => process.exit(0));
process.on("uncaughtException", (error) => fail(error.stack));
